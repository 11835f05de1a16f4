"""Two years of organisation life: meetings, ledgers, plans, a round of 组织生活会, and what a reviewer would ask about.

Before them lie two years of which the meetings alone were brought along, so that results can be compared over the years.
"""

import random

from django.db.models import DateTimeField, F
from django.db.models.functions import Cast, Coalesce

from accounts import audit
from meetings.demo import decisions, doubts, ledgers, plans, rounds
from meetings.demo.diary import MANNERS, Diary, Pending
from meetings.models import Meeting

FLUSH = 3000
State = Meeting.State


def build(county, rng):
    """The records of the complete year and of the running one up to today, organisation by organisation."""
    earlier = random.Random(f"{county.seed}/earlier")
    studied, pending, leading = plans.build(county, rng), Pending(), _leading(county)
    for sketch in [county.top, *county.sketches]:
        if sketch.term is None:
            continue
        if sketch.is_leaf:
            before = Diary(county, sketch, earlier, pending, {})
            for year in county.past:
                before.keep(year, MANNERS[sketch.manner[0]])
        diary = Diary(county, sketch, rng, pending, studied.get(sketch.branch.pk, studied[None]))
        for year, manner in zip(county.years, sketch.manner, strict=True):
            diary.keep(year, MANNERS[manner]) if sketch.is_leaf else diary.sit(year)
        if sketch.is_leaf:
            diary.elect()
            diary.admit()
        if sketch.is_star:
            diary.add_unfinished()
        if len(pending.meetings) >= FLUSH:
            pending.write(leading)
    pending.write(leading)
    # `created_at` would be the moment of the build: a record is entered on the day it was handed in.
    held_at = Cast("held_on", DateTimeField())
    Meeting.objects.update(created_at=Coalesce(F("submitted_at"), held_at))
    ledgers.build(county, rng)
    rounds.build(county, rng)
    doubts.build(county, rng)
    decisions.build(county)
    _audit(county)


def _leading(county):
    """member pk → [(organisation whose secretary that is, since when)]."""
    found = {}
    for sketch in county.sketches:
        for pk, _, term, since in sketch.leaders:
            found.setdefault(pk, []).append((term.branch_id, since))
    return found


def _audit(county):
    """The history of the star's records shows on their pages; all others came in one piece."""
    star = next(sketch.branch for sketch in county.sketches if sketch.is_star)
    secretary, staff = county.users["shuji"], county.users["gongwei"]
    for meeting in Meeting.objects.filter(branch=star, state__in=[State.RETURNED, State.DRAFT]).order_by("held_on"):
        audit.record("meeting.save", meeting, by=secretary, held_on=str(meeting.held_on))
        if meeting.state == State.RETURNED:
            audit.record("meeting.submit", meeting, by=secretary, before=State.DRAFT, after=State.SUBMITTED)
            audit.record("meeting.send_back", meeting, by=staff, before=State.SUBMITTED, after=State.RETURNED)
    audit.record("meeting.import", by=staff, added=Meeting.objects.count())
