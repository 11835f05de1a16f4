"""民主评议 of the invented county: the complete year by the branches' manner, the running one in December; polls of half."""

from datetime import date, timedelta

from django.db.models import DateTimeField, F
from django.db.models.functions import Cast

from branches.demo import GOOD, ORDINARY, WEAK
from duties.demo.moments import at
from jobs.copying import insert
from members.models import Appraisal, AppraisalRow, MassPoll, Membership

State, Grade, Kind = Appraisal.State, AppraisalRow.Grade, Membership.Kind
DAYS = {GOOD: ((1, 6), 14), ORDINARY: ((1, 20), 30), WEAK: ((3, 10), 21)}  # month and day from which, how many days
NEVER = 0.4  # of the weak: no appraisal at all
REASONS = ["病假", "外出培训", "事假"]
BACK = "缺席的两位同志没有写原因，请补齐后再报。"


def build(county, rng):
    last, year = county.years
    leaves = [sketch for sketch in county.sketches if sketch.is_leaf and sketch.term and not sketch.branch.closed_on]
    made = []
    for sketch in leaves:
        manner = sketch.manner[0]
        if sketch.branch.founded_on.year > last or (manner == WEAK and not sketch.is_star and rng.random() < NEVER):
            continue
        (month, day), span = DAYS[manner]
        held_on = date(last + 1, month, day) + timedelta(days=rng.randint(0, span))
        if held_on <= county.today:
            made.append((_appraisal(county, sketch, last, held_on), sketch))
    if county.today.month == 12:
        early = [sketch for sketch in leaves if sketch.manner[1] == GOOD and not sketch.is_star]
        made += [(_appraisal(county, sketch, year, date(year, 12, 1), State.SUBMITTED), sketch) for sketch in early]
    _unsettle(county, made)
    rows = [row for appraisal, sketch in made for row in _rows(rng, appraisal, sketch)]
    insert([appraisal for appraisal, _ in made])
    insert(rows)
    _polls(county, rng, leaves, last)
    for model in (Appraisal, MassPoll):
        model.objects.update(created_at=Cast(F("held_on"), DateTimeField()))


def _appraisal(county, sketch, year, held_on, state=State.APPROVED):
    by = sketch.author
    staff = county.users["gongwei"]
    found = Appraisal(
        branch=sketch.branch, year=year, held_on=held_on, created_by=by, submitted_by=by, state=state,
        submitted_at=at(min(held_on + timedelta(days=3), county.today), 16),
    )  # fmt: skip
    if state == State.APPROVED:
        found.approved_by = county.users["gongwei-admin"] if by == staff else staff
        found.approved_at = at(min(held_on + timedelta(days=12), county.today), 10)
    return found


def _unsettle(county, made):
    """One that waits for 上级 and one that came back, so that both can be looked at."""
    ordinary = [appraisal for appraisal, sketch in made if sketch.manner[0] == ORDINARY and not sketch.is_star]
    for appraisal, state in zip(ordinary[-2:], (State.SUBMITTED, State.RETURNED), strict=False):
        appraisal.state, appraisal.approved_by, appraisal.approved_at = state, None, None
        appraisal.return_reason = BACK if state == State.RETURNED else ""


def _rows(rng, appraisal, sketch):
    """The members of the day; the best by votes are 优秀 as far as a third of the graded who came goes."""
    stays = [stay for stay in sketch.roster if stay.covers(appraisal.held_on)]
    away = {stay.pk for stay in stays if rng.random() < {GOOD: 0.02, ORDINARY: 0.06, WEAK: 0.15}[sketch.manner[0]]}
    present = len(stays) - len(away)
    appraisal.ballots_issued = appraisal.ballots_returned = present
    graded = [stay for stay in stays if stay.is_full]
    by_merit = [stay.pk for stay in graded if stay.pk not in away]
    rng.shuffle(by_merit)
    best = set(by_merit[: len(by_merit) // 3])
    told_on = appraisal.held_on + timedelta(days=20) if appraisal.state == State.APPROVED else None
    for stay in stays:
        grade = ""
        votes = (0, 0, 0)
        if stay.is_full:
            high = rng.randint(present * 6 // 10, present) if stay.pk in best else rng.randint(0, present // 2)
            low = rng.randint(0, (present - high) // 5)
            votes = (high, present - high - low, low)
            grade = Grade.EXCELLENT if stay.pk in best else Grade.BASIC if rng.random() < 0.01 else Grade.QUALIFIED
        yield AppraisalRow(
            appraisal=appraisal, member_id=stay.pk, kind=Kind.FULL if stay.is_full else Kind.PROBATIONARY,
            is_present=stay.pk not in away, absent_reason=rng.choice(REASONS) if stay.pk in away else "",
            excellent=votes[0], qualified=votes[1], basic=votes[2], proposed=grade,
            final=grade if appraisal.state == State.APPROVED else "", told_on=told_on if grade else None,
        )  # fmt: skip


def _polls(county, rng, leaves, year):
    """Every second branch was asked about in December of the complete year."""
    polls = []
    for number, sketch in enumerate(leaves):
        if (number % 2 and not sketch.is_star) or sketch.branch.founded_on.year > year:
            continue
        issued = rng.randint(16, 60)
        returned = issued - rng.randint(0, 4)
        happy = {GOOD: 0.9, ORDINARY: 0.75, WEAK: 0.55}[sketch.manner[0]]
        satisfied = round(returned * (happy + rng.uniform(-0.08, 0.08)))
        fairly = round((returned - satisfied) * 0.7)
        dissatisfied = (returned - satisfied - fairly) // 2
        polls.append(
            MassPoll(
                branch=sketch.branch, year=year, held_on=date(year, 12, 10) + timedelta(days=rng.randint(0, 8)),
                issued=issued, returned=returned, satisfied=satisfied, fairly=fairly, dissatisfied=dissatisfied,
                unsure=returned - satisfied - fairly - dissatisfied, created_by=county.users["gongwei"],
            )
        )  # fmt: skip
    insert(polls)
