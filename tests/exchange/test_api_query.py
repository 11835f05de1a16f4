"""What may be asked of a list: what is offered, strictly; everything else is refused alike, whether such a column exists or not."""

import random
from datetime import date

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from branches.actions import root
from branches.rights import Role
from tests.canaries import OURS
from tests.exchange.conftest import address, lists
from tests.factories import ApiTokenFactory, BranchFactory, MeetingFactory, UserFactory

pytestmark = pytest.mark.django_db
UNKNOWN = "nosuchthing"
SUFFIXES = ("", "__startswith", "__gt", "__id_number_index", "__member__id_number", "_id")


@pytest.fixture
def secret(db):
    return ApiTokenFactory(user=UserFactory(serving=root(), role=Role.STAFF)).secret


def test_a_column_that_is_not_offered_is_as_unknown_as_a_name_nobody_knows(fetch, secret):
    """T-ORAC: every list × names of columns and paths from them."""
    columns = {
        field.name
        for model in apps.get_models()
        if model._meta.app_label in OURS
        for field in model._meta.concrete_fields
    }
    names = sorted(column + suffix for column in columns for suffix in SUFFIXES)
    dice, told = random.Random(2025), []
    for name, view in lists().items():
        offered = set(view.filter_backends[0]().offered(_asking(view)))
        unknown = dice.choice([each for each in names if each not in offered])
        (status, body), plain = (fetch(secret, f"{address(name)}?{each}=1") for each in (unknown, UNKNOWN))
        body["fields"][UNKNOWN] = body["fields"].pop(unknown)
        if (status, body) != plain or status != 400:
            told.append((name, unknown))

    assert told == []


def _asking(view):
    found = view()
    found.action = "list"
    return found


@pytest.mark.parametrize(
    "asked",
    ["limit=0", "limit=201", "limit=x", "limit=", "after=-1", "after=1e3", "after=٣", f"after={2**63}", "after=01", "ordering=name",
     "ordering=-held_on", "branch=a1", "branch=1,2", "held_on=2025-01-01", "held_on_from=2025-13-01", "held_on_from=20250101",
     "held_on_from=", "kind=party", "state=DRAFT", "state=draft&state=draft", "format=api", "page=2", "q=x", "branch=%00"],
)  # fmt: skip
def test_what_is_not_well_formed_is_refused_beside_its_name(fetch, secret, asked):
    status, body = fetch(secret, f"{address('meetings')}?{asked}")

    assert (status, body["code"]) == (400, "bad_parameter")
    assert set(body["fields"]) == {asked.partition("=")[0]}


def test_all_faults_are_told_at_once(fetch, secret):
    body = fetch(secret, f"{address('duties')}?year=x&rule=a/b&nothing=1&branch=7")[1]

    assert set(body["fields"]) == {"year", "rule", "nothing"}


def test_one_row_takes_no_question(fetch, secret):
    meeting = MeetingFactory(branch=root())

    assert fetch(secret, address("meetings-one", meeting.pk))[0] == 200
    assert fetch(secret, f"{address('meetings-one', meeting.pk)}?limit=1")[0] == 400


def test_filters_narrow_and_days_include_both_ends(fetch, secret):
    branch, other = BranchFactory(), BranchFactory()
    march, april = (MeetingFactory(branch=branch, held_on=date(2025, month, 20)) for month in (3, 4))
    MeetingFactory(branch=other, held_on=date(2025, 3, 20))

    def found(asked):
        return [row["id"] for row in fetch(secret, f"{address('meetings')}?{asked}")[1]["results"]]

    assert found(f"branch={branch.pk}") == [march.pk, april.pk]
    assert found(f"branch={branch.pk}&held_on_from=2025-03-21") == [april.pk]
    assert found(f"branch={branch.pk}&held_on_from=2025-03-20&held_on_until=2025-03-20") == [march.pk]
    assert found(f"branch={branch.pk}&held_on_from=2025-04-21") == []
    assert found(f"branch={2**63 - 1}") == []


@pytest.mark.parametrize("ordering", ["id", "-id"])
def test_pages_follow_one_another_without_gap_or_repeat(fetch, secret, ordering):
    branch = BranchFactory()
    made = [MeetingFactory(branch=branch).pk for _ in range(5)]
    url, found = f"{address('meetings')}?branch={branch.pk}&limit=2&ordering={ordering}", []
    while url:
        body = fetch(secret, url)[1]
        found.append([row["id"] for row in body["results"]])
        url = body["next"]

    assert [len(page) for page in found] == [2, 2, 1]
    assert [pk for page in found for pk in page] == (made if ordering == "id" else made[::-1])


def test_days_are_iso_and_numbers_with_a_fraction_are_text(fetch, secret):
    meeting = MeetingFactory(branch=root(), held_on=date(2025, 3, 20))
    row = fetch(secret, address("meetings-one", meeting.pk))[1]

    assert row["held_on"] == "2025-03-20"
    assert sorted(row["kinds"]) == sorted(meeting.kinds.values_list("kind", flat=True))
    assert "minutes" not in row


@pytest.mark.parametrize("name", ["branches", "meetings", "duties", "members", "results"])
def test_the_number_of_queries_does_not_grow_with_the_rows(client, name, secret):
    headers = {"authorization": f"Bearer {secret}"}
    client.get(address(name), headers=headers)
    counts = []
    for _ in range(2):
        branch = BranchFactory()
        for _ in range(3):
            MeetingFactory(branch=branch)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address(name), headers=headers).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 7
