"""Random walks along the road of a screening: any act, by anybody, in any state, with any data. The road holds."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent
from branches import feedback, visits
from branches.actions import root
from branches.models import Notice, Rectification, Screening, ScreeningCampaign
from branches.rights import Role, Task, may
from branches.visits import Judgement
from tests.factories import (
    AppointmentFactory,
    AssignmentFactory,
    BranchFactory,
    ScreeningCampaignFactory,
    ScreeningFactory,
    StandardGroupFactory,
    StandardItemFactory,
    UserFactory,
)
from tests.proofs.scale import BLOCKS, SEED, times

pytestmark = pytest.mark.django_db
STEPS = 10_000
REFUSALS = (ValidationError, PermissionDenied)  # Stale is a ValidationError
State = Screening.State
TEXTS = [*["记录不全"] * 9, "", " ", "机密★"]
VERBS = {"start": "screening.judge", "mark": "screening.judge", "submit": "screening.judge", "issue": "screening.run"}


class Walk:
    """A campaign over a few branches, assessors and approvers who are sometimes the same, and a clock."""

    def __init__(self, chance):
        self.chance, self.today, self.serial = chance, date(2025, 3, 3), 0
        self.campaign = ScreeningCampaignFactory()
        group = StandardGroupFactory(standard=self.campaign.standard)
        self.items = [StandardItemFactory(group=group, points=most) for most in (5, 10, 15)]
        upper = BranchFactory(committee=True)
        self.branch = BranchFactory(parent=upper)
        staff = [UserFactory(serving=root(), role=role) for role in (Role.STAFF, Role.STAFF, Role.ADMIN, Role.LEADER)]
        both = UserFactory(serving=root(), role=Role.STAFF)
        self.assessors = [both, UserFactory(), UserFactory()]
        for user in self.assessors[:2]:
            AssignmentFactory(
                user=user, branch=self.branch, task=Task.ASSESSOR, started_on=date(2025, 1, 1), until=date(2099, 1, 1)
            )
        others = [UserFactory(serving=self.branch), UserFactory(serving=self.branch, role=Role.EDITOR)]
        others += [UserFactory(serving=upper, role=Role.COMMITTEE), UserFactory(serving=root(), role=Role.INSPECTOR)]
        AppointmentFactory(user=others[0], branch=BranchFactory(parent=upper))
        self.people = [*staff, *self.assessors, *others, UserFactory()]
        self.screening = None
        self.fresh()

    def fresh(self):
        """The next branch's screening; the one before is out."""
        if self.screening is not None:
            self.campaign = ScreeningCampaignFactory(standard=self.campaign.standard)
        self.screening = ScreeningFactory(
            campaign=self.campaign, branch=self.branch, assessor=self.chance.choice(self.assessors)
        )

    def give(self):
        """To another assessor while it can still be given; one of them has no task there."""
        found = Screening.objects.filter(pk=self.screening.pk, state__in=[State.WAITING, State.JUDGING, State.RETURNED])
        found.update(assessor=self.chance.choice(self.assessors))
        self.screening.refresh_from_db()

    def text(self):
        return self.chance.choice(TEXTS)

    def version(self):
        return self.chance.choice([self.screening.version] * 6 + [0])

    def judgement(self, row):
        chance = self.chance
        usual = [row.item.points, Decimal(0), Decimal("2.35")] * 8
        points = chance.choice([*usual, Decimal("1.01"), Decimal(99)])
        applies = chance.random() < 0.9
        wants = applies and points < row.item.points and chance.random() < 0.4
        due = self.today + timedelta(days=chance.choice([-5, *[20] * 9]))
        words, problem = chance.choice(["记录不全"] * 30 + TEXTS), "缺记录" if wants else ""
        return Judgement(points if applies else None, applies, words, problem, due if wants else None)

    def call(self, act, by):
        """The act with data that may or may not do."""
        chance, one = self.chance, self.screening
        if act == "start":
            return visits.start(one, by=by)
        if act == "mark":
            rows = [row for row in one.marks.select_related("item") if chance.random() < 0.9]
            day = chance.choice([None, *[self.today] * 8, self.today + timedelta(days=1), date(2024, 1, 1)])
            judged = {row.pk: self.judgement(row) for row in rows}
            version = self.version()
            return visits.mark(one, judged, visited_on=day, advice=self.text(), version=version, by=by, on=self.today)
        if act == "submit":
            return visits.submit(one, by=by, version=self.version())
        if act == "approve":
            chosen = chance.choice(["", "", "advanced", "lagging", "best of all"])
            return visits.approve(one, by=by, chosen=chosen, reason=self.text(), seen=self.version())
        if act == "send_back":
            return visits.send_back(one, by=by, reason=self.text(), seen=self.version())
        self.serial += chance.choice([0, 1, 1])
        due = self.today + timedelta(days=chance.choice([0, 30, 30]))
        return feedback.issue(
            self.campaign, [one], prefix="云教党函〔2025〕", serial=self.serial, due_on=due, by=by, on=self.today
        )

    def choose(self):
        near = list(visits.ROAD[State(self.screening.state)])
        if near and self.chance.random() < 0.75:
            return self.chance.choice(near)
        return self.chance.choice(list(visits.WORDS))

    def person(self, act):
        able = [user for user in self.people if may(user, VERBS.get(act, "screening.approve"), at=self.branch)]
        if VERBS.get(act) == "screening.judge":
            able = [user for user in able if user.pk == self.screening.assessor_id] or able
        return self.chance.choice(able if self.chance.random() < 0.75 else self.people)


def attempt(walk, act, by):
    try:
        return walk.call(act, by), ""
    except REFUSALS as error:
        return None, "".join(getattr(error, "messages", [str(error)])).strip()


def events():
    return AuditEvent.objects.filter(action__startswith="screening.").count()


@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_walk_leaves_the_road(block, record_property):
    walk = Walk(random.Random(f"{SEED}/screening/{block}"))
    reached, refused, out = set(), 0, 0
    for _ in range(times(STEPS)):
        walk.today += timedelta(days=walk.chance.choice([0, 0, 1]))
        if walk.screening.state == State.ISSUED and walk.chance.random() < 0.6:
            walk.fresh()
        if walk.chance.random() < 0.03:
            state = walk.chance.choice([ScreeningCampaign.State.OPEN, ScreeningCampaign.State.CLOSED])
            ScreeningCampaign.objects.filter(pk=walk.campaign.pk).update(state=state)
        elif walk.chance.random() < 0.3:
            ScreeningCampaign.objects.filter(pk=walk.campaign.pk).update(state=ScreeningCampaign.State.OPEN)
        if walk.chance.random() < 0.05:
            walk.give()
        act = walk.choose()
        by = walk.person(act)
        before, known, raised, told = (
            walk.screening.state,
            events(),
            Rectification.objects.count(),
            Notice.objects.count(),
        )
        done, why = attempt(walk, act, by)
        walk.screening.refresh_from_db()
        now = walk.screening
        reached.add(now.state)
        if done is None:
            refused += 1
            assert why, (act, before)
            assert (now.state, events()) == (before, known), "a refusal leaves no trace"
            assert (raised, told) == (Rectification.objects.count(), Notice.objects.count())
            continue
        assert now.state == visits.ROAD[State(before)][act]
        assert events() == known + 1
        now.full_clean()
        if act in ("approve", "send_back"):
            assert by.pk not in (now.assessor_id, now.submitted_by_id)
        if now.state in (State.SUBMITTED, State.APPROVED, State.ISSUED):
            rows = list(now.marks.select_related("item"))
            assert len(rows) == len(walk.items)
            assert all(map(visits.is_judged, rows))
            assert (now.points, now.whole) == visits.totals(rows)
        if act == "issue":
            out += 1
            items = Rectification.objects.filter(screening=now)
            assert items.count() == now.marks.exclude(problem="").count()
            assert Notice.objects.filter(number=now.letter_number, addressed_to=walk.branch).count() == 1
    record_property("refused", refused)
    assert out or times(STEPS) < 100
    assert reached == set(State) or times(STEPS) < 100
