"""What the totals of the ballots say: the points on the spot, and the grade that more than half stand behind."""

from decimal import ROUND_HALF_UP, Decimal

from assessment.models import SecretaryReview
from rulebook.book import value

Grade = SecretaryReview.Grade


def scale(on):
    """grade → {label, points} by the rule of that day."""
    return value("review.scale", on=on)


def label_of(grade, on):
    """The county's word for a grade."""
    return scale(on)[grade]["label"] if grade else ""


def points(review, on):
    """现场得分: the mean of the ballots by the points of their grades, two decimals; None before the evaluation."""
    ballots = review.ballots
    if not ballots or not sum(ballots.values()):
        return None
    worth = scale(on)
    total = sum(count * Decimal(str(worth[grade]["points"])) for grade, count in ballots.items())
    return (total / sum(ballots.values())).quantize(Decimal("0.01"), ROUND_HALF_UP)


def said(review, on):
    """The grade that the ballots say: from the best down, the first with which more than the share of the rule is reached."""
    ballots, share = review.ballots, Decimal(str(value("review.majority", on=on)["share"]))
    whole, got = sum(ballots.values()), 0
    for grade, count in ballots.items():
        got += count
        if got > whole * share:
            return grade
    return None
