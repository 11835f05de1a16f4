from branches.endpoint import Endpoint
from duties.models import Duty
from reminders.models import Bulletin, Reminder

GROUP = "提醒和通报"


class Reminders(Endpoint):
    verb, group, model = "reminder.see", GROUP, Reminder
    fields = ("id", "rule", "branch", "place", "role", "object_id", "on", "due_on", "found_at", "cleared_at")
    filters = ("rule", "branch", "place", "role", "on", "due_on")
    about = "只含应办事项的提醒，object_id 是应办事项的编号；别的事由各按岗位在网页上看。cleared_at 不为空的已经了结。"

    def narrowed(self, seen):
        return seen.filter(label=Duty._meta.label)


class Bulletins(Endpoint):
    verb, group, model = "ladder.see", GROUP, Bulletin
    fields = ("id", "branch", "kind", "opens_on", "ends_on", "counted_on", "number", "title", "signed_at", "notice")
    filters = ("branch", "kind", "opens_on")
    about = "只含已发出的；不含正文，也不含点到的支部。"

    def narrowed(self, seen):
        return seen.filter(state=Bulletin.State.PUBLISHED)
