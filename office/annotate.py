"""The office's own workbook back, with each faulty cell filled and a note saying what is wrong and how to mend it."""

import json
import re
import unicodedata
from pathlib import Path

from office import Unreadable, guard
from office.archive import inspect, kind_of
from office.reader import MAX_SIZE, read
from office.writer import Workbook, clean_text

CHILD = Path(__file__).with_name("annotate_child.py")
WALL_SECONDS = 60
MAX_CELLS = 1_000_000  # of a file that has to be written anew
MAX_MESSAGE = 1_000
ADVICE = "红色单元格必须改正，黄色单元格请核对。改好后可直接上传本文件，标注和本页不会被导入。"


def annotate(data, file_name, notes):
    """(bytes, file name) of the workbook with `notes`: (sheet, cell, "error" or "warning", message); raises Unreadable.

    An .xlsx is marked in place: whatever is not marked stays byte for byte. An .xls, a .csv, or an .xlsx that cannot be
    marked so, is written anew from its cells, and the last sheet says so.
    """
    kind = kind_of(data, file_name)
    stem = file_name.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or "工作簿"
    notes = [
        (str(sheet), _plain_address(cell), level, clean_text(message)[:MAX_MESSAGE])
        for sheet, cell, level, message in notes
    ]
    if kind == "xlsx" and len(data) <= MAX_SIZE:
        inspect(data)
        try:
            return _marked(data, notes, _lead(notes)), f"{stem}（预检标注）.xlsx"
        except guard.Broken:
            reason = "原文件的内部写法特殊，无法保留原来的格式：本文件只保留了各可见工作表的内容。"
    else:
        reason = f"原文件是 .{kind} 旧格式，已转换为 .xlsx：内容和行列位置不变，格式未保留。"
    anew = _written_anew(read(data, file_name))
    try:
        return _marked(anew, notes, _lead(notes, reason)), f"{stem}（预检）.xlsx"
    except guard.Broken as error:
        raise Unreadable("这个文件无法标注，请按页面上列出的单元格逐一改正。") from error


def _marked(data, notes, lead):
    task = json.dumps({"notes": notes, "lead": lead}).encode()
    try:
        return guard.run(CHILD, data=task + b"\n" + data, seconds=WALL_SECONDS)
    except (guard.TooSlow, guard.TooHeavy) as error:
        raise Unreadable("文件过大，无法在原表上标注，请按页面上列出的单元格逐一改正。") from error


def _plain_address(cell):
    """An address as it is compared: `g64` and `$G$64` are G64; what names no cell stays as it is."""
    text = "".join(unicodedata.normalize("NFKC", str(cell)).split())
    bare = text.replace("$", "").upper()
    return bare if re.fullmatch(r"[A-Z]+\d+", bare, re.ASCII) else text


def _lead(notes, reason=""):
    errors = sum(level == "error" for _, _, level, _ in notes)
    return [f"预检发现错误 {errors} 处、提醒 {len(notes) - errors} 处。{ADVICE}", *filter(None, [reason])]


def _written_anew(sheets):
    """A plain workbook with every cell at its old address."""
    if sum(len(cells) for sheet in sheets for _, cells in sheet.rows) > MAX_CELLS:
        raise Unreadable("文件过大，无法转换标注。请用 WPS 或 Excel 另存为 .xlsx 后重新上传，再下载标注。")
    book = Workbook(title="预检")
    for found in sheets:
        sheet, widths = book.sheet(found.name), {}
        for number, cells in found.rows:
            for index, value in enumerate(cells):
                if value is not None:
                    sheet.write(number - 1, index, value)
                    shown = 10 if not isinstance(value, str) else sum(2 if ord(sign) > 255 else 1 for sign in value)
                    widths[index] = max(widths.get(index, 8), min(shown + 2, 40))
        for index, width in widths.items():
            sheet.worksheet.set_column(index, index, width)
    return book.close()
