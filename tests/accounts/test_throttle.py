"""T-AUTH-1 at suite scale: guesses that reach a password before the lock, however the addresses are spread."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth.backends import ModelBackend
from django.test import RequestFactory

from accounts import throttle
from accounts.models import AuditEvent, User
from accounts.tasks import clear_sessions

pytestmark = pytest.mark.django_db
PASSWORD = "right-Horse-9-staple"
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.fixture
def user():
    return User.objects.create_user("zhoumy", PASSWORD, name="周明远")


@pytest.fixture
def checked(monkeypatch):
    """The names whose password was really looked at; the guess itself is spared its 40 ms."""
    names = []

    def authenticate(self, request, username=None, password=None, **kwargs):
        names.append(username)
        return User.objects.filter(username=username).first() if password == PASSWORD else None

    monkeypatch.setattr(ModelBackend, "authenticate", authenticate)
    return names


def knock(client, address="203.0.113.9", username="zhoumy", password="wrong"):  # noqa: S107
    return client.post("/sign-in/", {"username": username, "password": password}, REMOTE_ADDR=address)


@pytest.mark.parametrize(
    ("addresses", "most"),
    [
        (["203.0.113.9"], 5),
        ([f"203.0.113.{n}" for n in range(200)], 5),
        ([f"10.{n}.0.1" for n in range(50)], 20),
        ([f"10.{n}.0.1" for n in range(200)], 20),
        ([f"2001:db8:0:7::{n:x}" for n in range(200)], 5),
        ([f"2001:db8:0:{n:x}::1" for n in range(200)], 20),
    ],
    ids=["one address", "one /24", "50 networks", "200 networks", "one /64", "200 of a /48"],
)
def test_200_guesses_of_one_account(client, user, checked, addresses, most):
    for turn in range(200):
        response = knock(client, addresses[turn % len(addresses)])

    assert len(checked) == most
    assert response.status_code == 429


def test_200_accounts_from_one_network(client, checked):
    for turn in range(200):
        response = knock(client, f"203.0.113.{turn}", username=f"user{turn}")

    assert len(checked) == 100
    assert response.status_code == 429


@time_machine.travel(NOON, tick=False)
def test_the_lock_holds_for_the_right_password_and_ends_by_itself(client, user):
    for _ in range(5):
        locked = knock(client)
    assert (locked.status_code, locked["Retry-After"]) == (429, "900")
    assert "15 分钟" in locked.content.decode()

    with time_machine.travel(NOON + timedelta(minutes=14, seconds=59), tick=False):
        assert knock(client, password=PASSWORD).status_code == 429
    with time_machine.travel(NOON + timedelta(minutes=15), tick=False):  # the knock in between cost nothing
        assert knock(client, password=PASSWORD).status_code == 302


@time_machine.travel(NOON, tick=False)
def test_after_the_wait_the_count_begins_anew(client, user):
    for _ in range(5):
        knock(client)
    with time_machine.travel(NOON + timedelta(minutes=15), tick=False):
        assert "还可再试 4 次" in knock(client).content.decode()


def test_a_neighbour_and_another_network_are_not_locked_out(client, user):
    User.objects.create_user("gaoxm", PASSWORD, name="高雪梅")
    for _ in range(5):
        knock(client)

    assert knock(client, username="gaoxm", password=PASSWORD).status_code == 302
    client.post("/sign-out/")
    assert knock(client, address="198.51.100.1", password=PASSWORD).status_code == 302


def test_a_success_clears_the_own_count_only(client, user, checked):
    User.objects.create_user("insider", PASSWORD, name="内部")
    for turn in range(4):
        knock(client)
        knock(client, username="insider", password=PASSWORD if turn % 2 else "wrong")
        client.post("/sign-out/")

    assert throttle.left("insider", "203.0.113.0") == 5
    assert throttle.left("zhoumy", "203.0.113.0") == 1


def test_a_try_is_counted_before_the_password_is_looked_at(client, user, monkeypatch):
    seen = []

    def authenticate(self, request, username=None, password=None, **kwargs):
        seen.append(throttle.left(username, "203.0.113.0"))

    monkeypatch.setattr(ModelBackend, "authenticate", authenticate)
    knock(client)

    assert seen == [4]


def test_the_lock_is_recorded_once_and_later_knocks_are_not(client, user, checked):
    for _ in range(9):
        knock(client)

    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["account.sign_in_fail"] * 4 + ["account.lock_out"]


@pytest.mark.parametrize("exists", [True, False])
def test_a_name_that_nobody_has_is_locked_alike(client, checked, exists):
    if exists:
        User.objects.create_user("ghost", PASSWORD, name="某")

    answers = [knock(client, username="ghost") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 4 + [429] * 2
    assert "还可再试 1 次" in answers[3].content.decode()


def test_what_was_typed_is_not_kept(client, checked):
    knock(client, username="530103199001011234", password="secret-typed-here")

    kept = str(list(AccessAttempt.objects.values()))
    assert "530103" not in kept
    assert "secret" not in kept


@pytest.mark.parametrize(
    ("meta", "https", "expected"),
    [
        ({"REMOTE_ADDR": "203.0.113.77"}, False, "203.0.113.0"),
        ({"REMOTE_ADDR": "2001:db8:1:2:3:4:5:6"}, False, "2001:db8:1:2::"),
        ({"REMOTE_ADDR": "::ffff:203.0.113.77"}, False, "203.0.113.0"),
        ({"REMOTE_ADDR": "203.0.113.77", "HTTP_X_FORWARDED_FOR": "198.51.100.1"}, False, "203.0.113.0"),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "6.6.6.6, 198.51.100.1"}, True, "198.51.100.0"),
        ({"REMOTE_ADDR": "127.0.0.1"}, True, "127.0.0.0"),
        ({"REMOTE_ADDR": ""}, False, "0.0.0.0"),  # noqa: S104
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "rubbish"}, True, "0.0.0.0"),  # noqa: S104
    ],
    ids=["v4", "v6", "v4 in v6", "forged", "front, last hop", "front, no header", "socket", "rubbish"],
)
def test_network(settings, meta, https, expected):
    settings.HTTPS = https
    request = RequestFactory().get("/")
    request.META.pop("REMOTE_ADDR")
    request.META |= meta

    assert throttle.network(request) == expected


@time_machine.travel(NOON, tick=False)
def test_the_night_forgets_old_counts(client, checked):
    knock(client, username="early")
    with time_machine.travel(NOON + timedelta(hours=2), tick=False):
        knock(client, username="late")
        clear_sessions()

    assert AccessAttempt.objects.count() == 1
