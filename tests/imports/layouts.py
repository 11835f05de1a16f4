"""The ways in which an office may lay a table out: each function makes (kind, bytes, file name) of a `county.Table`."""

import csv
import io
from datetime import date
from itertools import groupby

import xlsxwriter
import xlwt

TWO_ROWS = {  # key → the merged heading above, the heading below
    "organisations": {
        "name": ("党组织", "名称"),
        "kind": ("党组织", "类别"),
        "started_on": ("换届", "日期"),
        "committee_size": ("班子", "支委人数"),
        "groups": ("班子", "党小组数"),
    },
    "roster": {
        "birth_on": ("身份", "出生日期"),
        "id_number": ("身份", "公民身份号码"),
        "joined_on": ("党籍", "入党时间"),
        "converted_on": ("党籍", "转正时间"),
    },
    "meetings": {"held_on": ("召开", "时间"), "due_count": ("人数", "应到"), "attended_count": ("人数", "实到")},
}


def xlsx(
    table, *, at=(0, 0), title="", cover=False, hidden=(), footer=(), date1904=False, bare_days=False, two_rows=False
):
    """An .xlsx whose header begins at `at` (row, column from 0)."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "date_1904": date1904, "strings_to_formulas": False})
    if cover:
        book.add_worksheet("填表说明").write_column(0, 0, ["本表一式两份", "1. 党组织名称与印章一致", "2. 日期填到日"])
        book.add_worksheet("汇总").write_row(0, 0, ["项目", "数量"])
    sheet = book.add_worksheet(table.sheet)
    day = book.add_format({} if bare_days else {"num_format": "yyyy-mm-dd"})
    row, column = at
    grid = table.grid()
    if title:
        sheet.merge_range(row, column, row, column + len(grid[0]) - 1, title)
        row += 1
    if two_rows:
        _two_rows(sheet, table, row, column)
        row += 1
    else:
        sheet.write_row(row, column, grid[0])
    for number, cells in enumerate(grid[1:], start=row + 1):
        for index, value in enumerate(cells, start=column):
            if isinstance(value, date):
                sheet.write_datetime(number, index, value, day)
            elif value is not None:
                sheet.write(number, index, value)
    for number, text in enumerate(footer, start=row + len(grid) + 1):
        sheet.write(number, column, text)
    for number in hidden:
        sheet.set_row(number, options={"hidden": True})
        sheet.set_column(column + number, column + number, options={"hidden": True})
    book.close()
    return table.kind, stream.getvalue(), "表.xlsx"


def _two_rows(sheet, table, row, column):
    """A header of two rows: merged across where columns share a heading, merged down where they do not."""
    headed = [TWO_ROWS[table.kind].get(key, ("", heading)) for key, heading in table.headings.items()]
    at = column
    for above, group in groupby(headed, key=lambda pair: pair[0]):
        group = list(group)
        for index, (_, below) in enumerate(group, start=at):
            if above:
                sheet.write(row + 1, index, below)
            else:
                sheet.merge_range(row, index, row + 1, index, below)
        if above and len(group) > 1:
            sheet.merge_range(row, at, row, at + len(group) - 1, above)
        elif above:
            sheet.write(row, at, above)
        at += len(group)


def xls(table):
    """A workbook of Excel 97–2003."""
    book, stream = xlwt.Workbook(encoding="utf-8"), io.BytesIO()
    sheet = book.add_sheet(table.sheet)
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for number, cells in enumerate(table.grid()):
        for index, value in enumerate(cells):
            if isinstance(value, date):
                sheet.write(number, index, value, day)
            elif value is not None:
                sheet.write(number, index, value)
    book.save(stream)
    return table.kind, stream.getvalue(), "表.xls"


def text(table, *, encoding, delimiter=",", spelled="{:%Y/%m/%d}".format):
    """A .csv with dates as text."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter)
    for cells in table.grid():
        writer.writerow([spelled(value) if isinstance(value, date) else value for value in cells])
    return table.kind, stream.getvalue().encode(encoding), "表.csv"


def backwards(table):
    """The columns from right to left."""
    return table._replace(headings=dict(reversed(table.headings.items())))


OTHER_NAMES = {
    "organisations": "支部全称 组织类型 隶属党组织 单位名称 学校类别 建立时间 支部书记 上次换届时间 支委人数 小组数",
    "roster": "所属支部 党员姓名 男女 出生年月日 居民身份证号码 参加党组织时间 转正时间 党员类别 党内任职 联系电话",
    "meetings": "支部名称 会议类别 会议召开时间 活动内容 召集人 应参会人数 实参会人数",
}
DECORATED = {
    "organisations": "*党组织名称|组织类别 ※|上级\n党组织|所在单位（全称）|学 段|成立日期\n（年月日）|书　记|"
    "换届日期：|支委数（人）|党小组数(个)",
    "roster": "* 所在党组织|姓　名|性 别|出生日期\n(年/月/日)|公民身份号码（18位）|入党日期*|转正\n日期|人员类别：|党内职务|手机（必填）",
    "meetings": "★党组织名称|类 型|日期\n（年-月-日）|主题：|主持人*|应到（人）|实到\n（人）",
}
FOOTER = ("合计：略", "制表人：        审核人：        联系电话：")

LAYOUTS = {
    "plain": xlsx,
    "title and footer": lambda table: xlsx(table, title="青禾县教育体育系统一览表", footer=FOOTER),
    "other names": lambda table: xlsx(table.called(*OTHER_NAMES[table.kind].split())),
    "other order": lambda table: xlsx(backwards(table)),
    "decorated headers": lambda table: xlsx(table.called(*DECORATED[table.kind].split("|"))),
    "empty leading rows and columns": lambda table: xlsx(table, at=(5, 3)),
    "hidden rows and columns": lambda table: xlsx(table, hidden=(2, 4)),
    "header of two rows": lambda table: xlsx(table, title="一览表", two_rows=True),
    "cover sheets before it": lambda table: xlsx(table, cover=True),
    "days counted from 1904": lambda table: xlsx(table, date1904=True),
    "bare day numbers": lambda table: xlsx(table, bare_days=True),
    "bare day numbers from 1904": lambda table: xlsx(table, bare_days=True, date1904=True),
    "xls": xls,
    "csv in GBK": lambda table: text(table, encoding="gb18030", spelled="{0.year}.{0.month}.{0.day}".format),
    "csv with a byte order mark": lambda table: text(
        table, encoding="utf-8-sig", spelled="{0.year}年{0.month}月{0.day}日".format
    ),
    "csv with tabs": lambda table: text(table, encoding="utf-16", delimiter="\t", spelled="{:%Y%m%d}".format),
}
