"""What a row of 组织生活台账 may and may not say."""

from datetime import date, timedelta

import pytest

from branches.models import Branch
from duties.models import Duty, Fulfilment
from meetings.models import Meeting, MeetingKind
from tests.imports import county, layouts
from tests.imports.county import GRADE_ONE, GRADE_TWO, TOWN

CELL = dict(zip(county.register().headings, "ABCDEFG", strict=True))


def with_cells(**cells):
    """The county's register whose second row (row 3 of the sheet) has other cells."""
    return layouts.xlsx(county.register().with_row(1, **cells))


def only_error(found, key, row=3):
    """The message of the plan's one error, which stands in that column."""
    assert list(county.said(found)) == [f"{CELL[key]}{row}"], county.said(found)
    return found.errors[0].message


@pytest.mark.parametrize("key", ["branch", "kinds", "held_on", "topic", "due_count", "attended_count"])
def test_a_blank_in_a_required_cell_is_named(organised, key):
    assert "未填，请补上" in only_error(county.plan(with_cells(**{key: None})), key)


@pytest.mark.parametrize(
    "typed",
    [
        "主题党日、党课",
        "主题党日，党课",
        "主题党日,党课",
        "主题党日+党课",
        "主题党日＋党课",
        "主题党日/党课",
        "主题党日 党课",
        "主题党日\n党课",
        "主题党日活动；上党课",
    ],
)
def test_one_meeting_may_be_of_several_kinds(organised, typed):
    county.bring(with_cells(kinds=typed))

    meeting = Meeting.objects.get(topic="党员先锋岗")
    assert {kind.get_kind_display() for kind in meeting.kinds.all()} == {"主题党日", "党课"}
    assert Fulfilment.objects.filter(object_id=meeting.pk).count() == 2


@pytest.mark.parametrize("typed", ["联欢会", "主题党日、联欢会"])
def test_a_kind_nobody_knows_is_named(organised, typed):
    assert "“联欢会”不在可选范围内" in only_error(county.plan(with_cells(kinds=typed)), "kinds")


def test_a_branch_nobody_knows_is_named(organised):
    assert "党组织不存在" in only_error(county.plan(with_cells(branch="中共青禾县撤销学校支部委员会")), "branch")


@pytest.mark.parametrize(("attended", "message"), [(3, ""), (4, "实到 4 人多于应到 3 人")], ids=["all", "one too many"])
def test_nobody_comes_who_is_not_due(organised, attended, message):
    found = county.plan(with_cells(attended_count=attended))

    assert county.said(found).keys() == ({"G3"} if message else set())
    assert not message or message in county.said(found)["G3"]


@pytest.mark.parametrize("typed", ["三", "2.5", -1, "约20"])
def test_a_count_is_a_whole_number(organised, typed):
    assert "应为整数" in only_error(county.plan(with_cells(due_count=typed)), "due_count")


@pytest.mark.parametrize("typed", ["3人", "3 名", "３", 3.0])
def test_a_count_may_carry_its_unit(organised, typed):
    assert county.plan(with_cells(due_count=typed)).rows[1].values["due_count"] == 3


@pytest.mark.parametrize(
    ("held_on", "lawful"), [(county.TODAY, True), (county.TODAY + timedelta(days=1), False)], ids=["today", "tomorrow"]
)
def test_a_meeting_of_tomorrow_has_not_been_held(organised, held_on, lawful):
    found = county.plan(with_cells(held_on=held_on))

    assert lawful == (not found.errors)
    assert lawful or "在今天以后" in only_error(found, "held_on")


def test_a_meeting_before_the_founding_is_a_warning(organised):
    found = county.plan(with_cells(held_on=date(1998, 1, 1)))

    assert [(problem.cell, problem.level) for problem in found.problems] == [("C3", "warning")]


def test_a_closed_branch_holds_no_meetings(organised):
    Branch.objects.filter(name=GRADE_ONE).update(closed_on=date(2025, 4, 28))

    found = county.plan(layouts.xlsx(county.register()))

    assert county.said(found) == {"C3": "支部已于 2025-04-28 撤销，请核对"}


def test_the_same_meeting_twice_in_a_file_is_refused_at_its_second_row(organised):
    table = county.register()

    found = county.plan(layouts.xlsx(table.plus(**table.rows[0])))

    assert county.said(found) == {"A9": "与第 2 行重复（支部、类型、日期、主题都相同），请保留一行"}


@pytest.mark.parametrize(
    "cells",
    [{"topic": "另一主题"}, {"held_on": date(2025, 3, 26)}, {"kinds": "党课"}, {"branch": TOWN}],
    ids=lambda cells: next(iter(cells)),
)
def test_two_meetings_that_differ_are_two(organised, cells):
    table = county.register()

    assert county.bring(layouts.xlsx(table.plus(**table.rows[0] | cells))) == (8, 0)


def test_only_the_new_meetings_of_a_longer_register_are_added(organised):
    county.bring(layouts.xlsx(county.register()))

    assert county.bring(layouts.xlsx(county.register().plus(topic="新的一次"))) == (1, 0)


@pytest.mark.parametrize(
    ("kind", "held_on", "year"),
    [
        ("组织生活会", date(2025, 2, 20), 2024),
        ("组织生活会", date(2025, 3, 31), 2024),
        ("组织生活会", date(2025, 4, 1), 2025),
        ("组织生活会", date(2025, 12, 31), 2025),
        ("主题党日", date(2025, 2, 20), 2025),
    ],
    ids=["February", "the last day of March", "April", "December", "a monthly kind in February"],
)
def test_an_organisation_life_meeting_of_spring_counts_for_the_year_before(organised, kind, held_on, year):
    county.bring(with_cells(kinds=kind, held_on=held_on))

    assert MeetingKind.objects.get(meeting__topic="党员先锋岗").assessment_year == year


def test_a_year_in_the_register_itself_is_taken_as_it_stands(organised):
    table = county.register()
    dated = table._replace(headings=table.headings | {"assessment_year": "考核年度"})

    county.bring(layouts.xlsx(dated.with_row(4, assessment_year="2026年度")))

    assert MeetingKind.objects.get(kind="org_life_meeting").assessment_year == 2026


def test_an_imported_meeting_counts_at_once_and_meets_its_duty(organised):
    county.bring(layouts.xlsx(county.register()))

    met = Duty.objects.filter(fulfilments__isnull=False).values_list("branch__name", "rule", "period")
    assert set(met) == {
        (GRADE_ONE, "theme_party_day", "2025-03"),
        (GRADE_ONE, "theme_party_day", "2025-04"),
        (GRADE_ONE, "party_lecture", "2025-Q2"),
        (GRADE_ONE, "committee_meeting", "2025-04"),
        (GRADE_TWO, "members_meeting", "2025-Q3"),
        (GRADE_TWO, "org_life_meeting", "2025"),
        (TOWN, "party_lecture", "2025-Q3"),
        (county.JOINT, "theme_party_day", "2025-11"),
    }


@pytest.mark.parametrize(
    "typed", [100_001, 12345678901234567890, "9" * 400, 1e300], ids=["a little", "20 digits", "400", "float"]
)
def test_a_count_that_no_meeting_has_is_an_error_and_not_a_fault_of_the_database(organised, typed):
    assert county.plan(with_cells(due_count=typed)).errors


def test_a_meeting_before_the_party_was_founded_is_an_error(organised):
    assert "早于 1921 年" in only_error(county.plan(with_cells(held_on=date(1920, 12, 31))), "held_on")
