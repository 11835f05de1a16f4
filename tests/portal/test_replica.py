"""Which questions a standby may answer: never rights, sessions or what was just written; and none that is too far behind."""

from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionRouter
from django.http import HttpResponse
from django.test import RequestFactory

from accounts.models import AuditEvent, User
from assessment.models import Seal
from branches.models import Appointment, Assignment, Branch, Screening
from exchange.models import ApiToken, Feed
from jobs.models import Job
from meetings.models import Meeting
from members.models import Member
from portal.operations import replica

ROUTER = replica.Router()


@pytest.fixture
def standby(settings, monkeypatch):
    """A standby that is near; no server is asked."""
    settings.DATABASE_REPLICA_URL = "postgresql:///copy"
    told = SimpleNamespace(lag=0.0, failed=0)
    monkeypatch.setattr(replica, "lag", lambda: told.lag)
    monkeypatch.setattr(replica.watch, "failed", lambda: setattr(told, "failed", told.failed + 1))
    return told


def _read(method="get", app="meetings", view=None, **cookies):
    """Where a page's question about meetings goes."""
    asked = []

    def look(request):
        asked.append(ROUTER.db_for_read(Meeting))
        return HttpResponse("page")

    look = view or look
    request = getattr(RequestFactory(), method)("/")
    request.COOKIES |= cookies
    request.resolver_match = SimpleNamespace(app_names=[app])

    def answer(request):
        middleware.process_view(request, look, (), {})
        try:
            return look(request)
        except OperationalError as error:
            return middleware.process_exception(request, error)

    middleware = replica.Middleware(answer)
    return middleware(request), asked


def test_a_page_that_looks_asks_the_standby(standby):
    response, asked = _read()

    assert asked == ["replica"]
    assert replica.COOKIE not in response.cookies
    assert ROUTER.db_for_read(Meeting) is None, "after the page nothing more"


def test_what_was_just_written_is_asked_of_the_primary(standby):
    response, asked = _read("post")

    assert asked == [None]
    assert response.cookies[replica.COOKIE]["max-age"] == replica.COOKIE_SECONDS
    assert _read(wrote="1")[1] == [None]
    assert replica.FURTHEST + replica.EVERY < replica.COOKIE_SECONDS


@pytest.mark.parametrize("app", ["assessment", "accounts"])
def test_pages_that_keep_by_looking_ask_the_primary(standby, app):
    assert _read(app=app)[1] == [None]


def test_a_standby_too_far_behind_is_not_asked(standby):
    standby.lag = None

    assert _read()[1] == [None]


@pytest.mark.parametrize(
    "model", [User, AuditEvent, Appointment, Assignment, Screening, ApiToken, Feed], ids=lambda model: model.__name__
)
def test_rights_are_asked_of_the_primary_always(standby, model):
    asked = []
    _read(view=lambda request: asked.append(ROUTER.db_for_read(model)) or HttpResponse())

    assert asked == ["default"]


def test_whose_record_an_account_opens_is_asked_of_the_primary(standby):
    asked = []
    for instance in (User(), Meeting()):
        _read(
            view=lambda request, row=instance: asked.append(ROUTER.db_for_read(Member, instance=row)) or HttpResponse()
        )

    assert asked == ["default", "replica"]


@pytest.mark.parametrize("model", [Branch, Meeting, Seal], ids=lambda model: model.__name__)
def test_every_write_goes_to_the_primary(standby, model):
    assert ROUTER.db_for_write(model) == "default"
    assert ROUTER.allow_migrate(replica.ALIAS, model._meta.app_label) is False
    assert ROUTER.allow_migrate("default", model._meta.app_label) is None


def test_a_standby_that_falls_in_the_middle_is_not_noticed(standby):
    asked = []

    def view(request):
        asked.append(ROUTER.db_for_read(Meeting))
        if asked[-1]:
            raise OperationalError("server closed the connection unexpectedly")
        return HttpResponse("page")

    response, _ = _read(view=view)

    assert (response.content, asked, standby.failed) == (b"page", ["replica", None], 1)


# --- how far behind: by what the primary had written when


@pytest.fixture
def watch(monkeypatch):
    """(watch, clock, positions): the clock and both servers are turned by hand."""
    at = SimpleNamespace(now=100.0, written=10, replayed=10)
    monkeypatch.setattr(replica.time, "monotonic", lambda: at.now)
    monkeypatch.setattr(replica, "_asked", lambda alias, question: at.written if alias == "default" else at.replayed)
    return replica.Watch(), at


def test_who_has_read_all_is_not_behind(watch):
    seen, _ = watch

    assert seen.lag() == 0


def test_who_stands_still_while_the_primary_goes_on_is_behind(watch):
    seen, at = watch
    lags = []
    for _ in range(6):
        at.written += 5
        lags.append(seen.lag())
        at.now += replica.EVERY

    assert lags == [0.0, 2.0, 4.0, None, None, None]


def test_a_quiet_night_is_no_lag(watch):
    seen, at = watch
    seen.lag()
    at.now += 10_000

    assert seen.lag() == 0


def test_a_server_that_is_no_standby_is_not_asked(watch):
    seen, at = watch
    at.replayed = None

    assert seen.lag() is None


def test_what_hangs_on_a_row_of_the_standby_is_asked_of_the_primary_too(standby):
    """A row remembers where it came from, and what is read along its keys follows it unless the router says otherwise."""
    job = Job()
    job._state.db = replica.ALIAS
    found = []

    def look(request):
        found.extend(
            ConnectionRouter([ROUTER]).db_for_read(model, instance=job) for model in (User, Appointment, Meeting)
        )
        return HttpResponse("page")

    _read(view=look)

    assert found == ["default", "default", replica.ALIAS]
