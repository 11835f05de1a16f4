"""Workbooks in: whatever an office sends, read without ever trusting it."""

import datetime
import json
from pathlib import Path
from typing import NamedTuple

from office import Unreadable, guard
from office.archive import DAMAGED, MEGABYTE, inspect, kind_of
from office.faults import UNCALCULATED

__all__ = ["Faulty", "Imprecise", "Sheet", "Unreadable", "read"]

MAX_SIZE = 20 * MEGABYTE
WALL_SECONDS = 30
CHILD = Path(__file__).with_name("reader_child.py")


class Imprecise(int):
    """A number cell of more than 15 digits: a spreadsheet keeps only the first 15, the rest is invented."""


class Faulty(str):
    """What a cell shows that holds an error value, or a formula that was never calculated."""

    @property
    def message(self):
        """What is wrong with it, and what to do."""
        if self == UNCALCULATED:
            return "公式没有计算结果，请用 WPS 或 Excel 打开保存一次后再上传"
        return f"单元格是错误值 {self}，请改正后重新上传"


class Sheet(NamedTuple):
    """A visible sheet: its filled rows as (row number from 1, [cells from column A]).

    A cell is None, str, int, float, bool, date, datetime, Imprecise or Faulty.
    """

    name: str
    rows: list
    date1904: bool = False  # bare day numbers (cells not formatted as dates) count from 1904


def read(data, filename):
    """All visible sheets of an .xlsx, .xls or .csv, hidden rows and columns included; raises Unreadable."""
    if len(data) > MAX_SIZE:
        raise Unreadable(
            f"文件有 {len(data) / MEGABYTE:.1f} MB，最多 {MAX_SIZE // MEGABYTE} MB。请删去图片或分成几个文件后再上传。"
        )
    kind = kind_of(data, filename)
    if kind == "xlsx":
        inspect(data)
    return _sheets(_parse(kind, data))


def _parse(kind, data):
    """The child's answer, in lines."""
    try:
        return guard.run(CHILD, kind, data=data, seconds=WALL_SECONDS).splitlines()
    except guard.TooSlow as error:
        raise Unreadable(
            f"文件在 {WALL_SECONDS} 秒内没有读完，请删去多余的行列和格式，或分成几个文件后再上传。"
        ) from error
    except guard.TooHeavy as error:
        raise Unreadable(
            "工作表占用的范围过大（可能在很远处有多余的单元格），无法读入。请把有用的内容复制到新建的工作簿后再上传。"
        ) from error
    except guard.Broken as error:
        raise Unreadable(DAMAGED) from error


def _sheets(lines):
    sheets, date1904, complete = [], False, False
    for line in lines:
        entry = json.loads(line, object_hook=_typed)
        if isinstance(entry, list):
            sheets[-1].rows.append(tuple(entry))
        elif "sheet" in entry:
            sheets.append(Sheet(entry["sheet"], [], date1904))
        elif "error" in entry:
            raise Unreadable(entry["error"])
        else:
            date1904 = entry.get("date1904", date1904)
            complete = "end" in entry
    if not complete:
        raise Unreadable(DAMAGED)
    return sheets


TYPES = {
    "date": datetime.date.fromisoformat,
    "datetime": datetime.datetime.fromisoformat,
    "imprecise": Imprecise,
    "faulty": Faulty,
}


def _typed(entry):
    """A typed cell; the child's own lines pass through."""
    ((key, value),) = entry.items()
    return TYPES[key](value) if key in TYPES else entry
