"""Who is told what of a round, and when: the branch of its self-check, the office of what is not judged or answered."""

from datetime import UTC, date, datetime

import pytest

from assessment import due, judging
from assessment.models import Round
from branches.rights import Role
from reminders import sweep
from reminders.models import Reminder
from tests.assessment import rounds_of_a_year as year
from tests.assessment.rounds_of_a_year import CHECKED, JUDGED, OPENED, YEAR
from tests.factories import BranchFactory, ObjectionFactory, SelfCheckFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(OPENED)]


@pytest.fixture
def branch(people):
    branch = BranchFactory(founded_on=date(2020, 1, 1))
    UserFactory(serving=branch)
    year.open_round(people)
    return branch


def told(day, rule):
    sweep.run(datetime(day.year, day.month, day.day, 1, tzinfo=UTC))
    return {
        (row.object_id, row.role, row.due_on) for row in Reminder.objects.filter(rule=rule, on=day, cleared_at=None)
    }


def test_the_secretary_is_told_until_the_self_check_is_handed_in(branch):
    day = date(2025, 12, 15)  # five days before
    assert told(day, "remind.self_check") == {(branch.pk, Role.SECRETARY, CHECKED)}

    SelfCheckFactory(round=Round.objects.get(), branch=branch)
    assert told(date(2025, 12, 18), "remind.self_check") == set()
    assert due.self_check_words([branch.pk], day)[branch.pk][1] == f"/assessment/{YEAR}/{branch.pk}/self-check/"


def test_without_a_round_nobody_is_told():
    BranchFactory()

    assert list(due.self_checks_open(OPENED, of="self_check_until")) == []
    assert list(due.judging_open(OPENED, of="judging_until")) == []


def test_the_office_is_told_of_what_is_not_judged(people, branch):
    year.send(people, [branch])
    year.move(people, date(2025, 12, 22))
    round = Round.objects.get()
    day = date(2026, 1, 5)  # three days before

    assert {(pk, role) for pk, role, _ in told(day, "remind.judging")} == {
        (round.pk, Role.STAFF),
        (round.pk, Role.ADMIN),
    }
    words, url = due.judging_words([round.pk], day)[round.pk]
    assert "还有 1 个党组织没有评完" in words
    assert url == f"/assessment/{YEAR}/round/review/?what=missing"

    year.judge_all(people, branch)
    assert list(due.judging_open(day, of="judging_until")) == []
    assert judging.graded(round, JUDGED).count() == 1


@pytest.mark.parametrize(("state", "is_told"), [("self_check", True), ("review", True), ("published", False)])
def test_the_office_is_told_of_what_waits_for_an_answer(branch, state, is_told):
    row = ObjectionFactory(round=Round.objects.get(), branch=branch, raised_on=date(2025, 12, 10))
    Round.objects.update(state=state, published_on=date(2026, 1, 12), objections_until=date(2026, 1, 19))

    found = {pk for pk, *_ in due.objections_waiting(OPENED, of="raised_on")}
    assert found == ({row.pk} if is_told else set())
    if is_told:
        assert {role for _, role, _ in told(date(2025, 12, 11), "remind.objection")} == {Role.STAFF, Role.ADMIN}
