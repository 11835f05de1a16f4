"""Statements that are assembled once: they rest on nothing but their key, and tell what one assembled anew would tell."""

from contextlib import contextmanager
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from accounts.models import User
from assessment import evidence, sheet
from branches import statements
from branches.actions import root
from branches.models import Branch
from branches.rights import ROLES, Task, serving
from duties import matrix
from duties.models import Duty
from meetings.models import Meeting
from portal import board, desk
from portal.tally import Tally
from recruitment import cases, outlook
from rulebook.book import read_once
from tests.factories import (
    AssignmentFactory,
    BranchFactory,
    DecisionFactory,
    DutyFactory,
    FulfilmentFactory,
    MeetingFactory,
    RectificationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)
OF_USER = {"id", "is_active", "username"}  # by its name the user `system` is known
RULES = ("theme_party_day", "party_lecture")


@pytest.fixture(params=[*ROLES, *Task])
def person(request):
    """Somebody of each post and each task, with the posts of today read."""
    branch = BranchFactory(parent=BranchFactory(committee=True))
    if request.param in ROLES:
        at = {"secretary": branch, "editor": branch, "committee": branch.parent}.get(request.param, root())
        user = UserFactory(serving=at, role=request.param)
    else:
        user = UserFactory(serving=branch)
        AssignmentFactory(user=user, branch=BranchFactory(), task=request.param)
    user.home = branch
    return user


def parts(user):
    """Every statement of the homes, not asked yet."""
    for fill in (
        lambda tally: desk.fill(tally, user, user.home, TODAY), lambda tally: board.fill(tally, user, RULES, TODAY),
        lambda tally: board.fill_of_others(tally, user, TODAY),
    ):  # fmt: skip
        tally = Tally()
        fill(tally)
        yield tally._joined()
    yield desk.timely(user, user.home, TODAY)
    yield desk.unfinished(user, user.home, (3, 4))
    yield outlook.open_roads(user)
    yield board.sums_of(user, TODAY)
    yield board.first_of(user, Branch.objects.visible_to(user, verb="duty.see").owing(), RULES, TODAY)
    yield cases.joined((1, 2))
    yield matrix.by_rule((1, 2), TODAY.year, TODAY, RULES, "Q4")
    yield sheet.of_year(user, user.home, TODAY.year)
    yield evidence.joined(
        user, (("branches.Inspection", (5,)), ("duties.Filing", (3, 4)), ("meetings.Meeting", (1, 2)))
    )


def texts(user):
    """(SQL, parameters) of each; JSON by what it says."""
    found = [statements._assembled(each, None) for each in parts(user)]
    return [
        (each.shape and each.shape.sql, [getattr(param, "adapted", param) for param in each.params]) for each in found
    ]


@contextmanager
def nobody_asks():
    def refuse(execute, sql, *rest):
        raise AssertionError(f"to assemble a statement asked {sql[:200]}")

    with connection.execute_wrapper(refuse):
        yield


@time_machine.travel("2025-11-20T09:00+08:00", tick=False)
def test_to_assemble_one_nothing_is_asked(person):
    with read_once():
        statements.of_person(person, TODAY)
        with nobody_asks():
            assert any(sql for sql, _ in texts(person))


def test_the_hour_of_the_day_does_not_matter(person):
    serving(person)
    with time_machine.travel("2025-11-20T00:01+08:00", tick=False):
        early = texts(person)
    with time_machine.travel("2025-11-20T23:58+08:00", tick=False):
        assert texts(person) == early


@time_machine.travel("2025-11-20T09:00+08:00", tick=False)
def test_of_the_person_only_what_the_key_holds_matters(person, monkeypatch):
    serving(person)
    asked, plain = set(), User.__getattribute__

    def watched(user, name):
        asked.add(name)
        return plain(user, name)

    monkeypatch.setattr(User, "__getattribute__", watched)
    texts(person)
    monkeypatch.undo()

    assert asked & {field.attname for field in User._meta.concrete_fields} <= OF_USER


@time_machine.travel("2025-11-20T09:00+08:00", tick=False)
def test_a_kept_one_tells_what_a_new_one_tells(person):
    DutyFactory(branch=person.home)
    RectificationFactory.create_batch(2, branch=person.home, submitted=True)

    def fill(tally):
        board.fill(tally, person, RULES, TODAY)

    anew = Tally()
    fill(anew)
    anew.ask()
    for _ in range(2):
        kept = Tally.kept(("test", statements.of_person(person, TODAY)), fill)
        assert (kept.of, kept.rows, kept.since) == (anew.of, anew.rows, anew.since)


def test_kept_rows_are_what_the_query_itself_finds(django_assert_num_queries):
    """The same rows with the same columns, relations and annotations; after a change what is there now."""
    branch = BranchFactory()
    user = UserFactory(serving=branch, role="secretary")
    handed = {"handed_to": user, "handed_by": user, "handed_at": timezone.now()}
    days = dict.fromkeys(("opens_on", "target_on", "due_on", "ends_on", "locks_on"), TODAY)
    duty = DutyFactory(branch=branch, **days, **handed)
    serving(user)
    queries = {
        "timely": lambda: desk.timely(user, branch, TODAY), "unfinished": lambda: desk.unfinished(user, branch, (meeting.pk,)),
    }  # fmt: skip
    meeting = MeetingFactory(branch=branch)
    FulfilmentFactory(duty=duty, object_id=meeting.pk, on=TODAY)

    for topic in ("党史学习", "改过的主题"):
        Meeting.objects.filter(pk=meeting.pk).update(topic=topic)
        for name, build in queries.items():
            with django_assert_num_queries(1):
                kept = statements.instances(("test", name, user.pk), build)
                for row in kept:
                    assert row.handed_to == user if name == "timely" else row.topic == topic
            assert [vars_of(row) for row in kept] == [vars_of(row) for row in build()] != []


def vars_of(row):
    return {name: value for name, value in vars(row).items() if name != "_state"}


def test_those_who_ask_in_the_same_words_share_them():
    first, second = (statements._assembled(Duty.objects.filter(year=year), None) for year in (2024, 2025))

    assert first.shape is second.shape
    assert (first.params, second.params) == ((2024,), (2025,))


def test_another_post_another_day_and_another_decision_are_another_key(person):
    first = statements.of_person(person, TODAY)
    assert statements.of_person(person, date(2025, 11, 21)) != first
    del person.held_today
    assert statements.of_person(person, TODAY) == first
    DecisionFactory(key="rectify.days", value=20)
    second = statements.of_person(person, TODAY)
    assert second != first
    del person.held_today
    person.appointments.all().delete()
    assert statements.of_person(person, TODAY) != second


def test_those_that_lay_idle_go_first(monkeypatch, person):
    monkeypatch.setattr(statements, "KEPT", 2)
    statements._kept.clear()
    made = []

    def ask(key):
        statements.rows(key, lambda: (made.append(key), (None, key))[1])

    for key in ("a", "b", "a", "c", "a", "b"):
        ask(key)

    assert made == ["a", "b", "c", "b"]
    assert statements.rows("a", None) == ([], "a")
