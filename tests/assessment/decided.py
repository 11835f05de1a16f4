"""A year whose results are decided, without grading anybody: fixed scores under a final seal."""

from decimal import Decimal

from assessment import results
from assessment import scheme as schemes
from assessment.result import SCORED, Dimension, Item, Part, Score
from tests.factories import RoundFactory, SealFactory

YEAR = 2025


def score(branch, grade, total, *, rank=None, group="小学", year=YEAR, content=None):
    """A score of this total: one item for each dimension of the scheme, each with its share of the points."""
    content = content or schemes.of_year(year)
    dimensions = []
    for row in content["dimensions"]:
        most = Decimal(str(row["weight"]))
        points = most * Decimal(str(total)) / 100
        part = Part(row["key"], row["label"], most, SCORED, points, Decimal(0), "按记录")
        item = Item(row["key"], f"{row['label']}各项", row["key"], most, "", "", (part,))
        dimensions.append(Dimension(row["key"], row["label"], most, (item,)))
    return Score(branch, tuple(dimensions), (), rank=rank, grade=grade, group=group, content=content)


def decide(monkeypatch, found, *, year=YEAR, on=None, stage="final"):
    """Let `found` ([Score]) be the sealed results of the year."""
    round_ = RoundFactory(year=year, **{stage: True})
    seal = SealFactory(round=round_, stage=stage)
    seal_results(monkeypatch, {year: results.Standing(year, found, seal.as_of, seal)})
    return round_


def seal_results(monkeypatch, standings):
    """`results.standing` gives these for their years, and as it does otherwise for the others."""
    before = results.standing

    def standing(year, **options):
        return (
            standings[year]
            if year in standings and options.get("kind", "branch") == "branch"
            else before(year, **options)
        )

    monkeypatch.setattr(results, "standing", standing)
