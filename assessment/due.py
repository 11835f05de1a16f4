"""What falls due in the round of a year, for the reminders: self-checks, judgements, answers. See reminders.facts."""

from datetime import timedelta

from django.db.models import Count, DateField, Exists, F, IntegerField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, TruncDate
from django.urls import reverse

from assessment import judging
from assessment.models import ManualScore, Objection, Round, SealedScore, SelfCheck
from branches.actions import root
from branches.models import Branch

State = Round.State
FRESH = 7  # days in which an answer is news
ANSWERED = {  # in which steps of the round an objection of each phase is answered
    Objection.Phase.SELF_CHECK: (State.SELF_CHECK, State.JUDGING, State.REVIEW),
    Objection.Phase.PUBLISHED: (State.PUBLISHED,),
}


def _running(state):
    return Round.objects.filter(state=state).order_by("-year").first()


def self_checks_open(on, *, of):
    """Organisations that have not handed in their self-check while it may still be written, by the last day."""
    round = _running(State.SELF_CHECK)
    if round is None:
        return _on_day(Branch.objects.none(), Value(on, DateField()))
    handed_in = SelfCheck.objects.filter(round=round, branch=OuterRef("pk"), state=SelfCheck.State.SUBMITTED)
    return _on_day(judging.graded(round, on).order_by().filter(~Exists(handed_in)), _day_of(round, of))


def _day_of(round, name):
    return Subquery(Round.objects.filter(pk=round.pk).values(name)[:1], output_field=DateField())


def _on_day(branches, day):
    return branches.annotate(day=day).values_list("pk", "pk", "day", "day")


def self_check_words(pks, on):
    round = _running(State.SELF_CHECK)
    year = round.year if round else on.year
    return {pk: (f"{year} 年度考核自查", reverse("assessment:self_check", args=[year, pk])) for pk in pks}


def judging_open(on, *, of):
    """The round that is judged while something is not: one matter of the county, told at its top."""
    found = Round.objects.filter(state=State.JUDGING)
    round = found.order_by("-year").first()
    if round is None or not _left(round, on):
        found = found.none()
    place = Value(root().pk, IntegerField())
    return found.annotate(day=F(of), place=place).values_list("pk", "place", "day", "judging_until")


def _left(round, on):
    """How many organisations have a part without counted points."""
    keys = {part["key"] for _, content in judging.schemes_of(round) for _, part in judging.manual_parts(content)}
    counted = ManualScore.objects.filter(year=round.year, branch=OuterRef("pk"), part__in=keys).order_by()
    counts = counted.values("branch").annotate(number=Count("pk")).values("number")
    least = min((len(judging.manual_parts(content)) for _, content in judging.schemes_of(round)), default=0)
    done = Coalesce(Subquery(counts, output_field=IntegerField()), 0)
    return judging.graded(round, on).order_by().annotate(done=done).filter(done__lt=least).count()


def judging_words(pks, on):
    found = {}
    for round in Round.objects.filter(pk__in=pks):
        words = f"{round.year} 年度考核评分，还有 {_left(round, on)} 个党组织没有评完"
        found[round.pk] = (words, reverse("assessment:review", args=[round.year]) + "?what=missing")
    return found


def published_open(on, *, of):
    """Organisations whose points are published, while something may be said against them. No question of its own: the sweep
    asks all sources at once."""
    rounds = Round.objects.filter(state=State.PUBLISHED, objections_until__gte=on).order_by("-year")
    told = SealedScore.objects.filter(seal__round=Subquery(rounds.values("pk")[:1]), branch=OuterRef("pk"))
    day = Subquery(rounds.values(of)[:1], output_field=DateField())
    return _on_day(Branch.objects.order_by().filter(Exists(told)), day)


def published_words(pks, on):
    round = _running(State.PUBLISHED)
    year = round.year if round else on.year
    url = "assessment:round_branch"
    return {pk: (f"{year} 年度考核得分已公布，有异议的请提出", reverse(url, args=[year, pk])) for pk in pks}


def objections_waiting(on, *, of):
    """Objections without an answer, as long as one may be given."""
    answerable = Q()
    for phase, states in ANSWERED.items():
        answerable |= Q(phase=phase, round__state__in=states)
    found = Objection.objects.filter(answerable, answered_at=None)
    return found.annotate(day=F(of)).values_list("pk", "branch", "day", "raised_on")


def objection_words(pks, on):
    return {pk: ("考核异议待答复", reverse("assessment:objection_answer", args=[pk])) for pk in pks}


def answers_given(on, *, of):
    """Objections that were answered these days: whoever raised them has somebody to tell in the branch."""
    found = Objection.objects.filter(answered_at__date__gte=on - timedelta(days=FRESH))
    return found.annotate(day=TruncDate(of)).values_list("pk", "branch", "day", "day")


def answer_words(pks, on):
    rows = Objection.objects.filter(pk__in=pks).values_list("pk", "branch", "round__year", "outcome")
    return {
        pk: (
            f"考核异议已答复：{Objection.Outcome(outcome).label}",
            reverse("assessment:round_branch", args=[year, branch]) + "#objections",
        )
        for pk, branch, year, outcome in rows
    }
