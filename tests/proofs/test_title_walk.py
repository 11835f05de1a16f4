"""Random walks along the road of a title: any act, by anybody, in any state, with any data. The road holds."""

import random
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent
from branches import titles
from branches.actions import root
from branches.models import CatalogueEntry, Title
from branches.rights import Role
from tests.factories import AppointmentFactory, BranchFactory, UserFactory
from tests.proofs.scale import BLOCKS, SEED, times

pytestmark = pytest.mark.django_db
STEPS = 10_000
REFUSALS = (ValidationError, PermissionDenied)  # Stale is a ValidationError
TEXTS = [*["云教党〔2025〕40号"] * 5, "", " ", "机密★"]


class Walk:
    """A branch, a committee above it, everybody who might try something."""

    def __init__(self, chance):
        self.chance, self.today, self.title = chance, date(2025, 3, 3), None
        upper = BranchFactory(committee=True)
        branch, beside = BranchFactory(parent=upper), BranchFactory(parent=upper)
        self.places = [branch, branch, branch, upper, root()]
        self.entries = list(CatalogueEntry.objects.of("title", 2025))
        seats = [
            (branch, Role.SECRETARY), (branch, Role.EDITOR), (upper, Role.COMMITTEE), (root(), Role.STAFF),
            (root(), Role.STAFF), (root(), Role.ADMIN), (root(), Role.LEADER), (root(), Role.INSPECTOR),
            (beside, Role.SECRETARY),
        ]  # fmt: skip
        self.people = [UserFactory(serving=place, role=role) for place, role in seats]
        both = UserFactory(serving=branch)
        AppointmentFactory(user=both, branch=root(), role=Role.STAFF)
        self.people += [both, UserFactory()]

    def day(self):
        return self.today + timedelta(days=self.chance.choice([-400, -1, 0, 0, 0, 1]))

    def draft(self):
        entry = self.chance.choice(self.entries)
        levels = [*titles.levels_of(entry), ""]
        return Title(
            branch=self.chance.choice(self.places), entry=entry, level=self.chance.choice(levels), year=self.today.year,
            name=self.chance.choice(["烛光先锋", ""]), number=self.chance.choice(TEXTS), named_on=self.day(),
            stars=self.chance.choice([None, None, 4]),
        )  # fmt: skip

    def tries(self, act, by):
        chance, on = self.chance, self.today
        if act == "put_up":
            title = self.draft()
            title.number, title.named_on = "", None
            return titles.put_up(title, by=by, on=on)
        if act == "enter":
            return titles.enter(self.draft(), by=by, on=on)
        if act == "edit":
            self.title.name = chance.choice(["烛光先锋", "机密★", "石榴花开"])
            return titles.edit(self.title, version=chance.choice([self.title.version, 0]), by=by)
        version = chance.choice([None, self.title.version, self.title.version, 0])
        data = {
            "name": {"number": chance.choice(TEXTS), "named_on": self.day(), "stars": chance.choice([None, 4, 9])},
            "end": {"ended_why": chance.choice(["复查未达标", "", "机密★"])},
        }.get(act, {})
        return titles.move(self.title, act, by=by, on=on, version=version, **data)

    def choose(self):
        if self.title is None or (self.title.state == Title.State.ENDED and self.chance.random() < 0.7):
            return self.chance.choice(["put_up", "put_up", "put_up", "enter"])
        near = [act for act in titles.ROAD[self.title.state] if act != "end" or self.chance.random() < 0.3]
        if near and self.chance.random() < 0.6:
            return self.chance.choice(near)
        return self.chance.choice([*titles.ACTS, "edit", "put_up", "enter", "nonsense"])


def attempt(walk, act, by):
    """(what the act gave, or None; the words of the refusal). Anything but a refusal in words goes through."""
    try:
        return walk.tries(act, by), ""
    except REFUSALS as error:
        return None, "".join(getattr(error, "messages", [str(error)])).strip()


def events():
    return AuditEvent.objects.filter(action__startswith="title.").count()


@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_walk_leaves_the_road(block, record_property):
    walk = Walk(random.Random(f"{SEED}/title/{block}"))
    reached, refused = set(), 0
    for _ in range(times(STEPS)):
        walk.today += timedelta(days=walk.chance.choice([0, 0, 1, 5]))
        act, by = walk.choose(), walk.chance.choice(walk.people)
        before, seen = walk.title and walk.title.state, events()
        done, why = attempt(walk, act, by)
        if walk.title:
            walk.title.refresh_from_db()
        if done is None:
            assert why, f"{act} is refused without a word"
            assert events() == seen
            assert before is None or walk.title.state == before
            refused += 1
            continue
        assert events() == seen + 1
        if act in titles.ACTS:
            assert titles.ROAD[before][act] == done.state
        else:
            expected = {"put_up": "reserve", "enter": "named", "edit": before}
            assert done.state == expected[act]
            walk.title = done
        kept = Title.objects.get(pk=done.pk)
        if act == "report":
            assert kept.reported_by == by
            assert by != kept.created_by or kept.branch.parent_id is not None
        if kept.state == Title.State.NAMED:
            assert kept.number.strip()
            assert kept.named_on <= walk.today
            assert kept.named_by_id != kept.reported_by_id
        reached.add(done.state)
    record_property("refused", refused)
    assert "reserve" in reached or times(STEPS) < 100
