"""A database that is away is told as 503 with the time to try again; never as a trace, and never as a fault of the page."""

import psycopg2
import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from accounts.policy import PUBLIC, policy
from config import unavailable
from config.urls import urlpatterns as ours


def _view(error):
    @policy(PUBLIC)
    def view(request):
        raise error

    return view


class _Canceled(psycopg2.errors.QueryCanceled):
    pgcode = "57014"


def _canceled():
    error = OperationalError("canceling statement due to statement timeout")
    error.__cause__ = _Canceled()
    return error


urlpatterns = [
    *ours,
    path("away/", _view(OperationalError("server closed the connection unexpectedly"))),
    path("gone/", _view(InterfaceError("connection already closed"))),
    path("heavy/", _view(_canceled())),
    path("fault/", _view(DatabaseError("column does not exist"))),
    path("other/", policy(PUBLIC)(lambda request: HttpResponse(1 / 0))),
]
handler500 = unavailable.server_error


@pytest.fixture
def browser(settings):
    settings.ROOT_URLCONF = __name__
    settings.CSRF_USE_SESSIONS = False
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("address", ["/away/", "/gone/"])
def test_who_only_looks_is_told_to_wait_and_the_page_comes_again(browser, address):
    answer = browser.get(address)

    assert (answer.status_code, answer["Retry-After"], answer["Refresh"]) == (503, "5", "5")
    assert "系统正在恢复" in answer.content.decode()
    assert "Traceback" not in answer.content.decode()


def test_who_wrote_is_told_to_look_first(browser):
    answer = browser.post("/away/")

    assert (answer.status_code, "Refresh" in answer) == (503, False)
    assert "不一定保存了" in answer.content.decode()


def test_what_was_too_much_does_not_come_again_by_itself(browser):
    answer = browser.get("/heavy/")

    assert (answer.status_code, "Refresh" in answer) == (503, False)
    assert "缩小范围" in answer.content.decode()


@pytest.mark.parametrize("address", ["/fault/", "/other/"])
def test_a_fault_stays_a_fault(browser, address):
    answer = browser.get(address)

    assert (answer.status_code, "Retry-After" in answer) == (500, False)
    assert "没有办成" in answer.content.decode()


def test_the_portal_answers_so():
    from config import urls

    assert urls.handler500 == "config.unavailable.server_error"
