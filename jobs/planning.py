"""Reading a workbook into a plan: every cell cleaned, every fault named by its cell, nothing written yet.

A `SheetResource` (django-import-export) declares the columns, their widgets and their export; the words that offices
use for columns and values are data (`columns.yaml` beside the resource).
"""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from import_export import resources, widgets

from office import reader, table, values

ERROR, WARNING = "error", "warning"


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


@dataclass
class Row:
    number: int
    values: dict[str, Any]
    extra: dict[str, Any] = field(default_factory=dict)
    is_bad: bool = False


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

    @property
    def digest(self):
        """A hash of all that would be written: what is committed is what was shown."""
        shown = [[row.number, row.is_bad, {key: str(value) for key, value in row.values.items()}] for row in self.rows]
        faults = [str(problem) for problem in self.problems]
        return hashlib.sha256(json.dumps([shown, faults], ensure_ascii=False, sort_keys=True).encode()).hexdigest()


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
        known = {label: code for code, label in choices.choices} | (words or {})
        super().__init__(self._many(known) if many else lambda value: values.parse_choice(value, known), warn=warn)

    def _many(self, known):
        def parse(value):
            text = str(value)
            for mark in "，,；;/+＋ 　\n及和":
                text = text.replace(mark, "、")
            return tuple(dict.fromkeys(values.parse_choice(word, known) for word in text.split("、") if word))

        return parse

    def render(self, value, obj=None, **kwargs):
        if self.many:
            return "、".join(self.choices(code).label for code in value or ())
        return self.choices(value).label if value else ""


def text(length):
    """A parser for plain text of at most `length` characters."""

    def parse(value):
        cleaned = str(value).strip()
        if len(cleaned) > length:
            raise ValidationError(f"太长：最多 {length} 字，现有 {len(cleaned)} 字，请精简")
        return cleaned

    return parse


class SheetResource(resources.ModelResource):
    """Base of every import: subclasses name the columns' file, the classified columns, and add `check(plan)`."""

    columns_file: Path
    kind_label = ""
    classified = frozenset()
    who_key = ""

    @classmethod
    def words(cls, key):
        return dictionary(cls.columns_file)[1].get(key, {})

    def plan(self, data, file_name):
        """Read the file and say what would happen; raises `office.reader.Unreadable` when there is nothing to read."""
        columns, _ = dictionary(self.columns_file)
        self.table = table.find_table(reader.read(data, file_name), columns, kind_label=self.kind_label)
        self.labels = {column.key: column.label for column in columns}
        required = {column.key for column in columns if column.required}
        plan = Plan(self.table.sheet, [], [], [f"{cell}“{header}”" for cell, header in self.table.unknown])
        for number, raw in self.table.rows:
            row = Row(number, {}, {"raw": raw})
            plan.rows.append(row)
            for key, cell in raw.items():
                if cell is None or str(cell).strip() == "":
                    row.values[key] = None
                    if key in required and self.is_needed(key, raw):
                        self.fault(plan, row, key, f"{self.labels[key]}未填，请补上")
                    continue
                widget = self.fields[key].widget
                try:
                    row.values[key] = widget.clean(cell, date1904=self.table.date1904)
                except (ValidationError, ValueError) as error:
                    row.values[key] = None
                    message = "；".join(error.messages) if isinstance(error, ValidationError) else str(error)
                    self.fault(plan, row, key, message, WARNING if getattr(widget, "warn", False) else ERROR)
        if not plan.rows:
            raise reader.Unreadable(f"工作表“{plan.sheet}”里只有表头，没有数据，请核对是否选错了文件")
        self.check(plan)
        plan.problems.sort(key=lambda problem: (problem.row, problem.cell))
        return plan

    def is_needed(self, key, raw):
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


def same_name(name):
    """An organisation's name for comparing: half-width brackets, no blanks."""
    return str(name).translate(str.maketrans({"（": "(", "）": ")", " ": None, "　": None}))
