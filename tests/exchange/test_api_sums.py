"""Hours, reminders and bulletins by the API: the same figures as the pages, in the reach of the token, page by page."""

from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from branches.actions import root
from branches.rights import Role
from tests.exchange.conftest import address
from tests.factories import (
    ApiTokenFactory,
    BranchFactory,
    BulletinFactory,
    MemberFactory,
    OtherHoursFactory,
    ReminderFactory,
    UserFactory,
)
from training import ledger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def secret(branch):
    return ApiTokenFactory(user=UserFactory(serving=branch)).secret


def test_hours_are_those_of_the_page_in_the_own_reach_alone(fetch, secret, branch):
    member, stranger = MemberFactory(branch=branch), MemberFactory(branch=BranchFactory())
    OtherHoursFactory(
        member=member, branch=branch, year=2025, started_on=date(2025, 3, 1), ended_on=date(2025, 3, 1), hours=6
    )
    [row] = fetch(secret, address("hours"))[1]["results"]
    found = ledger.hours([member], 2025, on=date(2025, 11, 20))[member.pk]

    assert row["id"] == member.pk
    assert (row["year"], row["total"], row["other"]) == (2025, f"{found.total:.1f}", "6.0")
    assert (row["need"], row["missing"]) == (f"{found.need:.1f}", f"{found.missing:.1f}")
    assert fetch(secret, address("hours-one", member.pk))[1] == row
    assert fetch(secret, address("hours-one", stranger.pk))[0] == 404


def test_hours_of_another_year_and_of_none(fetch, secret, branch):
    member = MemberFactory(branch=branch)
    OtherHoursFactory(
        member=member, branch=branch, year=2024, started_on=date(2024, 3, 1), ended_on=date(2024, 3, 1), hours=4
    )

    assert [row["other"] for row in fetch(secret, f"{address('hours')}?year=2024")[1]["results"]] == ["4.0"]
    assert [row["total"] for row in fetch(secret, f"{address('hours')}?year=2026")[1]["results"]] == [None]
    for wrong in ("year=2017", "year=x", "year=2024&year=2025"):
        assert fetch(secret, f"{address('hours')}?{wrong}")[0] == 400


def test_the_number_of_queries_of_hours_does_not_grow(client, secret, branch):
    headers, counts = {"authorization": f"Bearer {secret}"}, []
    client.get(address("hours"), headers=headers)
    for _ in range(2):
        MemberFactory.create_batch(5, branch=branch)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address("hours"), headers=headers).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 8


def test_reminders_are_of_duties_alone(fetch, branch):
    staff = ApiTokenFactory(user=UserFactory(serving=root(), role=Role.STAFF)).secret
    shown = ReminderFactory(branch=branch, place=branch, label="duties.Duty")
    ReminderFactory(branch=branch, place=branch, label="members.Transfer", rule="remind.transfer")

    assert [row["id"] for row in fetch(staff, address("reminders"))[1]["results"]] == [shown.pk]
    assert fetch(staff, f"{address('reminders')}?on_from={shown.on}&on_until={shown.on}")[1]["results"]
    assert not fetch(staff, f"{address('reminders')}?on_from=2036-01-01")[1]["results"]


def test_of_bulletins_those_that_went_out(fetch):
    staff = ApiTokenFactory(user=UserFactory(serving=root(), role=Role.STAFF)).secret
    BulletinFactory(branch=root())
    sent = BulletinFactory(branch=root(), opens_on=date(2025, 9, 1), ends_on=date(2025, 9, 30), published=True)
    rows = fetch(staff, address("bulletins"))[1]["results"]

    assert [row["id"] for row in rows] == [sent.pk]
    assert not {"opening", "praise", "criticism", "demands", "figures"} & set(rows[0])
