"""双培养 in both directions."""

from datetime import date

import pytest

from branches.models import Branch
from members.facts import dual_cultivation
from rulebook.facts import Period
from tests.factories import BackboneFactory, BranchFactory, MemberFactory

pytestmark = pytest.mark.django_db
PERIOD = Period(2025, date(2025, 1, 1), date(2025, 12, 31), date(2025, 11, 20))
ALWAYS = date(2010, 1, 1)


def count(branch):
    found = dual_cultivation(Branch.objects.filter(pk=branch.pk), PERIOD)
    return found and (int(found[branch.pk].value), found[branch.pk].note)


@pytest.mark.parametrize(
    ("joined", "since", "ways"),
    [
        (date(2025, 6, 1), date(2024, 9, 1), (1, 0)),
        (date(2025, 6, 1), date(2025, 6, 1), (1, 0)),
        (date(2025, 6, 1), date(2025, 6, 2), (0, 1)),
        (date(2015, 6, 1), date(2025, 1, 1), (0, 1)),
        (date(2015, 6, 1), date(2024, 12, 31), (0, 0)),
        (date(2024, 12, 31), date(2020, 9, 1), (0, 0)),
        (date(2015, 6, 1), date(2025, 11, 21), None),
    ],
    ids=["backbone first", "same day", "member first", "first day of the year", "the year before", "joined before", "later"],
)  # fmt: skip
def test_who_counts_on_which_side(joined, since, ways):
    branch = BranchFactory()
    member = MemberFactory(branch=branch, since=ALWAYS, joined_on=joined, converted_on=None)
    BackboneFactory(member=member, started_on=since)

    assert count(branch) == (ways and (sum(ways), "骨干培养成党员 {} 名，党员培养成骨干 {} 名".format(*ways)))


def test_a_second_title_and_a_guessed_day_count_for_nothing():
    branch = BranchFactory()
    member = MemberFactory(branch=branch, joined_on=date(2015, 6, 1), converted_on=None)
    BackboneFactory(member=member, started_on=date(2020, 9, 1), ended_on=date(2024, 8, 31))
    BackboneFactory(member=member, started_on=date(2025, 9, 1), kind="leader")
    BackboneFactory(member=MemberFactory(branch=branch), started_on=date(2025, 9, 1), start_estimated=True)

    assert count(branch)[0] == 0
