"""A year of meetings put on record, and its scores read back by branch and item."""

from datetime import date
from decimal import Decimal

from accounts.models import User
from assessment import scoring
from branches.models import Branch
from portal.actions import tend
from tests.factories import MeetingFactory

YEAR = 2025
OVER = date(2026, 3, 31)  # the last day on which the year is looked at
MONTHS = range(1, 13)


def hold(branch, kinds, *days, due=10, attended=10):
    """Accepted meetings of 2025 on these days, pairs (month, day) or dates."""
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    for day in days:
        held_on = day if isinstance(day, date) else date(YEAR, *day)
        MeetingFactory(
            branch=branch, kinds=kinds, held_on=held_on, due_count=due, attended_count=attended, accepted=True
        )


def scores(*, on=OVER):
    """branch → its score, after the duties were made."""
    tend(YEAR, by=User.objects.system())
    return {score.branch: score for score in scoring.score(Branch.objects.graded(), YEAR, on=on)}


def item(branch, code, *, on=OVER):
    """One item of a branch's score."""
    return next(item for item in scores(on=on)[branch].items if item.code == code)


def decimal(text):
    return Decimal(str(text))
