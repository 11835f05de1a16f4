"""Tokens are made by their owner, shown once, kept as a digest, and taken back by the owner or who looks after them."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from accounts.models import AuditEvent
from branches.actions import root
from branches.rights import Role
from exchange import tokens
from exchange.forms import TokenForm
from exchange.models import ApiToken
from tests.exchange.conftest import address
from tests.factories import ApiTokenFactory, BranchFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)
PAGE = "/api/tokens/"


@pytest.fixture
def secretary():
    return UserFactory(serving=BranchFactory(), role=Role.SECRETARY)


def made(user, **typed):
    form = TokenForm({"name": "取数", "expires_on": "2026-05-01"} | typed, user=user, on=TODAY)
    assert form.is_valid(), form.errors
    return tokens.make(form, by=user, on=TODAY)


def test_the_token_itself_is_nowhere_kept(secretary):
    token, secret = made(secretary)

    kept = str(ApiToken.objects.filter(pk=token.pk).values()) + str(
        list(AuditEvent.objects.values_list("detail", flat=True))
    )
    assert secret not in kept
    assert secret.startswith(token.prefix)
    assert tokens.find(secret, on=TODAY) == token


@pytest.mark.parametrize(("days", "fits"), [(-1, False), (0, True), (366, True), (367, False)])
def test_it_lasts_a_year_at_most(secretary, days, fits):
    if fits:
        assert made(secretary, expires_on=str(TODAY + timedelta(days=days)))
    else:
        with pytest.raises(ValidationError, match="最长一年"):
            made(secretary, expires_on=str(TODAY + timedelta(days=days)))


def test_nobody_gives_what_they_do_not_have(secretary):
    elsewhere = BranchFactory()

    form = TokenForm(
        {"name": "x", "expires_on": "2026-05-01", "verbs": ["use.see"], "branch": elsewhere.pk},
        user=secretary,
        on=TODAY,
    )

    assert set(form.errors) == {"verbs", "branch"}


def test_ten_are_enough(secretary):
    ApiTokenFactory.create_batch(tokens.MOST - 1, user=secretary)
    made(secretary)
    with pytest.raises(ValidationError, match="先作废"):
        made(secretary)


def test_only_the_owner_and_the_keeper_take_it_back(secretary):
    token = ApiTokenFactory(user=secretary)
    for stranger in (UserFactory(serving=BranchFactory()), UserFactory(serving=root(), role=Role.STAFF)):
        with pytest.raises(ValidationError, match="自己的"):
            tokens.revoke(token, by=stranger)
    tokens.revoke(token, by=UserFactory(serving=root(), role=Role.ADMIN))

    with pytest.raises(ValidationError, match="已经作废"):
        tokens.revoke(token, by=secretary)
    assert AuditEvent.objects.filter(action="token.revoke", detail={"of": secretary.pk}).count() == 1


@time_machine.travel("2025-11-20T02:00Z", tick=False)
def test_the_page_makes_shows_once_and_revokes(client, fetch, secretary):
    client.force_login(secretary)
    made = client.post(PAGE, {"act": "make", "name": "县平台", "expires_on": "2026-05-01", "verbs": ["meeting.see"]})
    secret = made.context["secret"]
    listed = client.get(PAGE).content.decode()

    assert secret in made.content.decode()
    assert secret not in listed
    assert "县平台" in listed
    assert (fetch(secret, address("meetings"))[0], fetch(secret, address("members"))[0]) == (200, 403)

    token = ApiToken.objects.get(user=secretary)
    assert "作废“县平台”" in client.get(f"{PAGE}?ask={token.pk}").content.decode()
    client.post(PAGE, {"act": "revoke", "token": token.pk})
    assert fetch(secret, address("meetings"))[0] == 401


@time_machine.travel("2025-11-20T02:00Z", tick=False)
def test_the_page_keeps_what_was_typed_and_asks_who_sits_there(client, secretary):
    client.force_login(secretary)
    wrong = client.post(PAGE, {"act": "make", "name": "县平台", "expires_on": "2030-01-01"}).content.decode()
    assert "县平台" in wrong
    assert "最长一年" in wrong

    session = client.session
    session["proved"] = 0
    session.save()
    answer = client.post(PAGE, {"act": "make", "name": "县平台", "expires_on": "2026-05-01"})
    assert answer["Location"].startswith("/confirm/")
    assert not ApiToken.objects.exists()
    assert "县平台" in client.get(PAGE).content.decode()


def test_a_stranger_cannot_take_one_back_by_its_key(client, secretary):
    token = ApiTokenFactory(user=UserFactory(serving=BranchFactory()))
    client.force_login(secretary)

    assert client.post(PAGE, {"act": "revoke", "token": token.pk}).status_code == 404


def test_the_description_holds_every_list_in_words(client, secretary):
    client.force_login(secretary)
    page = client.get("/api/").content.decode()

    assert "/api/v1/meetings/" in page
    assert "held_on_from" in page
    assert "id_number" not in page
    assert client.get("/api/openapi.json").json()["paths"].keys() >= {"/api/v1/meetings/", "/api/v1/meetings/{id}/"}
