"""What offices leave in their cells: words for nothing, line breaks, figures and signs that no register can hold."""

import pytest
from django.core.management import CommandError, call_command

from branches.models import Branch
from members.models import Member
from office.reader import Unreadable
from tests.imports import county, layouts
from tests.imports.county import GRADE_ONE
from tests.office.workbooks import raw_xlsx

pytestmark = pytest.mark.django_db


def organisations(number=2, **cells):
    return layouts.xlsx(county.organisations().with_row(number, **cells))


def roster(**cells):
    return layouts.xlsx(county.roster().with_row(1, **cells))


def register(**cells):
    return layouts.xlsx(county.register().with_row(1, **cells))


def with_year(year):
    table = county.register()
    dated = table._replace(headings=table.headings | {"assessment_year": "考核年度"})
    return layouts.xlsx(dated.with_row(1, assessment_year=year))


# --- messages


def test_a_refusal_reads_as_a_sentence(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"")

    with pytest.raises(Unreadable) as refusal:
        county.plan(("roster", b"", "a.xlsx"))
    with pytest.raises(CommandError) as of_command:
        call_command("import_workbook", "roster", tmp_path / "a.xlsx")

    assert str(refusal.value) == "文件是空的，请检查后重新上传。"
    assert str(of_command.value) == f"a.xlsx：{refusal.value}"


def test_a_choice_names_the_choices_and_not_every_word_that_offices_use(organised):
    (message,) = county.said(county.plan(register(kinds="联欢会"))).values()

    assert all(label in message for label in ("主题党日", "支部党员大会", "支委会", "党小组会", "党课", "组织生活会"))
    assert "固定党日" not in message


# --- the work committee's own row


@pytest.mark.parametrize(
    "cells",
    [{"kind": "工委"}, {"parent": "中共青禾县委员会"}],
    ids=["other words", "the county above"],
)
def test_the_row_of_the_work_committee_is_the_root_however_it_is_written(cells):
    file = organisations(0, **cells)

    assert not county.plan(file).errors
    assert county.bring(file) == (5, 1)
    assert Branch.objects.get(parent=None).name == county.WORK_COMMITTEE


# --- words for nothing


@pytest.mark.parametrize("word", ["无", "/", "-", "—", "——", "暂无"])
def test_a_word_for_nothing_is_a_blank(organised, word):
    found = county.plan(roster(converted_on=word, kind="预备党员", posts=word, phone=word))

    assert not found.problems
    assert [found.rows[1].values[key] or None for key in ("converted_on", "posts", "phone")] == [None] * 3


@pytest.mark.parametrize("word", ["无", "/"])
def test_a_word_for_nothing_is_no_answer_where_one_is_required(organised, word):
    assert county.plan(roster(joined_on=word)).bad


# --- what no register can hold


@pytest.mark.parametrize("typed", ["、", "，", " + "])
def test_signs_alone_are_no_kind_of_meeting(organised, typed):
    assert county.said(county.plan(register(kinds=typed))).keys() == {"B3"}


@pytest.mark.parametrize("typed", ["年度", "年", 2050, 1990])
def test_a_year_that_cannot_be_is_refused(organised, typed):
    assert county.said(county.plan(with_year(typed))).keys() == {"H3"}


@pytest.mark.parametrize(("key", "cell"), [("committee_size", "I4"), ("groups", "J4")])
def test_a_count_beyond_reason_is_refused(key, cell):
    assert county.said(county.plan(organisations(**{key: 99_999}))).keys() == {cell}


def test_a_branch_is_the_same_with_a_line_break_in_its_name(organised):
    assert not county.plan(roster(branch=GRADE_ONE.replace("中学", "中学\n"))).errors


@pytest.mark.parametrize(
    ("key", "typed"), [("ethnicity", "甲" * 20), ("name", "王" + "\u0301" * 60)], ids=["a people", "a name"]
)
def test_a_text_too_long_for_its_column_is_refused_or_cut_never_a_crash(organised, key, typed):
    table = county.roster()
    wide = table._replace(headings=table.headings | {"ethnicity": "民族"}).with_row(1, **{key: typed}, posts=None)

    added, _ = county.bring(layouts.xlsx(wide))

    assert added == Member.objects.count() >= 8


def test_a_sign_that_the_database_cannot_hold_does_not_crash(organised):
    cells = [
        list(county.register().headings.values()),
        [GRADE_ONE, "党课", "2025-01-01", "a_x0000_b", "王芳", "3", "3"],
    ]
    rows = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{column}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
            for column, text in zip("ABCDEFG", row, strict=True)
        )
        + "</row>"
        for number, row in enumerate(cells, start=1)
    )

    county.bring(("meetings", raw_xlsx(rows), "a.xlsx"))

    assert not [topic for *_, topic, _, _, _ in county.held_meetings() if "\0" in topic]


def test_two_columns_of_content_are_told_apart_by_the_order_of_the_dictionary(organised):
    table = county.register()
    wide = table._replace(
        headings=table.headings | {"more": "主要内容"}, rows=[row | {"more": "略"} for row in table.rows]
    )

    county.bring(layouts.xlsx(wide))

    assert county.held_meetings() == county.told_meetings(table)
