"""Periods to the day: half-years, 学期, days moved by holidays, a summer as the county wishes, years not yet announced."""

from datetime import date

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from accounts.models import User
from branches.actions import root
from branches.models import Branch
from duties.actions import generate
from duties.models import Duty
from duties.periods import spans
from rulebook.book import value
from rulebook.models import CalendarDay
from tests.factories import BranchFactory, CalendarDayFactory, DecisionFactory, SchoolTermFactory

pytestmark = pytest.mark.django_db


def span(rule, period):
    return next(each for each in spans(int(period[:4])) if (each.rule, each.period) == (rule, period))


def periods(rule, year=2026):
    return [each.period for each in spans(year) if each.rule == rule]


def test_each_rule_cuts_the_year_as_it_says():
    assert periods("special_party_study") == ["2026-H1", "2026-H2"]
    assert periods("civics_lesson") == ["2026-T1", "2026-T2"]
    assert periods("theory_study") == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    assert periods("ideology_return") == [f"2026-{month:02}" for month in range(1, 13)]
    assert periods("democratic_life_meeting") == ["2026"]
    assert periods("notice") == [], "a notice's duty is made when it is issued"


@pytest.mark.parametrize("rule", ["ideology_return", "monthly_dispatch", "heart_talk", "civics_lesson"])
def test_what_the_county_began_in_2026_nobody_owed_before(rule):
    assert periods(rule, 2025) == []


# --- days on holidays


@pytest.mark.parametrize(
    ("period", "due_on"),
    [
        ("2026-01", date(2026, 1, 28)),
        ("2026-02", date(2026, 2, 28)),
        ("2026-03", date(2026, 3, 30)),
        ("2026-06", date(2026, 6, 29)),
        ("2026-11", date(2026, 11, 30)),
    ],
    ids=[
        "a Wednesday",
        "a Saturday on which offices work",
        "a Saturday",
        "a Sunday",
        "a Saturday before the month's end",
    ],
)
def test_a_return_due_on_a_holiday_is_due_on_the_next_working_day(period, due_on):
    assert span("ideology_return", period).due_on == due_on


def test_a_long_holiday_is_passed_over_whole():
    CalendarDay.objects.filter(on__year=2026, on__month=9).delete()
    for day in (28, 29, 30):
        CalendarDayFactory(on=date(2026, 9, day))
    for day in range(1, 8):
        CalendarDay.objects.update_or_create(on=date(2026, 10, day), defaults={"is_working": False, "source": "x"})
    CalendarDay.objects.filter(on=date(2026, 10, 8)).delete()
    found = span("ideology_return", "2026-09")

    assert (found.due_on, found.ends_on) == (date(2026, 10, 8), date(2026, 10, 8))


def test_the_theme_day_is_never_moved():
    for each in spans(2026):
        if each.rule == "theme_party_day":
            assert (each.target_on.day, each.due_on.day, each.is_provisional) == (25, 28, False)


@pytest.mark.parametrize(("year", "last"), [(2027, 28), (2028, 29)], ids=["an ordinary year", "a leap year"])
def test_february_ends_on_its_own_last_day(year, last):
    found = span("theme_party_day", f"{year}-02")

    assert (found.due_on, found.ends_on) == (date(year, 2, 28), date(year, 2, last))


def test_a_year_whose_holidays_are_not_entered_is_provisional_and_says_so():
    assert not span("ideology_return", "2026-05").is_provisional
    found = span("ideology_return", "2027-02")  # the 28th is a Sunday

    assert (found.due_on, found.is_provisional) == (date(2027, 3, 1), True)
    CalendarDayFactory(on=date(2027, 2, 11))
    assert not span("ideology_return", "2027-02").is_provisional


# --- 学期


def test_a_school_term_is_taken_from_the_calendar_and_else_provisional():
    usual = span("civics_lesson", "2030-T1")
    assert (usual.opens_on, usual.ends_on, usual.is_provisional) == (date(2030, 3, 1), date(2030, 7, 15), True)
    winter = span("civics_lesson", "2030-T2")
    assert (winter.opens_on, winter.ends_on) == (date(2030, 9, 1), date(2031, 1, 22))

    SchoolTermFactory(started_on=date(2030, 2, 25), ended_on=date(2030, 7, 5))
    entered = span("civics_lesson", "2030-T1")
    assert (entered.opens_on, entered.ends_on, entered.is_provisional) == (date(2030, 2, 25), date(2030, 7, 5), False)


def test_only_schools_owe_civics_lessons():
    school, office = BranchFactory(), BranchFactory(stage=Branch.Stage.OFFICE)
    generate(2026, by=User.objects.system())

    owed = Duty.objects.filter(rule="civics_lesson")
    assert set(owed.values_list("branch", flat=True)) == {school.pk}
    assert office.pk not in owed.values_list("branch", flat=True)


@pytest.mark.parametrize(
    ("rule", "kinds"),
    [
        ("democratic_life_meeting", {"work_committee", "committee"}),
        ("theory_study", {"work_committee", "committee"}),
        ("ideology_return", {"committee", "general", "branch", "joint"}),
        ("leader_lecture", {"work_committee", "committee", "general", "branch", "joint"}),
        ("theme_party_day", {"branch", "joint"}),
    ],
)
def test_who_owes_what(rule, kinds):
    for kind in ("committee", "general", "branch", "joint", "temporary"):
        BranchFactory(kind=kind)
    generate(2026, by=User.objects.system())

    owing = Branch.objects.filter(pk__in=Duty.objects.filter(rule=rule).values("branch"))
    assert set(owing.values_list("kind", flat=True)) == kinds


# --- July and August as the county wishes


def summer(mode):
    DecisionFactory(
        key="duty.summer",
        value={"months": [7, 8], "mode": mode, "rules": ["theme_party_day"]},
        from_on=date(2026, 1, 1),
    )
    return [each for each in spans(2026) if each.rule == "theme_party_day" and each.opens_on.month in (7, 8)]


def test_the_summer_is_owed_like_any_month_unless_decided():
    assert [each.period for each in summer("required")] == ["2026-07", "2026-08"]


def test_the_summer_waived_is_not_owed():
    assert summer("waive") == []
    assert len(periods("theme_party_day")) == 10


def test_the_summer_merged_is_one_duty_of_two_months():
    (one,) = summer("merge")

    assert (one.opens_on, one.target_on, one.due_on, one.ends_on) == (
        date(2026, 7, 1), date(2026, 8, 25), date(2026, 8, 28), date(2026, 8, 31),
    )  # fmt: skip
    assert one.locks_on == date(2026, 9, 30)
    assert len(periods("theme_party_day")) == 11


def test_a_decision_within_the_year_holds_from_the_next_quarter_on():
    """A period goes by the rules of the first day of its quarter: what was announced is not changed under way."""
    DecisionFactory(key="duty.late_window", value={"days": 10}, from_on=date(2026, 4, 1), source="县委教育体育工委会议")

    assert span("theme_party_day", "2026-03").locks_on == date(2026, 4, 30)
    assert span("theme_party_day", "2026-04").locks_on == date(2026, 5, 10)


# --- made again


def test_made_again_days_follow_the_rules_and_what_was_filed_stays():
    branch = BranchFactory()
    system = User.objects.system()
    generate(2026, by=system)
    before = Duty.objects.get(branch=branch, rule="theme_party_day", period="2026-05")
    DecisionFactory(key="duty.late_window", value={"days": 5}, from_on=date(2026, 4, 1))

    assert generate(2026, by=system)
    after = Duty.objects.get(pk=before.pk)
    assert (after.locks_on, before.locks_on) == (date(2026, 6, 5), date(2026, 6, 30))
    assert generate(2026, by=system) == 0


def test_the_committee_of_the_county_owes_its_own():
    generate(2026, by=User.objects.system())

    assert set(Duty.objects.filter(branch=root()).values_list("rule", flat=True)) == {
        "democratic_life_meeting", "theory_study", "leader_lecture", "special_party_study",
    }  # fmt: skip


# --- the county's decisions, read once in a request


@pytest.fixture
def asked(django_assert_num_queries):
    """A request that lasts as long as the test."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    request_started.send(sender=None)
    yield django_assert_num_queries
    request_finished.send(sender=None)
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def test_a_request_reads_the_decisions_once_for_all_days(asked):
    DecisionFactory(key="term.grace_months", value=3, from_on=date(2025, 6, 1))
    before = value("term.grace_months", on=date(2025, 5, 31))

    with asked(0):
        assert value("term.grace_months", on=date(2025, 5, 31)) == before != 3
        assert value("term.grace_months", on=date(2025, 6, 1)) == 3


def test_what_is_decided_within_a_request_holds_at_once(asked):
    assert value("term.grace_months", on=date(2025, 6, 1)) != 3

    decision = DecisionFactory(key="term.grace_months", value=3, from_on=date(2025, 6, 1))
    assert value("term.grace_months", on=date(2025, 6, 1)) == 3
    decision.delete()
    assert value("term.grace_months", on=date(2025, 6, 1)) != 3


def test_outside_a_request_nothing_is_kept(django_assert_num_queries):
    with django_assert_num_queries(2):
        value("term.grace_months", on=date(2025, 6, 1))
        value("term.grace_months", on=date(2025, 6, 1))
