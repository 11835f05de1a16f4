import datetime
import io
from pathlib import Path

import openpyxl
import pytest
import yaml

from office.reader import read
from office.table import Column, find_table
from office.template import template

ROOT = Path(__file__).parents[2]
COLUMNS = [
    Column("branch", "所在党支部", required=True),
    Column("name", "姓名", required=True, identity=True),
    Column("sex", "性别"),
    Column("ethnicity", "民族"),
    Column("id_number", "身份证号", required=True),
    Column("joined_on", "入党日期", required=True),
    Column("phone", "联系电话"),
    Column("note", "备注"),
]
PEOPLES = [f"第{number}民族" for number in range(1, 57)]
ROW = ["青禾支部", "王芳", "女", "第2民族", "990277197410260039", datetime.date(2001, 7, 1), "01012345678", "=1+1"]


@pytest.fixture(scope="module")
def made():
    return template(
        "党员花名册",
        COLUMNS,
        choices={"sex": ["男", "女"], "ethnicity": PEOPLES},
        notes={"branch": "写党支部全称。"},
        example=[{"branch": "青禾支部", "name": "张三", "joined_on": datetime.date(2001, 7, 1)}],
    )


@pytest.fixture
def book(made):
    return openpyxl.load_workbook(io.BytesIO(made))


@pytest.mark.parametrize("app", ["branches", "members", "meetings"])
def test_a_template_of_every_import_is_recognised_by_it(app):
    rows = yaml.safe_load((ROOT / app / "columns.yaml").read_text("utf-8"))["columns"]
    columns = [
        Column(
            row["key"],
            row["label"],
            tuple(row.get("synonyms", ())),
            row.get("required", False),
            row.get("identity", False),
        )
        for row in rows
    ]

    table = find_table(read(template("模板", columns, choices={}, notes={}), "a.xlsx"), columns, kind_label="模板")

    assert table.sheet == "模板"
    assert table.columns.keys() == {column.key for column in columns}


def test_the_empty_template_is_a_table_without_rows(made):
    table = find_table(read(made, "a.xlsx"), COLUMNS, kind_label="党员花名册")

    assert table.sheet == "党员花名册"
    assert table.header_rows == (2,)
    assert table.columns.keys() == {column.key for column in COLUMNS}
    assert table.unknown == []
    assert list(table.rows) == []


def test_what_is_filled_in_comes_back(book):
    for index, value in enumerate(ROW, start=1):
        cell = book["党员花名册"].cell(3, index, value)
        cell.data_type = "s" if isinstance(value, str) else "d"
    stream = io.BytesIO()
    book.save(stream)

    table = find_table(read(stream.getvalue(), "a.xlsx"), COLUMNS, kind_label="党员花名册")

    assert [row for _, row in table.rows] == [dict(zip((column.key for column in COLUMNS), ROW, strict=True))]


def test_a_head_says_whether_it_is_required_and_what_it_takes(book):
    sheet = book["党员花名册"]

    assert [cell.value for cell in sheet[2]][:3] == ["*所在党支部", "*姓名", "性别"]
    assert sheet["A2"].fill.fgColor.rgb != sheet["C2"].fill.fgColor.rgb
    assert sheet["A2"].comment.text == "必填。\n写党支部全称。\n按实际情况填写。"
    assert "从下拉列表中选：男、女。" in sheet["C2"].comment.text
    assert sheet.freeze_panes == "A3"


def test_lists_are_offered_and_dates_checked_over_two_thousand_rows(book):
    checks = {str(check.sqref): check for check in book["党员花名册"].data_validations.dataValidation}

    assert checks.keys() == {"C3:C2002", "D3:D2002", "F3:F2002"}
    assert checks["C3:C2002"].formula1 == '"男,女"'
    assert checks["D3:D2002"].formula1 == "选项_ethnicity"
    assert checks["F3:F2002"].type == "date"
    assert "2021-07-01" in checks["F3:F2002"].error
    assert book["代码"].sheet_state == "hidden"
    assert book.defined_names["选项_ethnicity"].attr_text == "'代码'!$A$1:$A$56"
    assert [row[0].value for row in book["代码"].rows] == PEOPLES


@pytest.mark.parametrize(("letter", "expected"), [("E", "@"), ("G", "@"), ("F", "yyyy-mm-dd")])
def test_numbers_that_are_codes_are_text_before_they_are_typed(book, letter, expected):
    assert book["党员花名册"].column_dimensions[letter].number_format == expected


def test_the_guide_names_every_column_and_holds_the_example(book):
    rows = list(book["填写说明"].iter_rows(min_row=2, values_only=True))

    assert rows[0] == ("列名", "是否必填", "填写要求", "示例1")
    assert [row[:2] for row in rows[1:]] == [
        (column.label, "必填" if column.required else "可不填") for column in COLUMNS
    ]
    assert rows[2][3] == "张三"
