"""A county brings its workbooks again, later, narrower or corrected: what they say is taken, what they do not say stays."""

from datetime import date

import pytest

from branches.models import Branch, Term
from meetings.models import Meeting
from members.models import Membership
from tests.imports import county, layouts
from tests.imports.county import COMMITTEE, GRADE_ONE, TOWN

pytestmark = pytest.mark.django_db


def without(table, *keys):
    """The same table with fewer columns."""
    return table._replace(headings={key: name for key, name in table.headings.items() if key not in keys})


# --- organisations


@pytest.mark.parametrize(
    "keys", [("committee_size", "secretary_name"), ("groups",), ("schools", "stage"), ("started_on",)], ids=",".join
)
def test_a_narrower_workbook_takes_nothing_away(organised, keys):
    county.bring(layouts.xlsx(without(county.organisations(), *keys)))

    assert county.held_organisations() == county.told_organisations(county.organisations())
    assert Term.objects.filter(branch__name=GRADE_ONE).count() == 1


def test_fewer_groups_are_fewer_groups(organised):
    table = county.organisations().with_row(2, groups=0)

    county.bring(layouts.xlsx(table))

    assert not Branch.objects.get(name=GRADE_ONE).groups.filter(ended_on=None).exists()


def test_another_parent_is_written_or_said(organised):
    file = layouts.xlsx(county.organisations().with_row(4, parent=COMMITTEE))

    found = county.plan(file)
    county.bring(file)

    assert found.problems or Branch.objects.get(name=TOWN).parent.name == COMMITTEE


# --- members


def test_a_new_phone_is_written(peopled):
    table = county.roster().with_row(2, phone="13900001111")

    assert county.bring(layouts.xlsx(table)) == (0, 1)

    assert county.held_members() == county.told_members(table)


def test_a_conversion_is_one_change_of_one_member(organised):
    table = county.roster().with_row(6, joined_on=date(2024, 12, 20))
    county.bring(layouts.xlsx(table))

    converted = table.with_row(6, kind="正式党员", converted_on=date(2026, 1, 1))

    assert county.bring(layouts.xlsx(converted)) == (0, 1)
    assert county.held_members() == county.told_members(converted)
    assert [
        (row.kind, row.ended_on) for row in Membership.objects.filter(member__name="孙小满").order_by("started_on")
    ] == [
        ("probationary", date(2025, 12, 31)),
        ("full", None),
    ]


def test_a_conversion_from_before_the_branch_was_founded_is_taken(organised):
    table = county.roster().with_row(7, kind="预备党员", joined_on=date(2015, 1, 1), converted_on=None)
    county.bring(layouts.xlsx(table))

    county.bring(layouts.xlsx(table.with_row(7, kind="正式党员", converted_on=date(2016, 1, 5))))

    assert Membership.objects.get(member__joined_on=date(2015, 1, 1), ended_on=None).kind == "full"


def test_full_without_a_day_is_taken_or_said(peopled):
    file = layouts.xlsx(county.roster().with_row(6, kind="正式党员"))

    found = county.plan(file)
    county.bring(file)

    assert found.problems or Membership.objects.get(member__name="孙小满", ended_on=None).kind == "full"


def test_who_comes_back_is_taken_in_or_said(peopled):
    Membership.objects.filter(member__name="王芳", ended_on=None).update(ended_on=date(2025, 1, 1))
    file = layouts.xlsx(county.roster())

    found = county.plan(file)
    county.bring(file)

    assert found.problems or Membership.objects.filter(member__name="王芳", ended_on=None).exists()


# --- meetings


@pytest.mark.parametrize("state", ["draft", "returned"])
def test_a_draft_does_not_swallow_the_register_s_row(organised, state):
    county.bring(layouts.xlsx(county.register()))
    Meeting.objects.filter(topic="防溺水家访").update(state=state)

    county.bring(layouts.xlsx(county.register()))

    assert Meeting.objects.counted().filter(topic="防溺水家访").count() == 1
