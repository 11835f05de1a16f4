"""Which duties a branch owes in a year: 支部工作条例 for the periods, decisions.md 4–6 for the parts of one."""

from datetime import date

import pytest

from accounts.models import AuditEvent, User
from branches.models import Branch
from duties.actions import generate, meet
from duties.models import Duty, Filing, Fulfilment, Unlock
from tests.factories import (
    BranchFactory,
    DecisionFactory,
    FulfilmentFactory,
    GroupFactory,
    TermFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def owed(branch, rule, year=2025):
    """The periods owed, in order."""
    generate(year, by=User.objects.system())
    return list(
        Duty.objects.filter(branch=branch, rule=rule, year=year).order_by("opens_on").values_list("period", flat=True)
    )


def filing_of(duty):
    return Filing.objects.create(duty=duty, answers={}, filed_on=date(2025, 5, 20), created_by=UserFactory())


def months(first, last=12):
    return [f"2025-{month:02}" for month in range(first, last + 1)]


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        ("theme_party_day", 12),
        ("members_meeting", 4),
        ("party_lecture", 4),
        ("org_life_meeting", 1),
        ("committee_meeting", 0),
        ("group_meeting", 0),
    ],
)
def test_a_whole_year_of_a_branch_without_committee_and_groups(rule, count):
    assert len(owed(BranchFactory(), rule)) == count


@pytest.mark.parametrize("kind", Branch.Kind.values)
def test_only_branches_owe_branch_duties(kind):
    is_root = kind == Branch.Kind.WORK_COMMITTEE
    branch = Branch.objects.get(parent=None) if is_root else BranchFactory(kind=kind)

    assert bool(owed(branch, "theme_party_day")) == (kind in ("branch", "joint"))


@pytest.mark.parametrize(
    ("founded", "expected"),
    [
        (date(2025, 7, 1), months(7)),
        (date(2025, 4, 1), months(4)),
        (date(2025, 4, 16), months(4)),
        (date(2025, 4, 17), months(5)),
        (date(2025, 2, 15), months(2)),
        (date(2025, 2, 16), months(3)),
        (date(2025, 12, 31), []),
        (date(2026, 1, 1), []),
        (date(2024, 12, 31), months(1)),
    ],
    ids=lambda value: str(value) if isinstance(value, date) else f"{len(value)} months",
)
def test_a_branch_founded_in_the_year_owes_its_part(founded, expected):
    """A month is owed when at least half of its days belong to the branch: 15 of 30 do, 14 do not."""
    assert owed(BranchFactory(founded_on=founded), "theme_party_day") == expected


@pytest.mark.parametrize(
    ("closed", "expected"),
    [
        (date(2025, 6, 30), months(1, 6)),
        (date(2025, 6, 15), months(1, 6)),
        (date(2025, 6, 14), months(1, 5)),
        (date(2024, 12, 31), []),
    ],
    ids=["at the month's end", "half of it", "a day less", "before the year"],
)
def test_a_closed_branch_owes_what_came_before(closed, expected):
    assert owed(BranchFactory(closed_on=closed), "theme_party_day") == expected


def test_a_branch_founded_on_1_july_owes_half_a_year():
    branch = BranchFactory(founded_on=date(2025, 7, 1))

    assert len(owed(branch, "theme_party_day")) == 6
    assert owed(branch, "members_meeting") == ["2025-Q3", "2025-Q4"]
    assert owed(branch, "org_life_meeting") == ["2025"]


def test_the_yearly_duty_is_not_owed_for_less_than_half_the_year():
    assert owed(BranchFactory(founded_on=date(2025, 7, 3)), "org_life_meeting") == []


def test_the_county_may_ask_for_a_smaller_part():
    DecisionFactory(key="duty.part_period", value={"share": 0.1}, from_on=date(2025, 1, 1))

    assert owed(BranchFactory(founded_on=date(2025, 4, 27)), "theme_party_day") == months(4)


class TestCommittee:
    def test_the_first_known_term_reaches_back_to_the_founding(self):
        branch = BranchFactory()
        TermFactory(branch=branch, started_on=date(2025, 11, 3), expires_on=date(2028, 11, 3), committee_size=3)

        assert owed(branch, "committee_meeting") == months(1)

    def test_it_serves_on_after_its_term_until_the_next_begins(self):
        branch = BranchFactory()
        TermFactory(branch=branch, started_on=date(2020, 1, 1), expires_on=date(2023, 1, 1), committee_size=3)

        assert owed(branch, "committee_meeting") == months(1)

    @pytest.mark.parametrize(
        ("elected", "expected"), [(date(2025, 7, 1), months(1, 6)), (date(2025, 7, 16), months(1, 6)), (date(2025, 7, 17), months(1, 7))],
        ids=["month's first day", "15 of 31 days", "16 of 31 days"],
    )  # fmt: skip
    def test_a_term_without_a_committee_ends_the_duty(self, elected, expected):
        branch = BranchFactory()
        TermFactory(branch=branch, started_on=date(2022, 1, 1), expires_on=date(2025, 1, 1), committee_size=5)
        TermFactory(branch=branch, started_on=elected, expires_on=date(2028, 7, 1), committee_size=0)

        assert owed(branch, "committee_meeting") == expected

    def test_a_committee_elected_in_the_year_begins_the_duty(self):
        branch = BranchFactory()
        TermFactory(branch=branch, started_on=date(2022, 1, 1), expires_on=date(2025, 1, 1), committee_size=0)
        TermFactory(branch=branch, started_on=date(2025, 9, 1), expires_on=date(2028, 9, 1), committee_size=3)

        assert owed(branch, "committee_meeting") == months(9)

    def test_two_terms_with_committees_are_one_duty(self):
        branch = BranchFactory()
        TermFactory(branch=branch, started_on=date(2022, 1, 1), expires_on=date(2025, 1, 1), committee_size=3)
        TermFactory(branch=branch, started_on=date(2025, 5, 16), expires_on=date(2028, 5, 16), committee_size=5)

        assert owed(branch, "committee_meeting") == months(1)


class TestGroups:
    def test_one_duty_a_month_however_many_groups(self):
        branch = BranchFactory()
        GroupFactory.create_batch(3, branch=branch)

        assert owed(branch, "group_meeting") == months(1)

    def test_only_while_there_are_groups(self):
        branch = BranchFactory()
        GroupFactory(branch=branch, started_on=date(2025, 3, 1), ended_on=date(2025, 8, 31))

        assert owed(branch, "group_meeting") == months(3, 8)

    def test_two_groups_that_follow_each_other_make_one_whole_month(self):
        branch = BranchFactory()
        GroupFactory(branch=branch, started_on=date(2025, 1, 1), ended_on=date(2025, 5, 10))
        GroupFactory(branch=branch, started_on=date(2025, 5, 21))

        assert owed(branch, "group_meeting") == months(1)


class TestAgain:
    def test_making_them_twice_writes_nothing(self):
        owed(BranchFactory(), "theme_party_day")
        events = AuditEvent.objects.count()

        assert generate(2025, by=User.objects.system()) == 0
        assert AuditEvent.objects.count() == events

    def test_what_is_no_longer_owed_goes(self):
        branch = BranchFactory()
        owed(branch, "theme_party_day")
        branch.closed_on = date(2025, 3, 31)
        branch.save()

        assert owed(branch, "theme_party_day") == months(1, 3)

    def test_what_had_met_it_goes_along(self):
        branch = BranchFactory()
        owed(branch, "theme_party_day")
        FulfilmentFactory(duty=Duty.objects.get(branch=branch, rule="theme_party_day", period="2025-05"))
        FulfilmentFactory(duty=Duty.objects.get(branch=branch, rule="theme_party_day", period="2025-02"))
        branch.closed_on = date(2025, 3, 31)
        branch.save()

        assert owed(branch, "theme_party_day") == months(1, 3)
        assert Fulfilment.objects.get().duty.period == "2025-02"

    def test_what_was_filed_is_kept_and_no_longer_counts(self):
        branch = BranchFactory()
        owed(branch, "theme_party_day")
        filed, asked = Duty.objects.filter(
            branch=branch, rule="theme_party_day", period__in=("2025-05", "2025-06")
        ).order_by("period")
        meet(filed, filing_of(filed), on=date(2025, 5, 20))
        Unlock.objects.create(duty=asked, reason="补报", created_by=UserFactory())
        branch.closed_on = date(2025, 3, 31)
        branch.save()

        assert owed(branch, "theme_party_day") == months(1, 3)
        counted = Duty.objects.filter(branch=branch, rule="theme_party_day").counted(on=date(2026, 1, 1))
        assert (counted["owed"], counted["met"]) == (3, 0)
        assert set(Duty.every.filter(branch=branch, is_owed=False)) == {filed, asked}
        assert Filing.objects.get().duty == filed

    def test_what_is_owed_again_counts_with_what_was_filed(self):
        branch = BranchFactory()
        owed(branch, "theme_party_day")
        filed = Duty.objects.get(branch=branch, rule="theme_party_day", period="2025-05")
        meet(filed, filing_of(filed), on=date(2025, 5, 20))
        Branch.objects.filter(pk=branch.pk).update(closed_on=date(2025, 3, 31))
        owed(branch, "theme_party_day")
        Branch.objects.filter(pk=branch.pk).update(closed_on=None)

        assert owed(branch, "theme_party_day") == months(1)
        assert Duty.objects.get(pk=filed.pk).met_on == date(2025, 5, 20)
        assert generate(2025, by=User.objects.system()) == 0

    def test_an_upgraded_organisation_keeps_what_it_filed_as_a_branch(self):
        branch = BranchFactory()
        owed(branch, "theme_party_day")
        filed = Duty.objects.get(branch=branch, rule="theme_party_day", period="2025-05")
        Unlock.objects.create(duty=filed, reason="补登", created_by=UserFactory())
        Branch.objects.filter(pk=branch.pk).update(kind=Branch.Kind.GENERAL)

        assert owed(branch, "theme_party_day") == []
        assert not Duty.every.get(pk=filed.pk).is_owed

    def test_a_decision_moves_the_days_of_duties_already_made(self):
        branch = BranchFactory()
        owed(branch, "theme_party_day")
        day = {"per": "month", "window": [10, 20], "target": 15, "due": 20, "owed_by": ["branch", "joint"]}
        DecisionFactory(key="duty.theme_party_day", value=day, from_on=date(2025, 7, 1))
        owed(branch, "theme_party_day")

        due = dict(Duty.objects.filter(branch=branch, rule="theme_party_day").values_list("period", "due_on"))
        assert (due["2025-06"], due["2025-07"]) == (date(2025, 6, 28), date(2025, 7, 20))


def test_the_days_of_a_theme_party_day():
    branch = BranchFactory()
    owed(branch, "theme_party_day")
    duty = Duty.objects.get(branch=branch, rule="theme_party_day", period="2025-02")

    assert (duty.opens_on, duty.target_on, duty.due_on, duty.ends_on) == tuple(
        date(2025, 2, day) for day in (1, 25, 28, 28)
    )
    assert duty.label == "2 月"


def test_the_yearly_meeting_stays_open_until_the_end_of_march():
    branch = BranchFactory()
    owed(branch, "org_life_meeting")
    duty = Duty.objects.get(branch=branch, rule="org_life_meeting")

    assert (duty.opens_on, duty.ends_on) == (date(2025, 1, 1), date(2026, 3, 31))
