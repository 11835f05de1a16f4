"""A workbook with all that an office may put into one, for the test that marking leaves it alone."""

import io

import xlsxwriter
from PIL import Image

HEADERS = ["序号", "姓名", "身份证号", "性别", "入党日期", "金额", "备注"]
ROWS = 12


def logo():
    """A small picture."""
    stream = io.BytesIO()
    Image.new("RGB", (96, 32), (178, 34, 34)).save(stream, "PNG")
    return stream.getvalue()


def rich_workbook():
    """Logo, merged title, widths, list and date validations, conditional format, filter, frozen panes, hidden row and
    column, chart, defined name, print titles, protection, a table, a comment, and a second sheet with its own notes."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("花名册")
    title = book.add_format({"bold": True, "font_size": 18, "align": "center", "bg_color": "#DDEBF7"})
    head = book.add_format({"bold": True, "border": 1, "bg_color": "#E2EFDA", "text_wrap": True})
    day, text = book.add_format({"num_format": "yyyy年m月d日", "border": 1}), book.add_format({"num_format": "@"})
    sheet.merge_range("A1:G1", "清河县某学校党员花名册", title)
    sheet.set_row(0, 36)
    sheet.insert_image("A1", "logo.png", {"image_data": io.BytesIO(logo())})
    sheet.write_row(1, 0, HEADERS, head)
    for number in range(1, ROWS + 1):
        row = number + 1
        sheet.write_number(row, 0, number)
        sheet.write_string(row, 1, f"张{'一二三四五六七八九十甲乙'[number - 1]}", head)
        sheet.write_string(row, 2, f"99027719741026{number:04}", text)
        sheet.write_string(row, 3, "男" if number % 2 else "女")
        sheet.write_number(row, 4, 40000 + number, day)
        sheet.write_formula(row, 5, f"=A{row + 1}*100", None, number * 100)
    sheet.set_column("A:A", 6)
    sheet.set_column("B:B", 14, head)
    sheet.set_column("C:C", 24, text)
    sheet.set_column("D:D", 7, None, {"hidden": True})
    sheet.set_row(9, None, None, {"hidden": True})
    sheet.merge_range("A15:C16", "填表说明：请据实填写", title)
    sheet.data_validation("D3:D500", {"validate": "list", "source": ["男", "女"]})
    sheet.data_validation("E3:E500", {"validate": "date", "criteria": ">", "value": 1})
    sheet.conditional_format("F3:F500", {"type": "data_bar"})
    sheet.conditional_format("A3:A500", {"type": "cell", "criteria": ">", "value": 10, "format": title})
    sheet.autofilter(1, 0, ROWS + 1, 6)
    sheet.freeze_panes(2, 2)
    sheet.write_comment("B3", "办公室：已核对档案", {"author": "办公室"})
    sheet.repeat_rows(1)
    sheet.set_landscape()
    sheet.set_header("&C内部资料&R第&P页", {})
    sheet.protect("", {"format_cells": True})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": f"=花名册!$F$3:$F${ROWS + 2}"})
    sheet.insert_chart("I3", chart)
    book.define_name("金额合计", f"=SUM(花名册!$F$3:$F${ROWS + 2})")
    other = book.add_worksheet("汇总 '25")
    other.add_table(
        "A1:B4", {"data": [["一", 1], ["二", 2], ["三", 3]], "columns": [{"header": "支部"}, {"header": "数"}]}
    )
    other.write_comment("B2", "不要改")
    other.write_url("D1", "internal:花名册!A1", None, "回到花名册")
    book.close()
    return stream.getvalue()
