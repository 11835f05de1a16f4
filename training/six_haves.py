"""六个有: what a class must leave behind. Each is there when a real object is, and nobody ticks it by hand."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse

from files.models import StoredFile
from rulebook.book import rules, value
from training.models import ClassFile, ClassSession, Enrolment, SignIn

RULE = "training.six_haves"
Role = ClassFile.Role

# Of each: the page on which it comes into being, and whether the holder of the place (承办单位) owes it when there is one.
PAGES = {
    "plan": ("training:edit", False),
    "timetable": ("training:timetable", True),
    "roll": ("training:roll", False),
    "sign_in": ("training:board", True),
    "picture": ("training:files", True),
    "summary": ("training:archive", False),
}


@dataclass(frozen=True)
class Have:
    """One of the six of one class. `counted` says what makes it count, or what is missing; `owes` who has to see to it."""

    key: str
    label: str
    is_there: bool
    counted: str
    owes: str
    training_class_id: int

    @property
    def url(self):
        """Where it comes into being."""
        return reverse(PAGES[self.key][0], args=[self.training_class_id])


def names(on):
    """The six as (key, label) in the county's order on a day; before the rule was made, as it was first made."""
    return [(row["key"], row["label"]) for row in value(RULE, on=on) or rules()[RULE][0].value]


def state(classes):
    """class pk → its six as a list of `Have`: four queries, however many `classes` (rows) there are."""
    classes = list(classes)
    if not classes:
        return {}
    six = names(max(row.ends_on for row in classes))
    found = _found([row.pk for row in classes])
    return {
        row.pk: [_have(row, key, label, _told(key, row, found[row.pk])) for key, label in six if key in PAGES]
        for row in classes
    }


def missing(haves):
    """The labels of those that are not there."""
    return [have.label for have in haves if not have.is_there]


def complete(haves):
    return all(have.is_there for have in haves)


def _have(row, key, label, told):
    is_there, counted = told
    owes = row.organiser if PAGES[key][1] and row.organiser else row.branch.name
    return Have(key, label, is_there, counted, "" if is_there else owes, row.pk)


def _found(pks):
    """class pk → counts: files by role, `sessions`, `signed` (sessions where somebody was present), `people`."""
    found = defaultdict(lambda: defaultdict(int))
    files = ClassFile.objects.filter(training_class__in=pks, removed_at=None, file__state=StoredFile.State.CLEAN)
    files = files.filter(~Q(role=Role.PICTURE) | Q(file__kind=StoredFile.Kind.IMAGE))
    for pk, role, count in files.order_by().values_list("training_class", "role").annotate(n=Count("pk")):
        found[pk][role] = count
    present = SignIn.objects.filter(session=OuterRef("pk"), mark=SignIn.Mark.PRESENT)
    sessions = ClassSession.objects.filter(training_class__in=pks).order_by().annotate(is_called=Exists(present))
    counted = sessions.values_list("training_class").annotate(
        n=Count("pk"), called=Count("pk", filter=Q(is_called=True))
    )
    for pk, count, signed in counted:
        found[pk]["sessions"], found[pk]["signed"] = count, signed
    people = Enrolment.objects.filter(training_class__in=pks).on_roll().order_by()
    for pk, count in people.values_list("training_class").annotate(n=Count("pk")):
        found[pk]["people"] = count
    return found


def _told(key, row, count):
    """(is it there, what counts or what is missing)."""
    if key == "plan":
        parts = [row.plan.strip() and "在系统里写了方案", count[Role.PLAN] and f"方案文件 {count[Role.PLAN]} 份"]
        absent = "还没有写方案，也没有上传方案文件"
    elif key == "timetable":
        parts = [
            count["sessions"] and f"日程 {count['sessions']} 课次",
            count[Role.TIMETABLE] and f"日程表文件 {count[Role.TIMETABLE]} 份",
        ]
        absent = "还没有排日程，也没有上传日程表"
    elif key == "roll":
        parts = [count["people"] and f"名册上 {count['people']} 人"]
        absent = "名册上还没有人"
    elif key == "sign_in":
        parts = [
            count["signed"] and f"{count['signed']} 课次有签到",
            count[Role.SIGN_IN] and f"签到表扫描件 {count[Role.SIGN_IN]} 份",
        ]
        absent = "还没有一人签到，也没有上传签到表"
    elif key == "picture":
        parts = [count[Role.PICTURE] and f"图片 {count[Role.PICTURE]} 张"]
        absent = "还没有上传图片"
    else:
        parts = [
            row.summary.strip() and "在系统里写了总结",
            count[Role.SUMMARY] and f"总结文件 {count[Role.SUMMARY]} 份",
        ]
        absent = "还没有写总结，也没有上传总结或简报"
    parts = [part for part in parts if part]
    return bool(parts), "，".join(parts) if parts else absent
