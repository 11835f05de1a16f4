"""How a form is built: its sheets, where its header stands, and what each column asks for as far as that can be told."""

import re

from django.core.exceptions import ValidationError

from datacalls import known
from datacalls.models import DataCallColumn
from files.actions import open_file
from files.secrecy import refuse_marked
from office.package import letters
from office.reader import Faulty, read

LOOKED_AT = 15  # rows from the top in which a header is looked for
MOST_COLUMNS = 60
MOST_HEADER = 120
Source, Type = DataCallColumn.Source, DataCallColumn.Type
GUESSES = (  # what the words of a header say of its content, the first that fits
    (Type.DAY, ("日期", "时间")),
    (Type.CHOICE, ("是否", "有无")),
    (Type.WHOLE, ("数", "次", "人次", "个数", "分")),
)
YES_NO = {"是否": "是、否", "有无": "有、无"}


def sheets(stored):
    """The visible sheets of a kept form; raises ValidationError in words."""
    found = [sheet for sheet in read(open_file(stored), stored.name) if sheet.rows]
    if not found:
        raise ValidationError("表里没有内容，请上传带表头的空表。")
    for sheet in found:
        refuse_marked(
            "\n".join(str(cell) for _, row in sheet.rows for cell in row if isinstance(cell, str)),
            f"工作表“{sheet.name}”",
        )
    return found


def header_of(sheet, row):
    """[text] of the header whose lowest row is `row`; a cell without words takes those of the cell above (合并的表头)."""
    rows = {number: [_words(cell) for cell in cells] for number, cells in sheet.rows}
    lowest, upper = rows.get(row, []), rows.get(row - 1, [])
    lone = sum(bool(cell) for cell in upper) < 2  # a title over the whole table is no header
    found = []
    for at in range(max(len(lowest), 0 if lone else len(upper))):
        own = lowest[at] if at < len(lowest) else ""
        found.append(own or ("" if lone or at >= len(upper) else upper[at]))
    while found and not found[-1]:
        found.pop()
    return found


def _words(cell):
    return "".join(cell.split()) if isinstance(cell, str) and not isinstance(cell, Faulty) else ""


def guess_header(sheet, per):
    """The row that looks most like a header: the most different words, each that the portal knows counting thrice."""
    best, most = None, 0
    for number, cells in sheet.rows[:LOOKED_AT]:
        words = {word for cell in cells if (word := _words(cell))}
        weight = len(words) + 2 * sum(bool(known.recognised(word, per) or known.is_serial(word)) for word in words)
        if len(words) > 1 and weight > most:
            best, most = number, weight
    if best is None:
        raise ValidationError("没有找到表头。请上传有一行表头的空表，一列一个项目。")
    return best


def columns(call, sheet, *, earlier=None):
    """Unsaved columns as far as they can be told: by what was said of the same header before, else by its words."""
    texts = header_of(sheet, call.header_row)
    if not any(texts):
        raise ValidationError({"header_row": f"第 {call.header_row} 行没有文字，请改成表头所在的行。"})
    if len(texts) > MOST_COLUMNS:
        raise ValidationError(
            {"header_row": f"表头有 {len(texts)} 列，一次最多收 {MOST_COLUMNS} 列，请删去用不着的列。"}
        )
    for at, header in enumerate(texts):
        if reason := known.refused(header):
            raise ValidationError(f"{letters(at + 1)} 列：{reason}")
    _refuse_filled(sheet, call.header_row)
    earlier = earlier or {}
    return [_column(call, at, header[:MOST_HEADER], earlier) for at, header in enumerate(texts) if header]


def _refuse_filled(sheet, header_row):
    """A form that somebody's numbers stand in was filled in before; a line of words at its foot may name whom to call."""
    for number, cells in sheet.rows:
        for at, cell in enumerate(cells if number > header_row else (), 1):
            if re.fullmatch(r"[\d\s+\-—.、，,;；/]*[\dXx]", str(cell)) and (found := known.personal(cell)):
                raise ValidationError(f"{letters(at)}{number} 格像是{found}。请上传空表，不要带已经填好的内容。")


def _column(call, at, header, earlier):
    column = DataCallColumn(call=call, position=at, header=header, source=Source.ASKED)
    if known.is_serial(header):
        column.source, column.is_required = Source.SERIAL, False
    elif header in earlier:
        column.source, column.known, column.type, column.options, column.is_required = earlier[header]
    elif key := known.recognised(header, call.per):
        column.source, column.known = Source.KNOWN, key
    else:
        for kind, words in GUESSES:
            if found := next((word for word in words if word in header), None):
                column.type, column.options = kind, YES_NO.get(found, "")
                break
        column.is_required = "备注" not in header
    return column


def remembered(headers, per):
    """header → what was said of it in the newest form that had it, so that nobody says it twice. One query."""
    rows = (
        DataCallColumn.objects.filter(header__in=headers, call__per=per)
        .exclude(call__state="draft")
        .order_by("call", "pk")
    )
    return {
        row.header: (row.source, row.known, row.type, row.options, row.is_required)
        for row in rows
        if row.source != Source.KNOWN or row.known in known.catalogue(per)
    }
