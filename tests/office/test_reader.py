import datetime
import io
import re
import struct
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from office import reader
from office.reader import Faulty, Imprecise, Unreadable, read
from tests.office.workbooks import MAIN, number_at, raw_xlsx, xlsx

DATA = Path(__file__).parents[2].parent / "shared" / "data"
MORNING = datetime.datetime.fromisoformat("2021-07-01T08:30:00")
ROWS = [["姓名", "性别"], ["王芳", "女"]]


def old_xls(rows):
    book, stream = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("花名册")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    book.save(stream)
    return stream.getvalue()


def with_password(data):
    stream = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt("20210701", stream)
    return stream.getvalue()


def with_part(name, content=b"x"):
    return raw_xlsx(number_at("A1"), extra=[(name, content)])


def picture(content, *, claimed=None):
    """A workbook with a picture, for whose unpacked size the archive may claim another figure."""
    data = bytearray(with_part("xl/media/image1.png", content))
    if claimed is not None:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entry = data.index(b"xl/media/image1.png", archive.start_dir) - 46
        data[entry + 24 : entry + 28] = struct.pack("<I", claimed)
    return bytes(data)


def cells(data, filename="a.xlsx"):
    (sheet,) = read(data, filename)
    return {
        f"{'ABCDEFGHIJ'[index]}{number}": value
        for number, row in sheet.rows
        for index, value in enumerate(row)
        if value is not None
    }


# --- what is read


@pytest.mark.parametrize(
    ("data", "filename"),
    [
        (xlsx(ROWS), "名册.xlsx"),
        (old_xls(ROWS), "名册.xls"),
        (old_xls(ROWS), "名册.xlsx"),
        (xlsx(ROWS), "名册.XLS"),
        ("姓名,性别\r\n王芳,女\r\n".encode(), "名册.csv"),
        ("姓名,性别\n王芳,女".encode("utf-8-sig"), "名册.csv"),
        ("姓名,性别\r\n王芳,女\r\n".encode("gb18030"), "名册.csv"),
        ("姓名\t性别\r\n王芳\t女\r\n".encode("utf-16"), "名册.csv"),
        ('姓名;"性别"\n"王芳";女\n'.encode(), "名册.csv"),
    ],
    ids=[
        "xlsx",
        "xls",
        "xls named xlsx",
        "xlsx named xls",
        "utf-8",
        "utf-8 with mark",
        "gbk",
        "unicode text",
        "semicolons",
    ],
)
def test_every_spelling_of_a_workbook_gives_the_same_rows(data, filename):
    (sheet,) = read(data, filename)
    assert sheet.rows == [(1, ["姓名", "性别"]), (2, ["王芳", "女"])]


def test_a_cell_keeps_its_address_where_the_used_range_begins_elsewhere():
    assert cells(xlsx(ROWS, at=(4, 2))) == {"C5": "姓名", "D5": "性别", "C6": "王芳", "D6": "女"}


def test_blank_rows_keep_the_numbers_of_the_others():
    (sheet,) = read(xlsx([["甲"], [], [" "], ["乙"]]), "a.xlsx")
    assert sheet.rows == [(1, ["甲"]), (4, ["乙"])]


def test_hidden_rows_and_columns_are_read_but_a_hidden_sheet_is_not():
    def hide(book, sheet):
        sheet.set_row(1, None, None, {"hidden": True})
        sheet.set_column(1, 1, None, None, {"hidden": True})
        old = book.add_worksheet("旧表")
        old.write(0, 0, "旧")
        old.hide()

    (sheet,) = read(xlsx(ROWS, change=hide), "a.xlsx")
    assert sheet.rows == [(1, ["姓名", "性别"]), (2, ["王芳", "女"])]


def test_cells_come_typed():
    def write(book, sheet):
        day, moment = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_datetime("A1", datetime.date(2021, 7, 1), day)
        sheet.write_datetime("B1", MORNING, moment)
        sheet.write_number("C1", 12)
        sheet.write_number("D1", 12.5)
        sheet.write_boolean("E1", True)
        sheet.write_string("F1", "'0874")
        sheet.write_formula("G1", "=1+1", None, 2)
        sheet.write_formula("H1", "=A9", None, "")
        sheet.write_formula("I1", "=1/0", None, "#DIV/0!")
        sheet.write_number("J1", 990277197410260039)

    found = cells(xlsx([], change=write))
    assert found == {
        "A1": datetime.date(2021, 7, 1),
        "B1": MORNING,
        "C1": 12,
        "D1": 12.5,
        "E1": True,
        "F1": "0874",
        "G1": 2,
        "H1": "公式未计算",
        "I1": "#DIV/0!",
        "J1": found["J1"],
    }
    assert type(found["A1"]) is datetime.date
    assert type(found["C1"]) is int
    assert type(found["J1"]) is Imprecise


@pytest.mark.parametrize(
    ("value", "imprecise"),
    [(999_999_999_999_999, False), (1_000_000_000_000_000, True)],
    ids=["15 digits", "16 digits"],
)
def test_a_number_of_more_than_15_digits_is_marked(value, imprecise):
    assert isinstance(cells(raw_xlsx(number_at("A1", value)))["A1"], Imprecise) == imprecise


ERRORS_XML = (
    "<row r='1'><c r='A1' t='e'><v>#REF!</v></c><c r='B1' t=\"e\"><f>1/0</f><v>#DIV/0!</v></c><c r='C1'><f>1+1</f></c>"
    "<c r='D1'><f>1+1</f><v></v></c><c r='E1' t='str'><f>A9</f><v></v></c><c r='F1'><f t='shared' si='0'/><v>3</v></c>"
    "<c r='G1'><f t='shared' si='0'/></c><c r='H1' t='inlineStr'><is><t>#N/A</t></is></c></row>"
    "<row r='9'><c r='C9' t='e'><v>#N/A</v></c></row>"
)


@pytest.mark.parametrize(
    "xml",
    [ERRORS_XML, re.sub(r" r='[A-H]1'", "", ERRORS_XML), re.sub(r"<(/?)(row|c|f|v|is|t)\b", r"<\1x:\2", ERRORS_XML)],
    ids=["plain", "without addresses", "with a prefix"],
)
def test_an_error_and_a_formula_never_calculated_are_not_blank(xml):
    data = raw_xlsx(xml)
    if "<x:" in xml:
        data = with_sheet(f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{xml}</x:sheetData></x:worksheet>')

    found = cells(data)

    assert found == {
        "A1": "#REF!",
        "B1": "#DIV/0!",
        "C1": "公式未计算",
        "D1": "公式未计算",
        "F1": 3,
        "G1": "公式未计算",
        "H1": "#N/A",
        "C9": "#N/A",
    }
    assert {cell for cell, value in found.items() if isinstance(value, Faulty)} == found.keys() - {"F1"}
    assert found["A1"].message == "单元格是错误值 #REF!，请改正后重新上传"
    assert found["C1"].message == "公式没有计算结果，请用 WPS 或 Excel 打开保存一次后再上传"


def with_sheet(xml):
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw_xlsx(""))) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, xml if name == "xl/worksheets/sheet1.xml" else old.read(name))
    return stream.getvalue()


def test_errors_of_an_old_workbook_and_of_a_csv_are_not_blank():
    book, stream = xlwt.Workbook(), io.BytesIO()
    book.add_sheet("封面").write(0, 0, "甲")
    sheet = book.add_sheet("花名册")
    sheet.row(2).set_cell_error(1, "#REF!")
    sheet.row(2).set_cell_error(3, "#NUM!")
    sheet.write(2, 2, "王芳")
    book.save(stream)

    first, second = read(stream.getvalue(), "a.xls")

    assert first.rows == [(1, ["甲"])]
    assert second.rows == [(3, [None, Faulty("#REF!"), "王芳", Faulty("#NUM!")])]
    assert [type(cell) for cell in second.rows[0][1]] == [type(None), Faulty, str, Faulty]
    assert isinstance(cells("姓名,#REF!\n".encode(), "a.csv")["B1"], Faulty)


def test_csv_takes_codes_out_of_their_wrapping():
    data = b'"=""0087""",\'990277197410260039\n'
    assert cells(data, "a.csv") == {"A1": "0087", "B1": "990277197410260039"}


def test_a_workbook_that_counts_from_1904():
    book, stream = openpyxl.Workbook(), io.BytesIO()
    book.epoch = CALENDAR_MAC_1904
    book.active.append([datetime.date(2021, 7, 1), 42916])
    book.save(stream)

    (sheet,) = read(stream.getvalue(), "a.xlsx")
    assert sheet.rows == [(1, [datetime.date(2021, 7, 1), 42916])]
    assert sheet.date1904
    assert not read(xlsx(ROWS), "a.xlsx")[0].date1904


def test_a_workbook_of_blank_sheets_is_read_as_such():
    (sheet,) = read(xlsx([]), "a.xlsx")
    assert sheet.rows == []


def test_ten_thousand_rows_of_twenty_take_a_few_seconds():
    data = xlsx([[f"第{row}行{column}列" for column in range(20)] for row in range(10_000)])
    started = time.monotonic()
    (sheet,) = read(data, "a.xlsx")
    assert time.monotonic() - started < 5
    assert len(sheet.rows) == 10_000


@pytest.mark.parametrize("name", ["党组织基本情况表.xlsx", "党员花名册.xlsx", "2025年组织生活台账.xlsx"])
def test_the_county_s_own_workbooks_are_read(name):
    if not (DATA / name).exists():
        pytest.skip("the county's own workbooks are kept outside the repository and are not on this machine")
    (sheet,) = read((DATA / name).read_bytes(), name)
    assert len(sheet.rows) > 100


# --- what is refused

SPARSE = number_at("A1") + number_at("XFD1048576")

REFUSED = {
    "empty": (b"", "a.xlsx", "文件是空的"),
    "only zeros": (bytes(512), "a.xlsx", "文件是空的"),
    "another extension": (xlsx(ROWS), "a.exe", "只接受"),
    "truncated xlsx": (xlsx(ROWS)[:-200], "a.xlsx", "不完整或已损坏"),
    "damaged xlsx": (xlsx(ROWS).replace(b"PK\x03\x04", b"PK\x03\x05"), "a.xlsx", "扩展名不符"),
    "truncated xls": (old_xls(ROWS)[:3000], "a.xls", "不完整或已损坏"),
    "xls header only": (old_xls(ROWS)[:8], "a.xls", "不完整或已损坏"),
    "html named xls": (b"<html><table><tr><td>1</td></tr></table></html>", "a.xls", "网页"),
    "xml spreadsheet named xls": (b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>', "a.xls", "网页"),
    "text named xlsx": ("姓名,性别\n".encode(), "a.xlsx", "扩展名不符"),
    "pdf": (b"%PDF-1.7", "a.xlsx", "PDF"),
    "picture named csv": (b"\x89PNG\r\n\x1a\n", "a.csv", "图片"),
    "password": (with_password(xlsx(ROWS)), "a.xlsx", "设有密码"),
    "zip without a workbook": (
        with_part("x").replace(b"xl/workbook.xml", b"xl/werkbook.xml"),
        "a.xlsx",
        "没有找到工作表",
    ),
    "macros": (with_part("xl/vbaProject.bin"), "a.xlsx", "含有宏"),
    "macros under another case": (with_part("xl/VBAPROJECT.bin"), "a.xlsx", "含有宏"),
    "links to other workbooks": (with_part("xl/externalLinks/externalLink1.xml"), "a.xlsx", "引用了别的工作簿"),
    "embedded files": (with_part("xl/embeddings/a.docx"), "a.xlsx", "嵌入"),
    "unknown part": (with_part("payload.exe"), "a.xlsx", "不应有的部件"),
    "part that climbs": (with_part("xl/media/../../a.png"), "a.xlsx", "不应有的部件"),
    "part twice": (with_part("XL/workbook.xml"), "a.xlsx", "不完整或已损坏"),
    "201 parts": (raw_xlsx("", extra=[(f"xl/media/{i}.png", b"") for i in range(196)]), "a.xlsx", "201 个部件"),
    "doctype": (
        with_part("xl/styles.xml", "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
        "a.xlsx",
        "外部定义",
    ),
    "entity far inside": (
        with_part("xl/styles.xml", b" " * (256 * 1024 - 5) + b"<!ENTITY b 'c'>"),
        "a.xlsx",
        "外部定义",
    ),
    "utf-16 part": (with_part("xl/styles.xml", "<!DOCTYPE a>".encode("utf-16")), "a.xlsx", "外部定义"),
    "bomb": (picture(bytes(30_000_000)), "a.xlsx", "异常庞大"),
    "bomb that lies": (picture(bytes(30_000_000), claimed=100), "a.xlsx", "异常庞大"),
    "size that lies": (picture(bytes(5000), claimed=100), "a.xlsx", "不完整或已损坏"),
    "a million rows claimed": (raw_xlsx(number_at("A1") + number_at("A1048576")), "a.xlsx", "排到第 1048576 行"),
    "the whole grid claimed": (raw_xlsx(SPARSE), "a.xlsx", "范围过大"),
    "120001 rows": (raw_xlsx(number_at("A120001")), "a.xlsx", "最多 120000 行"),
    "101 columns": (raw_xlsx(number_at("CW1")), "a.xlsx", "排到 CW 列（共 101 列）"),
    "200 columns": (xlsx([list(range(200))]), "a.xlsx", "排到 GR 列（共 200 列）"),
    "200 columns in csv": (",".join(["1"] * 200).encode(), "a.csv", "共 200 列"),
    "not text": (b"a,b\n\xff\xff\x00\x81,1", "a.csv", "文字编码|非文字"),
    "not xml": (with_part("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row"), "a.xlsx", "不完整或已损坏"),
}


@pytest.mark.parametrize(("data", "filename", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_plain_workbook_is_refused_with_advice(data, filename, message):
    started = time.monotonic()
    with pytest.raises(Unreadable, match=message):
        read(data, filename)
    assert time.monotonic() - started < 5


def test_the_caps_themselves_are_allowed():
    assert cells_at(raw_xlsx(number_at("A120000"))) == (120_000, 1)
    assert cells_at(raw_xlsx(number_at("CV1"))) == (1, 100)


def cells_at(data):
    (sheet,) = read(data, "a.xlsx")
    ((number, row),) = sheet.rows
    return number, len(row)


def test_a_file_beyond_20_mb_is_not_even_opened(monkeypatch):
    monkeypatch.setattr(reader, "kind_of", lambda *_: pytest.fail("opened"))
    with pytest.raises(Unreadable, match=r"20\.0 MB，最多 20 MB"):
        read(bytes(20 * 1024 * 1024 + 1), "a.xlsx")


def test_a_parser_that_hangs_is_given_up(monkeypatch, tmp_path):
    slow = tmp_path / "child.py"
    slow.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(reader, "CHILD", slow)
    monkeypatch.setattr(reader, "WALL_SECONDS", 0.3)
    with pytest.raises(Unreadable, match="没有读完"):
        read(xlsx(ROWS), "a.xlsx")


@pytest.mark.parametrize("line", ["", '{"sheet":"a"}'], ids=["silent", "cut short"])
def test_an_answer_without_its_end_is_not_taken_for_the_whole(monkeypatch, tmp_path, line):
    child = tmp_path / "child.py"
    child.write_text(f"import sys; sys.stdin.buffer.read(); print('{line}')" if line else "")
    monkeypatch.setattr(reader, "CHILD", child)
    with pytest.raises(Unreadable, match="已损坏"):
        read(xlsx(ROWS), "a.xlsx")


def test_the_parser_sees_none_of_our_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    child = tmp_path / "child.py"
    child.write_text("import os, json; print(json.dumps({'error': str('DATABASE_URL' in os.environ)}))")
    monkeypatch.setattr(reader, "CHILD", child)
    with pytest.raises(Unreadable, match="False"):
        read(xlsx(ROWS), "a.xlsx")


def test_the_parser_may_not_take_more_than_its_memory():
    wide = number_at("A1") + number_at("CV1000000")  # 3.2 GB when laid out
    with pytest.raises(Unreadable, match="范围过大"):
        read(raw_xlsx(wide), "a.xlsx")


REAL_PARTS = [
    "docProps/core.xml",
    "docProps/custom.xml",
    "customXml/item1.xml",
    "customXml/_rels/item1.xml.rels",
    "xl/calcChain.xml",
    "xl/cellimages.xml",
    "xl/comments1.xml",
    "xl/theme/theme1.xml",
    "xl/media/image1.jpeg",
    "xl/drawings/vmlDrawing1.vml",
    "xl/drawings/_rels/drawing1.xml.rels",
    "xl/worksheets/_rels/sheet1.xml.rels",
    "xl/printerSettings/printerSettings1.bin",
    "xl/threadedComments/threadedComment1.xml",
]


@pytest.mark.parametrize("name", REAL_PARTS)
def test_parts_that_office_programs_write_are_let_in(name):
    assert cells(with_part(name, b"<a/>")) == {"A1": 1}
