"""A year's scores as they stand: of today's records while nothing is closed, of the seal from publication on."""

from dataclasses import dataclass
from datetime import date

from assessment import scoring
from assessment.models import Scheme, Seal


@dataclass(frozen=True)
class Standing:
    """The graded scores of a year, the day they look at, and the seal they come from (None: computed from the records)."""

    year: int
    scores: list
    on: date
    seal: Seal | None = None


def standing(year, *, on, kind=Scheme.Kind.BRANCH):
    """All graded organisations of a kind with rank, group and grade, in 单位序."""
    return Standing(year, scoring.grade(year, on=on, kind=kind), on)
