"""A report as a workbook to print and sign, or as a paper. Sums are formulas that show their value at once.

The same question on the same records gives the same bytes.
"""

from datetime import datetime, time
from decimal import Decimal
from math import ceil

from xlsxwriter.utility import xl_col_to_name

from office.paper import Paper, Text
from office.paper import Table as PaperTable
from office.word import to_word
from office.writer import Workbook
from portal.reports.table import MONEY, RATE, Formula, Live, is_number, shown

FORMATS = {RATE: "0.0%", MONEY: "0.00"}
FIRST = 5  # the row of a spreadsheet in which the data begin: title, who reports, what is asked, labels
LINE = 15  # points
WIDE = 190  # signs on a page lying down; a wider sheet goes over several, the first two columns on each
ABOUT = "　　制表人：　　　　　审核人：　　　　　联系电话："


def headline(ask):
    return f"填报单位（盖章）：{ask.organ}　　统计截止日：{ask.on:%Y-%m-%d}{ABOUT}"


def scope(ask):
    """What was asked, in words."""
    return "　".join(ask.words)


def as_workbook(report, ask, tables):
    """The bytes: a sheet for each table, those with the records behind the figures last."""
    tables = sorted(tables, key=lambda table: table.evidence)
    book = Workbook(title=report.title(ask), created=datetime.combine(ask.on, time()))
    spans = {table.name: len(table.rows()) for table in tables}
    for table in tables:
        _sheet(book, table, ask, spans)
    return book.close()


def _sheet(book, table, ask, spans):
    labels = ["序号", *(column.label for column in table.columns)]
    widths = [6, *(column.width for column in table.columns)]
    sheet = book.sheet(table.name)
    page = sheet.worksheet
    if sum(widths) > WIDE:
        page.fit_to_pages(ceil(sum(widths) / WIDE), 0)
        page.repeat_columns(0, 1)
    sheet.title(table.title, min(len(labels), _fitting(widths)))
    sheet.write(sheet.row, 0, headline(ask))
    sheet.write(sheet.row + 1, 0, scope(ask))
    sheet.row += 2
    page.set_row(sheet.row, LINE * _lines(labels, widths))
    sheet.header(labels, widths)
    rows = table.rows()
    for number, row in enumerate(rows, 1):
        _row(sheet, [number, *row], table, widths, spans)
    if not rows:
        sheet.write(sheet.row, 0, table.empty)
        sheet.row += 1
    elif table.is_summed:
        _totals(sheet, table, len(rows))
    else:
        look = {"border": 1, "bold": True, "valign": "vcenter"}
        sheet.write(sheet.row, 0, "合计", **look)
        last = FIRST + len(rows) - 1
        sheet.write_formula(
            sheet.row,
            1,
            f"=COUNT(A{FIRST}:A{last})",
            value=len(rows),
            num_format=f'0"{table.unit}"',
            align="left",
            **look,
        )
        sheet.row += 1
    if table.note:
        sheet.write(sheet.row, 0, table.note)


def _fitting(widths):
    """How many columns stand on the first page: a title over more would be cut in two."""
    room, count = WIDE, 0
    for width in widths:
        room -= width
        if room < 0:
            break
        count += 1
    return max(count, 1)


def _lines(cells, widths):
    """How many lines the fullest cell takes: not every program finds the height of a row by itself when it prints."""
    return max(
        sum(ceil(_length(line) / max(width - 1, 1)) or 1 for line in str(cell).split("\n"))
        for cell, width in zip(cells, widths, strict=True)
        if not is_number(cell)
    )


def _length(line):
    return sum(2 if ord(sign) > 0x2E7F else 1.1 for sign in line)


def _row(sheet, cells, table, widths, spans):
    at = sheet.row
    live = [isinstance(cell, (Live, Formula)) for cell in cells]
    cells_plain = [None if is_live else cell for cell, is_live in zip(cells, live, strict=True)]
    high = _lines(["" if cell is None else cell for cell in cells_plain], widths)
    if high > 1:
        sheet.worksheet.set_row(at, LINE * high)
    sheet.append([_exact(cell) for cell in cells_plain], text_wrap=True)
    look = {"border": 1, "valign": "vcenter"}
    for place, column in enumerate(table.columns, 1):
        cell = cells[place]
        if isinstance(cell, Live):
            _formula(sheet, at, place, _count(cell, spans), cell.value, **look)
        elif isinstance(cell, Formula):
            _formula(sheet, at, place, cell.text, cell.value, num_format=FORMATS.get(cell.kind, "General"), **look)
        elif column.kind == RATE:
            _formula(sheet, at, place, ratio(column.of, at), cell, num_format=FORMATS[RATE], **look)
        elif column.kind == MONEY and is_number(cell):
            sheet.write(at, place, cell, num_format=FORMATS[MONEY], **look)


def _exact(cell):
    return cell if not isinstance(cell, Decimal) or cell == cell.quantize(Decimal("0.0001")) else round(float(cell), 4)


def _count(cell, spans):
    """SUMIF over the sheet with the records: what stands there for this figure, added up."""
    last = FIRST + spans[cell.sheet] - 1
    weight = xl_col_to_name(cell.place + 1)
    name = cell.name.replace('"', '""')
    where = f"'{cell.sheet}'!"
    return f'=SUMIF({where}$B${FIRST}:$B${last},"{name}",{where}${weight}${FIRST}:${weight}${last})'


def _formula(sheet, row, place, formula, value, **look):
    sheet.write_formula(row, place, formula, value="" if value is None else float(value), **look)


def _totals(sheet, table, count):
    at, last = sheet.row, FIRST + count - 1
    look = {"border": 1, "bold": True, "valign": "vcenter"}
    sheet.append(["合计", *[None] * len(table.columns)], bold=True)
    for place, (column, value) in enumerate(zip(table.columns, table.totals(), strict=True), 1):
        letter = xl_col_to_name(place)
        if column.adds:
            look_of = look | ({"num_format": FORMATS[MONEY]} if column.kind == MONEY else {})
            _formula(sheet, at, place, f"=SUM({letter}{FIRST}:{letter}{last})", value, **look_of)
        elif column.kind == RATE:
            _formula(sheet, at, place, ratio(column.of, at), value, num_format=FORMATS[RATE], **look)


def ratio(of, row):
    """The formula of a rate in a row (counted from 0) by the places of its columns."""
    added, off, whole = ("+".join(f"N({xl_col_to_name(place + 1)}{row + 1})" for place in part) for part in of)
    top = f"{added}-({off})" if off else added
    return f'=IF(({whole})=0,"",({top})/({whole}))'


# --- on paper


def as_paper(report, ask, tables):
    """The tables of figures as a Word file; the records behind them stay in the workbook."""
    blocks = [Text(headline(ask), align="left"), Text(scope(ask), align="left")]
    for table in tables:
        if table.evidence:
            continue
        rows = [[str(number), *_said(row, table)] for number, row in enumerate(table.rows(), 1)]
        if rows and table.is_summed:
            rows.append(["合计", *_said(table.totals(), table)])
        blocks.append(
            PaperTable(
                ["序号", *(column.label for column in table.columns)], rows, caption=table.title, note=table.note,
                widths=[6, *(column.width for column in table.columns)], empty=table.empty,
            )
        )  # fmt: skip
    return to_word(
        Paper(report.title(ask), dated=ask.on, organ=ask.organ, signer=ask.organ, landscape=True, blocks=blocks)
    )


def _said(row, table):
    return [shown(cell, column) for cell, column in zip(row, table.columns, strict=True)]
