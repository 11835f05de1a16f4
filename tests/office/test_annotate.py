import csv
import io
import re
import shutil
import subprocess
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlwt
from openpyxl.comments import Comment

from office import Unreadable, annotate, guard
from office.reader import read
from tests.office.rich import rich_workbook
from tests.office.workbooks import MAIN, number_at, raw_xlsx, xlsx

DATA = Path(__file__).parents[2].parent / "shared" / "data"
RED, YELLOW = "FFFF8F8F", "FFFFEB84"
HOSTILE = "<b>&\"'日期\x00\x0b ]]>_x0041_ =cmd|' /C'!A0\n第二行\ud800"
NOTES = [
    ("花名册", "B3", "warning", "姓名中间有空格"),
    ("花名册", "C4", "warning", "与第 9 行相同"),
    ("花名册", "C4", "error", "身份证号校验位错误，请对照身份证核对。"),
    ("花名册", "E5", "warning", HOSTILE),
    ("花名册", "B16", "error", "合并的单元格"),
    ("花名册", "第7行", "warning", "整行的问题"),
    ("花名册", "H20", "error", "没有写过的单元格"),
    ("汇总 '25", "$b$3", "error", "数不对"),
    ("没有这张表", "A1", "error", "不知在何处"),
    ("花名册", "某处", "error", "没有地址"),
]


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def marks(data):
    """{(sheet, cell): (fill, note)} of the cells that are filled by us or noted."""
    return {
        (sheet.title, cell.coordinate): (cell.fill.fgColor.rgb, cell.comment and cell.comment.text)
        for sheet in openpyxl.load_workbook(io.BytesIO(data))
        if sheet.title != "预检说明"
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment or cell.fill.fgColor.rgb in (RED, YELLOW)
    }


def cell_values(data):
    return [(sheet.name, sheet.rows) for sheet in read(data, "a.xlsx") if sheet.name != "预检说明"]


@pytest.fixture(scope="module")
def rich():
    return rich_workbook()


@pytest.fixture(scope="module")
def marked(rich):
    data, name = annotate.annotate(rich, "2026年花名册.xlsx", NOTES)
    assert name == "2026年花名册（预检标注）.xlsx"
    return data


def test_each_faulty_cell_is_filled_and_says_what_is_wrong(marked):
    found = marks(marked)

    assert {key: fill for key, (fill, _) in found.items() if fill in (RED, YELLOW)} == {
        ("花名册", "B3"): YELLOW,
        ("花名册", "C4"): RED,
        ("花名册", "E5"): YELLOW,
        ("花名册", "A7"): YELLOW,
        ("花名册", "A15"): RED,
        ("花名册", "H20"): RED,
        ("汇总 '25", "B3"): RED,
    }
    assert found["花名册", "C4"][1] == "【预检提醒】与第 9 行相同\n【预检错误】身份证号校验位错误，请对照身份证核对。"


def test_a_note_that_was_there_is_kept_and_ours_stands_below(marked):
    assert marks(marked)["花名册", "B3"][1] == "办公室：已核对档案\n【预检提醒】姓名中间有空格"
    assert marks(marked)["汇总 '25", "B2"][1] == "不要改"


def test_whatever_is_not_marked_stays_byte_for_byte(rich, marked):
    before, after = parts(rich), parts(marked)

    touched = {name for name in before if before[name] != after[name]}
    assert touched == {
        "[Content_Types].xml",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/styles.xml",
        "xl/worksheets/sheet1.xml",
        "xl/worksheets/sheet2.xml",
        "xl/comments1.xml",
        "xl/comments2.xml",
        "xl/drawings/vmlDrawing1.vml",
        "xl/drawings/vmlDrawing2.vml",
    }
    assert {"xl/media/image1.png", "xl/charts/chart1.xml", "xl/drawings/drawing1.xml"} <= before.keys() - touched
    assert after.keys() - before.keys() == {"xl/worksheets/sheet3.xml"}


def test_around_its_rows_a_sheet_is_what_it_was(rich, marked):
    before, after = (parts(data)["xl/worksheets/sheet1.xml"] for data in (rich, marked))

    rows = re.compile(rb"<sheetData>.*</sheetData>", re.DOTALL)
    assert rows.sub(b"", after) == rows.sub(b"", before)
    for word in (
        b"mergeCell ",
        b"dataValidation ",
        b"cfRule",
        b"autoFilter",
        b"pane ",
        b"hidden",
        b"drawing ",
        b"sheetProt",
    ):
        assert after.count(word) == before.count(word) > 0


def test_no_value_and_no_formula_changes(rich, marked):
    assert cell_values(marked) == cell_values(rich)
    formulas = re.compile(rb"<f>.*?</v>")
    before, after = (parts(data)["xl/worksheets/sheet1.xml"] for data in (rich, marked))
    assert formulas.findall(after) == formulas.findall(before)


def test_a_marked_cell_keeps_the_rest_of_its_format(rich, marked):
    before, after = (openpyxl.load_workbook(io.BytesIO(data))["花名册"] for data in (rich, marked))

    for address in ("B3", "C4", "E5", "A15"):
        for aspect in ("number_format", "font", "border", "alignment", "protection"):
            assert repr(getattr(after[address], aspect)) == repr(getattr(before[address], aspect)), (address, aspect)


def test_a_last_sheet_lists_every_fault_and_leads_to_its_cell(marked):
    sheet = openpyxl.load_workbook(io.BytesIO(marked))["预检说明"]
    rows = list(sheet.iter_rows(values_only=True))

    assert openpyxl.load_workbook(io.BytesIO(marked)).sheetnames[-1] == "预检说明"
    assert rows[0][0].startswith("预检发现错误 6 处、提醒 4 处。")
    assert rows[1] == ("工作表", "单元格", "级别", "问题和改法")
    assert [row[1] for row in rows[2:]] == ["B3", "C4", "C4", "E5", "B16", "第7行", "H20", "B3", "A1", "某处"]
    links = {cell.coordinate: cell.hyperlink.location for cell in sheet["B"] if cell.hyperlink}
    assert links["B3"] == "'花名册'!B3"
    assert links["B7"] == "'花名册'!A15"
    assert links["B8"] == "'花名册'!A7"
    assert links["B10"] == "'汇总 ''25'!B3"
    assert "B11" not in links


def test_text_of_any_kind_cannot_break_out(marked):
    text = marks(marked)["花名册", "E5"][1]

    assert text.startswith("【预检提醒】<b>&\"'日期 ]]>")
    assert "第二行" in text
    assert "_x005F_x0041_" in text  # what a spreadsheet shows as _x0041_, and not as A
    for name, content in parts(marked).items():
        assert b"<b>&" not in content, name
        assert b"<f>=cmd" not in content, name


def test_marked_again_it_bears_only_what_is_still_wrong(rich, marked):
    again, _ = annotate.annotate(marked, "a.xlsx", [("花名册", "C5", "error", "还有一处")])

    assert marks(again) == {
        ("花名册", "B3"): ("00000000", "办公室：已核对档案"),
        ("花名册", "C5"): (RED, "【预检错误】还有一处"),
        ("汇总 '25", "B2"): ("00000000", "不要改"),
    }
    assert openpyxl.load_workbook(io.BytesIO(again)).sheetnames == ["花名册", "汇总 '25", "预检说明"]
    boxes = parts(again)["xl/drawings/vmlDrawing1.vml"]
    assert boxes.count(b"<v:shape ") == 2
    assert len(set(re.findall(rb"_x0000_s\d+", boxes))) == 2
    assert cell_values(again) == cell_values(rich)


def test_marked_again_with_nothing_wrong_it_is_clean(marked):
    again, _ = annotate.annotate(marked, "a.xlsx", [])

    assert {fill for fill, _ in marks(again).values()} & {RED, YELLOW} == set()
    assert [note for _, note in marks(again).values()] == ["办公室：已核对档案", "不要改"]


# --- spellings of other programs


def test_a_workbook_of_a_library_that_draws_its_boxes_in_a_way_of_its_own():
    book, stream = openpyxl.Workbook(), io.BytesIO()
    book.active.title = "花名册"
    book.active.append(["姓名", "性别"])
    book.active["A1"].comment = Comment("旧注", "办公室")
    book.active.column_dimensions["A"].width = 33
    book.save(stream)

    out, name = annotate.annotate(stream.getvalue(), "a.xlsx", [("花名册", c, "error", "甲") for c in ("A1", "B1")])

    assert name == "a（预检标注）.xlsx"
    assert marks(out) == {("花名册", "A1"): (RED, "旧注\n【预检错误】甲"), ("花名册", "B1"): (RED, "【预检错误】甲")}
    boxes = parts(out)["xl/drawings/commentsDrawing1.vml"]
    assert boxes.count(b"<v:shape ") == 2
    assert openpyxl.load_workbook(io.BytesIO(out)).active.column_dimensions["A"].width == 33


def test_what_another_program_made_of_our_notes_is_known_again(marked):
    split = b"\xe3\x80\x90\xe9\xa2\x84\xe6\xa3\x80</t></r><r><t>"  # LibreOffice begins a run where the script changes
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in parts(marked).items():
            archive.writestr(name, content.replace("【预检".encode(), split) if "comments" in name else content)

    again, _ = annotate.annotate(stream.getvalue(), "a.xlsx", [])

    assert [note for _, note in marks(again).values()] == ["办公室：已核对档案", "不要改"]


def test_a_workbook_without_styles_addresses_or_relations():
    data = raw_xlsx("<row><c><v>1</v></c><c><v>2</v></c></row><row r='4'/><row r='6'><c r='B6'><v>3</v></c></row>")

    out, _ = annotate.annotate(
        data, "a.xlsx", [("花名册", cell, "error", cell) for cell in ("B1", "A2", "C4", "A6", "第6行")]
    )

    assert {cell for _, cell in marks(out)} == {"B1", "A2", "C4", "A6", "B6"}
    assert cell_values(out) == cell_values(data)


def test_a_workbook_whose_tags_bear_a_prefix():
    data = raw_xlsx("")
    sheet = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row r="2"><x:c r="B2"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in parts(data).items():
            archive.writestr(name, sheet if name == "xl/worksheets/sheet1.xml" else content)

    out, name = annotate.annotate(
        stream.getvalue(), "a.xlsx", [("花名册", "A2", "error", "甲"), ("花名册", "B2", "error", "乙")]
    )

    assert name == "a（预检标注）.xlsx"
    assert {cell for _, cell in marks(out)} == {"A2", "B2"}


@pytest.mark.parametrize(
    "cells",
    [
        "<!-- <row r='1'> --><row r='1'><c r='A1'><v>1</v></c></row>",
        "<row r='1'><c r='A1' t='inlineStr'><is><t><![CDATA[<c r='A1'/>]]></t></is></c></row>",
        "<row r='2'><c r='A2'><v>1</v></c></row><row r='1'><c r='A1'><v>1</v></c></row>",
        "<row r='1'><c r='A1' s='70'><v>1</v></c></row>",
    ],
    ids=["a comment", "cdata", "rows out of order", "a format that is none"],
)
def test_a_spelling_that_cannot_be_edited_is_written_anew(cells):
    data = raw_xlsx(cells)

    out, name = annotate.annotate(data, "a.xlsx", [("花名册", "A1", "error", "甲")])

    assert name == "a（预检）.xlsx"
    assert marks(out)["花名册", "A1"] == (RED, "【预检错误】甲")
    assert "内部写法特殊" in openpyxl.load_workbook(io.BytesIO(out))["预检说明"]["A2"].value


def old_workbook():
    book, stream = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("花名册")
    for row, cells in enumerate([["姓名", "身份证号"], ["王芳", "990277197410260039"]], start=2):
        for column, value in enumerate(cells, start=1):
            sheet.write(row, column, value)
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "sheet", "cell"),
    [
        (old_workbook(), "名册.xls", "花名册", "C4"),
        ("姓名,身份证号\n王芳,990277197410260039\n".encode("gb18030"), "名册.csv", "CSV", "B2"),
        ("姓名,身份证号\n王芳,990277197410260039\n".encode("utf-8-sig"), "名册.csv", "CSV", "B2"),
    ],
    ids=["xls", "gbk", "utf-8"],
)
def test_an_old_format_comes_back_as_a_new_workbook_with_the_same_addresses(data, name, sheet, cell):
    out, new_name = annotate.annotate(data, name, [(sheet, cell, "error", "校验位错误")])

    assert new_name == "名册（预检）.xlsx"
    assert marks(out) == {(sheet, cell): (RED, "【预检错误】校验位错误")}
    assert cell_values(out) == [(found.name, found.rows) for found in read(data, name)]
    lead = openpyxl.load_workbook(io.BytesIO(out))["预检说明"]["A2"].value
    assert "旧格式，已转换为 .xlsx" in lead


def test_a_formula_sign_in_a_csv_stays_text():
    out, _ = annotate.annotate("姓名\n=1+1\n".encode(), "a.csv", [("CSV", "A2", "error", "甲")])

    assert b"<f>" not in parts(out)["xl/worksheets/sheet1.xml"]


# --- hostile and large


def test_what_the_reader_refuses_is_refused_here():
    with pytest.raises(Unreadable, match="宏"):
        annotate.annotate(raw_xlsx(number_at("A1"), extra=[("xl/vbaProject.bin", b"x")]), "a.xlsx", [])


def test_a_child_that_hangs_is_given_up(monkeypatch, tmp_path):
    slow = tmp_path / "child.py"
    slow.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(annotate, "CHILD", slow)
    monkeypatch.setattr(annotate, "WALL_SECONDS", 0.3)
    with pytest.raises(Unreadable, match="文件过大"):
        annotate.annotate(xlsx([["甲"]]), "a.xlsx", [])


def test_a_child_may_not_take_more_than_its_memory(tmp_path):
    greedy = tmp_path / "child.py"
    greedy.write_text(
        "import os, sys; sys.stdin.buffer.read()\ntry:\n  bytearray(3 << 30)\nexcept MemoryError:\n  os.abort()"
    )
    with pytest.raises(guard.TooHeavy):
        guard.run(greedy, data=b"x", seconds=10)


def test_a_child_may_write_no_file(tmp_path):
    writer = tmp_path / "child.py"
    writer.write_text(f"import sys; sys.stdin.buffer.read(); open({str(tmp_path / 'a')!r}, 'w').write('x' * 9)")
    guard.run(writer, data=b"x", seconds=10)
    assert (tmp_path / "a").read_text() == ""


def test_thousands_of_notes_take_seconds():
    data = xlsx([[f"第{row}行{column}列" for column in range(10)] for row in range(5_000)])
    notes = [("花名册", f"{'ABCD'[index % 4]}{2 + index // 4}", "error", f"第 {index} 处") for index in range(10_000)]
    started = time.monotonic()

    out, _ = annotate.annotate(data, "a.xlsx", notes)

    assert time.monotonic() - started < 10
    boxes = parts(out)["xl/drawings/vmlDrawing1.vml"]
    assert len(set(re.findall(rb'id="_x0000_s(\d+)"', boxes))) == 10_000
    assert b'data="1,2,3,4,5,6,7,8,9,10"' in boxes


# --- as another program sees it


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not on this machine")
def test_libreoffice_opens_it_with_the_same_values_and_a_note_on_each_cell(rich, marked, tmp_path):
    for name, data in (("before", rich), ("after", marked)):
        (tmp_path / f"{name}.xlsx").write_bytes(data)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"

    def convert(target):
        command = ["soffice", profile, "--headless", "--convert-to", target, "--outdir", str(tmp_path)]
        subprocess.run(
            [*command, str(tmp_path / "before.xlsx"), str(tmp_path / "after.xlsx")],
            check=True,
            capture_output=True,
            timeout=120,
        )

    convert("csv")
    before, after = (
        [*csv.reader((tmp_path / f"{name}.csv").read_text("utf-8").splitlines())] for name in ("before", "after")
    )
    assert [row[:7] for row in after[: len(before)]] == [row[:7] for row in before]
    convert("fods")
    before, after = ((tmp_path / f"{name}.fods").read_text("utf-8") for name in ("before", "after"))
    assert after.count("<office:annotation ") == before.count("<office:annotation ") + 6
    for kept in (
        "<table:content-validation ",
        "<draw:image",
        "<draw:object",
        "<table:database-range ",
        "<calcext:conditional-format ",
    ):
        assert after.count(kept) == before.count(kept) > 0, kept


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the county's workbooks are not at {DATA}")
def test_the_county_s_own_roster_is_noted_at_each_planted_error():
    with (DATA / "planted-errors.csv").open(encoding="utf-8-sig", newline="") as file:
        planted = [(row["sheet"], row["cell"], "error", row["kind"]) for row in csv.DictReader(file)]
    data = (DATA / "党员花名册.xlsx").read_bytes()

    out, name = annotate.annotate(data, "党员花名册.xlsx", planted)

    assert name == "党员花名册（预检标注）.xlsx"
    assert {key: fill for key, (fill, note) in marks(out).items() if note} == {note[:2]: RED for note in planted}
    assert cell_values(out) == cell_values(data)
