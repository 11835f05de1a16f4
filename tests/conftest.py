"""What every test may use."""

import logging
import os
import time
from contextlib import contextmanager
from datetime import date

import pytest
import time_machine
from django.db import connection, connections, transaction
from django.db.models.query import ModelIterable
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings, setup_databases

from branches.actions import root
from branches.rights import Role
from portal import demo
from portal.demo import analyse
from tests import migrated
from tests.county import NOW, County
from tests.factories import BranchFactory, UserFactory
from tests.imports import county as invented
from tests.imports import layouts


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Asked for right before the worker's database is created."""
    connection.settings_dict["TEST"]["TEMPLATE"] = migrated.template()


@pytest.fixture(scope="session", autouse=True)
def _order_is_never_lost():
    """Django leaves a model's order out where rows are counted into each: such a list must say its order itself."""
    plain = ModelIterable.__iter__

    def checked(self):
        query = self.queryset.query
        lost = query.group_by and query.default_ordering and query.get_meta().ordering and not query.order_by
        assert not lost or query.is_sliced, f"{query.model._meta.label}: annotate() with a count needs order_by()"
        return plain(self)

    ModelIterable.__iter__ = checked
    yield
    ModelIterable.__iter__ = plain


@pytest.fixture(scope="session")
def django_db_setup(request, django_db_setup, django_db_blocker):
    """The database also where no test of the run is marked `django_db`: those of several connections cannot be."""
    if not any(item.get_closest_marker("django_db") for item in request.session.items):
        with django_db_blocker.unblock():
            setup_databases(verbosity=0, interactive=False, keepdb=True)


@pytest.fixture
def count_queries(client):
    """How many queries a page costs the signed-in person of `client`; the page must open."""

    def count(url):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(url)
        assert response.status_code == 200, f"{url}: {response.status_code}"
        return len(queries)

    return count


@pytest.fixture
def branch():
    return BranchFactory()


@pytest.fixture
def secretary(client, branch):
    """The secretary of `branch`, signed in."""
    user = UserFactory(serving=branch)
    client.force_login(user)
    return user


@pytest.fixture
def staff():
    """Somebody of the work committee's staff."""
    return UserFactory(serving=root(), role=Role.STAFF)


@pytest.fixture(scope="session", autouse=True)
def _files_need_not_last():
    """As the databases of the tests: no power cut is survived, so nothing waits for the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _passwords_cost_little():
    with override_settings(PASSWORD_HASHERS=["tests.hashing.QuickArgon2id"]):
        yield


# --- what many tests begin with is built once, in a database of its own


def aside(name):
    """A connection to a new database, empty but for what migrations write."""
    found = connections["default"].copy()
    found.settings_dict["NAME"] = migrated.copy(f"{name}_{os.getpid()}")
    return found


@contextmanager
def connected(other):
    """The portal works on another database meanwhile."""
    before = connections["default"]
    connections["default"] = other
    try:
        yield
    finally:
        connections["default"] = before


@contextmanager
def building(other):
    """What is written stays there; nothing runs in the background because of it."""
    with connected(other), transaction.atomic():
        yield
        connection.run_on_commit.clear()


@contextmanager
def working(other):
    """What is written is taken back."""
    with connected(other), transaction.atomic():
        yield
        transaction.set_rollback(True)


# --- the invented county of size 1, with the seconds of our own work that each step took: `took`


@pytest.fixture(scope="session")
def _demo_built(django_db_setup, django_db_blocker):
    took = {}

    def timed(name, step):
        def run(county, rng):
            started = time.process_time()  # the clock on the wall also counts whatever else runs on the machine
            step(county, rng)
            took[name] = took.get(name, 0) + time.process_time() - started

        return name, run

    other = aside("demo")
    with django_db_blocker.unblock(), building(other), pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "STEPS", [timed(*step) for step in demo.STEPS])
        county = demo.build(size=1, seed="1", today=date(2026, 11, 20))
        connection.check_constraints()  # once here, or each test would check the whole county again at its end
    county.took = took
    yield other, county
    other.close()


@pytest.fixture(scope="module")
def _demo(_demo_built, django_db_blocker):
    other, county = _demo_built
    with django_db_blocker.unblock(), working(other):
        yield county


@pytest.fixture
def demo_county(_demo, db):
    return _demo


# --- COUNTY-S: what a file does to it is taken back at its end. Time stands still in it.


@pytest.fixture(scope="session")
def _county_built(django_db_setup, django_db_blocker):
    """The connection to it, the county, and person → session key: everybody has signed in once."""
    other = aside("county")
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False):
        with building(other):
            county, keys = County(), {}
            for person, user in county.people.items():
                if user is not None:
                    browser = Client()
                    browser.force_login(user)
                    keys[person] = browser.cookies["session"].value
        with connected(other):
            analyse()
    yield other, county, keys
    other.close()


@pytest.fixture(scope="module")
def _county(_county_built, django_db_blocker):
    other, county, _ = _county_built
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False), working(other):
        yield county


@pytest.fixture
def county(_county, db):
    return _county


@pytest.fixture(scope="module")
def keys(_county, _county_built):
    return _county_built[2]


@pytest.fixture
def ask(county, keys):
    """ask(person, method, url, data, **headers) → the answer, or what `then` makes of it; whatever was written is taken back."""
    browser = Client(raise_request_exception=False)

    def send(person, method, url, data=None, *, then=lambda response: response, **extra):
        browser.cookies.clear()
        if person in keys:
            browser.cookies["session"] = keys[person]
        with transaction.atomic():
            answer = then(getattr(browser, method)(url, data or {}, **extra))
            transaction.set_rollback(True)
        return answer

    logging.disable(logging.ERROR)  # thousands of refusals are expected here
    yield send
    logging.disable(logging.NOTSET)


# --- the county of tests/imports, as its workbooks bring it in


@pytest.fixture(scope="session")
def _organised(django_db_setup, django_db_blocker):
    other = aside("organised")
    with django_db_blocker.unblock(), building(other):
        invented.bring(layouts.xlsx(invented.organisations()))
    yield other
    other.close()


@pytest.fixture(scope="session")
def _peopled(django_db_setup, django_db_blocker):
    other = aside("peopled")
    with django_db_blocker.unblock(), building(other):
        invented.bring(layouts.xlsx(invented.organisations()))
        invented.bring(layouts.xlsx(invented.roster()))
    yield other
    other.close()


@pytest.fixture
def organised(_organised, db):
    """The county's organisations are on record; whoever asks for more rows besides asks for this first."""
    with working(_organised):
        yield


@pytest.fixture
def peopled(_peopled, db):
    """The county's organisations and members are on record."""
    with working(_peopled):
        yield
