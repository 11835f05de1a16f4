"""Fills rows into one sheet of an .xlsx in a process of its own: a line of JSON and the workbook on stdin, the filled one on stdout.

Started only by office.fill. What stands below the place of the rows moves down with its merged cells; sums over the place
are stretched over the rows. Ends with exit code 1 for a workbook that it cannot fill.
"""

import copy
import io
import json
import re
import sys
import zipfile
from datetime import date

from openpyxl import load_workbook
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

RANGE = re.compile(r"(\$?[A-Z]{1,3}\$?)(\d+):(\$?[A-Z]{1,3}\$?)(\d+)")
DAY = "yyyy-mm-dd"
SERIALS = re.compile(r"\d*")


def fill(book, task):
    """Put `rows` (each {column: [type, value]}) into the sheet, the first at `first_row`."""
    sheet = book[task["sheet"]]
    first, rows, serial = task["first_row"], task["rows"], task["serial"]
    end = _end(sheet, first, serial)
    room, extra = end - first, max(0, len(rows) - (end - first))
    looks = [_look(sheet.cell(first, column)) for column in range(1, sheet.max_column + 1)]
    height = sheet.row_dimensions[first].height
    if extra:
        _push_down(sheet, end, extra, first, first + len(rows) - 1)
    for merged in [
        each
        for each in sheet.merged_cells.ranges
        if each.min_row >= first and each.max_row < first + max(room, len(rows))
    ]:
        sheet.unmerge_cells(str(merged))
    for at, cells in enumerate(rows):
        for column, look in enumerate(looks, 1):
            cell = sheet.cell(first + at, column)
            cell.value = None
            if at >= room or at == 0:
                _dress(cell, look)
        if height:
            sheet.row_dimensions[first + at].height = height
        for column, (kind, value) in cells.items():
            _put(sheet.cell(first + at, int(column) + 1), kind, value)
    for row in range(first + len(rows), end):  # places that nobody needed keep their frame, not their numbers
        for column in serial:
            sheet.cell(row, column + 1).value = None


def _end(sheet, first, serial):
    """The first row at or below `first` that holds something besides a running number; without one the row after the last."""
    for row in range(first, sheet.max_row + 1):
        for cell in sheet[row]:
            if cell.value not in (None, "") and not (
                cell.column - 1 in serial and SERIALS.fullmatch(str(cell.value).strip())
            ):
                return row
    return max(sheet.max_row + 1, first + 1)


def _look(cell):
    return (copy.copy(cell.font), copy.copy(cell.border), copy.copy(cell.fill), copy.copy(cell.alignment))


def _dress(cell, look):
    cell.font, cell.border, cell.fill, cell.alignment = (copy.copy(part) for part in look)


def _put(cell, kind, value):
    if kind == "number":
        cell.value = value
    elif kind == "day":
        cell.value, cell.number_format = date.fromisoformat(value), DAY
    else:
        cell.value = value
        cell.data_type = "s"  # whatever it begins with: text, never a formula
        cell.quotePrefix = value[:1] in ("=", "+", "-", "@")


def _push_down(sheet, end, extra, first, last):
    below = [each for each in sheet.merged_cells.ranges if each.min_row >= end]
    for merged in below:
        sheet.unmerge_cells(str(merged))
    bottom = sheet.max_row
    heights = {row: sheet.row_dimensions[row].height for row in range(end, bottom + 1)}
    if bottom >= end:
        sheet.move_range(f"A{end}:{get_column_letter(sheet.max_column)}{bottom}", rows=extra)
    for merged in below:
        merged.shift(row_shift=extra)
        sheet.merge_cells(merged.coord)
    for row, height in heights.items():
        sheet.row_dimensions[row + extra].height = height
    for row in sheet.iter_rows(min_row=end + extra):
        for cell in row:
            if cell.data_type == "f" and isinstance(cell.value, str):
                cell.value = RANGE.sub(lambda found: _stretched(found, first, end, last, extra), cell.value)


def _stretched(found, first, end, last, extra):
    """A range over the place of the rows covers all of them; one that lies below moves along."""
    start, stop = int(found[2]), int(found[4])
    if first <= start and stop < end:
        return f"{found[1]}{first}:{found[3]}{last}"
    if start >= end:
        return f"{found[1]}{start + extra}:{found[3]}{stop + extra}"
    return found[0]


class Writer(ExcelWriter):
    """Writes the sheets in memory: this process may write no file, not even a temporary one."""

    def write_worksheet(self, ws):
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts, ws._drawing.images = ws._charts, ws._images
        stream = io.BytesIO()
        writer = WorksheetWriter(ws, out=stream)
        writer.write()
        ws._rels = writer._rels
        self._archive.writestr(ws.path[1:], stream.getvalue())
        self.manifest.append(ws)


def main():
    data = sys.stdin.buffer.read()
    line, _, content = data.partition(b"\n")
    book = load_workbook(io.BytesIO(content))
    fill(book, json.loads(line))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        Writer(book, archive).save()
    sys.stdout.buffer.write(stream.getvalue())


if __name__ == "__main__":
    main()
