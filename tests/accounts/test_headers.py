"""T-HDR: every answer carries what keeps a browser from doing harm, and nothing of a person stays in a cache."""

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import get_resolver

from accounts.middleware import EVERYWHERE, headers
from accounts.models import User

pytestmark = pytest.mark.django_db


def routes(patterns=None, prefix=""):
    """Every address of the portal; an argument becomes 1, which most likely is nobody's row."""
    for pattern in patterns or get_resolver().url_patterns:
        path = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, path)
        else:
            for converter in pattern.pattern.regex.groupindex:
                path = (
                    path.replace(f"<int:{converter}>", "1")
                    .replace(f"<str:{converter}>", "1")
                    .replace(f"<{converter}>", "1")
                )
            yield "/" + path


def missing(response):
    return [name for name in EVERYWHERE if name not in response.headers]


@pytest.fixture
def person():
    return User.objects.create_user("zhoumy", name="周明远")


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize("method", ["get", "post", "options", "head"])
def test_every_route_answers_with_all_headers_and_stays_in_no_cache(person, signed_in, method):
    wrong = {}
    for path in routes():
        client = Client(raise_request_exception=False)
        if signed_in:
            client.force_login(person)
        response = getattr(client, method)(path)
        if missing(response) or response.headers["Cache-Control"].count("no-store") != 1:
            wrong[path] = dict(response.headers)
        policy = response.headers["Content-Security-Policy"]
        if "default-src 'none'" not in policy or "unsafe" in policy:
            wrong[path] = policy

    assert wrong == {}


@pytest.mark.parametrize(
    ("path", "extra", "status"),
    [
        ("/nothing-here/", {}, 404),
        ("/static/nothing-here.css", {}, 404),
        ("/sign-in/", {"HTTP_HOST": "evil.example"}, 400),
        ("/sign-out/", {}, 405),
    ],
)
def test_errors_too(path, extra, status):
    response = Client(raise_request_exception=False).get(path, **extra)

    assert response.status_code == status
    assert missing(response) == []
    assert response.headers["Cache-Control"] == "no-store"


def test_a_crash_too(monkeypatch):
    monkeypatch.setattr("accounts.views.onward", lambda *args: 1 / 0)

    response = Client(raise_request_exception=False).post("/large/")

    assert response.status_code == 500
    assert "系统出了问题" in response.content.decode()
    assert missing(response) == []
    assert response.headers["Cache-Control"] == "no-store"


def test_a_file_may_be_cached():
    settings_of_server = {"Cache-Control": "max-age=60, public"}
    served = headers(lambda request: HttpResponse("x", headers=settings_of_server))

    response = served(RequestFactory().get(f"{settings.STATIC_URL}css/theme-base.css"))

    assert response.headers["Cache-Control"] == "max-age=60, public"
    assert missing(response) == []


def test_the_page_of_a_missing_thing_is_the_same_bytes_everywhere(client, person):
    client.force_login(person)

    assert client.get("/nothing-here/").content == client.get("/nothing/else/").content
    assert b"csrfmiddlewaretoken" not in client.get("/nothing-here/").content
