"""Sealed years for the tests, and hands that may switch the triggers off."""

from contextlib import contextmanager
from datetime import date

from django.db import connection, transaction

from accounts.models import User
from assessment import sealing
from assessment.models import Seal
from tests.assessment.year import MONTHS, OVER, YEAR, decimal, hold, scores
from tests.factories import BranchFactory, ManualScoreFactory, RoundFactory

COUNT = 4


def graded_year(count=COUNT):
    """A published round of 2025 with so many branches: different meetings, one judgement each. Not sealed yet."""
    branches = [BranchFactory(order=place, name=f"第{place}小学党支部") for place in range(count, 0, -1)]
    for number, branch in enumerate(branches):
        hold(branch, "theme_party_day", *((month, 25) for month in MONTHS[: 12 - number % 12]))
        ManualScoreFactory(branch=branch, part="PF10", points=decimal(2) + decimal("0.05") * (number % 20))
    scores()
    return RoundFactory(published=True, year=YEAR)


def sealed(round, stage=Seal.Stage.PUBLISHED, *, on=OVER):
    return sealing.seal(round, "branch", stage, by=User.objects.system(), on=on)


def finalised(round):
    """The round final, and sealed so."""
    round.state, round.meeting_on, round.minutes_number = "final", date(2026, 1, 22), "纪要〔2026〕2号"
    round.final_by, round.final_at = User.objects.system(), "2026-01-22T02:00:00Z"
    round.save()
    return sealed(round, Seal.Stage.FINAL)


def as_owner(statement, params=()):
    """As somebody who may switch the triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, params)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


@contextmanager
def undone():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
