"""Files that are no workbook of ours: what each is, and the words by which its refusal is known."""

import io

import xlsxwriter
from msoffcrypto.format.ooxml import OOXMLFile

from tests.imports import county, layouts
from tests.office.workbooks import number_at, raw_xlsx, xlsx

_, WHOLE, _ = layouts.xlsx(county.roster())


def _locked():
    stream = io.BytesIO()
    OOXMLFile(io.BytesIO(WHOLE)).encrypt("20210701", stream)
    return stream.getvalue()


def _bomb():
    return raw_xlsx(number_at("A1"), extra=[("xl/worksheets/sheet2.xml", b" " * 30_000_000)])


def _only_hidden():
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.add_worksheet("说明")
    hidden = book.add_worksheet("花名册")
    for number, cells in enumerate(county.roster().grid()):
        hidden.write_row(number, 0, [str(cell) for cell in cells])
    hidden.hide()
    book.close()
    return stream.getvalue()


DAMAGED = {
    "empty": (b"", "a.xlsx", "文件是空的"),
    "truncated": (WHOLE[: len(WHOLE) // 2], "a.xlsx", "文件不完整或已损坏"),
    "a bit flipped": (WHOLE[:200] + bytes([WHOLE[200] ^ 255]) + WHOLE[201:], "a.xlsx", "文件不完整或已损坏"),
    "a zip bomb": (_bomb(), "a.xlsx", "解压后异常庞大"),
    "a sparse sheet of a million rows": (
        raw_xlsx(number_at("A1") + number_at("A1000000")),
        "a.xlsx",
        "一直排到第 1000000 行",
    ),
    "a cell in the farthest corner": (raw_xlsx(number_at("A1") + number_at("XFD1048576")), "a.xlsx", "范围过大"),
    "200 columns": (xlsx([[f"列{number}" for number in range(200)]]), "a.xlsx", "共 200 列"),
    "locked": (_locked(), "a.xlsx", "文件设有密码"),
    "macros": (raw_xlsx(number_at("A1"), extra=[("xl/vbaProject.bin", b"x")]), "a.xlsm", "文件含有宏"),
    "a page renamed to .xls": (b"<html><table><tr><td>1</td></tr></table></html>", "a.xls", "文件内容是网页"),
    "a text renamed to .xlsx": ("姓名,性别\n王芳,女\n".encode(), "a.xlsx", "文件内容与扩展名不符"),
    "a PDF": (b"%PDF-1.7 x", "a.xlsx", "这是PDF 文件"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "a.csv", "这是图片"),
    "another ending": (WHOLE, "a.docx", "只接受 .xlsx、.xls 或 .csv 文件"),
    "csv of bytes": (b"\xff\xfe\x00\xd8\x00\xd8", "a.csv", "编码无法识别"),
    "the wrong sheet": (
        xlsx([["月份", "水费", "电费"], ["1 月", 1, 2]], name="水电费"),
        "a.xlsx",
        "没有找到党员花名册的表头",
    ),
    "the right table on a hidden sheet": (_only_hidden(), "a.xlsx", "没有找到党员花名册的表头"),
    "another kind of workbook": (layouts.xlsx(county.register())[1], "a.xlsx", "党员花名册"),
}
