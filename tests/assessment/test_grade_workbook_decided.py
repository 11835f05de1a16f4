"""The workbook of a decided year: the decision, the seal, objections and adjustments; LibreOffice adds up what we add up."""

import io
import re
import shutil
import subprocess
import zipfile
from datetime import UTC, date, datetime

import openpyxl
import pytest

from assessment import actions, results, workbook
from assessment.models import Scheme, Seal
from branches.actions import root
from branches.rights import Role
from tests.assessment.decided import YEAR, decide, score
from tests.assessment.decided import scheme as scheme_of
from tests.factories import (
    AdjustmentFactory,
    BranchFactory,
    ObjectionFactory,
    SchemeFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
LATER = date(2026, 5, 1)


def rows_of(book, sheet):
    """The rows below the header, header → value, down to the first blank one."""
    rows = list(book[sheet].iter_rows(values_only=True))
    top = next(index for index, row in enumerate(rows) if row[0] == "序号")
    found = []
    for row in rows[top + 1 :]:
        if row[0] is None:
            break
        found.append(dict(zip(rows[top], row, strict=True)))
    return found


@pytest.fixture
def branches():
    committee = BranchFactory(kind="committee", name="云岭镇中心学校党委")
    above = {"二": {"parent": committee}}
    return [
        BranchFactory(name=f"云岭{name}小学党支部", order=place, **above.get(name, {}))
        for place, name in enumerate("一二三")
    ]


@pytest.fixture
def decided(branches):
    """Three branches with decided grades; one objection was upheld and one dismissed."""
    first, second, third = branches
    round_ = decide(
        [score(first, "优秀", 91.5, rank=1), score(second, "合格", 80, rank=2), score(third, "不合格", 50, rank=3)]
    )
    said = {
        "answer": "经复核，材料齐全。",
        "answered_by": UserFactory(),
        "answered_at": datetime(2026, 1, 18, 2, tzinfo=UTC),
    }
    upheld = ObjectionFactory(
        round=round_,
        branch=second,
        phase="published",
        part="attendance",
        raised_on=date(2026, 1, 15),
        outcome="upheld",
        **said,
    )
    AdjustmentFactory(round=round_, branch=second, part="attendance", before=22, points=24, objection=upheld)
    ObjectionFactory(round=round_, branch=third, phase="published", part="performance", outcome="dismissed", **said)
    return round_


def written(**options):
    standing = results.standing(YEAR, on=LATER)
    return workbook.as_workbook(standing.scores, YEAR, on=standing.on, standing=standing, **options)


def opened(data, **options):
    return openpyxl.load_workbook(io.BytesIO(data), **options)


def test_what_was_decided_stands_beside_what_was_proposed(decided):
    rows = rows_of(opened(written(), data_only=True), "考核汇总")

    assert [(row["拟定等次"], row["审定等次"], row["总分"]) for row in rows] == [
        ("优秀", "优秀", 91.5), ("合格", "合格", 80), ("不合格", "不合格", 50),
    ]  # fmt: skip


def test_the_meeting_and_the_head_of_the_seal_are_printed(decided):
    cells = [row[0] for row in opened(written())["考核汇总"].iter_rows(values_only=True) if row[0]]
    seal = Seal.objects.get()

    assert any(
        "公布日期：2026-01-12" in str(cell) and "工委会议：2026-01-22，纪要〔2026〕2号" in str(cell) for cell in cells
    )
    assert f"链头：{seal.head}" in cells
    assert any(f"第 {seal.number} 号" in str(cell) for cell in cells)
    assert "制表人" in cells[-1]


def test_what_is_read_anew_for_a_sealed_year_says_so(decided):
    book = opened(written())

    for name in ("次数统计", "记录清单"):
        said = [row[0] for row in book[name].iter_rows(max_row=3, values_only=True)]
        assert any("封存以后记录的变动" in str(text) for text in said), name


def test_a_year_that_is_published_only_has_no_decided_grade(branches):
    decide([score(branches[0], "优秀", 91, rank=1)], stage="published")
    (row,) = rows_of(opened(written(), data_only=True), "考核汇总")

    assert (row["拟定等次"], row["审定等次"]) == ("优秀", None)


def test_objections_stand_with_answer_and_adjustment(decided):
    book = opened(written())
    upheld, dismissed = rows_of(book, "异议")

    assert (upheld["支部"], upheld["指标"], upheld["结果"], upheld["调整"]) == (
        "云岭二小学党支部", "attendance 考勤各项", "采纳", "22.00 → 24.00 分",
    )  # fmt: skip
    assert (dismissed["支部"], dismissed["结果"], dismissed["调整"]) == ("云岭三小学党支部", "不采纳", None)
    (row,) = rows_of(book, "调整")
    assert (row["支部"], row["原得分"], row["调整后得分"], row["由来"]) == (
        "云岭二小学党支部",
        "22.00",
        "24.00",
        "答复异议",
    )


def test_the_file_of_an_inspector_holds_the_objections_of_the_reach_alone(decided, branches):
    inspector = UserFactory(serving=branches[1].parent, role=Role.INSPECTOR)

    _, data = actions.year_file(YEAR, by=inspector, on=LATER)

    book = opened(data)
    assert [row["支部"] for row in rows_of(book, "考核汇总")] == ["云岭二小学党支部"]
    assert [row["支部"] for row in rows_of(book, "异议")] == ["云岭二小学党支部"]


def test_committees_stand_on_a_sheet_of_their_own(decided, monkeypatch):
    content = scheme_of(title="2025 年度学校党委、党总支量化考核办法")
    SchemeFactory(kind="committee", content=content)
    committee = BranchFactory(kind="committee", name="云岭一中党委")
    before = results.standing

    def standing(year, *, on, kind=Scheme.Kind.BRANCH):
        if kind == Scheme.Kind.BRANCH:
            return before(year, on=on)
        return results.Standing(year, [score(committee, "合格", 82, rank=1, content=content)], on)

    monkeypatch.setattr(results, "standing", standing)
    _, data = actions.year_file(YEAR, by=UserFactory(serving=root(), role=Role.STAFF), on=LATER)

    book = opened(data, data_only=True)
    (row,) = rows_of(book, "党委、党总支")
    assert (row["党组织"], row["总分"], row["拟定等次"], row["审定等次"]) == ("云岭一中党委", 82, "合格", None)
    assert book["党委、党总支"]["A1"].value == "2025年度学校党委、党总支量化考核汇总表"
    assert len(rows_of(book, "党委、党总支指标明细")) == 1


def test_a_long_one_is_the_same_whatever_is_kept_in_memory(decided, tmp_path):
    def values(data):
        return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in opened(data)}

    data = written(folder=tmp_path)

    assert values(data) == values(written())
    assert written(folder=tmp_path) == data
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not on this machine")
def test_libreoffice_adds_up_what_we_add_up(decided, tmp_path):
    """The values that we wrote are taken away first, so that every formula has to be worked out."""
    data = written()
    bare = tmp_path / "bare.xlsx"
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(bare, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if "worksheets/" in name:
                text = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", text)
            new.writestr(name, text)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
        "--outdir",
        str(tmp_path / "out"),
    ]
    subprocess.run([*command, str(bare)], check=True, capture_output=True, timeout=120)

    formulas, ours = opened(data), opened(data, data_only=True)
    theirs = opened((tmp_path / "out/bare.xlsx").read_bytes(), data_only=True)
    count = 0
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    count += 1
                    expected, found = (book[sheet.title][cell.coordinate].value for book in (ours, theirs))
                    assert found == expected or found == pytest.approx(expected), f"{sheet.title}!{cell.coordinate}"
    assert count == 3 + 4 + 5 + 3  # totals, averages, counts of grades, sums of items
