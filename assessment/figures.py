"""The figures of a year's results without what they rest on: of the seal where there is one, else of today's records.

A seal never changes, so what was read from it once is kept by the process: a page over several years costs no more than one.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from statistics import median

from assessment import canonical, forecast_sheet
from assessment import scheme as schemes
from assessment.models import Forecast, Round, Scheme, Seal, SealedScore
from assessment.result import cents

KEPT = 24  # seals: two kinds over a dozen years
CLOSED = (Round.State.PUBLISHED, Round.State.DECIDING, Round.State.FINAL)  # a year that was reopened runs again
FINAL, PUBLISHED, RUNNING = "审定", "公布", "预估"


@dataclass(frozen=True)
class Figures:
    """What one organisation got."""

    branch: int
    name: str  # as it was then
    total: Decimal | None
    judged: Decimal
    rank: int | None
    group: str
    grade: str
    proposed: str
    why: str
    dimensions: dict


@dataclass(frozen=True)
class Year:
    """All results of a kind in a year: branch id → Figures in their order, the scheme, and how far the year is."""

    year: int
    kind: str
    word: str
    content: dict
    rows: dict = field(repr=False)

    @property
    def is_sealed(self):
        return self.word != RUNNING

    @property
    def is_final(self):
        return self.word == FINAL

    @cached_property
    def groups(self):
        """Comparison group → its figures, the first place first; 不定等次 stands in none."""
        found = {}
        for row in self.rows.values():
            if row.rank is not None:
                found.setdefault(row.group, []).append(row)
        return {group: sorted(rows, key=lambda row: row.rank) for group, rows in found.items()}

    @cached_property
    def places(self):
        """branch id → (place, size) within its comparison group; equals share a place."""
        found = {}
        for rows in self.groups.values():
            for row in rows:
                found[row.branch] = (1 + sum(other.rank < row.rank for other in rows), len(rows))
        return found

    def median(self, group, least):
        """The middle of a group's totals; None for a group of fewer than `least`, which would give its members away."""
        totals = [row.total for row in self.groups.get(group, ())]
        return cents(median(totals)) if len(totals) >= max(1, least) else None

    @cached_property
    def labels(self):
        """The grades of the scheme, the best first, and 不定等次."""
        return [row["label"] for row in (*self.content["grades"], self.content["undetermined"])]


@lru_cache(maxsize=KEPT)
def _sealed(pk, head):
    """(scheme, branch id → Figures) of a seal; `head` makes sure that it is the seal that was asked for."""
    scheme, county = Seal.objects.values_list("scheme", "county").get(pk=pk)
    names = dict(canonical.data(county)["roster"])
    found = {}
    rows = SealedScore.objects.filter(seal=pk).order_by("position").values_list("branch", "result")
    for branch, text in rows.iterator():
        told = canonical.data(text)
        found[branch] = Figures(
            branch, names[branch], _number(told["total"]), _number(told["judged"]), told["rank"], told["group"], told["grade"],
            told["proposed"], told["why"], {key: _number(points) for key, points in told["dimensions"].items()},
        )  # fmt: skip
    return canonical.data(scheme), found


def _number(text):
    return None if text is None else Decimal(text)


def seals(kind=Scheme.Kind.BRANCH, *, stage=None):
    """year → the seal that holds: the newest of each year. One query."""
    found = Seal.objects.filter(kind=kind, round__state__in=CLOSED).select_related("round").order_by("number")
    return {seal.round.year: seal for seal in (found.filter(stage=stage) if stage else found)}


def seals_of(year):
    """The kinds of organisation that have a final result in the year."""
    return [kind for kind in Scheme.Kind if year in seals(kind, stage=Seal.Stage.FINAL)]


def of_seal(seal):
    """The Year that a seal closed."""
    word = FINAL if seal.stage == Seal.Stage.FINAL else PUBLISHED
    return Year(seal.round.year, seal.kind, word, *_sealed(seal.pk, seal.head))


def of_records(year, *, on, kind=Scheme.Kind.BRANCH):
    """The Year as it runs: of the last pass over everybody. A large county that nobody has graded yet has no rows."""
    last = forecast_sheet.last_pass(year, on=on, kind=kind)
    rows = forecast_sheet.of_pass(Forecast.objects, year, kind, last.at) if last.at else ()
    return Year(year, kind, RUNNING, schemes.in_force(year, kind), {
        row.branch_id: Figures(
            row.branch_id, row.branch.name, row.total, row.judged, row.rank, row.group, row.grade, row.grade, row.why,
            {each["key"]: _number(each["points"]) for each in row.dimensions},
        )
        for row in rows
    })  # fmt: skip


def of_score(score):
    dimensions = {each.key: each.points for each in score.dimensions}
    return Figures(
        score.branch.pk, score.branch.name, score.total, score.judged, score.rank, score.group, score.grade, score.grade,
        score.why, dimensions,
    )  # fmt: skip
