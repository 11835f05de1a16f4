"""T-SESS: how a session begins, how long it lasts, and what ends it."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User

pytestmark = pytest.mark.django_db
PASSWORD = "right-Horse-9-staple"
NEW = "another-Horse-7-staple"
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
PAGE = "/password/"  # needs an account and no post


@pytest.fixture
def user():
    return User.objects.create_user("zhoumy", PASSWORD, name="周明远")


def enter(client, password=PASSWORD):
    return client.post("/sign-in/", {"username": "zhoumy", "password": password})


def is_in(client):
    return client.get(PAGE).status_code == 200


def change(client, old=PASSWORD, new=NEW, again=None):
    return client.post(PAGE, {"old": old, "new": new, "again": again or new})


@pytest.mark.parametrize("known", [True, False], ids=["made by a visitor", "made up"])
def test_a_key_set_before_does_not_survive_the_sign_in(client, user, known):
    if known:
        session = client.session
        session["planted"] = "x"
        session.save()
        key = session.session_key
    else:
        key = "a" * 32
    client.cookies["session"] = key

    enter(client)

    assert client.cookies["session"].value != key
    assert "planted" not in client.session
    assert not Session.objects.filter(session_key=key).exists()
    stranger = Client()
    stranger.cookies["session"] = key
    assert not is_in(stranger)


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(("minutes", "alive"), [(29, True), (30, False)])
def test_left_alone_for_half_an_hour_it_ends(client, user, minutes, alive):
    enter(client)

    with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
        assert is_in(client) == alive
        assert ("_auth_user_id" in client.session) == alive


def test_the_own_sessions_are_listed_and_the_others_ended(user):
    here, there, stranger = Client(), Client(), Client()
    User.objects.create_user("lim", PASSWORD, name="李梅")
    enter(here)
    enter(there)
    stranger.post("/sign-in/", {"username": "lim", "password": PASSWORD})
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=4), tick=False):
        page = here.get("/sessions/")
        assert (len(page.context["here"]), len(page.context["others"])) == (1, 1)
        assert page.context["here"][0]["network"] == "127.0.0.0"
        before = {name: here.session[name] for name in ("started", "proved")}

        assert here.post("/sessions/")["Location"] == "/sessions/"

        assert "没有别的设备" in here.get("/sessions/").content.decode()
        assert {name: here.session[name] for name in before} == before, "neither younger nor proved anew"
    assert is_in(here)
    assert is_in(stranger)
    assert not is_in(there)
    assert AuditEvent.objects.filter(action="account.end_sessions", by=user).count() == 1


@time_machine.travel(NOON, tick=False)
def test_in_use_it_ends_after_twelve_hours(client, user):
    enter(client)
    alive = {}
    for minutes in range(20, 12 * 60 + 1, 20):
        with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
            alive[minutes] = is_in(client)

    assert alive.pop(720) is False
    assert all(alive.values())


@time_machine.travel(NOON, tick=False)
def test_last_seen_is_written_once_a_minute_at_most(client, user, django_assert_num_queries):
    enter(client)
    started = client.session["seen"]
    with time_machine.travel(NOON + timedelta(seconds=59), tick=False):
        is_in(client)
        assert client.session["seen"] == started
    with time_machine.travel(NOON + timedelta(seconds=60), tick=False):
        is_in(client)
        assert client.session["seen"] == started + 60


def test_a_session_without_its_marks_is_no_session(client, user):
    enter(client)
    session = client.session
    del session["epoch"]
    session.save()

    assert not is_in(client)


def test_changing_the_password_ends_the_other_sessions_and_renews_this_one(client, user):
    other = Client()
    enter(client), enter(other)
    key = client.cookies["session"].value

    assert change(client)["Location"] == "/"

    assert client.cookies["session"].value != key
    assert is_in(client)
    assert not is_in(other)
    assert AuditEvent.objects.get(action="account.change_password").by == user
    assert enter(Client()).status_code == 200
    assert enter(Client(), NEW).status_code == 302


@pytest.mark.parametrize("end", [{"session_epoch": 1}, {"is_active": False}, {"password": "!"}], ids=str)
def test_closed_from_elsewhere_it_ends_at_the_next_request(client, user, end):
    enter(client)
    assert is_in(client)

    User.objects.filter(pk=user.pk).update(**end)

    assert not is_in(client)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ({"old": "wrong"}, "原密码不对，还可再试 4 次。"),
        ({"again": "something-Else-5"}, "两次输入的新密码不一样。"),
        ({"new": PASSWORD}, "新密码不能与原密码相同。"),
        ({"new": "short-1"}, "10"),
        ({"new": "20261120123"}, "数字"),
        ({"new": "password123"}, "常见"),
        ({"new": "zhoumy-zhoumy"[:10]}, "账号"),
    ],
    ids=["old", "again", "same", "short", "digits", "common", "like the name"],
)
def test_a_password_that_will_not_do(client, user, data, word):
    enter(client)

    response = change(client, **data)

    assert response.status_code == 200
    assert word in response.content.decode()
    assert "data-errors" in response.content.decode()
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_guessing_the_old_password_is_limited_like_the_door(client, user):
    enter(client)

    answers = [change(client, old=f"guess-{turn}").status_code for turn in range(6)]

    assert answers == [200] * 4 + [429] * 2
    assert change(client).status_code == 429


def test_a_first_password_opens_one_page_only(client, user):
    User.objects.filter(pk=user.pk).update(must_change_password=True)
    enter(client)

    assert client.get("/")["Location"] == reverse("accounts:change_password")
    assert client.get("/nothing-here/")["Location"] == reverse("accounts:change_password")
    piece = client.get("/", headers={"HX-Request": "true"})
    assert (piece.status_code, piece["HX-Redirect"]) == (204, reverse("accounts:change_password"))
    assert "初始密码" in client.get(PAGE).content.decode()
    assert client.post("/large/", {"next": PAGE})["Location"] == PAGE

    change(client)

    user.refresh_from_db()
    assert not user.must_change_password
    assert client.get(PAGE).status_code == 200


def test_a_forced_login_carries_the_marks(client, user):
    client.force_login(user)

    assert client.session["epoch"] == user.session_epoch
    assert time.time() - client.session["started"] < 60
    assert is_in(client)
