"""整改 on random roads: every act by every kind of person in every state. It moves along ROAD or is refused in words."""

import random
from collections import Counter
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.models import AuditEvent
from branches import rectifications
from branches.actions import root
from branches.models import Rectification, RectificationStep
from branches.rectifications import ROAD
from branches.rights import Role
from tests.factories import AppointmentFactory, BranchFactory, UserFactory
from tests.proofs.scale import BLOCKS, SEED, times

pytestmark = pytest.mark.django_db
START = date(2025, 3, 1)
Act, State = RectificationStep.Act, Rectification.State
STEPS = 40  # of one road before a new item is raised
SAID = rectifications.SAID


def people(branch, committee):
    """One of each post on the way from the branch to the top, one who holds two, and strangers."""
    return [
        UserFactory(serving=branch, role=Role.SECRETARY),
        UserFactory(serving=branch, role=Role.EDITOR),
        UserFactory(serving=committee, role=Role.COMMITTEE),
        AppointmentFactory(user=UserFactory(serving=branch, role=Role.SECRETARY), branch=root(), role=Role.STAFF).user,
        UserFactory(serving=root(), role=Role.STAFF),
        UserFactory(serving=root(), role=Role.ADMIN),
        UserFactory(serving=root(), role=Role.EDITOR),
        UserFactory(serving=root(), role=Role.LEADER),
        UserFactory(serving=committee, role=Role.INSPECTOR),
        UserFactory(serving=BranchFactory(), role=Role.SECRETARY),
        UserFactory(),
    ]


def attempt(act, item, person, on, rng):
    """Do one act with arguments that are right or a little wrong; what it raises is for the caller."""
    words = rng.choice([*["写明原因"] * 6, "", "  ", "机密★", "x" * 501])
    due_on = on + timedelta(days=rng.randint(-10, 60))
    match act:
        case Act.PLAN:
            version = item.version if rng.random() < 0.9 else item.version + rng.choice([-1, 1])
            owner, measure = rng.choice(["", "周明", "甲" * 51]), rng.choice(["", "改", "秘密★"])
            rectifications.plan(item, measure=measure, owner=owner, due_on=due_on, version=version, by=person, on=on)
        case Act.SUBMIT:
            rectifications.submit(item, done=words, by=person, on=on)
        case Act.RETURN:
            rectifications.send_back(item, words=words, by=person, on=on)
        case Act.ACCEPT:
            rectifications.accept(item, words=words, by=person, on=on)
        case Act.CLOSE:
            rectifications.close(item, words=words, by=person, on=on)
        case Act.REOPEN:
            rectifications.reopen(item, words=words, due_on=due_on, by=person, on=on)
        case Act.POSTPONE:
            rectifications.postpone(item, due_on=due_on, words=words, by=person, on=on)


def counts(item):
    events = AuditEvent.objects.filter(label=item._meta.label, object_id=str(item.pk))
    return item.steps.count(), events.count()


def held(item, before, act, person, outcome, was):
    """What must be true after each attempt."""
    steps, events = counts(item)
    if outcome == "done":
        assert item.state == ROAD[before][act]
        assert (steps, events) == (was[0] + 1, was[1] + 1)
        last = item.steps.last()
        assert (last.act, last.created_by_id) == (act, person.pk)
        assert AuditEvent.objects.latest("pk").action == SAID[act]
    else:
        assert item.state == before
        assert (steps, events) == was
    if item.accepted_by_id:
        assert item.accepted_by_id != item.submitted_by_id
        assert item.branch.parent_id is None or not person_is_only_of(item)
    item.full_clean(exclude=["created_by"])


def person_is_only_of(item):
    """Whether whoever accepted holds no post above the organisation."""
    posts = item.accepted_by.appointments.values_list("branch__path", flat=True)
    return not any(item.branch.path.startswith(path) and path != item.branch.path for path in posts)


def walk(rng, trials):
    committee = BranchFactory(kind="committee")
    branch = BranchFactory(parent=committee)
    everybody, told = people(branch, committee), Counter()
    staff = everybody[4]
    item = None
    for number in range(trials):
        on = START + timedelta(days=number % 300)
        if number % STEPS == 0:
            place = rng.choice([branch, branch, committee, root()])
            row = {"branch": place, "source": "patrol", "problem": f"第{number}个问题"}
            item = rectifications.raise_items([row], by=staff, on=on)[0]
        item.refresh_from_db()
        before, was = item.state, counts(item)
        legal = list(ROAD[before])
        act = rng.choice(legal if rng.random() < 0.6 else [act for act in Act if act != Act.RAISE])
        able = [user for user in everybody if act in rectifications.ways(item, user)]
        person = rng.choice(able if able and rng.random() < 0.6 else everybody)
        ways = rectifications.ways(item, person)
        try:
            with transaction.atomic():
                attempt(act, item, person, on, rng)
            outcome = "done"
        except (ValidationError, PermissionDenied) as refusal:  # a stale version is a ValidationError too
            outcome, words = type(refusal).__name__, str(refusal)
        if outcome == "ValidationError" and act not in ROAD[before]:
            assert State(before).label in words
        item.refresh_from_db()
        held(item, before, act, person, outcome, was)
        assert outcome != "done" or act in ways, "a page would not have offered it"
        person.__dict__.pop("held_today", None)
        told[outcome] += 1
        told[f"{before}→{act}"] += outcome == "done"
    return told


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_road_is_on_the_map(block, record_property):
    told = walk(random.Random(f"{SEED}/rectification/{block}"), times(10_000))
    record_property("steps", sum(told[outcome] for outcome in ("done", "ValidationError", "PermissionDenied")))

    if times(10_000) >= 500:
        taken = {name for name, count in told.items() if "→" in name and count}
        assert taken == {f"{state}→{act}" for state, acts in ROAD.items() for act in acts}
