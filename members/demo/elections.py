"""Elections of the invented county: files of past ones, two under way, one seat empty, one term extended, one merger."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta
from django.db.models import DateTimeField, F
from django.db.models.functions import Cast

from branches.models import Succession
from jobs.copying import insert
from members.demo.roster import OFFICES
from members.elections import least_candidates
from members.models import Election, ElectionStep, Membership, Nominee, Post, TermExtension

Key, State = ElectionStep.Key, Election.State
DAYS = {  # of each step, counted from the day of the ballot
    Key.NOTICE: -182, Key.RESOLUTION: -72, Key.REQUEST: -64, Key.REPLY: -50, Key.CANDIDATES: -32, Key.CANDIDATE_REQUEST: -27,
    Key.CANDIDATE_REPLY: -15, Key.CONGRESS: 0, Key.FIRST_COMMITTEE: 0, Key.RESULT_REPORT: 3, Key.RESULT_REPLY: 12,
}  # fmt: skip
NUMBERED = {Key.REQUEST, Key.REPLY, Key.CANDIDATE_REQUEST, Key.CANDIDATE_REPLY, Key.RESULT_REPORT, Key.RESULT_REPLY}
EVERY = 6  # of the branches every so many-th has its last election on file
LEFT = 75  # days since the secretary of the vacant branch left


def build(county, rng):
    leaves = [sketch for sketch in county.sketches if sketch.is_leaf and sketch.term and not sketch.branch.closed_on]
    files = [sketch for place, sketch in enumerate(leaves) if sketch.is_star or place % EVERY == 0]
    made = _Files()
    for sketch in files:
        if not sketch.is_vacant:
            _past(made, sketch, rng)
    star = next(sketch for sketch in leaves if sketch.is_star)
    _begun(made, star, county, Election.Kind.GENERAL, star.term.committee_size, [-140, -34, -26, -12])
    vacant = next((sketch for sketch in leaves if sketch.is_vacant), None)
    if vacant:
        _leave(vacant, county)
        _begun(made, vacant, county, Election.Kind.BY, 0, [None, -40, -33])
    made.write()
    _extend(county, leaves)
    for sketch in county.sketches:
        if sketch.successor:
            _follow(sketch, county)
    for model in (Election, ElectionStep, TermExtension, Succession):
        source = {Election: "held_on", ElectionStep: "done_on", TermExtension: "approved_on", Succession: "on"}[model]
        rows = model.objects.exclude(**{source: None})
        rows.update(created_at=Cast(F(source), DateTimeField()))


class _Files:
    """Rows drawn, then written in three statements."""

    def __init__(self):
        self.elections, self.steps, self.nominees, self.numbers = [], [], [], {}

    def step(self, election, key, done_on):
        number = ""
        if key in NUMBERED:
            self.numbers[done_on.year] = self.numbers.get(done_on.year, 0) + 1
            number = f"示例〔{done_on.year}〕{self.numbers[done_on.year]}号"
        self.steps.append(
            ElectionStep(election=election, key=key, done_on=done_on, number=number, created_by=election.created_by)
        )

    def write(self):
        insert(self.elections)
        insert(self.steps)
        insert(self.nominees)


def _past(made, sketch, rng):
    """The ballot from which the serving term came: as many stood as the rule asks, and those who serve were elected."""
    term = sketch.term
    held_on, seats = term.started_on, term.committee_size
    voters = [stay for stay in sketch.roster if stay.is_full and stay.covers(held_on)]
    serving = sketch.committee[: seats or 1]
    known = {stay.pk for stay in voters}
    others = [stay.pk for stay in voters if stay.pk not in dict(sketch.committee)]
    more = least_candidates(seats, held_on) - seats if seats else 0
    if not known.issuperset(pk for pk, _ in serving) or len(others) < more:
        return
    due = len(voters)
    came = due - rng.randint(0, due // 10)
    valid = came - (rng.random() < 0.2)
    election = Election(
        branch=sketch.branch, seats=seats, planned_on=held_on, held_on=held_on, due_count=due, attended_count=came,
        ballots_issued=came, ballots_returned=came, ballots_valid=valid, term=term, state=State.DONE, created_by=sketch.author,
    )  # fmt: skip
    made.elections.append(election)
    for key, days in DAYS.items():
        if seats or key != Key.FIRST_COMMITTEE:
            made.step(election, key, held_on + timedelta(days=days))
    for (pk, _), office in zip(serving, OFFICES, strict=False):
        votes = valid - rng.randint(0, valid // 6)
        made.nominees.append(Nominee(election=election, member_id=pk, office=office, votes=votes, is_elected=True))
    for pk in others[:more]:
        votes = rng.randint(0, valid // 5)
        made.nominees.append(Nominee(election=election, member_id=pk, office=Post.Office.COMMITTEE, votes=votes))


def _begun(made, sketch, county, kind, seats, days):
    """A file under way: its first steps, each so many days ago; None: this kind of election has no such step."""
    today = county.today
    election = Election(
        branch=sketch.branch, kind=kind, seats=seats, planned_on=today + timedelta(days=24), created_by=sketch.author
    )
    made.elections.append(election)
    for key, ago in zip(DAYS, days, strict=False):
        if ago is not None:
            made.step(election, key, today + timedelta(days=ago))


def _leave(sketch, county):
    """书记调出: somebody of the branch led it until a while ago."""
    last = county.today - timedelta(days=LEFT)
    known = dict(sketch.committee)
    former = next(
        (
            stay
            for stay in sketch.roster
            if stay.is_full and stay.pk not in known and stay.covers(sketch.term.started_on)
        ),
        None,
    )
    if former and sketch.term.started_on < last:
        Post.objects.create(
            term=sketch.term, member_id=former.pk, office=Post.Office.SECRETARY, started_on=sketch.term.started_on,
            ended_on=last,
        )  # fmt: skip


def _extend(county, leaves):
    """One term near its end was extended by half a year."""
    today = county.today
    near = (
        sketch for sketch in leaves
        if not sketch.is_star and not sketch.is_vacant and not sketch.seat
        and today < sketch.term.expires_on < today + timedelta(days=120)
    )  # fmt: skip
    if sketch := next(near, None):
        before, term = sketch.term.expires_on, sketch.term
        term.expires_on = before + relativedelta(months=6)
        term.save(update_fields=["expires_on"])
        TermExtension.objects.create(
            term=term, before=before, until=term.expires_on, number=f"示例〔{today.year}〕31号",
            approved_on=today - timedelta(days=15), created_by=county.users["gongwei"],
        )  # fmt: skip


def _follow(sketch, county):
    """The branch that was closed went into another one, members and all."""
    day = sketch.branch.closed_on + timedelta(days=1)
    Succession.objects.create(
        old=sketch.branch, new=sketch.successor.branch, on=day, kind=Succession.Kind.MERGED,
        number=f"示例〔{day.year}〕18号", created_by=county.users["gongwei"],
    )  # fmt: skip
    ending = {"ended_on": sketch.branch.closed_on}
    Membership.objects.filter(branch=sketch.branch, **ending).update(end_reason=Membership.End.ADJUSTED)
    Post.objects.filter(term__branch=sketch.branch, ended_on=None).update(**ending)
