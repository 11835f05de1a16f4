"""Where the marks of a chart stand, in per cent of its plane, so that a page draws it at any width without a script."""

from dataclasses import dataclass
from decimal import Decimal

STEP, TOP = 10, Decimal(100)
HEADROOM, FOOT = Decimal(12), Decimal(84)  # per cent of the height: room for the figures above, for the years below


@dataclass(frozen=True)
class Mark:
    x: Decimal
    y: Decimal
    label: str
    is_open: bool = False  # still changes


@dataclass(frozen=True)
class Chart:
    """A course over the years: the marks, the lines between neighbours, a second course, the years, where the rule changed."""

    marks: list
    lines: list
    middle: list
    years: list
    cuts: list
    least: int


def course(points, middle=(), cuts=()):
    """`points`: [(year, number or None, is_open)]; `middle`: numbers of a second course; `cuts`: years before which the
    figures mean something else, so that no line joins them."""
    known = [number for _, number, _ in points if number is not None] + [
        number for number in middle if number is not None
    ]
    if not known:
        return None
    least = max(0, int(min(known)) // STEP * STEP - STEP)
    most = max(TOP, *known)

    def x(index):
        return _round((Decimal(index) + Decimal("0.5")) * 100 / len(points))

    def y(number):
        return _round(FOOT - (number - least) * (FOOT - HEADROOM) / (most - least))

    marks = [
        Mark(x(index), y(number), f"{number}", is_open)
        for index, (_, number, is_open) in enumerate(points)
        if number is not None
    ]
    totals = [number for _, number, _ in points]
    broken = {index for index, (year, _, _) in enumerate(points) if year in cuts}
    return Chart(
        marks, _joined(totals, x, y, broken), _joined(list(middle), x, y, broken),
        [(x(index), str(year)) for index, (year, _, _) in enumerate(points)],
        [_round(Decimal(index) * 100 / len(points)) for index in sorted(broken)], least,
    )  # fmt: skip


def _joined(numbers, x, y, broken):
    """(x1, y1, x2, y2) between neighbours that both have a number and mean the same."""
    return [
        (x(index - 1), y(numbers[index - 1]), x(index), y(numbers[index]))
        for index in range(1, len(numbers))
        if numbers[index] is not None and numbers[index - 1] is not None and index not in broken
    ]


def bar(counts):
    """[(label, count, start, width)] of one bar, in per cent of it; nothing for a count of none."""
    whole, start, found = sum(count for _, count in counts), Decimal(0), []
    for place, (label, count) in enumerate(counts):
        width = Decimal(count) * 100 / whole if whole else Decimal(0)
        if count:
            found.append({"label": label, "count": count, "x": _round(start), "width": _round(width), "place": place,
                          "middle": _round(start + width / 2), "is_wide": width >= 4})  # fmt: skip
        start += width
    return found


def _round(number):
    return number.quantize(Decimal("0.01"))
