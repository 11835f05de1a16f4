"""Parses one workbook in a process of its own: bytes on stdin, JSON lines on stdout, started only by office.reader.

A hostile workbook can make the parser abort or ask for all memory; here that ends this process and no other.
A line is `{"date1904": bool}`, `{"sheet": name}`, `[row number, [cells from column A]]`, `{"error": message}`,
or, at the end, `{"end": true}`. A cell is null, a string, a number, a boolean, or an object whose only key is its kind.
"""

import csv
import datetime
import io
import json
import os
import re
import sys
import zipfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

MAX_ROWS = 120_000
MAX_COLUMNS = 100
MAX_OUTPUT = 100 * 1024 * 1024
EXACT = 10**15  # beyond it a spreadsheet number has lost its last digits
DATE_1904 = re.compile(rb"<(?:\w+:)?workbookPr\b[^>]*\bdate1904=[\"'](?:1|true)[\"']")
ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"}
AS_FORMULA = re.compile(r'="(.*)"', re.DOTALL)  # how a CSV keeps Excel from reading a code as a number


class Refused(Exception):
    """The workbook is not taken in; the message goes to the user."""


def column_letter(index):
    """The spreadsheet's name of a column, from 0."""
    letters = ""
    while index >= 0:
        index, rest = divmod(index, 26)
        letters = chr(65 + rest) + letters
        index -= 1
    return letters


def cell(value):
    """A parsed value in the form that goes over the pipe."""
    if isinstance(value, str):
        text = value.replace("_x000D_", "").removeprefix("'")
        if text.strip() in ERRORS:  # copied as a value, or written so in a CSV
            return {"faulty": text.strip()}
        return text if text.strip() else None
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        if abs(value) >= EXACT:
            return {"imprecise": int(value)}
        return int(value) if value == int(value) else value
    if isinstance(value, datetime.datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, datetime.date):
        return {"date": value.isoformat()}
    return str(value)  # a time of day or a duration


def workbook_rows(data, kind):
    """Lines of every visible sheet of an .xlsx or .xls."""
    from python_calamine import PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook

    try:
        book = load_workbook(io.BytesIO(data))
    except PasswordError as error:
        raise Refused("文件设有密码，请取消打开密码后再上传。") from error
    faults = passed_over(data, kind)
    for index, about in enumerate(book.sheets_metadata):
        # What the office does not see in its own workbook must not be imported behind its back.
        if about.typ != SheetTypeEnum.WorkSheet or about.visible != SheetVisibleEnum.Visible:
            continue
        sheet, faulty = book.get_sheet_by_index(index), faults[index] if index < len(faults) else {}
        yield {"sheet": about.name}
        end = sheet.end if sheet.start is not None else (-1, -1)
        furthest = max((max(row) for row in faulty.values()), default=-1)
        check_size(about.name, max(end[0], *faulty, -1) + 1, max(end[1], furthest) + 1)
        if sheet.start is not None:
            left = [None] * sheet.start[1]
            for number, row in enumerate(sheet.iter_rows(), start=1):
                yield [number, with_faults(left + [cell(value) for value in row], faulty.pop(number - 1, None))]
        for number in sorted(faulty):
            yield [number + 1, with_faults([], faulty[number])]


def passed_over(data, kind):
    """The cells that the parser gives as blank though they are not, for each sheet: {row: {column: word}} from 0."""
    from office import faults

    if kind == "xls":
        try:
            return faults.of_xls(data)
        except (IndexError, KeyError, ValueError, faults.struct.error):
            return []  # the parser could read it, and its errors alone stay unseen
    return faults.of_xlsx(data)


def with_faults(cells, faulty):
    """The cells of a row, and the faulty ones among them."""
    if faulty:
        cells += [None] * (max(faulty) + 1 - len(cells))
        for column, word in faulty.items():
            cells[column] = {"faulty": word}
    return cells


def check_size(name, rows, columns):
    """Refuse a sheet beyond the caps, with the figure that tells where to look."""
    if rows > MAX_ROWS:
        raise Refused(
            f"工作表“{name}”的内容一直排到第 {rows} 行，最多 {MAX_ROWS} 行。"
            "请删去下方多余的行（或分成几个文件）后再上传。"
        )
    if columns > MAX_COLUMNS:
        raise Refused(
            f"工作表“{name}”的内容一直排到 {column_letter(columns - 1)} 列（共 {columns} 列），最多 {MAX_COLUMNS} 列。"
            "请删去右侧多余的列后再上传。"
        )


def decoded(data):
    """The text of a CSV in whichever encoding an office program writes."""
    encodings = ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("CSV 文件的文字编码无法识别，请用 WPS 或 Excel 打开后另存为 .xlsx 再上传。")


def csv_rows(data):
    """Lines of a CSV, taken as one sheet."""
    text = decoded(data)
    if "\0" in text:
        raise Refused("CSV 文件含有非文字内容，请用 WPS 或 Excel 打开后另存为 .xlsx 再上传。")
    head = text[:10_000]
    delimiter = max(",\t;", key=head.count)
    yield {"sheet": "CSV"}
    for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
        filled = [index for index, value in enumerate(row) if value.strip()]
        check_size("CSV", number if filled else 1, filled[-1] + 1 if filled else 1)
        yield [number, [cell(AS_FORMULA.sub(r"\1", value)) for value in row]]


def uses_1904(data, kind):
    """Whether bare day numbers of an .xlsx count from 1904, as old Macintosh workbooks do."""
    if kind != "xlsx":
        return False
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return bool(DATE_1904.search(archive.read("xl/workbook.xml")))


def lines(kind, data):
    """All lines of the answer, blank rows and trailing blanks left out."""
    yield {"date1904": uses_1904(data, kind)}
    for line in csv_rows(data) if kind == "csv" else workbook_rows(data, kind):
        if isinstance(line, list):
            cells = line[1]
            while cells and cells[-1] is None:
                cells.pop()
            if not cells:
                continue
        yield line
    yield {"end": True}


def main():
    """Parse; office.guard ends it by a signal at the limits, exit code 1 means a damaged file."""
    written = 0
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    try:
        for line in lines(sys.argv[1], sys.stdin.buffer.read()):
            encoded = encode(line).encode("utf-8", "replace") + b"\n"
            written += len(encoded)
            if written > MAX_OUTPUT:
                raise Refused("工作簿的文字总量过大，请分成几个文件后再上传。")
            sys.stdout.buffer.write(encoded)
    except Refused as error:
        sys.stdout.buffer.write(encode({"error": str(error)}).encode() + b"\n")
    except MemoryError:
        os.abort()  # as the parser itself does when memory ends; any other exception means a damaged file


if __name__ == "__main__":
    main()
