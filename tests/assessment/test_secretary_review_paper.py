"""The figures of a report: from the records as of a day, each with its footnote, gaps in sight; the paper says the same."""

import io
import re
import zipfile
from datetime import date

import pytest
from django.core.exceptions import ValidationError

from assessment import review_figures as figures
from assessment.review_paper import paper
from assessment.review_text import cut, tidy
from branches.actions import root
from office.word import to_word
from rulebook.book import value
from rulebook.facts import resolve
from tests.assessment.year import hold
from tests.factories import BranchFactory, MemberFactory, SecretaryReportFactory, SecretaryReviewFactory

pytestmark = pytest.mark.django_db
DAY = date(2025, 12, 10)


def filled(branch, on=DAY):
    return {figure.key: figure for _, rows in figures.of(branch, 2025, on=on) for figure in rows}


def test_a_figure_counts_the_records_and_says_which():
    branch, other = BranchFactory(), BranchFactory()
    hold(branch, "members_meeting", (3, 5), (6, 4), (9, 3))
    hold(branch, "theme_party_day", (3, 20), due=10, attended=8)
    hold(other, "members_meeting", (3, 6))

    found = filled(branch)

    assert found["members_meeting"].text == "召开支部党员大会 3 次"
    assert len(found["members_meeting"].rows[1]) == 3
    assert found["members_meeting"].note == (
        "据系统“组织生活”中已提交、审核的支部党员大会记录统计（2025年度），截至2025年12月10日。"
    )
    assert found["attendance"].text == "党员到会率 95%"
    assert "38／40" in found["attendance"].note


def test_a_gap_is_told_and_what_need_not_be_is_left_out():
    found = filled(BranchFactory())

    assert found["party_lecture"].text == "上党课〔未登记〕"
    assert "没有查到2025年度的记录" in found["party_lecture"].note
    assert "committee_meeting" not in found
    assert "branches" not in found


def test_an_upper_organisation_reports_on_all_below_it():
    upper = BranchFactory(parent=root(), kind="committee")
    one, two = BranchFactory(parent=upper), BranchFactory(parent=upper)
    BranchFactory()
    hold(one, "members_meeting", (3, 5))
    hold(two, "members_meeting", (3, 6), (6, 6))
    MemberFactory.create_batch(3, branch=one)

    found = filled(upper)

    assert found["branches"].text == "所辖党支部 2 个"
    assert found["members"].text == "现有正式党员 3 名"
    assert found["members_meeting"].text == "召开支部党员大会 3 次"


def test_every_figure_names_a_fact_that_exists():
    rows = [row for paragraph in value("review.figures", on=DAY) for row in paragraph["figures"]]

    assert all(callable(resolve(row["fact"])) for row in rows)
    assert len({row["key"] for row in rows}) == len(rows)
    assert all("{}" in row["say"] and row["counted"] for row in rows)
    assert all(row.get("of", "records") in ("records", "value", "share") for row in rows)


def test_the_figures_cost_the_same_however_much_is_recorded(django_assert_max_num_queries):
    branch = BranchFactory()
    for month in range(1, 13):
        hold(branch, ("theme_party_day", "members_meeting"), (month, 20))

    with django_assert_max_num_queries(70):
        figures.of(branch, 2025, on=DAY)


# --- what is filled in stays as it was until it is refreshed


def test_fresh_figures_go_only_where_the_old_ones_still_stand():
    before = {"a": {"say": "上党课 2 次"}, "b": {"say": "召开支委会 4 次"}}
    now = {"a": {"say": "上党课 3 次"}, "b": {"say": "召开支委会 5 次"}}

    assert figures.refreshed("全年上党课 2 次，支委会开了五次。", before, now) == (
        "全年上党课 3 次，支委会开了五次。",
        1,
    )


def test_a_footnote_stands_where_the_words_stand_and_only_once():
    kept = {"a": {"say": "大会 4 次", "note": "甲"}, "b": {"say": "支部党员大会 4 次", "note": "乙"}}

    assert figures.placed("开支部党员大会 4 次，再说大会 4 次。", kept) == [
        ("开", "", ""), ("支部党员大会 4 次", "b", "乙"), ("，再说", "", ""), ("大会 4 次", "a", "甲"), ("。", "", ""),
    ]  # fmt: skip
    assert figures.placed("", kept) == []


# --- the paper


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml")}


def test_the_word_document_carries_a_footnote_for_each_figure_untouched():
    branch = BranchFactory()
    hold(branch, "members_meeting", (3, 5), (6, 4))
    paragraphs = figures.of(branch, 2025, on=DAY)
    report = SecretaryReportFactory(
        review=SecretaryReviewFactory(branch=branch, split="年初至 6 月 30 日由岳明同志任书记"), filled=figures.kept(paragraphs),
        filled_on=DAY, achievements=figures.draft(paragraphs).replace("上党课〔未登记〕", "上党课 9 次"),
    )  # fmt: skip

    data = to_word(paper(report, on=DAY))
    found = parts(data)
    notes = re.findall(r'preserve"> ([^<]*)</w:t>', found["word/footnotes.xml"])

    assert data == to_word(paper(report, on=DAY))
    assert any("支部党员大会记录统计" in note for note in notes)
    assert not any("党课记录" in note for note in notes), "what was written by hand has no footnote"
    assert "上党课 9 次" in found["word/document.xml"]
    assert "草　稿" in "".join(found.values())
    assert "年初至 6 月 30 日" in found["word/document.xml"]


# --- a document from elsewhere


def test_a_document_is_cut_at_its_headings():
    lines = [
        "2025年度述职报告", "岳明", "一、履职情况", "抓问题整改，开展大会 4 次。", "问题整改情况", "已改 3 件。",
        "二、存在的问题和不足", "联系不够。", "原因是重视不够。", "三、下一步打算", "每月听课。",
    ]  # fmt: skip

    found = cut(lines, DAY)

    assert found["achievements"].startswith("2025年度述职报告\n岳明\n抓问题整改")
    assert found["plans"] == "每月听课。"


def test_a_document_without_a_section_is_refused_by_its_name():
    with pytest.raises(ValidationError, match="没有找到“下步打算”"):
        cut(["一、主要成效", "开大会。", "二、存在不足", "不够。"], DAY)
    with pytest.raises(ValidationError, match="存在不足和原因"):
        cut(["一、主要成效", "开大会。", "二、存在不足", "三、下步打算", "听课。"], DAY)


def test_lines_are_tidied_not_joined():
    assert tidy("  一\r\n\r\n\r\n\r\n二  \n") == "一\n\n二"
