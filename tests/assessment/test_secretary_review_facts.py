"""责任书和述职 as points, and what falls due: to the day."""

from datetime import date

import pytest

from assessment.facts import letters_and_reviews, review_words, reviews_due, reviews_returned, reviews_waiting
from branches.models import Branch
from rulebook.facts import Period
from tests.factories import (
    BranchFactory,
    ResponsibilityLetterFactory,
    SecretaryReportFactory,
    SecretaryReviewCampaignFactory,
    SecretaryReviewFactory,
    TermFactory,
)

pytestmark = pytest.mark.django_db
YEAR = 2025


def fact(branch, on):
    found = letters_and_reviews(Branch.objects.filter(pk=branch.pk), Period.of_year(YEAR, on=on))
    return found.get(branch.pk)


@pytest.fixture
def branch():
    return TermFactory(branch=BranchFactory(), started_on=date(2024, 3, 1), secretary_name="岳明").branch


@pytest.fixture
def review(branch):
    """Listed, with its letter signed."""
    ResponsibilityLetterFactory(branch=branch, year=YEAR, kind="goal", member=None, signed_on=date(2025, 3, 1))
    return SecretaryReviewFactory(branch=branch)


def test_nothing_is_judged_while_the_county_recorded_neither(branch):
    assert letters_and_reviews(Branch.objects.all(), Period.of_year(YEAR, on=date(2025, 12, 31))) is None


@pytest.mark.parametrize(
    ("on", "is_void"), [(date(2025, 3, 31), False), (date(2025, 4, 1), True)], ids=["last day", "a day late"]
)
def test_without_the_letter_nothing_is_had_after_its_last_day(branch, on, is_void):
    ResponsibilityLetterFactory(branch=BranchFactory(), year=YEAR, kind="goal", member=None, signed_on=date(2025, 3, 1))

    found = fact(branch, on)

    assert found.is_void is is_void
    assert bool(found.missing) is is_void


def test_a_letter_signed_late_counts_from_its_day(branch):
    ResponsibilityLetterFactory(branch=branch, year=YEAR, kind="goal", member=None, signed_on=date(2025, 5, 20))

    assert fact(branch, date(2025, 5, 19)).is_void
    assert not fact(branch, date(2025, 5, 20)).is_void


@pytest.mark.parametrize(
    ("on", "is_void"), [(date(2025, 12, 15), False), (date(2025, 12, 16), True)], ids=["due day", "a day late"]
)
def test_without_the_report_nothing_is_had_after_its_day(review, on, is_void):
    found = fact(review.branch, on)

    assert found.is_void is is_void
    assert found.missing == (("2025 年述职报告未报（12-15 截止）",) if is_void else ())
    assert found.pks == (review.pk,)


def test_a_report_handed_in_late_counts_from_its_day(review):
    SecretaryReportFactory(review=review, submitted=True, submitted_on=date(2025, 12, 20))

    assert fact(review.branch, date(2025, 12, 19)).is_void
    assert not fact(review.branch, date(2025, 12, 20)).is_void


@pytest.mark.parametrize(("returns", "points"), [(0, 0), (1, 0), (2, 1), (3, 2)])
def test_the_first_return_is_free_each_further_counts(review, returns, points):
    for number in range(1, returns + 1):
        SecretaryReportFactory(review=review, number=number, returned=True)
    SecretaryReportFactory(review=review, number=returns + 1, submitted=True)

    found = fact(review.branch, date(2025, 12, 31))

    assert found.value == points
    assert not found.is_void
    assert f"发回 {returns} 次" in found.note


@pytest.mark.parametrize(
    ("on", "is_void"), [(date(2025, 12, 19), False), (date(2025, 12, 20), True)], ids=["last day", "a day late"]
)
def test_what_came_back_and_was_not_handed_in_again_is_not_in(review, on, is_void):
    SecretaryReportFactory(review=review, returned=True, rewrite_until=date(2025, 12, 19))

    found = fact(review.branch, on)

    assert found.is_void is is_void


def test_a_past_day_knows_nothing_of_later_returns(review):
    SecretaryReportFactory(review=review, number=1, returned=True)
    SecretaryReportFactory(
        review=review, number=2, returned=True, returned_on=date(2025, 12, 25), rewrite_until=date(2026, 1, 5)
    )
    SecretaryReportFactory(review=review, number=3, submitted=True, submitted_on=date(2025, 12, 28))

    assert fact(review.branch, date(2025, 12, 24)).value == 0
    assert fact(review.branch, date(2025, 12, 25)).value == 1


def test_a_vacant_post_owes_no_report_and_a_branch_that_owes_nothing_is_left_out(branch):
    SecretaryReviewCampaignFactory()
    vacant = SecretaryReviewFactory(branch=BranchFactory()).branch

    assert fact(vacant, date(2025, 12, 31)) is None
    assert fact(branch, date(2025, 12, 31)) is None, "not on the list, and no letters are recorded"


def test_a_branch_founded_after_the_signing_owes_no_letter():
    ResponsibilityLetterFactory(branch=BranchFactory(), year=YEAR, kind="goal", member=None, signed_on=date(2025, 3, 1))

    assert fact(BranchFactory(founded_on=date(2025, 4, 1)), date(2025, 12, 31)) is None
    assert fact(BranchFactory(founded_on=date(2025, 3, 31)), date(2025, 12, 31)).is_void


def test_the_fact_costs_the_same_for_any_number_of_branches(review, django_assert_num_queries):
    period = Period.of_year(YEAR, on=date(2025, 12, 31))
    with django_assert_num_queries(7):
        letters_and_reviews(Branch.objects.all(), period)
    for _ in range(5):
        SecretaryReviewFactory(branch=TermFactory(branch=BranchFactory(), secretary_name="某某").branch)
    with django_assert_num_queries(7):
        letters_and_reviews(Branch.objects.all(), period)


# --- what falls due


def test_reports_not_in_yet_are_due_and_a_vacant_post_is_not_told(review):
    SecretaryReviewFactory(branch=BranchFactory())
    done = TermFactory(branch=BranchFactory(), secretary_name="某某").branch
    SecretaryReviewFactory(branch=done, state="submitted")

    rows = list(reviews_due(date(2025, 12, 10), of="due_on"))

    assert rows == [(review.pk, review.branch_id, date(2025, 12, 15), date(2025, 12, 15))]
    assert list(reviews_due(date(2025, 10, 31), of="due_on")) == []
    assert review_words([review.pk], date(2025, 12, 10))[review.pk][0] == "述职报告 12-15 前报送"


def test_what_came_back_and_what_waits_is_told_by_its_day(branch):
    back = SecretaryReviewFactory(branch=branch, state="returned", due_on=date(2025, 12, 19))
    waits = SecretaryReviewFactory(branch=BranchFactory(), state="submitted")
    SecretaryReportFactory(review=waits, number=1, returned=True)
    SecretaryReportFactory(review=waits, number=2, submitted=True, submitted_on=date(2025, 12, 14))

    assert [row[:3] for row in reviews_returned(date(2025, 12, 16), of="due_on")] == [
        (back.pk, branch.pk, date(2025, 12, 19))
    ]
    assert [row[:3] for row in reviews_waiting(date(2025, 12, 16), of="handed_on")] == [
        (waits.pk, waits.branch_id, date(2025, 12, 14))
    ]
