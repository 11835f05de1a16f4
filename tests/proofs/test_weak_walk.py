"""Random walks along the road of 整顿: any act, by anybody, in any state, with any data. The road holds."""

import random
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent
from branches import weak_cases
from branches.actions import root
from branches.models import CatalogueEntry, WeakCase, WeakMeasure, WeakStep
from branches.rights import Role, may
from tests.factories import AppointmentFactory, BranchFactory, UserFactory
from tests.proofs.scale import BLOCKS, SEED, times

pytestmark = pytest.mark.django_db
STEPS = 10_000
REFUSALS = (ValidationError, PermissionDenied)  # Stale is a ValidationError
State = WeakCase.State
TEXTS = [*["情况属实"] * 9, "", " ", "机密★"]


class Walk:
    """A branch, a committee above it, everybody who might try something, and a clock that only goes forward."""

    def __init__(self, chance):
        self.chance, self.today, self.case = chance, date(2025, 1, 6), None
        upper = BranchFactory(committee=True)
        branch, beside = BranchFactory(parent=upper), BranchFactory(parent=upper)
        self.branches = [branch, branch, branch, upper, root()]
        seats = [
            (branch, Role.SECRETARY), (branch, Role.SECRETARY), (branch, Role.EDITOR), (upper, Role.COMMITTEE),
            (upper, Role.COMMITTEE), (root(), Role.STAFF), (root(), Role.STAFF), (root(), Role.ADMIN), (root(), Role.LEADER),
            (root(), Role.INSPECTOR), (beside, Role.SECRETARY),
        ]  # fmt: skip
        self.people = [UserFactory(serving=place, role=role) for place, role in seats]
        both = UserFactory(serving=branch)
        AppointmentFactory(user=both, branch=root(), role=Role.STAFF)
        self.people += [both, UserFactory()]

    def text(self):
        return self.chance.choice(TEXTS)

    def day(self):
        return self.today + timedelta(days=self.chance.choice([-400, -8, -1, 0, 0, 0, 0, 0, 1, 60]))

    def tries(self, act, by):
        """The call of one act with data that may or may not do."""
        case, on = self.case, self.today
        if act == "propose":
            new = WeakCase(branch=self.chance.choice(self.branches), suspected_on=on, grounds=self.text() or "书记空缺")
            reasons = list(CatalogueEntry.objects.of("weak_reason", on.year))
            return weak_cases.propose(new, self.chance.sample(reasons, self.chance.randint(0, 3)), by=by, on=on)
        if act == "appoint":
            slot = self.chance.choice(
                list(CatalogueEntry.objects.filter(catalogue__in=["four_ones", "title"]).order_by("pk")[:5])
            )
            row = WeakMeasure(case=case, entry=slot, who=self.text() or "赵国栋", started_on=self.day())
            return weak_cases.appoint(row, by=by, on=on)
        run = {"list": weak_cases.enlist}.get(act) or getattr(weak_cases, act)
        return run(case, **self.data(act), by=by, on=on)

    def person(self, act):
        """Anybody; two times of three somebody whose post allows the act at all."""
        verb = weak_cases.verb_of(act, self.case.state) if self.case and act in weak_cases.VERB_OF else weak_cases.RUN
        place = self.case.branch if self.case else self.branches[0]
        able = [user for user in self.people if may(user, verb, at=place)]
        return self.chance.choice(able if self.chance.random() < 0.67 else self.people)

    def data(self, act):
        chance, public = self.chance, self.day()
        return {
            "self_assess": lambda: {"words": self.text()},
            "review": lambda: {"asked": chance.choice([0, 20, 20]), "agreed": chance.choice([5, 15, 15, 15, 30]), "words": self.text()},
            "publicise": lambda: {"first": public, "last": public + timedelta(days=chance.choice([0, 8, 12]))},
            "list": lambda: {"number": self.text(), "listed_on": self.day()},
            "clear": lambda: {"reason": self.text()},
            "file_plan": lambda: {
                "plan": self.text(), "due_on": self.day() + timedelta(days=90),
                "version": chance.choice([None, self.case.version, self.case.version, 0]),
            },
            "begin": dict,
            "report": lambda: {
                "month": self.day(), "done": self.text(), "settled": chance.randint(0, 3),
                "version": chance.choice([None, 1, 2]),
            },
            "apply": lambda: {"words": self.text()},
            "accept": self.checks,
            "close": lambda: {"number": self.text(), "closed_on": self.day()},
            "reject": lambda: {"reason": self.text()},
            "extend": lambda: {"reason": self.text(), "number": self.text()},
        }[act]()  # fmt: skip

    def checks(self):
        found = {entry.pk: (self.chance.random() < 0.85, self.text()) for entry in self.case.reasons.all()}
        if self.chance.random() < 0.1:
            found.popitem()
        return {"checks": found}

    def choose(self):
        """Half of the time an act that lies on the road from here, else any act there is."""
        if self.case is None or (self.case.state in WeakCase.ENDED and self.chance.random() < 0.7):
            return "propose"
        if self.case.state in WeakCase.LISTED and self.chance.random() < (
            0.5 if self.case.state == State.PLAN_FILED else 0.1
        ):
            return "appoint"
        near = [
            act for act in weak_cases.ROAD[self.case.state] if act not in weak_cases.ASIDE or self.chance.random() < 0.2
        ]
        if near and self.chance.random() < 0.6:
            return self.chance.choice(near)
        return self.chance.choice([*weak_cases.ACTS, "appoint"])


def attempt(walk, act, by):
    """(what the act gave, or None; the words of the refusal). Anything but a refusal in words goes through."""
    try:
        return walk.tries(act, by), ""
    except REFUSALS as error:
        return None, "".join(getattr(error, "messages", [str(error)])).strip()


def marks():
    return WeakStep.objects.count(), AuditEvent.objects.filter(action__startswith="weak.").count()


@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_walk_leaves_the_road(block, record_property):
    walk = Walk(random.Random(f"{SEED}/weak/{block}"))
    reached, refused = set(), 0
    for _ in range(times(STEPS)):
        walk.today += timedelta(days=walk.chance.choice([0, 0, 1, 3, 9]))
        act = walk.choose()
        by = walk.person(act)
        before = walk.case and walk.case.state
        steps, events = marks()
        done, why = attempt(walk, act, by)
        if done is None:
            assert why, f"{act} is refused without a word"
            assert marks() == (steps, events)
            refused += 1
            if walk.case:
                walk.case.refresh_from_db()
                assert walk.case.state == before
            continue
        if act == "appoint":
            assert marks() == (steps, events + 1)
            continue
        walk.case = done
        assert marks() == (steps + 1, events + 1)
        last = WeakStep.objects.latest("pk")
        assert (last.case_id, last.state, last.created_by) == (done.pk, done.state, by)
        if act == "propose":
            assert done.state == State.SUSPECTED
        else:
            taken = "reject" if (act, done.state) == ("accept", State.RECTIFYING) else act
            assert weak_cases.ROAD[before][taken] == done.state
            assert last.act == taken
        reached.add(done.state)
        hold(WeakCase.objects.get(pk=done.pk))
    record_property("refused", refused)
    record_property("states", len(reached))


def hold(case):
    """Nobody approves the own work, whatever way it came about."""
    case.full_clean()
    by_act = {}
    for act, person in case.steps.order_by("pk").values_list("act", "created_by"):
        by_act[act] = person
    assert not case.listed_by_id or case.listed_by_id not in (case.created_by_id, by_act["review"])
    assert not case.accepted_by_id or case.accepted_by_id != case.applied_by_id
    assert not case.closed_by_id or case.closed_by_id not in (case.accepted_by_id, case.applied_by_id)
    if case.state in (State.ACCEPTED, State.CLOSED):
        last = case.checks.latest("checked_on").checked_on
        rows = case.checks.filter(checked_on=last)
        assert {row.entry_id for row in rows} == set(case.reasons.values_list("pk", flat=True))
        assert all(row.is_settled for row in rows)
    judged = case.steps.filter(act__in=["propose", "review", "list", "accept", "close", "clear", "extend", "reject"])
    own = {post.user_id for post in case.branch.appointments.all()}
    above = {post.user_id for post in root().appointments.filter(role__in=[Role.STAFF, Role.ADMIN, Role.LEADER])}
    assert not set(judged.values_list("created_by", flat=True)) & (own - above)
