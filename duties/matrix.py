"""Branches × duties: what fell due, what was met, late, missed or is still open."""

from dataclasses import dataclass

from django.db.models.functions import TruncMonth

from duties.models import Duty
from duties.periods import labels

STATES = {"done": "全办", "late": "迟办", "miss": "缺", "wait": "待办", "na": "不适用"}


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


def columns(year, on):
    """rule → label of the duties that somebody owes in the year."""
    return labels(min(on, on.replace(year=year, month=12, day=31)) if year <= on.year else on)


def rows(branches, year, on):
    """(branch, [Cell per rule]) for each branch given, by one query for all."""
    branches = list(branches)
    rules = columns(year, on)
    counted = {
        (row["branch"], row["rule"]): row
        for row in Duty.objects.filter(branch__in=branches, year=year).counted("branch", "rule", on=on)
    }

    def cell(branch, rule, label):
        row = counted.get((branch.pk, rule))
        return (
            Cell(label, **{name: row[name] for name in ("owed", "met", "late", "missed", "open")})
            if row
            else Cell(label)
        )

    return [(branch, [cell(branch, rule, label) for rule, label in rules.items()]) for branch in branches]


def totals(branches, year, on):
    """What fell due in the year by `on`: owed, met, late, missed, open, and the two rates in per cent (None: nothing due).

    completeness (完成率): met of owed; timeliness (及时率): met by the due day, of owed.
    """
    found = Duty.objects.filter(branch__in=branches, year=year).counted(on=on)
    return found | _rates(found)


def by_month(branches, year, on):
    """The same of what ended in each month up to `on`, oldest first."""
    ended = Duty.objects.filter(branch__in=branches, year=year, ends_on__lt=on).annotate(month=TruncMonth("ends_on"))
    return [row | _rates(row) for row in ended.counted("month", on=on)]


def _rates(count):
    if not count["owed"]:
        return {"completeness": None, "timeliness": None}
    return {
        "completeness": round(100 * count["met"] / count["owed"], 1),
        "timeliness": round(100 * (count["met"] - count["late"]) / count["owed"], 1),
    }
