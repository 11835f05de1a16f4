"""The stretches into which a duty rule divides a year."""

import calendar
from datetime import date, timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from rulebook.book import in_force

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}


class Span(NamedTuple):
    """One period of one rule: `duty.theme_party_day` in 2026-11."""

    rule: str
    period: str
    opens_on: date
    target_on: date
    due_on: date
    ends_on: date
    counts_until: date  # the period's own last day; `ends_on` may reach into the next year
    owed_by: tuple
    owed_if: str


def name(per, start):
    """2026-11, 2026-Q4, 2026-H2 or 2026."""
    return {
        "month": f"{start:%Y-%m}",
        "quarter": f"{start.year}-Q{(start.month + 2) // 3}",
        "half": f"{start.year}-H{(start.month + 5) // 6}",
        "year": f"{start.year}",
    }[per]


def spans(year):
    """Every period of every duty rule for one year, each by the rule in force on the period's first day."""
    days = {date(year, month, 1): in_force(on=date(year, month, 1)) for month in (1, 4, 7, 10)}
    found = []
    for month in range(1, 13):
        start = date(year, month, 1)
        book = days[date(year, (month - 1) // 3 * 3 + 1, 1)]
        for key, rule in book.items():
            if not key.startswith("duty.") or "per" not in rule.value:
                continue
            length = MONTHS[rule.value["per"]]
            if (month - 1) % length:
                continue
            last = start + relativedelta(months=length) - timedelta(days=1)
            ends_on = last + relativedelta(months=rule.value.get("extends", 0))
            due_on = _day(start, rule.value["due"]) if "due" in rule.value else ends_on
            target_on = _day(start, rule.value["target"]) if "target" in rule.value else due_on
            found.append(
                Span(
                    key.removeprefix("duty."),
                    name(rule.value["per"], start),
                    start,
                    target_on,
                    due_on,
                    ends_on,
                    last,
                    tuple(rule.value["owed_by"]),
                    rule.value.get("owed_if", ""),
                )
            )
    return found


def labels(on):
    """rule → label of every duty rule in force, in the order of the file."""
    return {
        key.removeprefix("duty."): rule.label
        for key, rule in in_force(on=on).items()
        if key.startswith("duty.") and "per" in rule.value
    }


def _day(start, number):
    return start.replace(day=min(number, calendar.monthrange(start.year, start.month)[1]))
