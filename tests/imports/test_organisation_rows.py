"""What a row of 党组织基本情况表 may and may not say."""

from datetime import date, timedelta

import pytest

from branches.models import Branch, School, Term
from duties.models import Duty
from tests.imports import county, layouts
from tests.imports.county import COMMITTEE, GRADE_ONE, JOINT, TOWN, WORK_COMMITTEE

CELL = dict(zip(county.organisations().headings, "ABCDEFGHIJ", strict=True))
pytestmark = pytest.mark.django_db


def with_cells(number=2, **cells):
    """The county's organisations with other cells in one row; the first branch stands in row 4 of the sheet."""
    return layouts.xlsx(county.organisations().with_row(number, **cells))


def only_error(found, key, row=4):
    """The message of the plan's one error, which stands in that column."""
    assert list(county.said(found)) == [f"{CELL[key]}{row}"], county.said(found)
    return found.errors[0].message


@pytest.mark.parametrize("key", ["name", "kind", "parent", "founded_on"])
def test_a_blank_in_a_required_cell_is_named(key):
    found = county.plan(with_cells(**{key: None}))

    assert "未填，请补上" in only_error(found, key)


def test_only_the_work_committee_needs_nobody_above():
    assert not county.plan(layouts.xlsx(county.organisations())).problems


def test_the_work_committee_of_the_workbook_becomes_the_root_under_its_own_name():
    root = Branch.objects.get(parent=None)

    county.bring(layouts.xlsx(county.organisations()))

    renamed = Branch.objects.get(parent=None)
    assert (renamed.pk, renamed.name, renamed.founded_on) == (root.pk, WORK_COMMITTEE, date(2003, 4, 1))
    assert Branch.objects.get(name=GRADE_ONE).path.startswith(Branch.objects.get(name=COMMITTEE).path)
    assert all(branch.path.startswith(root.path) for branch in Branch.objects.all())


def test_the_root_under_yet_another_name_is_still_the_root(organised):
    table = county.organisations().with_row(0, name="中共青禾县委教体工委")
    rows = [row | {"parent": "中共青禾县委教体工委"} if row["parent"] == WORK_COMMITTEE else row for row in table.rows]

    assert county.bring(layouts.xlsx(table._replace(rows=rows))) == (0, 1)

    assert [branch.name for branch in Branch.objects.filter(kind="work_committee")] == ["中共青禾县委教体工委"]


def test_a_second_work_committee_is_refused():
    assert "只能有一个党工委，B2 已是党工委" in only_error(county.plan(with_cells(kind="党工委")), "kind")


def test_parents_may_stand_below_their_children():
    table = county.organisations()

    assert county.bring(layouts.xlsx(table._replace(rows=table.rows[::-1]))) == (5, 1)

    assert county.held_organisations() == county.told_organisations(table)


def test_what_lies_below_a_bad_row_stays_out_with_it():
    found = county.plan(with_cells(1, founded_on="1998.9"))

    assert county.said(found).keys() == {"F3", "C4", "C5"}
    assert "3 行有错" in county.said(found)["C4"]
    assert [row.values["name"] for row in found.good] == [WORK_COMMITTEE, TOWN, JOINT]


def test_a_parent_on_record_carries_what_lies_below_a_bad_row(organised):
    found = county.plan(with_cells(1, founded_on="1998.9"))

    assert county.said(found).keys() == {"F3"}


def test_a_parent_nobody_knows_is_named():
    assert "上级党组织不存在" in only_error(county.plan(with_cells(parent="中共青禾县第九中学委员会")), "parent")


def test_a_circle_of_parents_is_refused():
    found = county.plan(with_cells(1, parent=GRADE_ONE))

    assert county.said(found).keys() == {"C3", "C4", "C5"}
    assert set(county.said(found).values()) == {"上级党组织互为上下级，请核对"}


def test_an_organisation_is_not_its_own_parent():
    assert "互为上下级" in only_error(county.plan(with_cells(parent=GRADE_ONE)), "parent")


@pytest.mark.parametrize(
    "typed",
    [TOWN, TOWN.replace("城关小学", "城关 小学"), f"　{TOWN} "],
    ids=["same", "a blank within", "blanks around"],
)
def test_a_name_twice_is_refused(typed):
    table = county.organisations().plus(name=typed)

    found = county.plan(layouts.xlsx(table))

    assert county.said(found) == {"A8": "党组织名称重复，与 A6 相同，请保留一行"}


def test_brackets_and_blanks_do_not_make_another_organisation(organised):
    Branch.objects.filter(name=TOWN).update(name="中共青禾县城关小学（东校区）支部委员会")

    county.bring(with_cells(4, name="中共青禾县城关小学 (东校区)支部委员会"))

    assert Branch.objects.count() == 6


@pytest.mark.parametrize(
    ("cells", "key", "level"),
    [
        ({"founded_on": county.TODAY + timedelta(days=1), "started_on": None}, "founded_on", "error"),
        ({"started_on": date(1999, 3, 4)}, "started_on", "warning"),
        ({"founded_on": "1999.3"}, "founded_on", "error"),
        ({"committee_size": "五人"}, "committee_size", "error"),
        ({"groups": -1}, "groups", "error"),
        ({"stage": "大学"}, "stage", "warning"),
        ({"kind": "党组"}, "kind", "error"),
    ],
    ids=[
        "founded tomorrow",
        "elected before founding",
        "a month",
        "words",
        "negative",
        "unknown stage",
        "unknown kind",
    ],
)
def test_what_cannot_be_is_named(cells, key, level):
    found = county.plan(with_cells(**cells))

    assert [(problem.cell, problem.level) for problem in found.problems] == [(f"{CELL[key]}4", level)]


def test_a_joint_branch_covers_several_schools():
    county.bring(layouts.xlsx(county.organisations()))

    assert {school.name for school in Branch.objects.get(name=JOINT).schools.all()} == {
        "青禾县河口小学",
        "青禾县河口幼儿园",
    }
    assert School.objects.count() == 5


def test_a_term_without_an_end_gets_the_one_of_the_rules(organised):
    assert Term.objects.get(branch__name=GRADE_ONE).expires_on == date(2027, 6, 18)
    assert Term.objects.get(branch__name=COMMITTEE).expires_on == date(2029, 6, 18)


def test_who_has_a_committee_or_groups_owes_their_meetings(organised):
    owed = set(Duty.objects.filter(rule__in=["committee_meeting", "group_meeting"]).values_list("branch__name", "rule"))

    assert owed == {
        (GRADE_ONE, "committee_meeting"),
        (GRADE_ONE, "group_meeting"),
        (county.GRADE_TWO, "committee_meeting"),
        (JOINT, "committee_meeting"),
    }


def test_a_new_row_and_a_changed_one_leave_the_others_alone(organised):
    versions = dict(Branch.objects.values_list("name", "version"))
    table = county.organisations().with_row(4, stage="幼儿园").plus(name="中共青禾县新建小学支部委员会")

    assert county.bring(layouts.xlsx(table)) == (1, 1)

    assert Branch.objects.get(name=TOWN).stage == "kindergarten"
    assert {
        name for name, version in Branch.objects.values_list("name", "version") if versions.get(name) != version
    } == {
        TOWN,
        "中共青禾县新建小学支部委员会",
    }


def test_a_unit_with_too_long_a_name_is_an_error_and_not_a_fault_of_the_database(organised):
    assert "最多 100 字" in only_error(county.plan(with_cells(schools="青禾县城关小学、" + "长" * 101)), "schools")


def test_an_election_after_today_is_an_error(organised):
    assert "在今天以后" in only_error(county.plan(with_cells(started_on=date(2026, 1, 16))), "started_on")
