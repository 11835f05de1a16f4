"""A table of a report: its columns, its rows, and what adds itself up, the same for the page, the workbook and the paper."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

SUM, MONEY, RATE = "sum", "money", "rate"


@dataclass(frozen=True)
class Column:
    """One column. A `sum` or `money` is added up below; a `rate` is worked out from the columns named in `of`.

    `of`: (added, taken off, whole), each a tuple of places among the columns of the table, 序号 not counted.
    """

    label: str
    width: float = 10
    kind: str = ""
    of: tuple = ()

    @property
    def adds(self):
        return self.kind in (SUM, MONEY)


@dataclass(frozen=True)
class Live:
    """A cell that counts the rows of a later sheet: those whose first column says `name`, by the column `place`."""

    name: str
    sheet: str
    place: int
    value: object


@dataclass(frozen=True)
class Formula:
    """A cell worked out from other cells of its sheet."""

    text: str
    value: object
    kind: str = ""


@dataclass
class Table:
    """One sheet. `source`: the rows, or a function of how many are wanted (None: all), which then tells `count` as well.

    The cells of a rate are left as None. `evidence`: the records behind the figures of another table.
    """

    name: str
    title: str
    columns: list
    source: list | Callable
    count: int | None = None
    note: str = ""
    unit: str = "行"
    evidence: bool = False
    empty: str = "没有符合条件的记录"
    _all: list | None = field(default=None, repr=False)

    def rows(self, most=None):
        """The rows as tuples, the rates worked out; `most`: only the first."""
        if self._all is not None or not callable(self.source):
            found = self._all if self._all is not None else self.source
            found = found if most is None else found[:most]
        else:
            found = list(self.source(most))
            if most is None:
                self._all = found
        return [self._rated(row) for row in found]

    def __len__(self):
        if self.count is None:
            self.count = len(self.rows()) if callable(self.source) else len(self.source)
        return self.count

    def _rated(self, row):
        return tuple(
            rate(row, column.of) if column.kind == RATE else cell
            for column, cell in zip(self.columns, row, strict=True)
        )

    @property
    def is_summed(self):
        return any(column.adds for column in self.columns)

    def totals(self):
        """The cells of the last row: sums, and the rates of the sums; None where nothing adds up."""
        sums = [None] * len(self.columns)
        rows = self.rows()
        for place, column in enumerate(self.columns):
            if column.adds:
                sums[place] = sum((row[place] for row in rows if is_number(row[place])), Decimal(0))
                sums[place] = sums[place] if column.kind == MONEY else plain(sums[place])
        for place, column in enumerate(self.columns):
            if column.kind == RATE:
                sums[place] = rate(sums, column.of)
        return tuple(sums)


def is_number(cell):
    return isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool)


def plain(number):
    """A whole number without its point."""
    return int(number) if number == int(number) else number


def rate(cells, of):
    """(added − taken off) ÷ whole of the cells at these places; None where there is nothing to divide by."""
    added, off, whole = (
        sum((Decimal(cells[place]) for place in part if is_number(cells[place])), Decimal(0)) for part in of
    )
    return (added - off) / whole if whole else None


def shown(cell, column):
    """A cell as a page or a paper says it."""
    kind = getattr(cell, "kind", "") or column.kind
    if isinstance(cell, (Live, Formula)):
        cell = cell.value
    if cell is None or cell == "":
        return ""
    if kind == RATE:
        return f"{cell * 100:.1f}%"
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, datetime):
        return f"{timezone.localtime(cell) if timezone.is_aware(cell) else cell:%Y-%m-%d %H:%M}"
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d}"
    if column.kind == MONEY and is_number(cell):
        return f"{cell:.2f}"
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    return str(cell)


def until(day, on):
    """A day as it was known on `on`: what came later is not there yet."""
    return day if day and day <= on else None
