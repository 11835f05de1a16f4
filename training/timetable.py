"""The timetable of a class: its sessions, what each is worth in hours, and what clashes."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum

from accounts import audit
from files.secrecy import refuse_marked
from office.paper import Paper, Table, Text, official_date
from rulebook.book import SATURDAY, named_days, value
from training import classes, teachers
from training.models import ClassSession, TrainingClass

HALF = Decimal("0.5")
MOST = 120  # sessions of one class
TOLD = ("held_on", "begins", "ends", "place")  # what those enrolled are told of when it changes
WEEKDAYS = "一二三四五六日"


# --- hours


def suggested_hours(begins, ends, on):
    """学时 of one session by the rule of that day: a day, half a day, or by the hour in halves that were full."""
    rule = value("hours.conversion", on=on)
    length = timedelta(hours=ends.hour - begins.hour, minutes=ends.minute - begins.minute)
    hours = Decimal(length.total_seconds()) / 3600
    if hours >= rule["day_from"]:
        return Decimal(rule["day"])
    if hours >= rule["half_day_from"]:
        return Decimal(rule["half_day"])
    return max(hours // HALF * HALF * rule["hour"], HALF)


def fair_hours(session):
    """What the rule gives a session beside the others of its day; raises when the day is full already."""
    day = Decimal(value("hours.conversion", on=session.held_on)["day"])
    others = ClassSession.objects.filter(training_class=session.training_class_id, held_on=session.held_on)
    taken = others.exclude(pk=session.pk).aggregate(sum=Sum("hours"))["sum"] or Decimal(0)
    left = day - taken
    if left <= 0:
        when = f"{session.held_on.month} 月 {session.held_on.day} 日"
        raise ValidationError({"hours": f"{when}已排满 {day} 学时；这次课另计学时的，请填写学时。"})
    return min(suggested_hours(session.begins, session.ends, session.held_on), left)


# --- writing


@transaction.atomic
def save(session, *, version=None, new_teacher="", by):
    """Put a session into the timetable, or change it. Without `hours` the rule gives them.

    `new_teacher`: the name of somebody to be entered in the library with it.
    """
    row = classes.lock(session.training_class, by=by)
    session.training_class = row
    known = None
    if session.pk:
        known = ClassSession.objects.select_for_update(of=("self",)).get(pk=session.pk, training_class=row)
        known.claim(version or 0)
        for name in ("version", "called_again_at", "called_again_until_at"):
            setattr(session, name, getattr(known, name))
        if session.held_on != known.held_on and known.sign_ins.exists():
            raise ValidationError({"held_on": "已经有学员签到，日期不能再改。"})
    elif row.sessions.count() >= MOST:
        raise ValidationError(f"一个班次最多排 {MOST} 次课。")
    _check(session, row)
    if new_teacher.strip():
        session.teacher = teachers.named(new_teacher, branch=row.branch, by=by)
    if session.hours is None:
        session.hours = fair_hours(session)
    session.full_clean()
    session.save()
    if known is None:
        audit.record(
            "training.session_add", row, by=by, session=session.pk, held_on=str(session.held_on), state=row.state
        )
    else:
        changes = {
            name: [str(getattr(known, name)), str(getattr(session, name))]
            for name in TOLD
            if getattr(known, name) != getattr(session, name)
        }
        audit.record(
            "training.session_edit",
            row,
            by=by,
            session=session.pk,
            topic=session.topic,
            changes=changes,
            state=row.state,
        )
    return session


def _check(session, row):
    for name, label in (("topic", "教学内容"), ("place", "地点")):
        try:
            refuse_marked(getattr(session, name), label)
        except ValidationError as error:
            raise ValidationError({name: error.messages}) from None
    if not row.starts_on <= session.held_on <= row.ends_on:
        span = f"{row.starts_on:%Y-%m-%d} 至 {row.ends_on:%Y-%m-%d}"
        raise ValidationError({"held_on": f"课要排在班次的起止日期内（{span}）。"})
    if session.begins >= session.ends:
        raise ValidationError({"ends": "结束时间须晚于开始时间。"})


@transaction.atomic
def add(training_class, lines, *, by):
    """Put several sessions in at once, all or none: `lines` are pairs (session, name of a new teacher).

    What is wrong with one is raised as a dict of its fields, with the number of the line as `line`.
    """
    made = []
    for number, (session, new_teacher) in enumerate(lines):
        session.training_class = training_class
        try:
            made.append(save(session, new_teacher=new_teacher, by=by))
        except ValidationError as error:
            error.line = number
            raise
    return made


@transaction.atomic
def remove(session, *, by):
    """Take a session out again; refused once somebody signed, while courseware hangs on it, and for the last of an opened class."""
    row = classes.lock(session.training_class, by=by)
    session = ClassSession.objects.select_for_update(of=("self",)).get(pk=session.pk, training_class=row)
    if session.sign_ins.exists():
        raise ValidationError("已经有学员签到，这次课不能删去。")
    if session.files.filter(removed_at=None).exists():
        raise ValidationError("这次课下面有课件或材料，请先撤下再删。")
    if session.files.exists():
        session.files.update(session=None)  # what was taken down keeps its row, not its session
    if row.state != TrainingClass.State.PLANNED and row.sessions.count() == 1:
        raise ValidationError("已经开放报名的班次至少留一次课；不办了的，请取消班次。")
    held_on, topic = session.held_on, session.topic
    session.delete()
    audit.record("training.session_remove", row, by=by, topic=topic, held_on=str(held_on), state=row.state)
    return row


# --- what clashes


@dataclass(frozen=True)
class Clash:
    session: ClassSession
    words: str


def clashes(training_class, sessions, among):
    """What somebody should look at twice, in words: `among` are the sessions that the reader may see. Three queries at most."""
    found = []
    days = {session.held_on for session in sessions}
    for year in {day.year for day in days}:
        named = named_days(year)
        first = {session.held_on: session for session in reversed(sessions) if session.held_on.year == year}
        for day, session in first.items():
            if not named.get(day, day.weekday() < SATURDAY):
                found.append(Clash(session, f"{day.month} 月 {day.day} 日是节假日或者周末"))
    for first, second in _pairs(sessions):
        same = "，授课人也相同" if first.teacher_id and first.teacher_id == second.teacher_id else ""
        found.append(Clash(second, f"{_when(second)}有两次课时间重叠{same}"))
    taught = [session for session in sessions if session.teacher_id]
    others = among.filter(held_on__in=days, teacher__in={session.teacher_id for session in taught})
    others = others.exclude(training_class=training_class).exclude(training_class__state=TrainingClass.State.CANCELLED)
    for other in others.select_related("training_class", "teacher") if taught else ():
        for session in taught:
            if session.teacher_id == other.teacher_id and _overlap(session, other):
                words = f"{_when(session)}{other.teacher}在“{other.training_class}”也有课"
                found.append(Clash(session, words))
    return sorted(found, key=lambda clash: (clash.session.held_on, clash.session.begins, clash.words))


def _pairs(sessions):
    """Sessions of one class that run at the same time."""
    for place, first in enumerate(sessions):
        for second in sessions[place + 1 :]:
            if _overlap(first, second):
                yield first, second


def _overlap(first, second):
    return first.held_on == second.held_on and first.begins < second.ends and second.begins < first.ends


def _when(session):
    return f"{session.held_on.month} 月 {session.held_on.day} 日 {session.begins:%H:%M} "


# --- on paper


def paper(training_class, sessions, *, on):
    """The 教学日程表 as an office prints it."""
    rows = [
        [
            f"{session.held_on.month}月{session.held_on.day}日\n（周{WEEKDAYS[session.held_on.weekday()]}）",
            f"{session.begins:%H:%M}—{session.ends:%H:%M}",
            session.topic
            if session.form == ClassSession.Form.LECTURE
            else f"{session.topic}（{session.get_form_display()}）",
            _teacher(session.teacher),
            session.place or training_class.place,
            f"{session.hours.normalize():f}",
        ]
        for session in sessions
    ]
    total = sum((session.hours for session in sessions), Decimal(0))
    days = official_date(training_class.starts_on)
    if training_class.ends_on != training_class.starts_on:
        days += f"至{official_date(training_class.ends_on)}"
    blocks = [
        Text(f"时间：{days}\n地点：{training_class.place or '另行通知'}", align="center"),
        Table(
            ["日期", "时间", "教学内容", "授课人", "地点", "学时"], rows, widths=[15, 13, 34, 20, 20, 7],
            note=f"共 {len(rows)} 次课，{total.normalize():f} 学时。", empty="还没有排课",
        ),
    ]  # fmt: skip
    return Paper(f"{training_class.title}\n教学日程表", on, blocks, organ=training_class.branch.name)


def _teacher(teacher):
    """Name, unit and title of a teacher in one cell; empty without one."""
    if teacher is None:
        return ""
    return "\n".join(filter(None, [str(teacher), f"{teacher.unit}{teacher.position}"]))
