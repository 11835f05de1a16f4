"""The seal: what it holds is what was on record at one instant, its texts alone give it again, and two at once make one."""

from datetime import date

import pytest

from accounts.models import User
from assessment import canonical, results, scoring, sealing
from tests.assessment.year import MONTHS, OVER, YEAR, decimal, hold, scores
from tests.factories import BranchFactory, ManualScoreFactory, RoundFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def outside(settings, tmp_path):
    settings.VAR_DIR = tmp_path


@pytest.fixture
def system():
    return User.objects.system()


@pytest.fixture
def year():
    """Three branches with a year of meetings and one judgement."""
    branches = [BranchFactory(order=place) for place in (3, 1, 2)]
    for count, branch in enumerate(branches, 10):
        hold(branch, "theme_party_day", *((month, 25) for month in MONTHS[:count]))
    scores()
    ManualScoreFactory(branch=branches[0], part="PF10", points=decimal("2.50"))
    return RoundFactory(published=True)


def made(round, system, stage="published", kind="branch"):
    return sealing.seal(round, kind, stage, by=system, on=OVER)


def test_a_seal_holds_the_year_and_its_texts_give_it_again(year, system):
    live = scoring.grade(YEAR, on=OVER)

    seal = made(year, system)

    rows = list(seal.scores.order_by("position"))
    assert [row.branch_id for row in rows] == [score.branch.pk for score in live]
    assert (seal.number, seal.count, seal.previous, seal.as_of) == (1, 3, sealing.START, OVER)
    inputs, decided = canonical.inputs_of(seal.scheme, seal.county, [row.inputs for row in rows])
    assert sealing.results_of(inputs, decided) == {row.branch_id: row.result for row in rows}
    standing = results.standing(YEAR, on=date(2026, 6, 1))
    assert standing.stage == "published"
    assert [(s.branch, s.total, s.rank, s.grade, s.group, s.why) for s in standing.scores] == [
        (s.branch, s.total, s.rank, s.grade, s.group, s.why) for s in live
    ]
    assert standing.scores[0].items == live[0].items
