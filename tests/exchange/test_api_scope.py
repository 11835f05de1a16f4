"""The API shows what the pages show and not a word more: COUNTY-S asks every list as everybody, by token."""

import os
import random
from datetime import date
from pathlib import Path

import pytest
import yaml

from accounts.models import AuditEvent
from branches.rights import VERBS
from exchange.models import ApiToken
from tests.county import NOBODY
from tests.exchange.conftest import address, lists
from tests.factories import ApiTokenFactory
from tests.routes_exchange import of_api
from tests.security.watch import Watch

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
PEOPLE = [
    "admin", "staff", "leader of a", "committee a", "secretary a1", "secretary shut", "editor a1", "inspector a", "inspector",
    "discipline b", "two roles", "moved secretary", "assessor", "grader", "member without post",
]  # fmt: skip
# Columns of class S2 that a list tells all the same, and why.
TOLD = {
    "members.DuesPayment": {"month"},  # that a month is paid, as the list of 党费 does; no amount
    "assessment.Forecast": {
        "total",
        "still",
        "lost",
        "judged",
    },  # an organisation's points, to whom score.see shows them
}


@pytest.mark.parametrize("person", PEOPLE)
def test_each_list_holds_what_the_person_may_see(county, fetch, secrets_of, person):
    watch, wrong, rows = Watch(county, person), [], 0
    for name, view in lists().items():
        page = "?limit=200" if hasattr(view, "model") else ""
        status, body = fetch(secrets_of[person], f"{address(name)}{page}")
        if status != (200 if county.reach(person, view.verb) else 403):
            wrong.append((name, status))
        watch.look(name, fetch.response)
        rows += len((body or {}).get("results", ()))

    assert wrong == []
    assert watch.leaks == {}
    assert rows > 100 or not county.reach(person, "member.see"), "lists that hold nothing prove nothing"


@pytest.mark.parametrize("person", ["suspended", "expired", "not yet"])
def test_who_serves_nowhere_reads_nothing(county, fetch, secrets_of, person):
    answers = {fetch(secrets_of[person], address(name))[0] for name in lists()}

    assert answers == ({401} if person == "suspended" else {403})


@pytest.mark.parametrize(
    "fault", [{"expires_on": date(2025, 11, 19)}, {"epoch": 7}], ids=["expired", "of former sessions"]
)
def test_a_token_that_no_longer_holds_opens_nothing(county, fetch, fault):
    """T-PERM-1, the principal “expired token”: every route of the API."""
    secret = ApiTokenFactory(user=county.people["admin"], **fault).secret

    assert {fetch(secret, route.url(1))[0] for route in of_api()} == {401}


def test_each_row_opens_to_whom_its_list_shows_it(county, fetch, secrets_of):
    """T-PERM-1 of single rows: one of each list of the administrator, asked for by three others."""
    admin, wrong = secrets_of["admin"], []
    tables = [name for name, view in lists().items() if hasattr(view, "model")]
    for name in random.sample(tables, len(tables) if os.environ.get("PROOF") else 8):
        rows = fetch(admin, f"{address(name)}?limit=200")[1]["results"]
        for pk in {rows[-1]["id"]} if rows else ():
            for person in ("secretary a1", "inspector c", "discipline b"):
                seen = fetch(secrets_of[person], f"{address(name)}?limit=1&after={pk - 1}")
                shown = seen[0] == 200 and [row["id"] for row in seen[1]["results"]] == [pk]
                code = fetch(secrets_of[person], address(f"{name}-one", pk))[0]
                if code != (200 if shown else 403 if seen[0] == 403 else 404):
                    wrong.append((name, pk, person, code))

    assert wrong == []


def test_a_row_of_others_and_no_row_look_the_same(county, fetch, secrets_of):
    secret, alike = secrets_of["secretary a1"], []
    for name, key in [("branches", county.branches["b1"].pk), ("members", county.members["b1"][0].pk),
                      ("meetings", county.meetings["b1"][0].pk)]:  # fmt: skip
        answers = [(fetch(secret, address(f"{name}-one", pk)), fetch.response.content) for pk in (key, NOBODY)]
        alike.append(answers[0] == answers[1] and answers[0][0][0] == 404)
    own = fetch(secret, address("members-one", county.members["a1"][0].pk))

    assert alike == [True] * 3
    assert own[0] == 200


def test_a_token_gives_less_where_it_says_so_and_never_more(county, fetch):
    staff, a, b1 = county.people["staff"], county.branches["a"], county.branches["b1"]
    narrow = ApiTokenFactory(user=staff, verbs=["member.see"], branch=a).secret
    beyond = ApiTokenFactory(user=county.people["committee a"], branch=b1).secret

    seen = {row["branch"] for row in fetch(narrow, f"{address('memberships')}?limit=200")[1]["results"]}
    below = {county.branches[name].pk for name in ("a1", "a2", "a3")}

    assert below <= seen <= below | {a.pk}
    assert fetch(narrow, address("meetings"))[0] == 403
    assert fetch(beyond, address("memberships"))[0] == 403


def test_no_list_tells_what_is_classified():
    classes = yaml.safe_load((ROOT / "vault/fields.yaml").read_text("utf-8"))
    told = {}
    for view in lists().values():
        if model := getattr(view, "model", None):
            closed = {name for key in ("S2", "S3") for name in classes[model._meta.label].get(key, ())}
            if found := closed & {*view.fields, *view.filters} - TOLD.get(model._meta.label, set()):
                told[model._meta.label] = found

    assert told == {}


def test_each_list_says_by_which_right_and_what_may_be_asked():
    for name, view in lists().items():
        assert view.verb in VERBS, name
        assert view.label, name
        assert view.group, name
        if model := getattr(view, "model", None):
            see = getattr(model.objects.all(), "see", None)
            assert see in (None, view.verb), f"{name}: {see}"


def test_first_use_of_a_day_is_on_record_without_what_was_read(client, county):
    token = ApiTokenFactory(user=county.people["staff"])
    for _ in range(3):
        client.get(address("members"), headers={"authorization": f"Bearer {token.secret}"})

    events = AuditEvent.objects.filter(action="token.use", object_id=str(token.pk))
    assert [event.detail for event in events] == [{}]
    assert ApiToken.objects.get(pk=token.pk).last_used_on == date(2025, 11, 20)
