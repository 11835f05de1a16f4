"""换届逾期: whole months past the term's end and the grace."""

from datetime import date

import pytest

from branches import facts
from rulebook.facts import Period
from tests.factories import BranchFactory, DecisionFactory, TermFactory

pytestmark = pytest.mark.django_db
YEAR_END = date(2026, 1, 1)


def late(branch, on=YEAR_END):
    return facts.months_late_electing([branch.pk], Period.of_year(2025, on=on)).get(branch.pk)


@pytest.mark.parametrize(
    ("elected", "months"),
    [
        (date(2025, 3, 1), 0),
        (date(2025, 5, 1), 0),
        (date(2025, 5, 31), 0),
        (date(2025, 6, 1), 1),
        (date(2025, 8, 15), 3),
    ],
    ids=str,
)
def test_two_months_are_forgiven(elected, months):
    branch = BranchFactory()
    TermFactory(branch=branch, started_on=date(2022, 3, 1), expires_on=date(2025, 3, 1))
    TermFactory(branch=branch, started_on=elected, expires_on=date(2028, 3, 1))

    assert late(branch).value == months
    assert bool(late(branch).missing) == bool(months)


@pytest.mark.parametrize(("on", "months"), [(date(2025, 5, 31), 0), (date(2025, 6, 1), 1), (YEAR_END, 7)], ids=str)
def test_who_has_not_elected_is_late_until_today(on, months):
    branch = BranchFactory()
    TermFactory(branch=branch, started_on=date(2022, 3, 1), expires_on=date(2025, 3, 1))

    assert late(branch, on).value == months


def test_a_successor_without_a_known_end_still_ends_the_lateness():
    branch = BranchFactory()
    TermFactory(branch=branch, started_on=date(2022, 1, 1), expires_on=date(2025, 1, 1))
    TermFactory(branch=branch, started_on=date(2025, 2, 1), expires_on=None)

    assert (late(branch).value, late(branch).missing) == (0, ())


def test_the_county_may_forgive_more():
    DecisionFactory(key="term.grace_months", value=4, from_on=date(2025, 1, 1))
    branch = BranchFactory()
    TermFactory(branch=branch, started_on=date(2022, 3, 1), expires_on=date(2025, 3, 1))
    TermFactory(branch=branch, started_on=date(2025, 8, 1), expires_on=date(2028, 3, 1))

    assert late(branch).value == 1


@pytest.mark.parametrize(
    ("closed", "months"), [(date(2025, 5, 31), 0), (date(2025, 8, 15), 3), (date(2026, 3, 1), 7)], ids=str
)
def test_a_branch_that_was_closed_does_not_get_later(closed, months):
    branch = BranchFactory(closed_on=closed)
    TermFactory(branch=branch, started_on=date(2022, 3, 1), expires_on=date(2025, 3, 1))

    assert late(branch).value == months


def test_without_a_term_on_record_it_does_not_apply():
    assert late(BranchFactory()) is None
