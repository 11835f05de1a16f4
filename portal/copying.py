"""抄录: what must also go into the platforms of the higher levels, as text in the order of their forms, and what was entered there.

A help for the hand alone: never a duty, a score or a reminder.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import BigIntegerField, Exists, OuterRef
from django.db.models.functions import Cast

from accounts import audit
from branches.rights import VERBS, require
from meetings.models import Attendance, Meeting, MeetingKind
from members.models import Member
from portal.models import Copied
from recruitment.legality import Act, Case, standing
from recruitment.models import Application
from recruitment.road import BESIDE
from rulebook.book import in_force

VERB = "copying.mark"
KINDS = dict(MeetingKind.Kind.choices)
MOST = 200  # ticked at once
AWAY = [mark for mark in Attendance.Mark if mark != Attendance.Mark.PRESENT]


@dataclass(frozen=True)
class System:
    """One platform and the fields of its form for one matter."""

    key: str
    name: str
    fields: tuple
    source: str


@dataclass(frozen=True)
class Matter:
    """What is copied: `rows(queryset)` fetches all that its words need, `words` field → function of a row."""

    key: str
    label: str
    model: type
    rows: Callable
    words: dict
    branch: Callable
    day: Callable
    search: str


def systems(matter, *, on):
    """The platforms into which a matter is copied, by the rulebook of that day."""
    found = in_force(on=on)
    prefix = f"copying.{matter.key}."
    return [
        System(key.removeprefix(prefix), rule.value["name"], tuple(rule.value["fields"]), rule.source)
        for key, rule in sorted(found.items(), reverse=True)
        if key.startswith(prefix)
    ]


def text(matter, system, row):
    """The row in the words and the order of the platform; a field that the portal does not know stays blank."""
    lines = []
    for name in system.fields:
        tell = matter.words.get(name)
        lines.append(f"{name}：{tell(row) if tell else ''}")
    return "\n".join(lines)


def digest(words):
    return hashlib.sha256(words.encode()).hexdigest()[:16]


# --- what is copied of each


def _day(day):
    return day.isoformat() if day else ""


def _kinds(row):
    held = {each.kind for each in row.kinds.all()}
    return "、".join(label for kind, label in KINDS.items() if kind in held)


def _away(row):
    found = [
        f"{mark.label} {count} 人" for mark in AWAY if (count := sum(line.mark == mark for line in row.roll.all()))
    ]
    return "、".join(found) or "无"


def _agenda(row):
    return "；".join(f"{item.get_kind_display()}：{item.title}" for item in row.agenda.all()) or row.topic


def _one_line(words):
    return " ".join(words.split())


_MEETING = {
    "活动类型": _kinds, "会议类型": _kinds, "类型": _kinds,
    "活动主题": lambda row: row.topic, "会议名称": lambda row: row.topic, "主题": lambda row: row.topic,
    "活动时间": lambda row: _day(row.held_on), "召开时间": lambda row: _day(row.held_on), "时间": lambda row: _day(row.held_on),
    "活动地点": lambda row: row.place, "召开地点": lambda row: row.place, "地点": lambda row: row.place,
    "主持人": lambda row: row.host, "主讲人": lambda row: row.lecturer.name if row.lecturer else row.lecturer_name,
    "应到人数": lambda row: row.due_count, "实到人数": lambda row: row.attended_count, "缺席原因": _away,
    "会议议题": _agenda, "议题": _agenda, "活动内容": lambda row: _one_line(row.minutes),
    "会议记录": lambda row: _one_line(row.minutes), "形成决议": lambda row: _one_line(row.resolutions) or "无",
    "会议决议": lambda row: _one_line(row.resolutions) or "无", "党支部": lambda row: row.branch.name,
}  # fmt: skip


def _now(row):
    """The membership of today, read with the person."""
    return next((each for each in row.memberships.all() if each.ended_on is None), None)


def _home(row):
    found = _now(row)
    return found.branch if found else None


def _of(get):
    return lambda row: get(found) if (found := _now(row)) else ""


_PERSON = {
    "姓名": lambda row: row.name, "性别": lambda row: row.get_sex_display(), "民族": lambda row: row.get_ethnicity_display(),
    "出生年月": lambda row: f"{row.birth_on:%Y-%m}" if row.birth_on else "", "籍贯": lambda row: row.native_place,
    "学历": lambda row: row.get_education_display(), "学位": lambda row: row.get_degree_display(),
    "毕业院校及专业": lambda row: row.graduated_from, "参加工作时间": lambda row: row.work_began,
    "工作岗位": lambda row: row.get_work_display(), "职务": lambda row: row.position, "职称": lambda row: row.title,
}  # fmt: skip
_MEMBER = _PERSON | {
    "入党日期": lambda row: _day(row.joined_on), "转正日期": lambda row: _day(row.converted_on),
    "人员类别": _of(lambda found: found.get_kind_display()), "所在党支部": _of(lambda found: found.branch.name),
}  # fmt: skip


def _steps(row):
    """step → the day on which it was last taken and still stands."""
    acts = tuple(Act(each.step, each.on, {}, each.is_undone) for each in row.steps.all() if each.step not in BESIDE)
    return {step: found[-1].on for step, found in standing(Case(acts)).items() if found}


def _step(key):
    return lambda row: _day(_steps(row).get(key))


def _guides(role):
    return lambda row: "、".join(
        guide.member.name for guide in row.guides.all() if guide.role == role and guide.ended_on is None
    )


_ROAD = {name: lambda row, tell=tell: tell(row.member) for name, tell in _PERSON.items()} | {
    "所在党支部": lambda row: row.branch.name, "发展阶段": lambda row: row.get_stage_display(),
    "申请入党日期": lambda row: _day(row.applied_on), "确定入党积极分子日期": _step("confirm_activist"),
    "培养联系人": _guides("mentor"), "确定发展对象日期": _step("confirm_prospect"), "入党介绍人": _guides("sponsor"),
    "接收预备党员日期": _step("branch_vote"), "转正日期": _step("conversion_vote"),
}  # fmt: skip


def _meetings(rows):
    return (
        rows.counted()
        .select_related("branch", "lecturer")
        .prefetch_related("kinds", "agenda", "roll")
        .order_by("-held_on", "-pk")
    )


def _members(rows):
    return rows.prefetch_related("memberships__branch").order_by("strokes", "pk")


def _roads(rows):
    return (
        rows.select_related("branch", "member")
        .prefetch_related("steps", "guides__member")
        .order_by("-applied_on", "-pk")
    )


MATTERS = {
    matter.key: matter
    for matter in (
        Matter("meeting", "组织生活", Meeting, _meetings, _MEETING, lambda row: row.branch, lambda row: row.held_on, "topic"),
        Matter("member", "党员", Member, _members, _MEMBER, _home, lambda row: row.joined_on, "name"),
        Matter("recruitment", "发展党员", Application, _roads, _ROAD, lambda row: row.branch, lambda row: row.applied_on, "member__name"),
    )
}  # fmt: skip


# --- what was entered there


def entered(matter, system, rows):
    """row pk → Copied of those that were entered. One query."""
    pks = [row.pk for row in rows]
    found = Copied.objects.filter(system=system.key, label=matter.model._meta.label, object_id__in=pks)
    return {each.object_id: each for each in found.select_related("created_by")}


def waiting(rows, matter, system):
    """Those of a queryset that nobody has entered yet."""
    return rows.filter(~Exists(_marks(matter, system)))


def done(rows, matter, system):
    return rows.filter(Exists(_marks(matter, system)))


def _marks(matter, system):
    label = matter.model._meta.label
    return Copied.objects.filter(system=system.key, label=label, object_id=Cast(OuterRef("pk"), BigIntegerField()))


@transaction.atomic
def mark(matter, system, rows, *, is_entered, by):
    """Tick rows as entered as they read now, or take the tick away. Returns how many changed."""
    rows = list(rows)
    if not rows:
        raise ValidationError("请先勾选已经录入的记录。")
    if len(rows) > MOST:
        raise ValidationError(f"一次最多勾选 {MOST} 条。")
    label = matter.model._meta.label
    for row in rows:
        branch = matter.branch(row)
        if branch is None:
            raise PermissionDenied(f"您的岗位没有“{VERBS[VERB]}”的权限。")
        require(by, VERB, at=branch)
    known = Copied.objects.select_for_update().filter(
        system=system.key, label=label, object_id__in=[row.pk for row in rows]
    )
    if not is_entered:
        changed = known.delete()[0]
    else:
        known.delete()
        made = [
            Copied(
                system=system.key, label=label, object_id=row.pk, branch=matter.branch(row), created_by=by,
                digest=digest(text(matter, system, row)),
            )
            for row in rows
        ]  # fmt: skip
        changed = len(Copied.objects.bulk_create(made))
    audit.record(
        "copying.mark" if is_entered else "copying.unmark", by=by, system=system.key, matter=matter.key, rows=changed
    )
    return changed


def belongs(user, matter):
    """The rows of a matter that a person may copy."""
    return matter.model.objects.visible_to(user, verb=VERB)
