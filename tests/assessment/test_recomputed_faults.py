"""What the recomputation from the rows found at odds with the clause: each as small as it can be shown."""

from datetime import UTC, date, datetime

import pytest

from assessment import review_terms
from branches.facts import rectified_on_time
from branches.models import Branch
from meetings.models import MeetingKind
from rulebook.facts import Period
from tests.assessment.test_grade_bounds import GRADES, graded, scheme
from tests.assessment.year import OVER, YEAR, hold, item
from tests.factories import (
    BranchFactory,
    PostFactory,
    RectificationFactory,
    TermFactory,
)

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


@pytest.mark.parametrize(
    ("hour", "waits"), [(15, True), (16, False)], ids=["before midnight", "after midnight here, the day before in UTC"]
)
def test_what_was_handed_in_after_midnight_was_handed_in_on_the_next_day(hour, waits):
    """PF8.2：整改按时. By the county's clock: what came at half past midnight came a day late, and is not waiting in time."""
    handed = datetime(2025, 6, 10, hour, 30, tzinfo=UTC)
    late = RectificationFactory(submitted=True, due_on=date(2025, 6, 10), submitted_at=handed)

    found = rectified_on_time(Branch.objects.all(), Period.of_year(YEAR, on=OVER))

    assert (late.branch_id not in found) == waits


def test_a_band_with_a_tenth_begins_at_its_own_number():
    bands = [GRADES[0], {"label": "合格", "at_least": 70.2}, *GRADES[2:]]

    assert graded("70.20", "70.19", content=scheme(grades=bands)) == ["合格", "基本合格"]


def test_a_post_that_nobody_ended_is_over_with_its_term():
    """PF7：书记空缺的不报述职. The new term has no secretary; who was one in the term before is none any more."""
    branch = BranchFactory(founded_on=date(2010, 1, 1))
    PostFactory(term=TermFactory(branch=branch, started_on=date(2022, 3, 1)))
    TermFactory(branch=branch, started_on=date(2025, 3, 1))
    day = date(2025, 12, 31)
    rows = review_terms.stretches(Branch.objects.all(), YEAR).get(branch.pk, [])

    assert review_terms.incumbent(rows, day) is None
    assert not Branch.objects.filter(review_terms.in_office(day, of="pk"), pk=branch.pk).exists()
