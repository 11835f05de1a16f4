"""Whom the enrolment and the coming day of class remind, on which day, and when it stops."""

from datetime import UTC, date, datetime, timedelta

import pytest

from branches.actions import root
from branches.rights import Role
from portal import desk
from reminders import sweep
from reminders.models import DigestLine
from tests.factories import (
    ClassQuotaFactory,
    ClassSessionFactory,
    EnrolmentFactory,
    TrainingClassFactory,
    UserFactory,
)
from tests.reminders.mornings import only
from training import enrolling, facts
from training.models import TrainingClass

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(branch, upper):
    return {
        "secretary": UserFactory(serving=branch), "committee": UserFactory(serving=upper, role=Role.COMMITTEE),
        "staff": UserFactory(serving=root(), role=Role.STAFF),
    }  # fmt: skip


def opened(**fields):
    return TrainingClassFactory(branch=root(), state="open", **fields)


def told(people, first, last):
    """person → days of April 2025 on which something of training was told, by sweeping each morning of the stretch."""
    with only("remind.enrolment", "remind.session"):
        for number in range(first, last + 1):
            sweep.run(datetime(2025, 4, number, 0, tzinfo=UTC))
    found = {}
    for name, user in people.items():
        rows = DigestLine.objects.filter(digest__user=user, reminder__rule__in=["remind.enrolment", "remind.session"])
        found[name] = [on.day for on in rows.order_by("digest__on").values_list("digest__on", flat=True)]
    return found


def test_a_branch_that_names_nobody_is_told_thrice_and_then_those_above(branch, people):
    ClassQuotaFactory(training_class=opened(), branch=branch)  # until Thursday the 10th

    assert told(people, 6, 12) == {"secretary": [7, 9, 10], "committee": [11], "staff": [11]}


def test_a_quota_of_a_committee_is_the_committees_to_fill(upper, people):
    ClassQuotaFactory(training_class=opened(), branch=upper)

    assert told(people, 9, 11) == {"secretary": [], "committee": [9, 10], "staff": [11]}


def test_it_stops_when_somebody_is_enrolled(branch, people):
    held = opened()
    ClassQuotaFactory(training_class=held, branch=branch)
    assert told(people, 7, 7)["secretary"] == [7]
    EnrolmentFactory(training_class=held, branch=branch)

    assert told(people, 9, 11) == {"secretary": [7], "committee": [], "staff": []}


@pytest.mark.parametrize(
    ("fields", "quota"),
    [({"state": "planned"}, True), ({"state": "running"}, True), ({"kind": "remedial"}, True), ({}, False),
     ({"enrols_until": None}, True)],
    ids=["planned", "running", "closed kind", "for all", "no last day"],
)  # fmt: skip
def test_of_these_nobody_is_told(branch, fields, quota):
    held = TrainingClassFactory(**{"branch": root(), "state": "open", **fields})
    if quota:
        ClassQuotaFactory(training_class=held, branch=branch)

    assert list(facts.enrolments_waiting(date(2025, 4, 9), of="enrols_until")) == []


def test_the_day_before_class_those_with_people_on_the_roll_are_told_once(branch, upper, people):
    held = opened(starts_on=date(2025, 4, 16), ends_on=date(2025, 4, 17))
    for held_on in (date(2025, 4, 16), date(2025, 4, 16), date(2025, 4, 17)):
        ClassSessionFactory(training_class=held, held_on=held_on)
    for _ in range(2):
        EnrolmentFactory(training_class=held, branch=branch)
    EnrolmentFactory(training_class=held, branch=branch, withdrawn_on=date(2025, 4, 9), withdrawn_why="生病")

    assert told(people, 15, 17) == {"secretary": [15, 16], "committee": [], "staff": []}


def test_it_says_how_many_and_names_nobody(branch):
    held = opened(starts_on=date(2025, 4, 16), ends_on=date(2025, 4, 16))
    ClassSessionFactory(training_class=held, held_on=date(2025, 4, 16))
    first, _ = (EnrolmentFactory(training_class=held, branch=branch) for _ in range(2))

    ((title, url),) = facts.session_words([first.pk], date(2025, 4, 15)).values()

    assert title == f"{held.title} 4 月 16 日上课，本组织有 2 人参加"
    assert first.name not in title
    assert url == f"/training/{held.pk}/roll/"


def test_the_closed_kind_reminds_nobody_and_is_named_nowhere(branch):
    held = opened(kind="remedial", starts_on=date(2025, 4, 16), ends_on=date(2025, 4, 16))
    ClassSessionFactory(training_class=held, held_on=date(2025, 4, 16))
    row = EnrolmentFactory(training_class=held, branch=branch)
    quota = ClassQuotaFactory(training_class=held, branch=branch)

    assert list(facts.enrolments_waiting(date(2025, 4, 9), of="enrols_until")) == []
    assert list(facts.sessions_ahead(date(2025, 4, 15), of="held_on")) == []
    assert facts.session_words([row.pk], date(2025, 4, 15)) == facts.enrolment_words([quota.pk], date(2025, 4, 9)) == {}
    assert not enrolling.waiting(branch, date(2025, 4, 9)).exists()


@pytest.mark.parametrize(("on", "waits"), [(date(2025, 4, 10), True), (date(2025, 4, 11), False)])
def test_the_desk_says_it_until_the_last_day(branch, on, waits):
    held = opened()
    ClassQuotaFactory(training_class=held, branch=branch)
    secretary = UserFactory(serving=branch)

    lines = desk.of_branch(secretary, branch, on)["persons"]

    assert [line["label"] for line in lines] == ([f"待报名：{held.title}"] if waits else [])
    assert not waits or lines[0]["words"] == "4 月 10 日截止"
    TrainingClass.objects.filter(pk=held.pk).update(state="running")
    assert desk.of_branch(secretary, branch, on - timedelta(days=1))["persons"] == []
