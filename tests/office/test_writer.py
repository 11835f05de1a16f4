import csv
import datetime
import io
import re
import zipfile
from decimal import Decimal

import pytest
import tablib

from office.reader import read
from office.writer import CSV, XLSX, Workbook, csv_cell

CREATED = datetime.datetime(2025, 12, 31, 10, tzinfo=datetime.UTC)
MORNING = datetime.datetime.fromisoformat("2021-07-01T08:30:00")
SIGNS = ["=", "+", "-", "@", "\t", "＝", "＋", "－", "＠"]
PAYLOADS = [
    *[f"{sign}1+1" for sign in SIGNS],
    '=HYPERLINK("http://a","b")',
    "=cmd|' /C calc'!A0",
    "{=SUM(A1:A9)}",
    "\ufeff=1+1",
    " =1+1",
    "\xa0=1+1",
    "\u3000=1+1",
    "\r=1+1",
    "\n=1+1",
    "\x01=1+1",
    "\u2003＝1+1",
    "http://a.example/",
    "mailto:a@b.example",
    "internal:Sheet2!A1",
    "990277197410260039",
    "0087",
]


def book(rows, **options):
    made = Workbook(title="花名册", created=CREATED, **options)
    made.add_table("花名册", ["甲", "乙"], rows, title="中共党员花名册", widths=[10, 20])
    return made.close()


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def written(value):
    """The value of one cell after a round through a file."""
    made = Workbook(title="a", created=CREATED)
    made.sheet("a").write(0, 0, value)
    (sheet,) = read(made.close(), "a.xlsx")
    return sheet.rows[0][1][0] if sheet.rows else None


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_text_from_outside_never_becomes_a_formula_a_link_or_a_number(payload):
    found = parts(book([[payload, 1]]))
    assert "<f>" not in found["xl/worksheets/sheet1.xml"]
    assert "hyperlink" not in found["xl/worksheets/sheet1.xml"]
    assert re.search('<c r="A3"[^>]* t="s">', found["xl/worksheets/sheet1.xml"])


def test_only_our_own_templates_write_formulas():
    made = Workbook(title="a", created=CREATED)
    made.sheet("a").write_formula(0, 0, "=SUM(B1:B9)", value=12)
    data = made.close()
    assert "<f>SUM(B1:B9)</f><v>12</v>" in parts(data)["xl/worksheets/sheet1.xml"]
    assert read(data, "a.xlsx")[0].rows == [(1, [12])]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("王芳", "王芳"),
        ("王\x00\x07芳\ud800\uffff", "王芳"),
        ("\ufeff王芳", "王芳"),
        ("甲\r\n乙", "甲\n乙"),
        ("_x0041_", "_x0041_"),
        ("", None),
        (None, None),
        (12, 12),
        (-12, -12),
        (Decimal("0.05"), 0.05),
        (0.1 + 0.2, pytest.approx(0.3)),
        (True, "是"),
        (False, "否"),
        (datetime.date(2021, 7, 1), datetime.date(2021, 7, 1)),
        (MORNING, MORNING),
        (datetime.datetime(2021, 7, 1, 0, 30, tzinfo=datetime.UTC), MORNING),
        (datetime.date(1899, 7, 1), "1899-07-01"),
        (999_999_999_999_999, 999_999_999_999_999),
        (990277197410260039, "990277197410260039"),
        (Decimal("0.1234567890123456"), "0.1234567890123456"),
        (float("nan"), "nan"),
        (Decimal("Infinity"), "Infinity"),
    ],
    ids=ascii,
)
def test_a_cell_holds_what_it_was_given(value, cell):
    assert written(value) == cell


def test_a_text_too_long_for_a_cell_is_cut_in_the_open():
    assert written("长" * 32_767) == "长" * 32_767
    cut = written("长" * 32_768)
    assert len(cut) == 32_767
    assert cut.endswith("…（内容过长，已截断）")


def test_the_same_input_gives_the_same_bytes():
    rows = [["王芳", datetime.date(2021, 7, 1)], ["李娜", Decimal("1.5")]]
    assert book(rows) == book(rows)
    assert "2025-12-31T18:00:00Z" in parts(book(rows))["docProps/core.xml"]


def test_a_table_is_ready_to_print():
    found = parts(book([["王芳", 1]]))
    sheet = found["xl/worksheets/sheet1.xml"]
    assert re.search('<pageSetup paperSize="9" [^>]*orientation="landscape"', sheet)
    assert 'topLeftCell="A3"' in sheet
    assert "花名册!$2:$2" in found["xl/workbook.xml"]
    assert '<col min="2" max="2" width="20.7109375"' in sheet


def test_a_sheet_s_name_is_made_fit():
    made = Workbook(title="a", created=CREATED)
    made.sheet("三会一课/主题党日[2025]:统计" + "表" * 30).write(0, 0, 1)
    assert read(made.close(), "a.xlsx")[0].name == ("三会一课_主题党日_2025__统计" + "表" * 30)[:31]


def test_the_export_format_writes_what_the_reader_reads():
    dataset = tablib.Dataset(["王芳", "=1+1"], ["李娜", 3], headers=["姓名", "备注"], title="花名册")
    data = XLSX().export_data(dataset)
    (sheet,) = read(data, "a.xlsx")
    assert sheet.rows == [(1, ["姓名", "备注"]), (2, ["王芳", "=1+1"]), (3, ["李娜", 3])]
    assert XLSX().export_data(dataset) == data
    assert (XLSX().get_extension(), XLSX().can_import(), XLSX().can_export()) == ("xlsx", False, True)


@pytest.mark.parametrize(
    "payload", [*PAYLOADS[:9], *[text for text in PAYLOADS[9:] if "=1" in text or "＝1" in text]], ids=ascii
)
def test_csv_text_that_looks_like_a_formula_gets_an_apostrophe(payload):
    assert csv_cell(payload).startswith("'")


@pytest.mark.parametrize("value", ["王芳", "a=b", "13800000000", -5, Decimal("-0.5"), None, ""], ids=repr)
def test_other_csv_values_stay_as_they_are(value):
    assert csv_cell(value) == value


def test_csv_opens_in_an_office_program_and_comes_back():
    dataset = tablib.Dataset(["王芳", "@SUM(1)"], headers=["姓名", "=备注"])
    text = CSV().export_data(dataset)
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text[1:]))) == [["姓名", "'=备注"], ["王芳", "'@SUM(1)"]]
    assert read(text.encode(), "a.csv")[0].rows == [(1, ["姓名", "=备注"]), (2, ["王芳", "@SUM(1)"])]
