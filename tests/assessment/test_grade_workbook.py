"""The year's workbook: ready to print and sign, every formula shows what it computes, every score has its records."""

import io
import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import openpyxl
import pytest

from assessment import scoring, workbook
from meetings.models import Meeting
from portal.actions import tend
from tests.assessment.year import MONTHS, OVER, YEAR, hold
from tests.factories import BranchFactory, ManualScoreFactory, TermFactory, UserFactory

pytestmark = pytest.mark.django_db
FORM = [
    "支部",
    "学段",
    "考勤",
    "实绩",
    "创优",
    "加分",
    "扣分",
    "总分",
    "排名",
    "拟定等次",
    "审定等次",
    "一票否决",
]  # domain-rules §10 no. 8


@pytest.fixture
def graded():
    """Five branches: full marks, some gaps, one judged by hand, one with nothing, one too young."""
    best, gaps, judged, _, _ = (
        BranchFactory(name="云岭一小党支部"),
        BranchFactory(name="云岭二小党支部"),
        BranchFactory(name="=云岭三小党支部"),
        BranchFactory(name="云岭四小党支部"),
        BranchFactory(name="云岭五小党支部", founded_on=date(2025, 12, 25)),
    )
    for each, share in ((best, 10), (gaps, 7), (judged, 8)):
        TermFactory(branch=each, committee_size=3, started_on=date(2024, 1, 1), expires_on=date(2027, 1, 1))
        hold(each, "theme_party_day", *((month, 25) for month in MONTHS if month <= share), attended=share)
        hold(each, ("members_meeting", "party_lecture"), (3, 3), (6, 6), (9, 9), attended=share)
    hold(best, "org_life_meeting", (12, 1))
    for part, points in {"PF10": "2.15", "EX2.2": "2.05", "B1": "1.5"}.items():
        ManualScoreFactory(branch=judged, part=part, points=points)
    by = UserFactory()
    tend(YEAR, by=by)
    return scoring.grade(YEAR, on=OVER)


@pytest.fixture
def data(graded):
    return workbook.as_workbook(graded, YEAR, on=OVER)


@pytest.fixture
def book(data):
    """The workbook with its formulas."""
    return openpyxl.load_workbook(io.BytesIO(data))


@pytest.fixture
def shown(data):
    """The workbook with the values that it shows before anything is computed again."""
    return openpyxl.load_workbook(io.BytesIO(data), data_only=True)


def table(sheet, first):
    """The rows below the header whose first cell is `first`, each as header → value, down to the first blank row."""
    rows = list(sheet.iter_rows(values_only=True))
    top = next(index for index, row in enumerate(rows) if row[0] == first)
    found = []
    for row in rows[top + 1 :]:
        if row[0] is None:
            break
        found.append(dict(zip(rows[top], row, strict=True)))
    return found


# --- a small reckoner for the formulas that the workbook uses


def reckon(formula, sheet):
    """The value of a formula, from the values shown in the cells that it names."""
    return _value(formula.removeprefix("="), sheet)


def _value(text, sheet):
    if text.startswith("IF("):
        test, yes, no = _arguments(text)
        return _value(yes if _value(test, sheet) else no, sheet)
    text = re.sub(r"\$", "", text)
    text = re.sub(r"\b([A-Z]+\d+:[A-Z]+\d+)\b", r"area('\1')", text)
    text = re.sub(r"\b([A-Z]+\d+)\b(?![:'])(?<!:)", r"cell('\1')", text)
    text = re.sub(r"area\('cell\('(\w+)'\):cell\('(\w+)'\)'\)", r"area('\1:\2')", text)
    text = re.sub(r"(?<![<>=!])=(?!=)", "==", text)

    def area(address):
        return [each.value for row in sheet[address] for each in row]

    def numbers(values):
        return [Decimal(str(value)) for value in values if isinstance(value, int | float)]

    names = {
        "area": area,
        "cell": lambda address: value if isinstance(value := sheet[address].value, str) else Decimal(str(value or 0)),
        "SUM": lambda values: sum(numbers(values), Decimal(0)),
        "COUNT": lambda values: len(numbers(values)),
        "AVERAGE": lambda values: sum(numbers(values), Decimal(0)) / len(numbers(values)),
        "COUNTIF": lambda values, wanted: values.count(wanted),
        "ISNUMBER": lambda value: isinstance(value, Decimal),
        "ROUND": lambda value, places: Decimal(value).quantize(Decimal(10) ** -places, ROUND_HALF_UP),
    }
    return eval(text, {"__builtins__": {}}, names)  # noqa: S307 — our own formulas, no builtins


def _arguments(text):
    """What stands between the commas of IF(…)."""
    parts, depth = [""], 0
    for char in text.removeprefix("IF(").removesuffix(")"):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def test_every_formula_shows_what_it_computes(book, shown):
    count = 0
    for sheet in book:
        for row in sheet.iter_rows():
            for each in row:
                if isinstance(each.value, str) and each.data_type == "f":
                    count += 1
                    value = shown[sheet.title][each.coordinate].value
                    computed = reckon(each.value, shown[sheet.title])
                    where = f"{sheet.title}!{each.coordinate} {each.value}"
                    assert (value in (None, "")) == (computed in (None, "")), where
                    assert not value or Decimal(str(value)) == Decimal(str(computed)), where
    # a total per branch, four averages, five counts of grades; a sum per branch on the item sheet
    assert count == 5 + 4 + 5 + 5


def test_every_sheet_is_ready_to_print(book):
    for sheet in book:
        assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape"), sheet.title
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.print_title_rows, sheet.title
        assert "&P" in sheet.oddFooter.center.text


def test_the_repeated_row_is_the_header(book):
    for sheet in book:
        number = int(sheet.print_title_rows.replace("$", "").split(":")[0])
        assert [each.value for each in sheet[number]][:2] in (["序号", "支部"], ["支部", "指标"], ["支部", "类型"]), (
            sheet.title
        )
        assert sheet.freeze_panes == f"A{number + 1}"


def test_the_summary_is_the_form_of_the_rules(shown, graded):
    rows = table(shown["考核汇总"], "序号")

    assert [name for name in rows[0] if name in FORM] == FORM
    assert next(iter(rows[0])) == "序号"
    assert len(rows) == len(graded)
    for row, score in zip(rows, graded, strict=True):
        assert (row["支部"], row["学段"], row["拟定等次"]) == (score.branch.name, "小学", score.grade)
        assert [row["考勤"], row["实绩"], row["创优"]] == [
            "待评" if dimension.points is None else float(dimension.points) for dimension in score.dimensions
        ]
        assert (row["总分"], row["排名"]) == (None if score.total is None else float(score.total), score.rank)
        assert row["已评分值"] == float(score.judged)
        assert (row["审定等次"], row["一票否决"]) == (None, None)


def test_the_average_is_of_those_that_have_a_score(shown, graded):
    row = next(row for row in shown["考核汇总"].iter_rows(values_only=True) if row[1] == "平均")
    totals = [score.total for score in graded if score.total is not None]

    assert len(totals) == len(graded) - 1
    assert Decimal(str(row[8])) == (sum(totals) / len(totals)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_the_summary_says_what_it_is_and_until_when(shown):
    lines = [row[0] for row in shown["考核汇总"].iter_rows(values_only=True) if row[0]]

    assert lines[0] == "2025年度学校党组织量化考核汇总表"
    assert "填报单位（盖章）" in lines[1]
    assert "统计截止日：2025-12-31" in lines[1]
    assert "（示例）" in lines[1]
    assert all(word in lines[-1] for word in ("制表人", "审核人", "联系电话"))


def test_a_name_that_looks_like_a_formula_is_text(book):
    cells = [each for row in book["考核汇总"].iter_rows() for each in row if each.value == "=云岭三小党支部"]

    assert [each.data_type for each in cells] == ["s"]


def test_the_item_sheet_has_every_item_of_every_branch(shown, graded):
    rows = table(shown["指标明细"], "序号")

    for row, score in zip(rows, graded, strict=True):
        for item in score.items:
            (value,) = (value for name, value in row.items() if name.startswith(f"{item.code} "))
            words = {"pending": "待评", "not_applicable": "不适用"}
            assert value == (float(item.points) if item.state == "scored" else words[item.state]), (
                row["支部"],
                item.code,
            )
        assert row["已评满分"] == float(sum(item.out_of for item in score.items))


def test_the_evidence_sheet_has_a_reason_for_every_item(shown, graded):
    rows = table(shown["得分依据"], "支部")

    assert [(row["支部"], row["指标"].split()[0], row["依据"]) for row in rows] == [
        (score.branch.name, item.code, item.reason) for score in graded for item in score.items
    ]


def test_the_records_are_all_there(shown):
    rows = table(shown["记录清单"], "支部")

    assert sorted((row["支部"], row["日期"].date(), row["主题"], row["应到"], row["实到"]) for row in rows) == sorted(
        Meeting.objects.values_list("branch__name", "held_on", "topic", "due_count", "attended_count")
    )


def test_the_counts_are_those_of_the_records(shown):
    (row,) = (
        row for row in table(shown["次数统计"], "支部") if (row["支部"], row["类型"]) == ("云岭二小党支部", "主题党日")
    )

    assert row == {
        "支部": "云岭二小党支部",
        "类型": "主题党日",
        "召开次数": 7,
        "按时次数": 7,
        "实到合计": 49,
        "应到合计": 70,
    }


def test_the_same_scores_give_the_same_bytes(graded, data):
    assert workbook.as_workbook(scoring.grade(YEAR, on=OVER), YEAR, on=OVER) == data


def test_a_year_without_branches_is_still_a_workbook():
    book = openpyxl.load_workbook(io.BytesIO(workbook.as_workbook([], YEAR, on=OVER)))

    assert book.sheetnames == ["考核汇总", "指标明细", "异议", "调整", "得分依据", "次数统计", "记录清单"]
