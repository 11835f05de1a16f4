"""Random walks through campaigns of 分析研判 and their standards: any act, by anybody, in any state. The roads hold."""

import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.models import AuditEvent
from branches import screenings, standards
from branches.actions import root
from branches.models import Appointment, Screening, ScreeningCampaign, ScreeningMark, Standard, StandardItem
from branches.rights import Role
from tests.factories import BranchFactory, ScreeningCampaignFactory, StandardGroupFactory, UserFactory
from tests.proofs.scale import BLOCKS, SEED, times

pytestmark = pytest.mark.django_db
STEPS = 4_000
REFUSALS = (ValidationError, PermissionDenied)
ACTS = {"open": "open_campaign", "close": "close", "reopen": "reopen"}
OTHERS = (
    "complete",
    "refill",
    "assign",
    "assign",
    "release",
    "look_back",
    "item",
    "remove",
    "move",
    "retire",
    "restore",
    "judge",
    "found",
)


class Walk:
    """Two campaigns by one standard, branches that come and go, and everybody who might try something."""

    def __init__(self, chance):
        self.chance, self.today, self.numbers = chance, date(2025, 3, 1), count()
        upper = BranchFactory(committee=True)
        self.branches = [BranchFactory(parent=upper), BranchFactory(parent=upper), BranchFactory()]
        seats = [
            (root(), Role.STAFF),
            (root(), Role.STAFF),
            (root(), Role.ADMIN),
            (root(), Role.LEADER),
            (upper, Role.COMMITTEE),
        ]
        seats += [(branch, Role.SECRETARY) for branch in self.branches]
        self.people = [UserFactory(serving=place, role=role) for place, role in seats] + [UserFactory()]
        self.standard = StandardGroupFactory().standard
        fields = {"standard": self.standard, "state": "draft", "opened_at": None}
        self.campaigns = [ScreeningCampaignFactory(**fields) for _ in range(2)]

    def tries(self, act, campaign, by):
        chance, on = self.chance, self.today
        kind = chance.choice(list(Screening.Kind))
        some = chance.sample(self.branches, chance.randint(1, 2))
        if act in ACTS:
            run = getattr(screenings, ACTS[act])
            return run(campaign, by=by) if act == "reopen" else run(campaign, by=by, on=on)
        if act in ("complete", "refill"):
            run = {"complete": screenings.complete_list, "refill": screenings.refill}[act]
            return run(campaign, by=by, on=on)
        if act == "assign":
            until = on + timedelta(days=chance.choice([-1, 0, 30]))
            return screenings.assign(campaign, kind, chance.choice(self.people), some, until=until, by=by, on=on)
        if act == "release":
            return screenings.release(campaign, kind, chance.choice(self.people), by=by, on=on)
        if act == "look_back":
            return screenings.look_back(campaign, list(campaign.screenings.all()), by=by, on=on)
        return self.writes(act, by)

    def writes(self, act, by):
        """An act on the standard, by a version that may be old."""
        standard = Standard.objects.get(pk=self.standard.pk)
        if act in ("retire", "restore"):
            return standards.act(standard, act, by=by)
        version = standard.version - (self.chance.random() < 0.1)
        rows = list(StandardItem.objects.filter(group__standard=standard).order_by("pk"))
        if act == "item" or not rows:
            new = StandardItem(group=standard.groups.get(), label=f"项目{next(self.numbers)}", points=Decimal(5))
            return standards.save_item(new, by=by, version=version)
        if act == "remove":
            return standards.remove(self.chance.choice(rows), by=by, version=version)
        return standards.move(self.chance.choice(rows), self.chance.choice([-1, 1]), by=by, version=version)

    def judge(self):
        """What the visits do meanwhile: somebody marks, somebody approves."""
        rows = list(Screening.objects.filter(assessor__isnull=False, state__in=screenings.OPEN).order_by("pk"))
        if rows:
            row = self.chance.choice(rows)
            at = timezone.now()
            row.marks.update(points=1, is_applicable=True, marked_by=row.assessor, marked_at=at)
            row.state, row.points, row.whole, row.visited_on = "approved", 1, 2, self.today
            row.submitted_by, row.submitted_at, row.approved_at = row.assessor, at, at
            row.approved_by = next(user for user in self.people if user.pk != row.assessor_id)
            row.approved_class = "ordinary"
            row.save()

    def found(self):
        if len(self.branches) < 6:
            self.branches.append(BranchFactory())


def attempt(walk, act, campaign, by):
    """The words of the refusal, or None. Anything but a refusal in words goes through."""
    try:
        walk.tries(act, campaign, by)
    except REFUSALS as error:
        return "".join(getattr(error, "messages", [str(error)])).strip()
    return None


def content(standard):
    return list(
        StandardItem.objects.filter(group__standard=standard)
        .order_by("pk")
        .values_list("pk", "label", "points", "order")
    )


def hand_marks():
    return set(ScreeningMark.objects.exclude(marked_by=None).values_list("pk", "points", "marked_by"))


@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_walk_leaves_the_road(block, record_property):
    walk = Walk(random.Random(f"{SEED}/campaign/{block}"))
    refused = 0
    for _ in range(times(STEPS)):
        walk.today += timedelta(days=walk.chance.choice([0, 0, 1, 7]))
        act = walk.chance.choice([*ACTS, *OTHERS])
        if act in ("judge", "found"):
            getattr(walk, act)()
            continue
        campaign = ScreeningCampaign.objects.get(pk=walk.chance.choice(walk.campaigns).pk)
        by = walk.chance.choice(walk.people[:3] if walk.chance.random() < 0.7 else walk.people)
        state, written, events = campaign.state, content(walk.standard), AuditEvent.objects.count()
        was, by_hand = Standard.objects.get(pk=walk.standard.pk).state, hand_marks()
        why = attempt(walk, act, campaign, by)
        if why is not None:
            refused += 1
            assert why, f"{act} is refused without a word"
            assert AuditEvent.objects.count() == events
        else:
            assert AuditEvent.objects.count() > events
            assert by in walk.people[:3], f"{act} by somebody whose post does not allow it"
        now = ScreeningCampaign.objects.get(pk=campaign.pk).state
        assert now == state or screenings.ROAD[state].get(act) == now
        assert hand_marks() == by_hand, "what a person marked stays"
        if was != Standard.State.DRAFT:
            assert content(walk.standard) == written, "what was judged by does not change"
        hold()
    record_property("refused", refused)


def hold():
    """Nobody judges the own organisation; every look-back has its first; an open campaign goes by a frozen standard."""
    own = set(Appointment.objects.values_list("user", "branch"))
    for row in Screening.objects.select_related("first", "campaign__standard"):
        assert (row.assessor_id, row.branch_id) not in own
        assert row.campaign.state != "draft"
        assert row.campaign.standard.state != "draft"
        assert row.kind == "first" or (row.first.branch_id, row.first.campaign_id) == (row.branch_id, row.campaign_id)
        assert row.marks.count() == StandardItem.objects.filter(group__standard=row.campaign.standard_id).count()
