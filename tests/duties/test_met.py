"""When a duty is met, late, missed or open, and how many of them that makes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.models import User
from duties import facts, matrix
from duties.actions import generate
from duties.models import Duty, Fulfilment
from meetings.actions import meet_again
from meetings.models import Meeting, MeetingKind
from rulebook.facts import Period
from tests.factories import BranchFactory, MeetingFactory

pytestmark = pytest.mark.django_db
THEME, ORG_LIFE = MeetingKind.Kind.THEME_PARTY_DAY, MeetingKind.Kind.ORG_LIFE_MEETING
YEAR_END = date(2026, 1, 1)


def hold(branch, *days, **fields):
    for day in days:
        MeetingFactory(branch=branch, held_on=day, **{"accepted": True} | fields)


def match(year=2025):
    generate(year, by=User.objects.system())
    meet_again(year)


def duty_of(branch, period, rule=THEME):
    return Duty.objects.get(branch=branch, rule=rule, period=period)


def fact(branch, on=YEAR_END, **options):
    return facts.met([branch.pk], Period.of_year(2025, on=on), **{"rule": THEME} | options)[branch.pk]


def test_two_meetings_in_one_month_and_none_in_the_next_miss_one(branch):
    hold(branch, *(date(2025, month, 24) for month in range(1, 13) if month != 6), date(2025, 5, 10))
    match()

    found = fact(branch)
    assert (found.value, found.whole, found.missing) == (11, 12, ("6 月",))
    assert len(found.pks) == 12


@pytest.mark.parametrize(
    ("day", "state", "value"),
    [
        (1, "done", "1"),
        (25, "done", "1"),
        (26, "done", "1"),
        (28, "done", "1"),
        (29, "late", "0.7"),
        (31, "late", "0.7"),
    ],
)
def test_until_the_28th_it_has_full_credit_and_is_late_afterwards(branch, day, state, value):
    hold(branch, date(2025, 5, day))
    match()

    assert duty_of(branch, "2025-05").state(YEAR_END) == state
    assert fact(branch, late=0.7).value == Decimal(value)


@pytest.mark.parametrize(("day", "punctual"), [(25, 1), (26, 0)])
def test_by_the_25th_it_is_counted_as_punctual(branch, day, punctual):
    hold(branch, date(2025, 5, day))
    match()

    assert f"25 日前办结 {punctual} 件" in fact(branch).note


def test_the_earliest_record_decides(branch):
    hold(branch, date(2025, 5, 30), date(2025, 5, 20))
    match()

    assert duty_of(branch, "2025-05").met_on == date(2025, 5, 20)


@pytest.mark.parametrize(
    ("on", "state"),
    [(date(2025, 4, 30), "none"), (date(2025, 5, 1), "wait"), (date(2025, 5, 31), "wait"), (date(2025, 6, 1), "miss")],
    ids=["before", "first day", "last day", "after"],
)
def test_an_unmet_duty_opens_waits_and_is_missed(branch, on, state):
    match()

    assert duty_of(branch, "2025-05").state(on) == state


@pytest.mark.parametrize(
    ("day", "year"), [(date(2025, 12, 20), 2025), (date(2026, 1, 15), 2025), (date(2026, 3, 31), 2025), (date(2026, 4, 1), 2026)],
    ids=str,
)  # fmt: skip
def test_an_org_life_meeting_of_the_first_quarter_counts_for_the_year_before(branch, day, year):
    hold(branch, day, kinds=(ORG_LIFE,))
    match(2025)
    match(2026)

    met = {duty.year: duty.met_on for duty in Duty.objects.filter(branch=branch, rule=ORG_LIFE)}
    assert met == {2025: None, 2026: None} | {year: day}


def test_a_monthly_meeting_of_january_counts_for_january(branch):
    hold(branch, date(2026, 1, 24))
    match(2025)
    match(2026)

    assert Fulfilment.objects.get().duty.period == "2026-01"


@pytest.mark.parametrize(
    ("state", "counts"), [("draft", False), ("returned", False), ("submitted", True), ("accepted", True)]
)
def test_only_submitted_and_accepted_records_count(branch, state, counts):
    fields = {"accepted": False} if state == "draft" else {"accepted": False, state: True}
    hold(branch, date(2025, 5, 24), **fields)
    match()

    assert Meeting.objects.get().state == state
    assert bool(duty_of(branch, "2025-05").met_on) == counts


def test_a_record_of_two_kinds_meets_two_duties(branch):
    hold(branch, date(2025, 5, 24), kinds=(THEME, MeetingKind.Kind.PARTY_LECTURE))
    match()

    assert set(Fulfilment.objects.values_list("duty__rule", "duty__period")) == {
        (THEME, "2025-05"),
        ("party_lecture", "2025-Q2"),
    }


def test_the_records_are_found_again_after_the_duties_were_made_anew(branch):
    hold(branch, date(2025, 5, 24))
    match()
    before = set(Fulfilment.objects.values_list("object_id", "on"))
    Fulfilment.objects.all().delete()
    Duty.objects.all().delete()

    match()
    match()

    assert set(Fulfilment.objects.values_list("object_id", "on")) == before != set()


def test_a_meeting_meets_no_other_branch_and_no_other_rule(branch):
    other = BranchFactory()
    hold(branch, date(2025, 5, 24))
    match()

    assert [done.duty.branch for done in Fulfilment.objects.all()] == [branch]
    assert duty_of(other, "2025-05").met_on is None


class TestCounting:
    """完成率 and 及时率 of what has fallen due by a day."""

    def test_by_mid_november(self, branch):
        on = date(2025, 11, 15)
        hold(branch, *(date(2025, month, 24) for month in range(1, 9)), date(2025, 9, 30), date(2025, 11, 10))
        match()

        found = matrix.totals([branch.pk], 2025, on)
        # Ten theme days are over and November's is met; three quarters each of two others are over, unmet.
        assert {key: found[key] for key in ("owed", "met", "late", "missed")} == {
            "owed": 17,
            "met": 10,
            "late": 1,
            "missed": 7,
        }
        assert found["completeness"] == round(100 * 10 / 17, 1)
        assert found["timeliness"] == round(100 * 9 / 17, 1)

    def test_nothing_due_has_no_rate(self, branch):
        match()

        found = matrix.totals([branch.pk], 2025, date(2025, 1, 15))
        assert (found["owed"], found["completeness"], found["timeliness"]) == (0, None, None)

    def test_each_month_by_itself(self, branch):
        hold(branch, date(2025, 1, 24))
        match()

        rows = matrix.by_month([branch.pk], 2025, date(2025, 3, 1))
        assert [(row["month"], row["owed"], row["met"]) for row in rows] == [
            (date(2025, 1, 1), 1, 1),
            (date(2025, 2, 1), 1, 0),
        ]

    def test_both_at_once_are_the_same(self, branch):
        hold(branch, *(date(2025, month, 24) for month in range(1, 9)), date(2025, 9, 30), date(2025, 11, 10))
        match()

        for on in (date(2025, 1, 15), date(2025, 11, 15), date(2025, 11, 30), YEAR_END):
            rows = matrix.sums(matrix.duties([branch.pk], 2025), on, soon=7)
            assert matrix.added(rows) == matrix.totals([branch.pk], 2025, on)
            assert matrix.of_months(rows) == list(matrix.by_month([branch.pk], 2025, on))

    def test_a_cell_shows_the_worst(self, branch):
        hold(branch, date(2025, 1, 24), date(2025, 2, 24), date(2025, 3, 30))
        match()
        cell = lambda on: dict(zip(matrix.columns(2025, on), matrix.rows([branch], 2025, on)[0][1], strict=True))[THEME]  # noqa: E731

        assert (cell(date(2025, 3, 1)).state, cell(date(2025, 3, 1)).met) == ("late", 3)
        assert cell(date(2025, 4, 15)).state == "late"
        assert (cell(date(2025, 5, 1)).state, cell(date(2025, 5, 1)).word) == ("miss", "缺 1")

    def test_open_duties_can_still_be_met(self, branch):
        match()
        found = fact(branch, on=date(2025, 11, 20))

        assert (found.open, len(found.missing)) == (2, 10)
        assert fact(branch, on=date(2025, 11, 30) + timedelta(days=1)).open == 1

    def test_a_branch_that_owes_none_is_absent(self, branch):
        match()

        assert facts.met([branch.pk], Period.of_year(2025, on=YEAR_END), rule="committee_meeting") == {}
