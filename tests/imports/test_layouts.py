"""However an office lays its workbooks out, the portal holds the same afterwards, or names the column it misses."""

from pathlib import Path

import pytest

from jobs.planning import dictionary
from office.reader import Unreadable
from office.table import normalise
from tests.imports import county, layouts

pytestmark = pytest.mark.django_db
KINDS = list(county.TABLES)
REQUIRED = [
    ("organisations", "name", "党组织名称"),
    ("organisations", "kind", "组织类别"),
    ("organisations", "parent", "上级党组织"),
    ("organisations", "founded_on", "成立日期"),
    ("roster", "branch", "所在党组织"),
    ("roster", "name", "姓名"),
    ("roster", "id_number", "公民身份号码"),
    ("roster", "joined_on", "入党日期"),
    ("roster", "kind", "人员类别"),
    ("meetings", "branch", "党组织名称"),
    ("meetings", "kinds", "类型"),
    ("meetings", "held_on", "日期"),
    ("meetings", "topic", "主题"),
    ("meetings", "due_count", "应到"),
    ("meetings", "attended_count", "实到"),
]


@pytest.mark.parametrize("layout", layouts.LAYOUTS.values(), ids=layouts.LAYOUTS)
def test_every_layout_says_the_same(layout):
    for kind, table in county.TABLES.items():
        county.bring(layout(table()))

        assert county.HELD[kind]() == county.TOLD[kind](table())


@pytest.mark.parametrize("layout", ["header of two rows", "csv in GBK", "xls"])
def test_the_same_file_twice_changes_nothing(layout):
    layout = layouts.LAYOUTS[layout]
    for table in county.TABLES.values():
        assert county.bring(layout(table()))[0] > 0

    assert [county.bring(layout(table())) for table in county.TABLES.values()] == [(0, 0)] * 3


@pytest.mark.parametrize(("kind", "key", "label"), REQUIRED, ids=lambda value: value if value.isascii() else "")
def test_a_required_column_that_is_not_recognised_is_named_and_never_guessed(kind, key, label):
    table = county.TABLES[kind]()
    strange = table._replace(headings=table.headings | {key: "甲栏"})

    with pytest.raises(Unreadable) as refusal:
        county.plan(layouts.xlsx(strange, at=(2, 1)))

    column = "BCDEFGHIJK"[list(table.headings).index(key)]
    assert f"缺少列：“{label}”" in str(refusal.value)
    assert f"{column}3“甲栏”" in str(refusal.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_not_known_is_left_out_and_said(kind, organised):
    table = county.TABLES[kind]()
    wider = table._replace(
        headings={"odd": "编号说明甲"} | table.headings, rows=[{"odd": "x"} | row for row in table.rows]
    )

    found = county.plan(layouts.xlsx(wider))

    assert found.unknown == ["A1“编号说明甲”"]
    assert not found.errors


@pytest.mark.parametrize("kind", KINDS)
def test_two_columns_of_one_meaning_are_refused(kind):
    table = county.TABLES[kind]()
    key = "founded_on" if kind == "organisations" else "joined_on" if kind == "roster" else "held_on"
    again = {"organisations": "成立时间", "roster": "入党时间", "meetings": "召开日期"}[kind]
    doubled = table._replace(headings=table.headings | {"twice": again})

    with pytest.raises(Unreadable, match=f"有两列都像“{table.headings[key]}”"):
        county.plan(layouts.xlsx(doubled))


@pytest.mark.parametrize(
    ("given", "kind", "label"),
    [
        ("roster", "meetings", "组织生活台账"),
        ("roster", "organisations", "党组织基本情况表"),
        ("meetings", "roster", "党员花名册"),
        ("organisations", "roster", "党员花名册"),
        ("organisations", "meetings", "组织生活台账"),
        ("meetings", "organisations", "党组织基本情况表"),
    ],
)
def test_another_kind_of_workbook_is_refused_by_name(given, kind, label):
    _, data, name = layouts.xlsx(county.TABLES[given]())

    with pytest.raises(Unreadable, match=label):
        county.plan((kind, data, name))


@pytest.mark.parametrize("kind", KINDS)
def test_a_header_without_rows_is_no_empty_success(kind):
    with pytest.raises(Unreadable, match="只有表头，没有数据"):
        county.plan(layouts.xlsx(county.TABLES[kind]()._replace(rows=[])))


@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_is_named_where_it_stands_in_the_office_s_own_sheet(kind, organised):
    table = county.TABLES[kind]()
    key = {"organisations": "founded_on", "roster": "joined_on", "meetings": "held_on"}[kind]

    found = county.plan(layouts.xlsx(table.with_row(1, **{key: "2021.13.01"}), at=(4, 2), title="一览表"))

    column = "CDEFGHIJKLMN"[list(table.headings).index(key)]
    problem = next(problem for problem in found.errors if problem.cell == f"{column}8")
    assert str(problem) == f"{table.sheet}!{column}8 没有 13 月，请核对日期。"


@pytest.mark.parametrize(
    "path", sorted(Path(__file__).parents[2].glob("*/columns.yaml")), ids=lambda path: path.parent.name
)
def test_no_name_stands_for_two_columns(path):
    columns, _ = dictionary(path)
    names = [normalise(name) for column in columns for name in (column.label, *column.synonyms)]

    assert len(names) == len(set(names))
    assert all(names)
