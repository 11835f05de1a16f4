"""A person's learning record (学习档案), and hours on paper: who is short at the year's end, and the sheet of one person."""

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.urls import reverse

from branches.models import within
from branches.rights import places
from meetings.models import Attendance, Meeting
from members import plain_sheet
from training import ledger
from training.facts.hours import plain
from training.models import Enrolment, OtherHours, SignIn, TrainingClass

OTHER_CLASS = "其他培训"  # what a class of the restricted kind is called to whoever may not know of it
NONE = Decimal(0)


class Attended(NamedTuple):
    """A class in a year as one person attended it; `url` is empty to those who may not open it."""

    title: str
    owner: str
    kind: str
    sessions: tuple
    hours: Decimal
    away: int
    outcome: str
    certificate: str
    exams: tuple
    url: str


class Gathered(NamedTuple):
    """A line of the record that is no class: a day, what it was, and the hours."""

    on: date
    words: str
    kind: str
    hours: Decimal
    state: str
    row: Any


class Record(NamedTuple):
    year: int
    hours: ledger.Hours | None
    classes: list
    meetings: list
    other: list

    @property
    def is_empty(self):
        return not (self.classes or self.meetings or self.other)


def of_person(member, year, *, user, on, own=False):
    """The Record of a year. `own`: the person looks; else what `user` may not know of a class is left out. Six queries."""
    found = ledger.hours([member], year, on=on).get(member.pk)
    return Record(year, found, _classes(member, year, user, own), _meetings(member, year, on), _other(member, year))


def _classes(member, year, user, own):
    enrolled = list(
        Enrolment.objects.filter(member=member, training_class__sessions__held_on__year=year)
        .exclude(training_class__state=TrainingClass.State.CANCELLED)
        .distinct()
        .select_related("training_class__branch")
        .prefetch_related("results__exam")
    )
    marks = {}
    rows = SignIn.objects.filter(enrolment__in=enrolled, session__held_on__year=year).select_related("session")
    for row in rows.order_by("session__held_on", "session__begins", "session"):
        marks.setdefault(row.enrolment_id, []).append(row)
    keys = {row.training_class_id for row in enrolled}
    open_to = set(TrainingClass.objects.visible_to(user).filter(pk__in=keys).values_list("pk", flat=True))
    knows = set() if own else _who_knows(user, keys)
    found = []
    for row in sorted(enrolled, key=lambda row: (row.training_class.starts_on, row.pk)):
        known, training_class = marks.get(row.pk, []), row.training_class
        if row.withdrawn_on and not known:
            continue
        there = [mark.session for mark in known if mark.mark == SignIn.Mark.PRESENT]
        hours = sum((session.hours for session in there), NONE)
        if training_class.is_restricted and not own and training_class.pk not in knows:
            if hours:
                found.append(Attended(OTHER_CLASS, "", "", (), hours, 0, "", "", (), ""))
            continue
        exams = tuple(
            (result.exam.title, plain(result.points))
            for result in row.results.all()
            if result.points is not None and result.exam.state == "closed"
        )
        found.append(
            Attended(
                training_class.title, training_class.branch.name, training_class.get_kind_display(), tuple(there), hours,
                len(known) - len(there), row.get_outcome_display(), row.certificate, exams,
                reverse("training:detail", args=[training_class.pk]) if training_class.pk in open_to else "",
            )
        )  # fmt: skip
    return found


def _who_knows(user, keys):
    """The restricted classes among these that `user` may know of."""
    held = within(places(user, "training.closed"), "branch__path")
    return set(TrainingClass.objects.filter(held, pk__in=keys).values_list("pk", flat=True))


def _meetings(member, year, on):
    rule = ledger.rules_of(year, on=on).get("meetings")
    worth = {kind: Decimal(str(number)) for kind, number in rule.value.items() if number} if rule else {}
    rows = (
        Attendance.objects.filter(
            member=member, mark=Attendance.Mark.PRESENT, meeting__state__in=Meeting.COUNTED, meeting__held_on__year=year,
            meeting__held_on__lte=on, meeting__kinds__kind__in=worth,
        )
        .distinct()
        .select_related("meeting")
        .prefetch_related("meeting__kinds")
        .order_by("meeting__held_on", "meeting")
    )  # fmt: skip
    return [
        Gathered(
            row.meeting.held_on, row.meeting.topic, "、".join(kind.get_kind_display() for kind in row.meeting.kinds.all()),
            max(worth[kind.kind] for kind in row.meeting.kinds.all() if kind.kind in worth), "", row.meeting,
        )
        for row in rows
    ]  # fmt: skip


def _other(member, year):
    rows = OtherHours.objects.filter(member=member, year=year).order_by("started_on", "pk")
    return [Gathered(row.started_on, row.title, row.get_kind_display(), row.hours, row.state, row) for row in rows]


# --- on paper


def of_short(rows, year, *, organ, on, words=()):
    """年末学时不足名单: `rows` are (membership, Hours) of those who are short, or lack the class above. The same input, the same bytes."""
    headers = ["党组织", "姓名", "按何标准", "应达学时", "已有学时", "班次", "组织生活", "其他", "还差学时", "集中培训"]
    lines = [
        [
            stay.branch.name, stay.member.name, "书记、班子成员" if row.is_post else "党员", row.need, row.total, row.classes,
            row.meetings, row.other, row.missing, f"缺 {row.owed_classes - row.concentrated} 次" if row.lacks_class else "",
        ]
        for stay, row in rows
    ]  # fmt: skip
    widths = (34, 12, 16, 10, 10, 8, 10, 8, 10, 12)
    return plain_sheet.of_list(f"{year}年学时不足名单", headers, widths, lines, organ=organ, on=on, words=words)


def of_record(member, record, *, organ, on):
    """The hours of one person in a year, line by line, the sum last."""
    lines = [
        [str(_first_day(row) or ""), row.title, row.kind or "培训班次", row.owner, row.hours, row.certificate or row.outcome]
        for row in record.classes
    ]  # fmt: skip
    lines += [[str(row.on), row.words, row.kind, "", row.hours, ""] for row in record.meetings]
    lines += [
        [str(row.on), row.words, row.kind, row.row.organiser, row.hours if row.state != OtherHours.State.RETURNED else 0,
         row.row.get_state_display()]
        for row in record.other
    ]  # fmt: skip
    if record.hours:
        lines.append(["", "合计", "", "", record.hours.total, need_words(record.hours)])
    return plain_sheet.of_list(
        f"{record.year}年个人学时表", ["日期", "内容", "类别", "举办单位", "学时", "备注"], (12, 44, 20, 28, 8, 20), lines,
        organ=organ, on=on, words=[f"{member.name}同志"],
    )  # fmt: skip


def _first_day(row):
    return row.sessions[0].held_on if row.sessions else None


def need_words(hours):
    """应达 32，还差 4 in a few words."""
    if hours.need is None:
        return hours.why_none
    left = f"还差 {plain(hours.missing)}" if hours.is_short else "已达到"
    return f"应达 {plain(hours.need)}，{left}" + ("，缺集中培训" if hours.lacks_class else "")


def years_of(on):
    """The years to choose from: this one and the two before."""
    return [on.year - back for back in range(3)]
