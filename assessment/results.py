"""A year's scores as they stand: of today's records while nothing is closed, of the seal from publication on."""

from dataclasses import dataclass, field
from datetime import date

from assessment import canonical, scoring, sealing
from assessment.models import Round, Scheme, Seal
from assessment.ranking import ranked
from branches.models import Branch

RUNNING, OVER, PUBLISHED, FINAL = "running", "over", "published", "final"


@dataclass(frozen=True)
class Standing:
    """The graded scores of a year in 单位序, the day they look at, and the seal they come from (None: computed from the
    records of today).

    `stage`: running, over (the year is, nothing is published), published, final. `proposed`: branch id → the grade before
    the 工委会议, of a seal. An organisation of a seal has its name, kind, stage and dates of then.
    """

    year: int
    scores: list
    on: date
    seal: Seal | None = None
    proposed: dict = field(default_factory=dict)

    @property
    def stage(self):
        if self.seal:
            return self.seal.stage
        return OVER if self.on.year > self.year else RUNNING


def standing(year, *, on, kind=Scheme.Kind.BRANCH, only=None):
    """All graded organisations of a kind with rank, group and grade. `only`: keys of those that are wanted; of a seal the
    others are not even read. Four queries of a seal, whatever the number."""
    row = sealed(year, kind)
    if row is None:
        scores = scoring.grade(year, on=on, kind=kind)
        return Standing(year, [score for score in scores if only is None or score.branch.pk in only], on)
    rows = row.scores.order_by("position")
    if only is not None:
        rows = rows.filter(branch__in=only)
    content, scores, proposed = canonical.data(row.scheme), [], {}
    texts = list(rows.values_list("branch", "inputs", "result"))
    now = Branch.objects.in_bulk([branch for branch, _, _ in texts])
    for branch, inputs, result in texts:
        score, grade = canonical.score_of(content, inputs, result)
        proposed[branch] = grade
        score.branch = _as_then(now[branch], score.branch)
        scores.append(score)
    return Standing(year, scores, row.as_of, row, proposed)


def sealed(year, kind=Scheme.Kind.BRANCH):
    """The seal by which a year stands: the newest; None before publication and while it is reopened."""
    round = Round.objects.filter(year=year).first()
    if round is None or round.state not in (Round.State.PUBLISHED, Round.State.DECIDING, Round.State.FINAL):
        return None
    rows = Seal.objects.filter(round=round, kind=kind)
    return rows.select_related("sealed_by", "round").order_by("-number").first()


def proposed(round, *, kind=Scheme.Kind.BRANCH):
    """[Score] of what was published with the adjustments and vetoes of today: the grades that go before the 工委会议.

    Raises `ValidationError` when nothing is published.
    """
    inputs = sealing.decided_inputs(round, kind)
    return ranked(scoring.evaluate(inputs), inputs.content, inputs.period)


def total_now(round, branch, *, kind):
    """The points of one organisation as published, with the adjustments since; None where it is not in the seal."""
    found = scoring.evaluate(sealing.decided_inputs(round, kind, only={branch.pk}))
    return found[0].total if found else None


def _as_then(now, then):
    """The organisation of today, for its place and its page, under what it was when the year was sealed."""
    for name in ("name", "kind", "stage", "order", "founded_on", "closed_on"):
        setattr(now, name, getattr(then, name))
    return now
