"""A branch's year in points: parts, items, dimensions and the whole, as plain values that compute only from themselves."""

from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

from django.utils.functional import cached_property  # Python's own takes a lock each time until 3.12

from branches.models import Branch
from rulebook.facts import Fact

SCORED, NOT_APPLICABLE, PENDING = "scored", "not_applicable", "pending"
CENT = Decimal("0.01")
ZERO = Decimal(0)


def cents(number):
    return number.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Part:
    """One 评分点: `points` of `most`, of which `still` can be reached before the year ends."""

    key: str
    label: str
    most: Decimal
    state: str
    points: Decimal
    still: Decimal
    reason: str
    fact: Fact | None = None
    best: str = ""  # the best grade that is left, whatever the points (一票否决)


@dataclass(frozen=True)
class Item:
    """One indicator: its parts together. `out_of` is what its scored parts could give."""

    code: str
    label: str
    dimension: str
    most: Decimal
    clause: str
    source: str
    parts: tuple[Part, ...]

    @cached_property
    def state(self):
        states = {part.state for part in self.parts}
        return SCORED if SCORED in states else PENDING if PENDING in states else NOT_APPLICABLE

    @cached_property
    def points(self):
        return sum((part.points for part in self.parts), ZERO)

    @cached_property
    def still(self):
        return sum((part.still for part in self.parts), ZERO)

    @cached_property
    def out_of(self):
        return sum((part.most for part in self.parts if part.state == SCORED), ZERO)

    @cached_property
    def applicable(self):
        return sum((part.most for part in self.parts if part.state != NOT_APPLICABLE), ZERO)

    @cached_property
    def reason(self):
        if len(self.parts) == 1:
            return self.parts[0].reason
        return "；".join(f"{part.label}：{part.reason}" for part in self.parts)


@dataclass(frozen=True)
class Dimension:
    """A dimension's score re-scaled to its weight: what does not apply or is not yet judged is left out openly."""

    key: str
    label: str
    weight: Decimal
    items: tuple[Item, ...]

    @cached_property
    def out_of(self):
        return sum((item.out_of for item in self.items), ZERO)

    @cached_property
    def points(self):
        """Points of the weight, or None while nothing of the dimension is scored."""
        got = sum((item.points for item in self.items), ZERO)
        return cents(got * self.weight / self.out_of) if self.out_of else None

    @cached_property
    def still(self):
        got = sum((item.still for item in self.items), ZERO)
        return cents(got * self.weight / self.out_of) if self.out_of else ZERO


@dataclass
class Score:
    """A branch's year. `judged` is 已评 x 分: how much of the 100 the total rests on."""

    branch: Branch
    dimensions: tuple[Dimension, ...]
    bonus: tuple[Item, ...]
    rank: int | None = None
    grade: str = ""
    group: str = ""
    why: str = field(default="")
    veto: str = ""  # what limits the grade (一票否决), in words
    content: dict | None = field(default=None, repr=False)  # the scheme by which it was scored

    @cached_property
    def items(self):
        return tuple(item for dimension in self.dimensions for item in dimension.items) + self.bonus

    @cached_property
    def judged(self):
        return sum((dimension.out_of for dimension in self.dimensions), ZERO)

    @cached_property
    def extra(self):
        return sum((item.points for item in self.bonus), ZERO)

    @cached_property
    def total(self):
        """Out of 100 and the bonus; dimensions with nothing scored are left out and the rest is re-scaled."""
        counted = [dimension for dimension in self.dimensions if dimension.points is not None]
        weight = sum((dimension.weight for dimension in counted), ZERO)
        got = sum((dimension.points for dimension in counted), ZERO)
        return cents(got * 100 / weight) + self.extra if weight else None

    @cached_property
    def still(self):
        counted = [dimension for dimension in self.dimensions if dimension.points is not None]
        weight = sum((dimension.weight for dimension in counted), ZERO)
        return cents(sum((dimension.still for dimension in counted), ZERO) * 100 / weight) if weight else ZERO

    def of(self, key):
        return next(dimension.points for dimension in self.dimensions if dimension.key == key)

    @cached_property
    def order(self):
        """Ties go by the dimensions in the scheme's order, all but the last."""
        return (self.total, *((dimension.points or ZERO) for dimension in self.dimensions[:-1]))


def closed(score):
    """The same score once it is sealed: nothing of it can still be had."""
    return replace(
        score,
        dimensions=tuple(replace(each, items=_closed(each.items)) for each in score.dimensions),
        bonus=_closed(score.bonus),
    )


def _closed(items):
    return tuple(replace(item, parts=tuple(replace(part, still=ZERO) for part in item.parts)) for item in items)
