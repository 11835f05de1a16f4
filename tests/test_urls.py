"""T-PERM-4: nothing answers, and nothing runs in the background, that has not said under which right it does."""

import sys
from types import ModuleType

import pytest
from django.http import HttpResponse
from django.urls import path

from accounts.policy import PUBLIC, SIGNED_IN, policy
from branches import rights
from branches.actions import root
from branches.rights import BELOW, OWN, ROLES, VERBS, Role
from config.celery import app
from config.urls import urlpatterns
from tests.factories import UserFactory
from tests.routes import QUERY_TARGETS, TARGETS, Route, routes
from tests.routes_exchange import of_api

OPEN_TO_ALL = {
    "accounts:sign_in",
    "accounts:code",
    "accounts:sign_out",
    "accounts:large",
    "portal:livez",
    "portal:readyz",
} | {
    "training:handouts",
    "exchange:feed",  # a calendar program has its address alone: strict inside
    *("training:open_pass", "training:scan", "training:type_code"),  # the door of the hall: strict inside
    "training:own_papers",
    "training:survey_answer",
    "training:sit",  # for whom a link or the own account answers
    "training:handout",  # whoever is on the roll, by link or own account
}
# What runs without anybody asking: as whom. Tasks take ids or dates only, so that no name or number enters the queue.
TASKS = {
    "assessment.tasks.keep_heads": "adds what the file of heads lacks; writes nothing in the database",
    "assessment.tasks.forecast_all": "grades by the records; writes the forecasts alone",
    "accounts.tasks.chain_events": "housekeeping; adds links to the chain of records only",
    "accounts.tasks.clear_sessions": "housekeeping; touches sessions and counters only",
    "exchange.tasks.tell": "reads the chain of records, sends keys and kinds; writes messages out alone",
    "files.tasks.sweep_orphans": "housekeeping; touches bytes without a row only",
    "files.tasks.scan_waiting": "as the user `system`",
    "jobs.tasks.work_off": "as the person who asked for the job",
    "jobs.tasks.forget_jobs": "housekeeping; touches finished jobs only",
    "training.tasks.close_surveys": "as the user `system`",
    "portal.tasks.tend_duties": "as the user `system`",
    "portal.tasks.back_up": "reads all of the database for the daily backup; writes that it did",
    "reminders.tasks.deliver": "sends what the sweep set out; the keys of channels only",
    "reminders.tasks.sweep": "finds and tells by the dates alone; writes reminders and digests",
    "portal.tasks.forget_exports": "as the user `system`; files of lists taken along, after their hours",
    "portal.tasks.forget_uploads": "housekeeping; touches uploads that were never imported only",
}


@pytest.mark.parametrize("route", [*routes(), *of_api()], ids=lambda route: route.name)
def test_each_route_declares_who_may_call_it(route):
    assert route.policy in {*VERBS, SIGNED_IN, PUBLIC}
    assert (route.policy == PUBLIC) == (route.name in OPEN_TO_ALL)


def test_each_key_in_a_route_is_known_to_the_matrix():
    with_key = {route.name for route in routes() if "pk" in route.args}

    assert with_key == set(TARGETS)
    assert set(QUERY_TARGETS) <= {route.name for route in routes()}


@pytest.fixture
def dummy(settings):
    """The portal with one more page, `/dummy/`, served by a view of one's own."""

    def serve(view):
        module = ModuleType("tests.dummy_urls")
        module.urlpatterns = [*urlpatterns, path("dummy/", view, name="dummy")]
        sys.modules["tests.dummy_urls"] = module
        settings.ROOT_URLCONF = "tests.dummy_urls"
        return Route("dummy", view, ())

    yield serve
    sys.modules.pop("tests.dummy_urls", None)


@pytest.mark.django_db
@pytest.mark.parametrize("signed_in", [False, True], ids=["visitor", "administrator"])
def test_a_route_that_declares_nothing_is_refused_to_everybody(client, dummy, signed_in):
    if signed_in:
        client.force_login(UserFactory(serving=root(), role=Role.ADMIN))

    route = dummy(lambda request: HttpResponse("in"))

    assert client.get("/dummy/").status_code == 403
    with pytest.raises(AssertionError):
        test_each_route_declares_who_may_call_it(route)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("verb", "visitor", "without", "holder"),
    [(PUBLIC, 200, 200, 200), (SIGNED_IN, 302, 200, 200), ("import.run", 302, 403, 200)],
)
def test_what_a_declaration_means(client, dummy, verb, visitor, without, holder):
    people = UserFactory(serving=root(), role=Role.LEADER), UserFactory(serving=root(), role=Role.STAFF)
    dummy(policy(verb)(lambda request: HttpResponse("in")))

    answers = [client.get("/dummy/").status_code]
    for person in people:
        client.force_login(person)
        answers.append(client.get("/dummy/").status_code)

    assert answers == [visitor, without, holder]


def test_each_task_is_known_and_takes_no_names():
    app.loader.import_default_modules()
    tasks = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}

    assert set(tasks) == set(TASKS)
    for task in tasks.values():
        assert set(task.run.__code__.co_varnames[: task.run.__code__.co_argcount]) <= {"pk", "on", "year"}


def test_the_table_of_rights_is_closed():
    assert set(ROLES) == set(Role)
    for verbs in ROLES.values():
        assert set(verbs) <= set(VERBS)
        assert set(verbs.values()) <= {OWN, BELOW}
    of_tasks = {verb for verbs in rights.TASKS.values() for verb in verbs}
    assert {verb for verbs in ROLES.values() for verb in verbs} | of_tasks == set(VERBS)
