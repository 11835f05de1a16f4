from typing import Literal

from rest_framework import serializers

from branches.endpoint import Endpoint
from meetings.models import Activity, Campaign, CollectiveDecision, Meeting, MeetingKind, StudyPlan

GROUP = "组织生活"


class Kinds:
    def get_kinds(self, row) -> list[Literal[tuple(MeetingKind.Kind.values)]]:
        """The kinds of the meeting, each the duty rule that it meets."""
        return sorted(each.kind for each in row.kinds.all())


class Meetings(Endpoint):
    verb, group, model = "meeting.see", GROUP, Meeting
    fields = (
        "id", "branch", "held_on", "place", "topic", "kinds", "due_count", "attended_count", "excused_count",
        "masses_count", "is_from_paper", "state", "submitted_at", "reviewed_at",
    )  # fmt: skip
    filters = ("branch", "held_on", "kinds__kind", "state")
    joined = ("kinds",)
    beside = {"kinds": serializers.SerializerMethodField(label="类别")}
    worked_out = Kinds
    about = "一次会议可有几个类别；不含记录正文、票数和到会名单。"


class Activities(Endpoint):
    verb, group, model = "meeting.see", GROUP, Activity
    fields = ("id", "branch", "kind", "held_on", "assessment_year", "title", "number", "count", "hours", "about")
    filters = ("branch", "kind", "held_on", "assessment_year")

    def narrowed(self, seen):
        return seen.filter(withdrawn_at=None)


class StudyPlans(Endpoint):
    verb, group, model = "meeting.see", GROUP, StudyPlan
    fields = ("id", "branch", "year", "kind", "title")
    filters = ("branch", "year", "kind")


class LifeCampaigns(Endpoint):
    verb, group, model = "campaign.see", GROUP, Campaign
    fields = ("id", "branch", "kind", "assessment_year", "title", "opens_on", "ends_on", "state")
    filters = ("branch", "kind", "assessment_year", "state")


class CollectiveDecisions(Endpoint):
    verb, group, model = "decision.see", GROUP, CollectiveDecision
    fields = ("id", "branch", "kind", "meeting", "number")
    filters = ("branch", "kind", "meeting")
    about = "不含事项内容和金额。"
