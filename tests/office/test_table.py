from pathlib import Path

import pytest

from office.reader import Sheet, Unreadable, read
from office.table import Column, MissingColumns, find_table, normalise
from tests.office.workbooks import xlsx

DATA = Path(__file__).parents[2].parent / "shared" / "data"

COLUMNS = [
    Column("name", "姓名", required=True, identity=True),
    Column("sex", "性别", required=True),
    Column("branch", "所在党组织", ("所在支部", "党支部名称")),
    Column("elected_on", "换届日期"),
    Column("founded_on", "成立日期"),
    Column("phone", "手机", ("联系电话",)),
]


def sheet(*rows, name="花名册"):
    """A sheet as the reader gives it: "" is a blank cell, an empty row is left out."""
    cells = [(number, [value if value != "" else None for value in row]) for number, row in enumerate(rows, start=1)]
    return Sheet(name, [(number, row) for number, row in cells if any(value is not None for value in row)])


def find(*sheets):
    return find_table(sheets, COLUMNS, kind_label="党员花名册")


# --- where the table stands


@pytest.mark.parametrize(
    "rows",
    [
        [["姓名", "性别"], ["王芳", "女"]],
        [["性别", "姓名"], ["女", "王芳"]],
        [["中共党员花名册", ""], ["填报单位（盖章）：一中", ""], [], ["姓名", "性别"], ["王芳", "女"]],
        [[], [], ["", "", "姓名", "性别"], ["", "", "王芳", "女"]],
        [["序号", "姓名", "民族", "性别"], [1, "王芳", "汉族", "女"]],
        [["姓　名", "性 别 *"], ["王芳", "女"]],
        [["＊姓名：", "性\n别"], ["王芳", "女"]],
        [["姓名（必填）", "性别(男/女)"], ["王芳", "女"]],
        [["基本信息", ""], ["姓名", "性别"], ["王芳", "女"]],
        [["姓名", "基本信息"], ["", "性别"], ["王芳", "女"]],
    ],
    ids=[
        "plain",
        "other order",
        "below a title",
        "away from the corner",
        "among others",
        "spaced",
        "with asterisk, colon, line break",
        "with brackets",
        "under a group heading",
        "beside a group heading",
    ],
)
def test_the_table_is_found_wherever_it_stands(rows):
    ((number, values),) = find(sheet(*rows)).rows
    assert (number, values) == (len(rows), {"name": "王芳", "sex": "女"})


def test_a_group_heading_tells_columns_of_the_same_name_apart():
    table = find(
        sheet(
            ["花名册"],
            ["姓名", "性别", "成立", "换届", "", "备注"],
            ["", "", "日期", "日期", "届次", ""],
            ["王芳", "女", "2001-01-01", "2023-04-18", "五", "无"],
        )
    )
    assert table.header_rows == (2, 3)
    assert table.columns == {"name": 0, "sex": 1, "founded_on": 2, "elected_on": 3}
    assert table.unknown == [("E3", "届次"), ("F2", "备注")]


def test_a_synonym_is_as_good_as_the_label():
    assert find(sheet(["姓名", "性别", "所在支部", "联系电话"])).columns == {
        "name": 0,
        "sex": 1,
        "branch": 2,
        "phone": 3,
    }


def test_a_similar_name_is_not_a_guess():
    table = find(sheet(["姓名", "性别", "手机号归属", "曾用姓名"]))
    assert table.columns == {"name": 0, "sex": 1}
    assert table.unknown == [("C1", "手机号归属"), ("D1", "曾用姓名")]


def test_a_title_row_is_no_part_of_the_header():
    assert find(sheet(["党员花名册"], ["姓名", "性别"])).header_rows == (2,)


def test_the_sheet_that_fits_best_is_taken_and_the_first_of_equals():
    poor, good = sheet(["姓名", "性别"], name="甲"), sheet(["姓名", "性别", "手机"], name="乙")
    assert find(poor, good).sheet == "乙"
    assert find(good, good._replace(name="丙")).sheet == "乙"


def test_cells_are_named_as_the_spreadsheet_names_them():
    table = find(sheet(*[[]] * 4, [""] * 26 + ["姓名", "性别"], [""] * 26 + ["王芳", "女"]))
    assert [(table.cell(number, "name"), table.cell(number, "sex")) for number, _ in table.rows] == [("AA6", "AB6")]


# --- which rows are data

TITLED = ["序号", "姓名", "性别", "手机"]


@pytest.mark.parametrize(
    "row",
    [
        ["合计：1893 人"],
        ["", "", "共计 12 人"],
        ["制表人：        审核人：        联系电话："],
        ["制表人：张三", "", "审核人：李四", "联系电话：0874-1"],
        ["备注：以上数据截至 12 月底"],
        ["填报单位（盖章）：一中"],
        ["合计", "", "", 12],
        ["以上同志均已核对。"],
        [3],
    ],
    ids=[
        "total",
        "total further right",
        "signatures",
        "signatures apart",
        "remark",
        "unit",
        "sum",
        "sentence",
        "number only",
    ],
)
def test_a_footer_is_no_data(row):
    table = find(sheet(TITLED, [1, "王芳", "女", ""], row, [2, "李娜", "女", ""]))
    assert [values["name"] for _, values in table.rows] == ["王芳", "李娜"]


@pytest.mark.parametrize(
    "row",
    [
        [3, "", "女", "13800000000"],
        [3, "", "女"],
        ["", "", "女", "13800000000"],
        ["", "王芳"],
        [3, "合计"],
        ["", "小计平"],
    ],
    ids=[
        "no name",
        "no name, no phone",
        "no number either",
        "only a name",
        "a name that is a footer's word",
        "a name like one",
    ],
)
def test_a_row_with_something_missing_is_still_data(row):
    assert [number for number, _ in find(sheet(TITLED, row)).rows] == [2]


def test_a_total_may_stand_in_the_identity_s_own_column():
    table = find(sheet(["姓名", "性别"], ["王芳", "女"], ["合计：1 人", ""]))
    assert [values["name"] for _, values in table.rows] == ["王芳"]


def test_rows_can_be_walked_twice_and_short_ones_are_filled_up():
    table = find(sheet(TITLED, [1, "王芳"]))
    assert list(table.rows) == list(table.rows) == [(2, {"name": "王芳", "sex": None, "phone": None})]


# --- what is refused


def test_a_missing_column_is_named_with_those_not_recognised():
    with pytest.raises(
        MissingColumns, match="缺少列：“性别”。未认出的列：C3“党员同志”、D3“男女 （填一项）”。"
    ) as caught:
        find(sheet([], [], ["", "姓名", "党员同志", "男女\n（填一项）"]))
    assert caught.value.missing == ["sex"]
    assert caught.value.unknown == [("C3", "党员同志"), ("D3", "男女 （填一项）")]


def test_two_columns_of_one_meaning_are_both_named():
    with pytest.raises(Unreadable, match="有两列都像“手机”：C1 和 E1"):
        find(sheet(["姓名", "性别", "手机", "民族", "联系电话（家）"]))


@pytest.mark.parametrize(
    "sheets",
    [[], [sheet()], [sheet(["党组织名称", "类型"])], [sheet(["王芳", "女"])]],
    ids=["no sheet", "blank sheet", "another table", "no header"],
)
def test_where_no_sheet_fits_it_says_where_it_looked(sheets):
    with pytest.raises(Unreadable, match=r"没有找到党员花名册的表头.*表头应含：姓名、性别") as caught:
        find(*sheets)
    assert all(one.name in caught.value.messages[0] for one in sheets)


def test_one_name_for_two_columns_is_our_own_mistake():
    with pytest.raises(ValueError, match="日 期 names two columns"):
        find_table([], [Column("a", "日期"), Column("b", "时间", ("日 期",))], kind_label="台账")


@pytest.mark.parametrize(
    ("header", "same"),
    [
        ("姓　名", "姓名"),
        ("入党日期：", "入党日期"),
        ("＊手机", "手机"),
        ("ＩＤ号", "id号"),
        ("联系\r\n电话", "联系电话"),
    ],
)
def test_headers_are_compared_without_their_dress(header, same):
    assert normalise(header) == same


def test_addresses_hold_from_the_file_to_the_row():
    data = xlsx([["花名册"], ["姓名", "性别"], ["王芳", "女"]], at=(3, 5))
    table = find(*read(data, "a.xlsx"))
    assert [table.cell(number, "sex") for number, _ in table.rows] == ["G6"]


@pytest.mark.parametrize(
    ("name", "columns", "count"),
    [
        ("党组织基本情况表.xlsx", ["党组织名称", "组织类别", "换届日期"], 101),
        ("党员花名册.xlsx", ["姓名", "公民身份号码", "入党日期"], 1893),
        ("2025年组织生活台账.xlsx", ["党组织名称", "类型", "日期"], 3275),
    ],
)
def test_the_county_s_own_tables_are_found_whole(name, columns, count):
    if not (DATA / name).exists():
        pytest.skip("the county's own workbooks are kept outside the repository and are not on this machine")
    wanted = [Column(label, label, required=True, identity=label == columns[0]) for label in columns]
    assert len(list(find_table(read((DATA / name).read_bytes(), name), wanted, kind_label="表").rows)) == count
