"""试算: a scheme that is not in force on the records of a year, beside the one that is. By the same engine; nothing is stored."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from assessment import ranking, scoring
from assessment import scheme as schemes
from assessment.result import NOT_APPLICABLE, PENDING, ZERO, cents

SHOWN_ITEMS = 5


@dataclass(frozen=True)
class ItemDelta:
    """What one item adds to or takes from the total, of 100 points."""

    code: str
    label: str
    before: Decimal | None
    after: Decimal | None

    @property
    def delta(self):
        return (self.after or ZERO) - (self.before or ZERO)

    @property
    def words(self):
        if self.before is None:
            return f"新列 {self.code} {self.label}，{signed(self.after)}"
        if self.after is None:
            return f"不再列 {self.code} {self.label}，{signed(-self.before)}"
        return f"{self.code} {self.label} {self.before} → {self.after}，{signed(self.delta)}"


def signed(number):
    """+1.20, −0.50."""
    return f"+{number}" if number > 0 else f"−{-number}" if number < 0 else "不变"


@dataclass(frozen=True)
class Line:
    """One organisation under both schemes."""

    before: object
    after: object

    @property
    def branch(self):
        return self.after.branch

    @property
    def delta(self):
        """Points gained or lost; None where one of the totals is missing."""
        if self.before.total is None or self.after.total is None:
            return None
        return self.after.total - self.before.total

    @property
    def is_moved(self):
        return self.before.grade != self.after.grade

    @cached_property
    def items(self):
        """[ItemDelta] of what differs, the weightiest first."""
        was, now = contributions(self.before), contributions(self.after)
        labels = {item.code: item.label for score in (self.before, self.after) for item in score.items}
        rows = [ItemDelta(code, label, was.get(code), now.get(code)) for code, label in labels.items()]
        rows = [row for row in rows if row.before != row.after and (row.delta or None in (row.before, row.after))]
        return sorted((row for row in rows if row.delta), key=lambda row: -abs(row.delta))

    @cached_property
    def why(self):
        """Why the grade is another one, in words."""
        words = [row.words for row in self.items[:SHOWN_ITEMS]]
        if len(self.items) > SHOWN_ITEMS:
            words.append(f"另有 {len(self.items) - SHOWN_ITEMS} 项小的变化")
        if self.is_moved:
            if self.after.why and self.after.why != self.before.why:
                words.insert(0, self.after.why)
            elif self.before.why and not self.after.why:
                words.insert(0, f"原来{self.before.why}，现在不受此限")
        if self.is_moved and not words:
            words.append("得分没有变，等次的分数线、名额或者比较组变了")
        return "；".join(words)


def contributions(score):
    """code → what the item contributes to the total, of 100: re-scaled as its dimension and the whole are."""
    counted = [dimension for dimension in score.dimensions if dimension.points is not None]
    weight = sum((dimension.weight for dimension in counted), ZERO)
    found = {
        item.code: cents(item.points * dimension.weight / dimension.out_of * 100 / weight)
        for dimension in counted
        for item in dimension.items
        if item.state not in (NOT_APPLICABLE, PENDING)
    }
    return found | {item.code: item.points for item in score.bonus if item.points}


@dataclass(frozen=True)
class Trial:
    """Both results of a year: the content in force and the one tried, line by line in 单位序."""

    year: int
    on: object
    kind: str
    before: dict
    after: dict
    lines: tuple

    @property
    def grades(self):
        """Every grade of either scheme, best first, and 不定等次 last."""
        labels = [row["label"] for content in (self.after, self.before) for row in content["grades"]]
        rest = [content["undetermined"]["label"] for content in (self.after, self.before)]
        return list(dict.fromkeys([*labels, *rest]))

    @cached_property
    def moved(self):
        return [line for line in self.lines if line.is_moved]

    @cached_property
    def distribution(self):
        """[(group, [(grade, before, after)])]: in all, then by the comparison group of the scheme that is tried."""
        groups = dict.fromkeys(line.after.group or "不参加比较" for line in self.lines)
        rows = [("全部", self.lines)]
        rows += [
            (group, [line for line in self.lines if (line.after.group or "不参加比较") == group]) for group in groups
        ]
        if len(groups) < 2:
            rows = rows[:1]
        return [(label, self._counted(lines)) for label, lines in rows]

    def _counted(self, lines):
        was, now = (Counter(getattr(line, side).grade for line in lines) for side in ("before", "after"))
        return [(grade, was[grade], now[grade]) for grade in self.grades]

    def biggest(self, *, up, most=10):
        """The lines that gain or lose most."""
        rows = [line for line in self.lines if line.delta and (line.delta > 0) == up]
        return sorted(rows, key=lambda line: -abs(line.delta))[:most]


def run(content, year, *, kind, on, against=None):
    """A Trial of `content` on the records of `year`, beside `against`, without which the scheme in force then."""
    before = against or schemes.in_force(year, kind)
    branches = scoring.graded(year, on=on, kind=kind)
    both = []
    for inputs in scoring.gather_each(branches, year, [before, content], on=on):
        both.append(ranking.ranked(scoring.evaluate(inputs), inputs.content, inputs.period))
    lines = tuple(Line(was, now) for was, now in zip(*both, strict=True))
    return Trial(year, on, kind, before, content, lines)
