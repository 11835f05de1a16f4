"""What the records of organisation life say as of a day: what came later is not in it."""

from datetime import date
from decimal import Decimal

import pytest

from branches.models import Branch
from meetings import facts
from rulebook.facts import Period
from tests.factories import BranchFactory, MeetingFactory

pytestmark = pytest.mark.django_db
HELD = date(2025, 6, 25)


@pytest.fixture
def branch():
    branch = BranchFactory(founded_on=date(2020, 1, 1))
    MeetingFactory(branch=branch, held_on=HELD, submitted=True, due_count=10, attended_count=9)
    return branch


def counted(fact, branch, on, **options):
    return fact(Branch.objects.filter(pk=branch.pk), Period.of_year(2025, on=on), **options).get(branch.pk)


@pytest.mark.parametrize(
    ("on", "times"), [(date(2025, 6, 24), 0), (HELD, 1), (date(2026, 3, 31), 1)],
    ids=["a day before", "on the day", "after the year"],
)  # fmt: skip
def test_a_meeting_counts_from_the_day_it_was_held(branch, on, times):
    held, came = counted(facts.held, branch, on, kind="theme_party_day"), counted(facts.attendance, branch, on)

    assert (held.value if held else 0) == times
    assert (came and (came.value, came.whole)) == ((Decimal(9), Decimal(10)) if times else None)
