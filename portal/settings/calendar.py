"""Holidays of a year, as the State Council's notice gives them, and the school's terms: what moves the days of duties."""

import calendar
import re
from datetime import date, timedelta
from functools import partial
from typing import NamedTuple

import chinese_calendar
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from accounts import audit
from branches.actions import root
from branches.rights import require
from duties.periods import spans
from files.secrecy import refuse_marked
from portal.settings.decisions import VERB, first_free_day, tend_soon
from rulebook.book import SATURDAY, in_force
from rulebook.models import CalendarDay, SchoolTerm

MOST = 80  # lines of a notice
NAMES = ("元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆")
_DAY = r"(?:(\d{4})\s*年\s*)?(?:(\d{1,2})\s*月\s*)?(\d{1,2})\s*日(?:[（(][^）)]*[）)])?"
_STRETCH = re.compile(rf"{_DAY}(?:\s*(?:至|到|—+|-+|~|～)\s*{_DAY})?")
_ROW = re.compile(r"^\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[\s,，、]*(休|班|放假|上班)[\s,，、]*(.*)$")
_ACT = re.compile(r"放假|上班")


class Told(NamedTuple):
    """One day of a notice: whether offices work, and what it is for."""

    on: date
    is_working: bool
    name: str


def read(text, year):
    """The days that a notice names, as pasted from the State Council's or one in a line (2027-01-01 休 元旦).

    A day that is free or worked anyway is left out. Raises `ValidationError` naming the line that cannot be read.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST:
        raise ValidationError(f"最多 {MOST} 行，请只粘贴放假和上班的安排。")
    found = {}
    for number, line in enumerate(lines, 1):
        try:
            rows = list(_of_line(line, year))
        except ValueError as wrong:
            raise ValidationError(f"第 {number} 行“{line[:40]}”里的日期不对，请核对。") from wrong
        for row in rows:
            if not (row.on.year == year or (row.on.year == year - 1 and row.on.month == 12)):
                raise ValidationError(f"第 {number} 行“{line[:40]}”不是 {year} 年的安排。")
            known = found.setdefault(row.on, row)
            if known.is_working != row.is_working:
                raise ValidationError(f"{row.on:%Y-%m-%d} 一处写放假，一处写上班，请核对。")
    if not found:
        raise ValidationError("没有读出放假或者上班的日期。可以整段粘贴通知，也可以一行一天，如 2027-01-01 休 元旦。")
    return sorted(row for row in found.values() if row.is_working != (row.on.weekday() < SATURDAY))


def _of_line(line, year):
    if row := _ROW.match(line):
        y, m, d, word, name = row.groups()
        yield Told(date(int(y), int(m), int(d)), word in ("班", "上班"), name.strip()[:40])
        return
    name = next((each for each in NAMES if each in line.split("：")[0].split(":")[0]), "")
    name = {"劳动": "劳动节", "清明": "清明节", "端午": "端午节", "中秋": "中秋节", "国庆": "国庆节"}.get(name, name)
    start, month = 0, None
    for act in _ACT.finditer(line):
        for found in _STRETCH.finditer(line, start, act.start()):
            y1, m1, d1, y2, m2, d2 = found.groups()
            month = int(m1 or month or 0)
            first = last = date(int(y1 or year), month, int(d1))
            if d2:
                month = int(m2 or month)
                last = date(int(y2 or first.year), month, int(d2))
            if not timedelta(0) <= last - first <= timedelta(days=15):
                raise ValueError
            for step in range((last - first).days + 1):
                yield Told(first + timedelta(days=step), act[0] == "上班", name)
        start = act.end()


def announced(year):
    """The days of a year as a package knows them; None where it does not."""
    days = [date(year, 1, 1) + timedelta(days=step) for step in range(366)]
    try:
        known = {day: chinese_calendar.is_workday(day) for day in days if day.year == year}
    except NotImplementedError:
        return None
    return [
        Told(day, works, (chinese_calendar.get_holiday_detail(day)[1] or "")[:40])
        for day, works in known.items()
        if works != (day.weekday() < SATURDAY)
    ]


def _refuse_closed(year):
    first = first_free_day()
    if first and year < first.year:
        raise ValidationError(f"{year} 年度考核已经公布，那一年的日期不能再改。")


@transaction.atomic
def lay_down(year, days, *, source, by, on):
    """The holidays of a year are these: what was entered before gives way. Returns how many days differ from before."""
    require(by, VERB, at=root())
    _refuse_closed(year)
    source = source.strip()
    if not source:
        raise ValidationError({"source": "请填依据，如 国务院办公厅关于 2027 年部分节假日安排的通知。"})
    refuse_marked(source, "依据")
    for row in days:
        refuse_marked(row.name, "说明")
    wanted = {row.on: row for row in days}
    mine = Q(on__year=year) | Q(on__in=[row.on for row in days])
    known = {row.on: row for row in CalendarDay.objects.select_for_update().filter(mine)}
    gone = [day for day in known if day not in wanted and day.year == year]
    changed = [row for row in days if row.on not in known or (known[row.on].is_working, known[row.on].name) != row[1:]]
    for row in changed:  # the notice of a year may name days of the December before
        _refuse_closed(row.on.year)
    CalendarDay.objects.filter(on__in=gone).delete()
    CalendarDay.objects.bulk_create(
        [CalendarDay(on=row.on, is_working=row.is_working, name=row.name, source=source) for row in changed],
        update_conflicts=True, unique_fields=["on"], update_fields=["is_working", "name", "source"],
    )  # fmt: skip
    if gone or changed:
        first = min([*gone, *(row.on for row in changed)])
        thing = CalendarDay(on=first)
        audit.record(
            "calendar.lay_down", thing, by=by, year=year, changed=len(changed), removed=len(gone), source=source
        )
        transaction.on_commit(partial(tend_soon, by))
    return len(gone) + len(changed)


@transaction.atomic
def save_term(form, *, by):
    """One 学期, entered or put right; two never overlap, and none may move in a year that was decided."""
    require(by, VERB, at=root())
    term = form.instance
    _refuse_closed(min(term.started_on.year, form.initial["started_on"].year if term.pk else term.started_on.year))
    refuse_marked(term.name, "学期")
    beside = SchoolTerm.objects.select_for_update().exclude(pk=term.pk)
    if other := beside.filter(started_on__lte=term.ended_on, ended_on__gte=term.started_on).first():
        raise ValidationError(f"与{other.name}（{other.started_on:%Y-%m-%d} 至 {other.ended_on:%Y-%m-%d}）的日期重叠。")
    half = Q(started_on__month__lt=7) if term.started_on.month < 7 else Q(started_on__month__gte=7)
    if beside.filter(half, started_on__year=term.started_on.year).exists():
        raise ValidationError({"started_on": "这半年已有一个学期，请在那一条上修改。"})
    audit.save(form, by=by)
    transaction.on_commit(partial(tend_soon, by))
    return term


class Day(NamedTuple):
    """One square of the year's table: `kind` is off, work (a weekend worked), rest (a weekend), or empty."""

    on: date
    kind: str
    name: str


def months(year, rows):
    """Twelve months of weeks of `Day` (None outside the month), Monday first."""
    told = {row.on: row for row in rows}
    found = []
    for month in range(1, 13):
        weeks = [
            [_square(day, told.get(day)) if day.month == month else None for day in week]
            for week in calendar.Calendar().monthdatescalendar(year, month)
        ]
        found.append({"month": month, "weeks": weeks})
    return found


def _square(day, row):
    if row is not None:
        return Day(day, "work" if row.is_working else "off", row.name)
    return Day(day, "rest" if day.weekday() >= SATURDAY else "", "")


def shifted(year):
    """(name of the duty, days until which it is due, are they provisional): those that a holiday moves. Four queries."""
    book = in_force(on=date(year, 1, 1))
    found = {}
    for span in spans(year):
        rule = book.get(f"duty.{span.rule}")
        if rule is not None and rule.value.get("shift") == "next":
            days, provisional = found.get(rule.label, ([], False))
            found[rule.label] = ([*days, span.due_on], provisional or span.is_provisional)
    return [(label, days, provisional) for label, (days, provisional) in found.items()]
