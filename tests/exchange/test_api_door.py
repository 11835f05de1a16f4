"""The door of the API: by a living token alone; what is too much; what every refusal says."""

from datetime import date, timedelta

import pytest
import redis

from accounts import actions as accounts
from accounts.models import SecondFactor
from branches.actions import dismiss, root, set_active
from branches.models import Appointment
from branches.rights import Role
from exchange import limits, tokens
from tests.exchange.conftest import address, lists
from tests.factories import ApiTokenFactory, MeetingFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)


@pytest.mark.parametrize(
    ("header", "right"),
    [("Bearer {}", 200), ("bearer {}", 200), ("Bearer  {}", 200), ("Token {}", 401), ("{}", 401), ("Bearer", 401), ("Bearer {}x", 401),
     ("Bearer dj_", 401), ("Bearer Ünsinn", 401), ("Basic {}", 401)],
)  # fmt: skip
def test_only_the_whole_token_in_its_header_opens(client, staff, header, right):
    secret = ApiTokenFactory(user=staff).secret

    answer = client.get(address("branches"), headers={"authorization": header.format(secret)})

    assert answer.status_code == right
    assert "no-store" in answer["Cache-Control"]
    assert "Set-Cookie" not in answer
    if right == 401:
        assert answer["WWW-Authenticate"] == "Bearer"
        assert answer.json()["code"] == "no_token"


def test_a_session_opens_nothing(client, staff):
    client.force_login(staff)

    assert {client.get(address(name)).status_code for name in lists()} == {401}
    assert client.get("/api/v1/nothing/").json()["code"] == "not_found"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_nothing_can_be_written(fetch, staff, method):
    """T-MASS: no list and no row takes anything but a question."""
    secret = ApiTokenFactory(user=staff).secret
    row = MeetingFactory(branch=root())
    places = [address(name) for name in lists()] + [address("meetings-one", row.pk)]

    answers = {fetch(secret, place, method=method)[0] for place in places}

    assert answers == {405}
    assert fetch.response.json()["code"] == "read_only"


def test_a_token_lives_until_its_last_day(fetch, staff):
    token = ApiTokenFactory(user=staff, expires_on=TODAY)

    assert tokens.find(token.secret, on=TODAY) == token
    assert tokens.find(token.secret, on=TODAY + timedelta(days=1)) is None


def _revoke(user, token):
    tokens.revoke(token, by=user)


def _new_password(user, token):
    accounts.change_password(user, "correct horse battery", by=user)


def _end_sessions(user, token):
    accounts.end_other_sessions(user, by=user)


def _close(user, token):
    set_active(user, False, by=UserFactory(serving=root(), role=Role.ADMIN))


@pytest.mark.parametrize("end", [_revoke, _new_password, _end_sessions, _close])
def test_what_ends_the_sessions_ends_the_token(fetch, staff, end):
    token = ApiTokenFactory(user=staff)
    before = fetch(token.secret, address("branches"))[0]
    end(staff, token)

    assert (before, fetch(token.secret, address("branches"))[0]) == (200, 401)


def test_an_appointment_that_ended_opens_nothing_from_the_next_request_on(fetch, staff):
    """T-STALE: rights are read anew for each request."""
    token = ApiTokenFactory(user=staff)
    before = fetch(token.secret, address("branches"))[0]
    post = Appointment.objects.get(user=staff)
    dismiss(post, on=post.started_on, by=UserFactory(serving=root(), role=Role.ADMIN))

    assert (before, fetch(token.secret, address("branches"))[0]) == (200, 403)


@pytest.mark.parametrize(
    ("setting", "has_phone", "right"), [("offered", False, 200), ("required", False, 403), ("required", True, 200)]
)
def test_a_post_that_asks_for_the_phones_code_asks_here_too(fetch, settings, staff, setting, has_phone, right):
    settings.SECOND_FACTOR = setting
    token = ApiTokenFactory(user=staff)
    if has_phone:
        SecondFactor.objects.create(user=staff, secret="x", confirmed_at="2025-01-01T00:00Z")

    assert fetch(token.secret, address("branches"))[0] == right


@pytest.mark.parametrize("limit", ["token", "network", "rows"])
def test_too_much_says_how_long_to_wait(fetch, settings, staff, limit):
    settings.API_LIMITS = {**settings.API_LIMITS, limit: 1}
    secret = ApiTokenFactory(user=staff).secret
    ask = f"{address('branches')}?limit=2"
    store = limits._store()
    store.delete(*store.keys("exchange|*"), "exchange")

    codes = [fetch(secret, ask)[0] for _ in range(3)]
    answer = fetch.response
    store.delete(*store.keys("exchange|*"), "exchange")

    assert codes == [200, 429, 429]
    assert 0 < int(answer["Retry-After"]) <= limits.DAY
    assert answer.json()["code"] == "too_many"


def test_without_redis_the_api_is_shut_and_the_pages_are_open(client, monkeypatch, staff):
    def away():
        raise redis.ConnectionError

    secret = ApiTokenFactory(user=staff).secret
    monkeypatch.setattr(limits, "_store", away)

    answer = client.get(address("branches"), headers={"authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert client.get("/sign-in/").status_code == 200
