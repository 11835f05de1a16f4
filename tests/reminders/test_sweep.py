"""What a sweep finds, whom it tells, and when it keeps silent."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from branches.actions import root
from branches.rights import Role
from reminders import sweep
from reminders.models import Digest, DigestLine, Reminder, Sweep
from rulebook.book import rule
from tests.factories import (
    AppointmentFactory,
    BranchFactory,
    DecisionFactory,
    DutyFactory,
    FulfilmentFactory,
    SweepFactory,
    TermFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def at(day, hour=8, minute=0, second=0):
    """An instant of the county's clock in 2025: at("05-20", 8)."""
    month, number = map(int, day.split("-")[-2:])
    year = int(day.split("-")[0]) if day.count("-") == 2 else 2025
    return datetime(year, month, number, hour, minute, second, tzinfo=UTC) - timedelta(hours=8)


def lines(user):
    """(day of the digest, rule, day of the occasion) of every line the person got."""
    found = DigestLine.objects.filter(digest__user=user).order_by("digest__on", "pk")
    return [(f"{on:%m-%d}", rule, f"{day:%m-%d}") for on, rule, day in
            found.values_list("digest__on", "reminder__rule", "reminder__on")]  # fmt: skip


@pytest.fixture
def branch():
    return BranchFactory(parent=BranchFactory(committee=True))


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


def sweep_days(first, last, hour=8):
    day = at(first, hour)
    while day <= at(last, hour):
        sweep.run(day)
        day += timedelta(days=1)


def test_a_month_of_the_party_day_from_first_notice_to_the_work_committee(branch, secretary):
    upper = UserFactory(serving=branch.parent, role=Role.COMMITTEE)
    staff = UserFactory(serving=root(), role=Role.STAFF)
    DutyFactory(branch=branch)

    sweep_days("05-01", "06-30")

    rule = "remind.theme_party_day"
    assert lines(secretary) == [(day, rule, day) for day in ("05-20", "05-25", "05-29", "05-31")]
    assert lines(upper) == [("06-04", rule, "06-04")]
    assert lines(staff) == [("06-12", rule, "06-12")]


def test_it_stops_when_it_is_done(branch, secretary):
    duty = DutyFactory(branch=branch)
    sweep_days("05-19", "05-22")
    FulfilmentFactory(duty=duty, on=date(2025, 5, 23))

    sweep_days("05-23", "06-20")

    assert [day for day, _, _ in lines(secretary)] == ["05-20"]
    assert not Reminder.objects.filter(cleared_at=None).exists()


def test_what_was_done_between_finding_and_sending_is_left_out(branch, secretary):
    duty = DutyFactory(branch=branch)
    sweep.run(at("05-20", 1))
    assert Reminder.objects.filter(cleared_at=None).exists()
    FulfilmentFactory(duty=duty)

    sweep.run(at("05-20", 8))

    assert not Digest.objects.exists()


@pytest.mark.parametrize(
    ("clock", "sent"),
    [((7, 29, 59), 0), ((7, 30, 0), 1), ((20, 59, 59), 1), ((21, 0, 0), 0), ((23, 59, 59), 0), ((0, 0, 0), 0)],
    ids=str,
)
def test_quiet_hours(branch, secretary, clock, sent):
    DutyFactory(branch=branch)

    sweep.run(at("05-20", *clock))

    assert Digest.objects.count() == sent
    assert Reminder.objects.exists()


def test_the_day_changes_at_midnight_of_the_county(branch, secretary):
    DutyFactory(branch=branch)

    sweep.run(at("05-19", 23, 59, 59))
    assert not Reminder.objects.exists()
    sweep.run(at("05-20", 0, 0, 0))
    assert {reminder.on for reminder in Reminder.objects.all()} == {date(2025, 5, 20)}


@pytest.mark.parametrize(
    ("days", "runs"),
    [(["05-20"] * 3, 1), (["05-20", "05-19", "05-20"], 1), (["05-20", "05-21", "05-20"], 1)],
    ids=["three times", "set back a day", "set ahead a day"],
)
def test_whatever_the_clock_does_each_person_is_told_once(branch, secretary, days, runs):
    DutyFactory(branch=branch)

    for day in days:
        sweep.run(at(day))

    assert len(lines(secretary)) == runs


def test_a_sweep_that_slept_for_a_week_tells_of_each_matter_once(branch, secretary):
    """The 25th and the 29th went by: only the later occasion is told, in one digest."""
    DutyFactory(branch=branch)
    DutyFactory(branch=branch, rule="members_meeting", period="2025-Q2")
    sweep.run(at("05-21"))
    before = len(lines(secretary))

    sweep.run(at("05-30"))
    sweep.run(at("05-30", 9))

    assert lines(secretary)[before:] == [("05-30", "remind.theme_party_day", "05-29")]


def test_the_first_sweep_ever_does_not_bring_up_the_past(branch, secretary):
    DutyFactory(branch=branch)

    sweep.run(at("05-27"))

    assert not Reminder.objects.exists()


def test_a_secretary_replaced_between_finding_and_sending(branch, secretary):
    DutyFactory(branch=branch)
    sweep.run(at("05-20", 1))
    secretary.appointments.update(ended_on=date(2025, 5, 19))
    successor = UserFactory(serving=branch, since=date(2025, 5, 20))

    sweep.run(at("05-20", 8))

    assert lines(secretary) == []
    assert len(lines(successor)) == 1


def test_a_successor_hears_what_the_predecessor_was_told(branch, secretary):
    DutyFactory(branch=branch)
    sweep.run(at("05-20"))
    secretary.appointments.update(ended_on=date(2025, 5, 20))
    successor = UserFactory(serving=branch, since=date(2025, 5, 21))

    sweep.run(at("05-21"))

    assert lines(successor) == [("05-21", "remind.theme_party_day", "05-20")]
    assert len(lines(secretary)) == 1


@pytest.mark.parametrize("who", ["closed account", "post ended", "post not begun"])
def test_who_does_not_serve_gets_nothing(branch, who):
    days = {"post ended": {"until": date(2025, 5, 19)}, "post not begun": {"since": date(2025, 5, 21)}}.get(who, {})
    UserFactory(serving=branch, is_active=who != "closed account", **days)
    DutyFactory(branch=branch)

    sweep.run(at("05-20"))

    assert not Digest.objects.exists()


def test_two_posts_are_one_digest_with_each_matter_once(branch, secretary):
    other = BranchFactory()
    AppointmentFactory(user=secretary, branch=branch, role=Role.EDITOR)
    AppointmentFactory(user=secretary, branch=other)
    DutyFactory(branch=branch)
    DutyFactory(branch=other)

    sweep.run(at("05-20"))

    assert Digest.objects.count() == 1
    assert len(lines(secretary)) == 2


def test_a_duty_handed_on_is_told_to_that_person_too(branch, secretary):
    helper = UserFactory(serving=BranchFactory(parent=branch.parent))
    duty = DutyFactory(branch=branch, handed_to=helper, handed_by=secretary, handed_at=at("05-18"))

    sweep.run(at("05-20"))

    assert len(lines(helper)) == len(lines(secretary)) == 1
    assert Reminder.objects.filter(object_id=duty.pk).count() == 2  # told are the posts of secretary and editor


def test_another_duty_is_told_on_the_working_day_before(branch, secretary):
    """30 November 2025 is a Sunday: the last day is told of on Friday the 28th, five days before falls on the 25th."""
    DutyFactory(branch=branch, rule="committee_meeting", period="2025-11")

    sweep_days("11-20", "12-03")

    assert [day for day, _, _ in lines(secretary)] == ["11-25", "11-28", "12-01"]


def test_a_working_saturday_is_a_working_day(branch, secretary):
    """27 and 28 September 2025: Saturday, and a Sunday on which offices work instead of the National Day holiday."""
    assert sweep.told_on(date(2025, 9, 28), "previous", {date(2025, 9, 28): True}) == date(2025, 9, 28)
    assert sweep.told_on(date(2025, 9, 27), "previous", {}) == date(2025, 9, 26)
    holiday = {date(2025, 10, day): False for day in range(1, 9)}
    assert sweep.told_on(date(2025, 10, 1), "next", holiday) == date(2025, 10, 9)


def test_leap_day(branch, secretary):
    DutyFactory(branch=branch, rule="committee_meeting", period="2024-02", year=2024)

    sweep_days("2024-02-20", "2024-03-04")

    assert [day for day, _, _ in lines(secretary)] == ["02-23", "02-29", "03-01"]


def test_an_expired_term_is_told_every_week_until_the_election(branch, secretary):
    TermFactory(branch=branch, started_on=date(2022, 6, 2), expires_on=date(2025, 6, 2))
    UserFactory(serving=root(), role=Role.STAFF)

    sweep_days("05-01", "06-20")
    told = [day for day, rule, _ in lines(secretary) if rule == "remind.term_expiry"]
    assert told == ["05-06", "06-03", "06-09", "06-16"]  # 3 May is in the holiday, 2 June is 端午节

    TermFactory(branch=branch, started_on=date(2025, 6, 20))
    sweep_days("06-21", "07-20")
    assert [day for day, rule, _ in lines(secretary) if rule == "remind.term_expiry"] == told


def test_a_vacant_post_is_told_to_those_above(branch):
    TermFactory(branch=branch, secretary_name="", started_on=date(2024, 3, 1))
    staff = UserFactory(serving=root(), role=Role.STAFF)
    editor = UserFactory(serving=branch, role=Role.EDITOR)
    UserFactory(serving=branch, until=date(2025, 5, 19))

    sweep_days("05-15", "06-30")

    assert [day for day, _, _ in lines(editor)] == [day for day, _, _ in lines(staff)] == ["05-20", "06-19"]
    UserFactory(serving=branch, since=date(2025, 7, 1))
    sweep.run(at("07-01"))
    assert not Reminder.objects.filter(rule="remind.vacancy", cleared_at=None).exists()


def test_a_sweep_costs_the_same_for_one_branch_and_for_twenty():
    DutyFactory()
    sweep.run(at("05-20", 1))  # from now on something is open, which each sweep looks through
    with CaptureQueriesContext(connection) as one:
        sweep.run(at("05-20", 8))
    for _ in range(20):
        DutyFactory(branch=(new := BranchFactory()))
        UserFactory(serving=new)
    with CaptureQueriesContext(connection) as twenty:
        sweep.run(at("05-20", 9))

    assert len(one) == len(twenty)
    statements = [query for query in twenty if "SAVEPOINT" not in query["sql"] and "advisory" not in query["sql"]]
    assert len(statements) <= 12


def test_the_heartbeat(branch):
    SweepFactory(on=date(2025, 5, 1), last_at=at("05-01"))
    sweep.run(at("05-20", 8))
    beat = sweep.run(at("05-20", 9))

    assert beat == Sweep.objects.first()
    assert beat.last_at == at("05-20", 9)


def test_a_rule_the_county_turned_off_between_finding_and_sending(branch, secretary):
    DutyFactory(branch=branch)
    sweep.run(at("05-20", 1))
    DecisionFactory(key="remind.theme_party_day", value={}, from_on=date(2025, 5, 20))

    sweep.run(at("05-20", 8))

    assert lines(secretary) == []
    assert not Reminder.objects.filter(cleared_at=None).exists()


def test_a_day_that_the_county_moved_is_told_by_the_new_rule(branch, secretary):
    DutyFactory(branch=branch)
    book = rule("remind.theme_party_day", on=date(2025, 5, 1)).value
    steps = [{"of": "target_on", "days": [-3], "to": ["secretary"]}]
    DecisionFactory(key="remind.theme_party_day", value=book | {"steps": steps}, from_on=date(2025, 5, 21))

    sweep_days("05-19", "06-15")

    assert [day for day, _, _ in lines(secretary)] == ["05-20", "05-22"]


def test_branches_that_closed_and_subjects_that_went_are_silent(branch, secretary):
    closed = BranchFactory(closed_on=date(2025, 5, 10))
    UserFactory(serving=closed)
    DutyFactory(branch=closed)
    gone = DutyFactory(branch=branch)
    sweep.run(at("05-20", 1))
    gone.delete()

    sweep.run(at("05-20", 8))

    assert not Digest.objects.exists()
