"""A year whose results are sealed, without grading anybody: three items, fixed points, the texts of a real seal."""

from datetime import date
from decimal import Decimal

from assessment import canonical
from assessment import scheme as schemes
from assessment.result import SCORED, Dimension, Item, Part, Score
from assessment.scoring import Inputs
from tests.factories import RoundFactory, SchemeFactory, SealedScoreFactory, SealFactory

YEAR = 2025


def scheme(year=YEAR, **changed):
    """A scheme with one item for each dimension."""
    content = schemes.frozen(year)
    items = [
        {
            "code": row["key"], "label": f"{row['label']}各项", "dimension": row["key"], "points": row["weight"], "clause": "",
            "source": "", "parts": [{"key": row["key"], "label": row["label"], "points": row["weight"], "by": "manual"}],
        }
        for row in content["dimensions"]
    ]  # fmt: skip
    return content | {"items": items} | changed


def score(branch, grade, total, *, rank=None, group="小学", content=None):
    """A score of this total, each dimension with its share of the points."""
    content = content or scheme()
    dimensions = []
    for row in content["dimensions"]:
        most = Decimal(str(row["weight"]))
        points = most * Decimal(str(total)) / 100
        part = Part(row["key"], row["label"], most, SCORED, points, Decimal(0), "按记录")
        item = Item(row["key"], f"{row['label']}各项", row["key"], most, "", "", (part,))
        dimensions.append(Dimension(row["key"], row["label"], most, (item,)))
    return Score(branch, tuple(dimensions), (), rank=rank, grade=grade, group=group, content=content)


def decide(found, *, year=YEAR, stage="final", content=None):
    """Seal `found` ([Score]) as the results of the year; the round."""
    content = content or scheme(year)
    row = SchemeFactory(year=year, content=content)
    days = {"opened_on": date(year, 12, 1), "self_check_until": date(year, 12, 20), "judging_until": date(year + 1, 1, 8),
            "published_on": date(year + 1, 1, 12), "objections_until": date(year + 1, 1, 19)}  # fmt: skip
    if stage == "final":
        days["meeting_on"] = date(year + 1, 1, 22)
    round_ = RoundFactory(year=year, scheme=row, **{stage: True}, **days)
    inputs = Inputs(year, date(year, 12, 31), content, tuple(each.branch for each in found), {})
    told, county, texts = canonical.texts(inputs)
    seal = SealFactory(
        round=round_, stage=stage, scheme=told, county=county, as_of=inputs.on, head=f"{year:064d}", count=len(found)
    )
    for position, each in enumerate(found, 1):
        SealedScoreFactory(
            seal=seal, position=position, branch=each.branch, inputs=texts[each.branch.pk],
            result=canonical.result_text(each, each.grade),
        )  # fmt: skip
    return round_
