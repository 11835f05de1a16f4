"""Roads as pages read them: where each person stands and what comes next, many at once, in a number of queries that is fixed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef

from branches import statements
from branches.rights import may
from recruitment import legality, timeline, wording
from recruitment.cases import calendar, cases
from recruitment.models import Application, RoadStep
from recruitment.road import in_force
from recruitment.turns import Eyes, side

READ = (
    "member__birth_on", "branch__path", "branch__closed_on", "pk", "extended_months", "is_imported", "created_at", "outcome",
)  # fmt: skip


LISTED = (
    *READ,
    "member__name",
    "branch__name",
    "stage",
    "applied_on",
    "stage_since_on",
    "ended_on",
)  # of a row of a list


class Born(NamedTuple):
    birth_on: date | None


class Place(NamedTuple):
    path: str
    closed_on: date | None


class Brief(NamedTuple):
    """As much of an application as judging its road needs, for where many are judged and few are shown."""

    member: Born
    branch: Place
    pk: int
    extended_months: int
    is_imported: bool
    created_at: datetime
    outcome: str


@dataclass
class Road:
    """One file as it is on a day for one pair of eyes; `following` the most urgent first."""

    application: object
    case: legality.Case
    acts: dict
    following: list
    on: object
    eyes: Eyes
    is_working: Callable
    gaps: list  # what a road from paper went past without a record
    proved: frozenset = frozenset()  # steps that records prove, which the branch may then enter itself

    @cached_property
    def faults(self):
        """What is wrong with the steps taken, as far as these eyes may know; worked out when it is shown."""
        return timeline.shown(legality.faults(self.case, is_working=self.is_working), self.sees)

    @property
    def next(self):
        """What the page speaks of: first what is one's own turn."""
        mine = [each for each in self.following if self.is_turn(each.step)]
        return next(iter(mine or self.following), None)

    @property
    def others(self):
        return [each for each in self.following if each is not self.next]

    @property
    def is_mine(self):
        """Whether something waits for this person and can be done today."""
        if self.is_gone:
            return self.eyes.is_next_above(self.application.branch)
        return any(self.is_turn(each.step) and each.earliest <= self.on for each in self.following)

    @property
    def is_gone(self):
        """Whether the branch is no more, and the file has not followed to the one that goes on: nothing else can be done."""
        return bool(self.application.branch.closed_on) and not self.application.outcome

    def due_now(self):
        """What waits for this person today; a review only when its last day is near."""
        return [
            each for each in self.following
            if self.is_turn(each.step) and each.earliest <= self.on and not wording.is_later(each, self.on)
        ]  # fmt: skip

    @property
    def unlawful(self):
        return sum(fault.blocks for fault in self.faults)

    @property
    def late(self):
        return len(self.faults) - self.unlawful

    def is_turn(self, key):
        return not self.is_gone and self.eyes.is_turn(key, self.application.branch)

    def may_take(self, key):
        branch = self.application.branch
        if self.is_gone:
            return False
        proved = key in self.proved and may(self.eyes.user, "recruit.edit", at=branch)
        return proved or self.eyes.may_take(key, branch)

    def may_take_back(self, key):
        lost = legality.fallen(self.acts, key, in_force(self.acts[key][-1].on))
        return self.eyes.may_take_back(key, lost, self.application.branch)

    def sees(self, key):
        return self.eyes.sees(key, self.application.branch)

    def gap(self, key):
        """The gap that these eyes may fill from an old paper: what the step rests on is on record; else None."""
        if self.application.outcome or any(before not in self.acts for before in self.step(key).after):
            return None
        return next((each for each in self.gaps if each.step == key and self.may_take(key)), None)

    def was_possible(self, following):
        """Whether a step that has to wait could be taken before the edition of today: done then, it is entered as of then."""
        before = in_force(self.on).since - timedelta(days=1)
        earlier = legality.following(self.case, on=before, is_working=self.is_working)
        return following.earliest > self.on and any(
            each.step == following.step and each.earliest <= before for each in earlier
        )

    def step(self, key):
        return in_force(self.on).steps[key]

    def mark(self, following):
        return wording.mark(following, self.on)

    def sentence(self, following):
        mine = self.may_take(following.step)
        return wording.sentence(
            following, str(self.application.member), self.on, mine=mine, who=side(following.step)
        )  # fmt: skip


def roads(applications, user, on, eyes=None):
    """[Road] of rows with `member` and `branch` loaded, in their order."""
    rows, eyes = list(applications), eyes or Eyes(user)
    is_working, known = calendar(), cases(rows)
    return [_road(row, known[row.pk], eyes, is_working, on) for row in rows]


def open_roads(user):
    """Every road under way that the person sees, briefly; a queryset."""
    return briefly(Application.objects.visible_to(user).open())


def briefly(applications):
    """(*READ, the names of the steps taken, whether one was undone) of these applications, a queryset."""
    taken = RoadStep.objects.filter(application=OuterRef("pk")).order_by()
    return applications.order_by("pk").values_list(
        *READ, ArraySubquery(taken.values("step")), Exists(taken.filter(is_undone=True))
    )  # fmt: skip


def waiting(user, on, kinds=None):
    """[Road] of all that wait for this person today. Judged are only the roads on which a step of theirs can come now.

    `kinds`: path → kind of `turns.uppers()`, when they have been read.
    """
    eyes = Eyes(user, kinds)
    rows, _ = statements.rows(("open roads", statements.of_person(user, on)), lambda: (open_roads(user), None))
    wanted = turning(rows, eyes, on)
    found = roads(wanted, user, on, eyes) if wanted else []
    return [road for road in found if road.due_now() or (road.is_gone and road.is_mine)]


def turning(rows, eyes, on):
    """[Brief] of the rows of `briefly` on which a step that is the turn of these eyes can come now."""
    steps, own_steps, found = in_force(on).steps.values(), {}, []
    for born, path, closed_on, *own, taken, has_undone in rows:
        place = Place(path, closed_on)
        if path not in own_steps:
            own_steps[path] = eyes.turns(steps, place)
        if closed_on or any(_can_come(step, taken, has_undone) for step in own_steps[path]):
            found.append(Brief(Born(born), place, *own))
    return found


def _can_come(step, taken, has_undone):
    """Whether the step may come next as far as the names of the steps taken tell; one taken back may come again."""
    if step.key in taken and not (has_undone or step.repeats):
        return False
    return all(before in taken for before in step.after)


def road(application, user, on):
    return roads([application], user, on)[0]


def _road(application, case, eyes, is_working, on):
    found = [] if application.outcome else legality.following(case, on=on, is_working=is_working)
    gaps = legality.gaps(case, on=on, is_working=is_working)
    return Road(application, case, case.held, wording.in_turn(found, on), on, eyes, is_working, gaps)
