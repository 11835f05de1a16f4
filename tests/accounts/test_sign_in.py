"""Who gets in, where they land, and that a refusal tells nothing of which accounts exist (T-ENUM, T-REDIR)."""

import re

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.urls import reverse

from accounts.hashers import Argon2id
from accounts.models import AuditEvent, User
from config import settings as written

pytestmark = pytest.mark.django_db
PASSWORD = "right-Horse-9-staple"
DOOR = "/sign-in/"


@pytest.fixture
def user():
    return User.objects.create_user("zhoumy", PASSWORD, name="周明远")


def knock(client, username="zhoumy", password=PASSWORD, **data):
    return client.post(DOOR, {"username": username, "password": password, **data})


def body(response, username):
    """The page without what differs anyway: the token and the name that was typed."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    return text.replace(username, "")


def test_the_right_password_opens_and_is_recorded(client, user):
    response = knock(client)

    assert (response.status_code, response["Location"]) == (302, "/")
    event = AuditEvent.objects.get(action="account.sign_in")
    assert (event.by, event.object_id, event.detail) == (user, str(user.pk), {"network": "127.0.0.0"})


def test_a_signed_in_person_does_not_see_the_door(client, user):
    client.force_login(user)

    assert client.get(DOOR, {"next": "/members/"})["Location"] == "/members/"


@pytest.mark.parametrize("username", ["zhoumy", "nobody", "left", "system", "ZHOUMY"])
def test_a_refusal_is_the_same_for_every_name(client, user, username):
    User.objects.create_user("left", PASSWORD, name="已停用", is_active=False)
    User.objects.system()
    reference = body(knock(client, "somebody-else", "wrong-password", REMOTE_ADDR="10.0.0.1"), "somebody-else")

    password = PASSWORD if username == "left" else "wrong-password"
    response = knock(client, username, password)

    assert body(response, username) == reference
    assert "账号或密码不对，还可再试 4 次。" in response.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("username", ["zhoumy", "nobody", "left", "system"])
def test_every_refusal_costs_one_hash(client, user, username, monkeypatch):
    User.objects.create_user("left", PASSWORD, name="已停用", is_active=False)
    User.objects.system()
    calls = []
    for name in ("encode", "verify"):
        original = getattr(Argon2id, name)
        monkeypatch.setattr(Argon2id, name, lambda *args, _original=original: calls.append(1) or _original(*args))

    knock(client, username, "wrong-password")

    assert len(calls) == 1


def test_a_password_is_kept_by_argon2id_at_the_floor_of_owasp(settings):
    settings.PASSWORD_HASHERS = written.PASSWORD_HASHERS
    kept = make_password(PASSWORD)

    assert kept.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password(PASSWORD, kept)


def test_a_wrong_password_is_recorded_by_the_system_without_the_typed_name(client, user):
    knock(client, "530103199001011234", "wrong-password")
    knock(client, "zhoumy", "wrong-password")

    unknown, known = AuditEvent.objects.filter(action="account.sign_in_fail").order_by("pk")
    assert unknown.by == known.by == User.objects.system()
    assert (unknown.object_id, known.object_id) == ("", str(user.pk))
    assert "530103" not in str(unknown.detail)


@pytest.mark.parametrize(
    "data",
    [{"username": "", "password": ""}, {"username": "x" * 51, "password": "y"}, {"username": "a\0b", "password": "y"}],
)
def test_a_form_that_makes_no_sense_is_shown_again(client, user, data):
    assert client.post(DOOR, data).status_code == 200
    assert not AuditEvent.objects.filter(action__startswith="account.").exists()


def test_full_width_digits_are_the_same_account(client):
    User.objects.create_user("13900001111", PASSWORD, name="高雪梅")

    assert knock(client, "１３９００００１１１１").status_code == 302


@pytest.mark.parametrize("wish", ["/members/", "/members/?q=zxq&page=2", "/duties/#main"])
def test_the_wanted_page_follows(client, user, wish):
    assert knock(client, next=wish)["Location"] == wish


FOREIGN = [
    "https://evil.example/", "http://evil.example", "//evil.example", "///evil.example", "////evil.example/x",
    "\\\\evil.example", "/\\evil.example", "\\/evil.example", "/\t/evil.example", "/\n/evil.example",
    "\t//evil.example",
    " //evil.example", "https:evil.example", "https:/evil.example", "https:///evil.example", "http:///evil.example",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "vbscript:x",
    "ftp://evil.example", "mailto:x@evil.example", "blob:x", "evil.example", "www.evil.example/x", "@evil.example",
    "testserver@evil.example", "https://testserver@evil.example/", "https://testserver.evil.example/",
    "//testserver@evil.example", "https://evil.example\\@testserver", "https://evil.example#@testserver",
    "https://evil.example?testserver", "//evil。example", "//[::1]", "http://[", "//%65vil.example",
    "\x00//evil.example",
    "\x01//evil.example", "sign-in", "?next=//evil.example", "#x",
]  # fmt: skip


@pytest.mark.parametrize("wish", FOREIGN)
def test_no_wish_leads_out_of_the_portal(client, user, wish):
    assert knock(client, next=wish)["Location"] == "/"
    assert client.get(DOOR, {"next": wish})["Location"] == "/"
    assert client.post("/large/", {"next": wish})["Location"] == "/"


def test_signing_out_is_a_post_and_is_recorded(client, user):
    client.force_login(user)

    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == reverse("accounts:sign_in")
    assert "_auth_user_id" not in client.session
    assert AuditEvent.objects.get(action="account.sign_out").by == user
    assert client.post("/sign-out/").status_code == 302  # a session that has run out meanwhile is no error


def test_a_form_without_a_token_is_refused_in_words(user):
    from django.test import Client

    response = Client(enforce_csrf_checks=True).post(DOOR, {"username": "zhoumy", "password": PASSWORD})

    assert response.status_code == 403
    assert "刷新后再提交一次" in response.content.decode()


def test_large_print_is_kept_by_the_device(client):
    first = client.post("/large/", {"next": "/sign-in/"})
    assert (first["Location"], first.cookies["large"].value) == ("/sign-in/", "1")
    assert first.cookies["large"]["httponly"]
    assert '<html lang="zh-CN" class="large">' in client.get(DOOR).content.decode()

    client.post("/large/", {"next": "/sign-in/"})
    assert '<html lang="zh-CN">' in client.get(DOOR).content.decode()
    assert client.get("/large/").status_code == 405
