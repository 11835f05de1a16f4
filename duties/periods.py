"""The stretches into which a duty rule divides a year."""

import calendar
from datetime import date, timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from rulebook.book import in_force, named_days, working_day
from rulebook.models import SchoolTerm

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
GROUPS = {"life": "组织生活", "ideology": "意识形态", "work": "其他工作"}
MEETING, ACTIVITY, FILING, NOTICE = "meeting", "activity", "filing", "notice"  # what meets a duty


class Span(NamedTuple):
    """One period of one rule: `duty.theme_party_day` in 2026-11."""

    rule: str
    period: str
    opens_on: date
    target_on: date
    due_on: date
    ends_on: date
    locks_on: date  # the last day on which a record of the period may still be entered
    is_provisional: bool  # the calendar of that day is not yet entered
    counts_until: date  # the period's own last day; `ends_on` may reach into the next year
    owed_by: tuple
    owed_if: str


def name(per, start):
    """2026-11, 2026-Q4, 2026-H2, 2026-T2 (学期) or 2026."""
    return {
        "month": f"{start:%Y-%m}",
        "quarter": f"{start.year}-Q{(start.month + 2) // 3}",
        "half": f"{start.year}-H{(start.month + 5) // 6}",
        "term": f"{start.year}-T{1 if start.month < 7 else 2}",
        "year": f"{start.year}",
    }[per]


def spans(year):
    """Every period of every duty rule for one year, each by the rule in force on the period's first day."""
    days = {date(year, month, 1): in_force(on=date(year, month, 1)) for month in (1, 4, 7, 10)}
    terms, named = school_terms(year, days[date(year, 1, 1)]), named_days(year)
    found = []
    for month in range(1, 13):
        start = date(year, month, 1)
        book = days[date(year, (month - 1) // 3 * 3 + 1, 1)]
        for key, rule in book.items():
            per = rule.value.get("per") if key.startswith("duty.") else None
            if per == "term":
                stretches = [stretch for stretch in terms if stretch[0].month == month]
            elif per in MONTHS and (month - 1) % MONTHS[per] == 0:
                stretches = [(start, start + relativedelta(months=MONTHS[per]) - timedelta(days=1), False)]
            else:
                continue
            found += [_span(rule, book, named, *stretch) for stretch in stretches]
    return [span for span in map(_in_summer(days), found) if span]


def school_terms(year, book):
    """(first day, last day, is provisional) of the two 学期 that begin in the year; what is not announced is provisional."""
    known = {
        term.started_on.month < 7: (term.started_on, term.ended_on, term.is_provisional)
        for term in SchoolTerm.objects.filter(started_on__year=year)
    }
    usual = book["duty.school_terms"].value
    for is_spring, key in ((True, "spring"), (False, "autumn")):
        first, last = (date.fromisoformat(f"{year}-{day}") for day in usual[key])
        last = last.replace(year=year + (last < first))
        known.setdefault(is_spring, (first, last, True))
    return sorted(known.values())


def _span(rule, book, named, start, last, is_provisional):
    value = rule.value
    ends_on = last + relativedelta(months=value.get("extends", 0))
    due_on = _day(start, value["due"]) if "due" in value else ends_on
    target_on = _day(start, value["target"]) if "target" in value else due_on
    if value.get("shift") == "next":
        is_provisional = is_provisional or not named
        due_on = working_day(due_on, named)
        target_on, ends_on = max(target_on, due_on), max(ends_on, due_on)
    return Span(
        rule.key.removeprefix("duty."), name(value["per"], start), start, target_on, due_on, ends_on,
        ends_on + timedelta(days=book["duty.late_window"].value["days"]), is_provisional, last, tuple(value["owed_by"]),
        value.get("owed_if", ""),
    )  # fmt: skip


def _in_summer(books):
    """The county's way with July and August: kept as they are, waived, or the months made one."""

    def change(span):
        summer = books[max(day for day in books if day <= span.opens_on)]["duty.summer"].value
        months = summer["months"]
        is_summer = span.rule in summer["rules"] and span.opens_on.month in months
        if not is_summer or summer["mode"] == "required":
            return span
        if summer["mode"] == "waive" or span.opens_on.month != months[0]:
            return None
        later = {
            field: getattr(span, field) + relativedelta(months=len(months) - 1) for field in ("target_on", "due_on")
        }
        last = span.counts_until + timedelta(days=1) + relativedelta(months=len(months) - 1) - timedelta(days=1)
        return span._replace(**later, ends_on=last, counts_until=last, locks_on=last + (span.locks_on - span.ends_on))

    return change


def labels(on, group=None, book=None):
    """rule → label of every duty rule in force, in the order of the file; of one group when it is named.

    `book`: the rules of that day, when they have been read already.
    """
    return {
        key.removeprefix("duty."): rule.label
        for key, rule in (in_force(on=on) if book is None else book).items()
        if key.startswith("duty.") and "per" in rule.value
        and group in (None, rule.value["group"])
    }  # fmt: skip


def _day(start, number):
    return start.replace(day=min(number, calendar.monthrange(start.year, start.month)[1]))
