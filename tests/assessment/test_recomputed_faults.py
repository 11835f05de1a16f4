"""What the recomputation from the rows found at odds with the clause: each as small as it can be shown."""

from datetime import date

import pytest

from meetings.models import MeetingKind
from tests.assessment.year import YEAR, hold, item
from tests.factories import BranchFactory

pytestmark = pytest.mark.django_db
ORG_LIFE = MeetingKind.Kind.ORG_LIFE_MEETING


@pytest.mark.parametrize(
    ("day", "state"), [(date(2026, 3, 31), "1.50"), (date(2026, 4, 1), "0.00")], ids=["the last day", "a day later"]
)
def test_an_org_life_meeting_after_march_counts_for_no_year_before(day, state):
    """PF1：次年 3 月底前办理的计入本年度. The register may say that a later one was of the year: it does not count either."""
    branch = BranchFactory(founded_on=date(2010, 1, 1))
    hold(branch, ORG_LIFE, day)
    MeetingKind.objects.update(assessment_year=YEAR)

    part = next(part for part in item(branch, "PF1", on=date(2026, 5, 1)).parts if part.key == "PF1.1")

    assert str(part.points) == state
    assert ("2025 年度" in part.reason) == (state == "0.00")
