"""Reading a workbook into a plan: every cell cleaned, every fault named by its cell, nothing written yet.

A `SheetResource` (django-import-export) declares the columns, their widgets and their export; the words that offices
use for columns and values are data (`columns.yaml` beside the resource).
"""

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from django.core.exceptions import ValidationError
from django.utils.functional import classproperty
from import_export import fields, resources, widgets

from office import reader, table, values

ERROR, WARNING = "error", "warning"
BAD, INSERT, UPDATE, UNCHANGED = "bad", "insert", "update", "unchanged"  # what becomes of a row
HIDDEN = "已变"
NUMBERING = "序号"  # a sheet counts its own rows: nothing that somebody has to be told about
NOTHING = {"无", "暂无", "没有", "/", "／", "-", "--", "—", "——", "－", "\\"}  # how offices say that a cell is empty


@dataclass(frozen=True)
class Problem:
    """One fault: where it stands, what is wrong and what to do. `typed` is the cell as it was, masked if classified."""

    sheet: str
    row: int
    cell: str
    label: str
    level: str
    message: str
    typed: str = ""
    who: str = ""

    def __str__(self):
        return f"{self.sheet}!{self.cell} {self.message}"


class Change(NamedTuple):
    """One field that an import would change: its label and how it reads before and after (a classified one as 已变)."""

    label: str
    before: str
    after: str


@dataclass
class Row:
    """One row of the workbook: its cleaned values, whether it stays out, and what it does to the register."""

    number: int
    values: dict[str, Any]
    extra: dict[str, Any] = field(default_factory=dict)
    is_bad: bool = False
    is_new: bool = False
    changes: list[Change] = field(default_factory=list)

    @property
    def outcome(self):
        return BAD if self.is_bad else INSERT if self.is_new else UPDATE if self.changes else UNCHANGED


@dataclass
class Plan:
    """What an import would do: the rows, and the problems found in them."""

    sheet: str
    rows: list[Row]
    problems: list[Problem]
    unknown: list[str]

    @property
    def errors(self):
        return [problem for problem in self.problems if problem.level == ERROR]

    @property
    def warnings(self):
        return [problem for problem in self.problems if problem.level == WARNING]

    @property
    def good(self):
        return [row for row in self.rows if not row.is_bad]

    @property
    def bad(self):
        return [row for row in self.rows if row.is_bad]

    @property
    def warned(self):
        """Rows that go in although something should be looked at."""
        numbers = {problem.row for problem in self.warnings}
        return [row for row in self.good if row.number in numbers]

    def count(self, outcome):
        return sum(row.outcome == outcome for row in self.rows)

    @property
    def digest(self):
        """A hash of all that would be written: what is committed is what was shown."""
        shown = [[row.number, row.outcome, row.changes, row.values] for row in self.rows]
        faults = [str(problem) for problem in self.problems]
        said = json.dumps([shown, faults], ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()


@cache
def dictionary(path):
    """The columns and words of one `columns.yaml`."""
    found = yaml.safe_load(Path(path).read_text("utf-8"))
    columns = tuple(
        table.Column(
            row["key"],
            row["label"],
            tuple(row.get("synonyms", ())),
            row.get("required", False),
            row.get("identity", False),
            tuple(row.get("otherwise", ())),
        )
        for row in found["columns"]
    )
    return columns, found.get("words", {})


class Parsed(widgets.Widget):
    """A cell read by one of `office.values`' parsers; what they refuse becomes the cell's error."""

    def __init__(self, parse, *, warn=False, shown=str):
        super().__init__()
        self.parse, self.warn, self.shown = parse, warn, shown

    def clean(self, value, row=None, *, date1904=False, **kwargs):
        return self.parse(value, date1904=date1904) if self.parse is values.parse_date else self.parse(value)

    def render(self, value, obj=None, **kwargs):
        return "" if value in (None, "") else self.shown(value)


class Chosen(Parsed):
    """A cell whose word is one of a list (TextChoices), or one of the other words that offices use for it."""

    def __init__(self, choices, words=None, *, warn=False, many=False):
        self.choices, self.many = choices, many
        self.known = {label: code for code, label in choices.choices} | (words or {})
        super().__init__(self._several if many else self._one, warn=warn)

    def _one(self, value):
        try:
            return values.parse_choice(value, self.known)
        except ValueError as error:
            raise ValueError(f"“{value}”不在可选范围内，应为：{'、'.join(self.choices.labels)}") from error

    def _several(self, value):
        words = [word for word in re.split(r"[、，,；;/+＋\s及和]+", str(value)) if word]
        if not words:
            raise ValueError(f"“{value}”不在可选范围内，应为：{'、'.join(self.choices.labels)}")
        return tuple(dict.fromkeys(self._one(word) for word in words))

    def render(self, value, obj=None, **kwargs):
        if self.many:
            return "、".join(self.choices(code).label for code in value or ())
        return self.choices(value).label if value else ""


def text(length, *, spaced=True):
    """A parser for plain text of at most `length` characters; without `spaced`, blanks and line breaks go."""

    def parse(value):
        cleaned = str(value).strip() if spaced else "".join(str(value).split())
        if len(cleaned) > length:
            raise ValidationError(f"太长：最多 {length} 字，现有 {len(cleaned)} 字，请精简")
        return cleaned

    return parse


def at_most(most, parse=values.parse_count):
    """A parser for a count that cannot sensibly be larger than `most`."""

    def bounded(value):
        number = parse(value)
        if number is not None and number > most:
            raise ValueError(f"数字太大：最多 {most}，请核对")
        return number

    return bounded


def person_name(value):
    """A person's name that fits its column."""
    return text(values.NAME_LENGTH)(values.clean_name(value)[0])


class SheetResource(resources.ModelResource):
    """Base of every import, seen on the day `on`: subclasses name the columns' file, the classified columns, a widget for
    each column, and add `check(plan)`."""

    columns_file: Path
    kind_label = ""
    classified = frozenset()
    who_key = ""

    def __init__(self, *, on):
        super().__init__()
        self.on = on
        self.fields = {
            key: fields.Field(attribute=key, column_name=key, widget=widget) for key, widget in self.widgets().items()
        }

    @classproperty
    def named_by(cls):
        """The column by which a row is named in the report."""
        return cls.who_key or "branch"

    @classmethod
    def words(cls, key):
        return dictionary(cls.columns_file)[1].get(key, {})

    def plan(self, sheets, *, layouts=None):
        """Say what importing the sheets of a workbook would do; raises `office.Unreadable` when there is nothing to read.

        `layouts` are header rows whose meaning somebody has told (`office.table.find_table`).
        """
        columns, _ = dictionary(self.columns_file)
        self.table = table.find_table(sheets, columns, kind_label=self.kind_label, layouts=layouts)
        self.labels = {column.key: column.label for column in columns}
        required = {column.key for column in columns if column.required}
        told = [f"{cell}“{header}”" for cell, header in self.table.unknown if header != NUMBERING]
        plan = Plan(self.table.sheet, [], [], told)
        for number, raw in self.table.rows:
            row = Row(number, {}, {"raw": raw})
            plan.rows.append(row)
            faults = []
            for key, cell in raw.items():
                try:
                    row.values[key] = self._read(key, cell, key in required)
                except (ValidationError, ValueError) as error:
                    row.values[key] = None
                    message = "；".join(error.messages) if isinstance(error, ValidationError) else str(error)
                    faults.append((key, message, WARNING if self.fields[key].widget.warn else ERROR))
            for key in required:
                if key in raw and _is_blank(raw[key], required=True) and self.is_needed(key, row):
                    faults.append((key, f"{self.labels[key]}未填，请补上", ERROR))
            for fault in faults:  # only now is it known whose row it is
                self.fault(plan, row, *fault)
        if not plan.rows:
            raise reader.Unreadable(f"工作表“{plan.sheet}”里只有表头，没有数据，请核对是否选错了文件")
        self.check(plan)
        self.compare(plan)
        plan.problems.sort(key=lambda problem: (problem.row, problem.cell))
        return plan

    def _read(self, key, cell, required):
        if _is_blank(cell, required=required):
            return None
        if isinstance(cell, reader.Faulty):
            raise ValueError(cell.message)
        if isinstance(cell, str) and not cell.isprintable():
            cell = "".join(char for char in cell if unicodedata.category(char) != "Cc" or char.isspace())
        return self.fields[key].widget.clean(cell, date1904=self.table.date1904)

    def is_needed(self, key, row):
        """Whether a blank in a required column is a fault in this row."""
        return True

    def fault(self, plan, row, key, message, level=ERROR):
        """Name one fault by its cell; an error keeps the whole row out."""
        cell = self.table.cell(row.number, key) if key in self.table.columns else f"第{row.number}行"
        typed = "" if key in self.classified else str(row.extra["raw"].get(key) or "")
        who = str(row.values.get(self.who_key) or "") if self.who_key else ""
        plan.problems.append(Problem(plan.sheet, row.number, cell, self.labels[key], level, message, typed, who))
        row.is_bad = row.is_bad or level == ERROR

    def check(self, plan):
        """Faults that only show when rows are held against each other and against what is on record."""

    def compare(self, plan):
        """Say of each good row what it does to the register: `is_new`, or `changes` by `change()`; neither when nothing."""

    def change(self, row, key, before, after):
        """Note one field that the row changes."""
        if key in self.classified:
            said = Change(self.labels[key], HIDDEN if before else "", HIDDEN)
        else:
            said = Change(self.labels[key], *(self.fields[key].widget.render(value) for value in (before, after)))
        row.changes.append(said)


def _is_blank(cell, *, required):
    """Nothing there, or in a column that may be left empty a word that says so."""
    words = str(cell if cell is not None else "").strip()
    return not words or (not required and words in NOTHING)


def same_name(name):
    """An organisation's name for comparing: half-width brackets, no blanks."""
    return "".join(str(name).split()).translate(str.maketrans("（）", "()"))
