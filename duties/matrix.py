"""Branches × duties: what fell due, what was met, late, missed or is still open."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth

from branches import statements
from duties.models import Duty
from duties.periods import labels

STATES = {"done": "全办", "late": "迟办", "miss": "缺", "wait": "待办", "na": "不适用"}
COUNTS = ("owed", "met", "late", "missed", "open")
SUMS = ("year", "rule", "ends_on", *COUNTS, "soon")
PARTS = (
    [("", "全年"), ("H1", "上半年"), ("H2", "下半年")]
    + [(f"Q{number}", f"第{word}季度") for number, word in enumerate("一二三四", 1)]
    + [(f"M{month:02}", f"{month} 月") for month in range(1, 13)]
)
MONTHS_OF = {"M": 1, "Q": 3, "H": 6}


@dataclass(frozen=True)
class Cell:
    """One branch and one duty rule: `met` of `owed` by the day, shown by its worst state."""

    label: str
    owed: int = 0
    met: int = 0
    late: int = 0
    missed: int = 0
    open: int = 0

    @property
    def state(self):
        if self.missed:
            return "miss"
        if self.late:
            return "late"
        if self.met:
            return "done"
        return "wait" if self.open else "na"

    @property
    def word(self):
        return {"miss": f"缺 {self.missed}", "late": f"迟 {self.late}"}.get(self.state, STATES[self.state])


def columns(year, on, group=None, book=None):
    """rule → label of the duties that somebody owes in the year; `book`: the rules of `on`, when it lies in the year."""
    return labels(min(on, on.replace(year=year, month=12, day=31)) if year <= on.year else on, group, book)


def inside(year, part):
    """A filter for the duties whose period lies inside a part of the year (`M11`, `Q4`, `H2`; "" is the whole year)."""
    if part not in dict(PARTS) or not part:
        return Q()
    length = MONTHS_OF[part[0]]
    first = (int(part[1:]) - 1) * length + 1
    last = first + length - 1
    names = [f"{year}-{month:02}" for month in range(first, last + 1)]
    names += [f"{year}-Q{quarter}" for quarter in range(1, 5) if first <= quarter * 3 - 2 and quarter * 3 <= last]
    if length == MONTHS_OF["H"]:
        names += [f"{year}-{part}", f"{year}-T{part[1]}"]
    days = (date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1]))
    return Q(period__in=names) | Q(rule="notice", due_on__range=days)


def duties(branches, year, *, rules=None, part=""):
    """The duties of a year that the table counts: all, or those of some rules and of a part of the year.

    Organisations asked for by a query are looked up first: over tables that the planner has not counted yet (after an
    import) a query inside the query takes seconds.
    """
    if isinstance(branches, QuerySet):
        branches = list(branches.order_by().values_list("pk", flat=True))
    found = Duty.objects.filter(inside(year, part), branch__in=branches, year=year)
    return found if rules is None else found.filter(rule__in=rules)


def rows(branches, year, on, *, rules=None, part=""):
    """(branch, [Cell per rule]) for each branch given, by one query for all; `rules`: rule → label."""
    branches = list(branches)
    rules = columns(year, on) if rules is None else rules
    asked = tuple(branch.pk for branch in branches), year, on, tuple(rules), part
    found, _ = statements.rows(("matrix", *asked), lambda: (by_rule(*asked), None))
    counted = {(branch, rule): counts for branch, rule, *counts in found}

    def cell(branch, rule, label):
        return Cell(label, *counted.get((branch.pk, rule), ()))

    return [(branch, [cell(branch, rule, label) for rule, label in rules.items()]) for branch in branches]


def by_rule(branches, year, on, rules, part):
    """(branch, rule, *COUNTS) of these branches, a queryset."""
    counted = duties(branches, year, rules=rules, part=part).counted("branch", "rule", on=on)
    return counted.values_list("branch", "rule", *COUNTS)


def by_period(branches, rule, year, *, part=""):
    """(periods, branch id → period → Duty) of one rule; a period is (its name, its label), in order. One query."""
    found, names = {}, {}
    for duty in duties(branches, year, rules=[rule], part=part).order_by("opens_on", "period"):
        found.setdefault(duty.branch_id, {})[duty.period] = duty
        names.setdefault(duty.period, duty.label)
    return list(names.items()), found


def totals(branches, year, on, *, rules=None, part=""):
    """What fell due in the year by `on`: owed, met, late, missed, open, and the two rates in per cent (None: nothing due).

    completeness (完成率): met of owed; timeliness (及时率): met by the due day, of owed.
    """
    found = duties(branches, year, rules=rules, part=part).counted(on=on)
    return found | rates(found)


def by_month(branches, year, on, *, rules=None):
    """The same of what ended in each month up to `on`, oldest first."""
    ended = duties(branches, year, rules=rules).filter(ends_on__lt=on).annotate(month=TruncMonth("ends_on"))
    return [row | rates(row) for row in ended.counted("month", on=on)]


def sums(duties, on, *, soon):
    """Rows {year, rule, month, is_over, owed, met, late, missed, open, soon} that add up in several ways. One query.

    month: in which the period ends; soon: open, with its last day of full credit within so many days.
    """
    return of_sums(summed(duties, on, soon=soon), on)


def summed(duties, on, *, soon):
    """SUMS of each year, rule and last day, a queryset."""
    near = Q(due_on__range=(on, on + timedelta(days=soon)), opens_on__lte=on, ends_on__gte=on, met_on=None)
    rows = duties.counted("year", "rule", "ends_on", on=on).annotate(soon=Count("pk", filter=near))
    return rows.values_list(*SUMS)


def of_sums(rows, on):
    """The rows of `summed` as those of `sums`."""
    named = (dict(zip(SUMS, row, strict=True)) for row in rows)
    return [row | {"month": row["ends_on"].replace(day=1), "is_over": row["ends_on"] < on} for row in named]


def added(rows):
    """The rows of `sums` as `totals`."""
    found = {name: sum(row[name] for row in rows) for name in COUNTS}
    return found | rates(found)


def of_months(rows):
    """The rows of `sums` as `by_month`."""
    months = {}
    for row in rows:
        if row["is_over"]:
            months.setdefault(row["month"], []).append(row)
    return [{"month": month} | added(months[month]) for month in sorted(months)]


def rates(count):
    """完成率 and 及时率 of counts."""
    if not count["owed"]:
        return {"completeness": None, "timeliness": None}
    return {
        "completeness": round(100 * count["met"] / count["owed"], 1),
        "timeliness": round(100 * (count["met"] - count["late"]) / count["owed"], 1),
    }
