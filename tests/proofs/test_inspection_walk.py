"""A visit on random roads, with its problems and its 通报: every act by every kind of person at every time.

It moves along ROAD or is refused in words; nothing is closed while something of it is open, and nobody signs what they wrote.
"""

import random
from collections import Counter
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.models import AuditEvent
from branches import inspection_notices, inspections, rectifications
from branches.actions import root
from branches.inspections import ROAD, SETTLED
from branches.models import Inspection, Notice, Rectification
from branches.rights import Role, may
from duties import notices
from tests.factories import AppointmentFactory, BranchFactory, InspectionLineFactory, InspectionPlanFactory, UserFactory
from tests.proofs.scale import BLOCKS, SEED, times

pytestmark = pytest.mark.django_db
START = date(2025, 3, 1)
STEPS = 50  # of one visit before a new one is entered
ACTS = ("mend", "find", "draft", "issue", "withdraw", "sign", "submit", "accept", "return", "close", "reopen")
ABLE = {"submit": (0,), "sign": (0,), "issue": (5, 6, 7), "withdraw": (5, 6), "accept": (2, 4, 5)}  # places in `people`
OF_VISIT, OF_NOTICE = ("close", "reopen"), ("issue", "withdraw")


def people(branch, committee):
    """One of each post on the way from the branch to the top, one who holds two, and strangers."""
    return [
        UserFactory(serving=branch, role=Role.SECRETARY),
        UserFactory(serving=branch, role=Role.EDITOR),
        UserFactory(serving=committee, role=Role.COMMITTEE),
        AppointmentFactory(user=UserFactory(serving=branch, role=Role.SECRETARY), branch=root(), role=Role.STAFF).user,
        UserFactory(serving=root(), role=Role.STAFF),
        UserFactory(serving=root(), role=Role.ADMIN),
        UserFactory(serving=root(), role=Role.ADMIN),
        UserFactory(serving=root(), role=Role.LEADER),
        UserFactory(serving=committee, role=Role.INSPECTOR),
        UserFactory(serving=root(), role=Role.DISCIPLINE),
        UserFactory(serving=BranchFactory(), role=Role.SECRETARY),
        UserFactory(),
    ]


class Scene:
    """One visit with what hangs on it, read afresh before and after each step."""

    def __init__(self, visit):
        self.visit = visit

    def read(self):
        self.visit = Inspection.objects.get(pk=self.visit.pk)
        self.notices = list(Notice.objects.order_by("pk"))
        self.items = list(Rectification.objects.filter(inspection=self.visit).order_by("pk"))
        return (
            self.visit.state, tuple((row.pk, row.state) for row in self.notices), tuple((row.pk, row.state) for row in self.items),
            AuditEvent.objects.count(),
        )  # fmt: skip


def likely(scene):
    """The acts that the states of the moment allow: the road would rarely come to its end by chance alone."""
    visit, items = scene.visit, {item.state for item in scene.items}
    issued = [row for row in (visit.criticism, visit.commendation) if row]
    found = ["find", "draft", "close"] if visit.state == "open" else ["reopen"]
    found += ["submit"] * 2 if items & {"open", "returned"} else []
    found += ["accept", "accept", "return"] if "submitted" in items else []
    found += ["issue"] * 2 if any(row.state == "draft" for row in issued) else []
    found += ["sign", "sign", "withdraw"] if any(row.state == "issued" for row in issued) else []
    return found


def attempt(act, scene, person, on, rng):
    """One act with arguments that are right or a little wrong; gives the row it was done to, None when there was none."""
    visit, words = scene.visit, rng.choice(["", *["写明情况"] * 8, "机密★", "x" * 501])
    version = visit.version if rng.random() < 0.9 else visit.version + 1
    notice = rng.choice([row for row in (visit.criticism, visit.commendation) if row] or [None])
    wanted = {"submit": ("open", "returned"), "accept": ("submitted",), "return": ("submitted",)}.get(act, ())
    fitting = [row for row in scene.items if row.state in wanted and rng.random() < 0.9] or scene.items
    item = rng.choice(fitting) if fitting else None
    if act == "mend":
        visit.summary = words
        return inspections.enter(visit, version=version, by=person, on=on)
    if act == "find":
        return inspections.find(visit, [(words, on + timedelta(days=rng.randint(-1, 30)))], by=person, on=on)
    if act == "draft":
        kind = rng.choice([Notice.Kind.CRITICISM, Notice.Kind.COMMENDATION, Notice.Kind.NOTICE])
        return inspection_notices.draft([visit], kind, by=person, on=on)
    if act in OF_VISIT:
        if act == "close":
            return inspections.close(visit, outcome=words, version=version, by=person)
        return inspections.reopen(visit, reason=words, version=version, by=person)
    if act in OF_NOTICE and notice:
        return notices.issue(notice, by=person, on=on) if act == "issue" else notices.withdraw(notice, by=person)
    if act == "sign" and notice and (receipt := notice.receipts.first()):
        answer = words if rng.random() < 0.8 else None
        return notices.receive(receipt, by=person, on=on, answer=answer, seen=notices.mark_of(receipt))
    if act == "submit" and item:
        return rectifications.submit(item, done=words, by=person, on=on)
    if act == "accept" and item:
        return rectifications.accept(item, words=words, by=person, on=on)
    if act == "return" and item:
        return rectifications.send_back(item, words=words, by=person, on=on)
    return None


def held(scene, before, after, act, person, outcome):
    """What must be true after each attempt."""
    visit = scene.visit
    if outcome != "done":
        assert before == after, f"{act} was refused and changed something"
    else:
        assert after[3] > before[3], f"{act} left no record"
        if act in OF_VISIT:
            assert after[0] == ROAD[before[0]][act]
            assert AuditEvent.objects.filter(action=f"inspection.{act}").latest("pk").by_id == person.pk
            assert may(person, "inspection.run", at=root())
        else:
            assert after[0] == before[0]
    known = dict(before[1])
    for pk, state in after[1]:
        if pk in known and known[pk] != state:
            assert act in OF_NOTICE
            assert state == notices.ROAD[known[pk]][act]
        assert pk in known or state == Notice.State.DRAFT
    for notice in scene.notices:
        if notice.kind == Notice.Kind.CRITICISM and notice.issued_by_id:
            assert notice.issued_by_id not in notices.authors(notice), "nobody signs what they wrote"
    if act == "close" and outcome == "done":
        assert all(item.state in SETTLED for item in scene.items)
        assert not inspections.answers_missing(visit).exists()
        assert not [row for row in (visit.criticism, visit.commendation) if row and row.state == Notice.State.DRAFT]
    visit.full_clean(exclude=["created_by"])


def walk(rng, trials):
    committee = BranchFactory(kind="committee")
    branch = BranchFactory(parent=committee)
    plan = InspectionPlanFactory(year=2025)
    everybody, told, scene = people(branch, committee), Counter(), None
    staff = everybody[4]
    for number in range(trials):
        on = START + timedelta(days=number % 300)
        if number % STEPS == 0:
            line = InspectionLineFactory(plan=plan, from_month=1, until_month=12)
            place = rng.choice([branch, branch, committee])
            visit = Inspection(line=line, branch=place, visited_on=START, inspectors="党建办", repeat_reason="再查")
            scene = Scene(inspections.enter(visit, by=staff, on=on))
        before = scene.read()
        act = rng.choice(likely(scene)) if rng.random() < 0.7 else rng.choice(ACTS)
        able = (
            ABLE.get(act, (4, 5)) if scene.visit.branch_id == branch.pk or act in ("issue", "withdraw") else (2, 4, 5)
        )
        person = everybody[rng.choice(able)] if rng.random() < 0.6 else rng.choice(everybody)
        person.__dict__.pop("held_today", None)
        words = ""
        try:
            with transaction.atomic():
                outcome = "done" if attempt(act, scene, person, on, rng) is not None else "nothing"
        except (ValidationError, PermissionDenied) as refusal:  # a stale version is a ValidationError too
            outcome, words = type(refusal).__name__, str(refusal)
        state = Inspection.State(before[0])
        if outcome == "ValidationError" and act in OF_VISIT and act not in ROAD[state] and "刚被别人改过" not in words:
            assert state.label in words
        after = scene.read()
        held(scene, before, after, act, person, outcome)
        told[outcome] += 1
        told[act] += outcome == "done"
    return told


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_road_is_on_the_map(block, record_property):
    told = walk(random.Random(f"{SEED}/inspection/{block}"), times(10_000))
    record_property("steps", sum(told[outcome] for outcome in ("done", "ValidationError", "PermissionDenied")))

    if times(10_000) >= 500:
        assert not [act for act in ACTS if not told[act]], told
