"""What was taken back counts no more: neither a prospect nor a signed paper; and what is closed or under way stays so."""

from datetime import date

import pytest
from django.urls import reverse

from branches.models import Branch
from branches.rights import Role
from recruitment import applications, documents, steps
from recruitment.facts import years_without
from rulebook.facts import Period
from tests import factories
from tests.recruitment.test_steps import refusal
from tests.recruitment.walks import TODAY, Site

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"recruitment:{name}", args=args)


@pytest.fixture
def site():
    return Site()


def _line(application, user, key="branch_vote-resolution"):
    return next(line for line in documents.state(application, user).lines if line.document.key == key)


def test_a_prospect_that_was_taken_back_is_none_for_the_clue(site):
    """years_without reads rows that are not `is_undone`, also those that a later row took back."""
    application = site.walk("prospect_filing")
    steps.take_back(application, "confirm_prospect", "有误", date(2025, 5, 1), by=site.secretary, today=TODAY)
    period, branches = Period.of_year(2026, on=date(2026, 12, 31)), Branch.objects.filter(pk=site.branch.pk)
    begun = Site().walk("prospect_filing")  # somewhere the county keeps records since 2023

    assert begun
    assert begun.branch_id not in years_without(
        Branch.objects.filter(pk=begun.branch_id), Period.of_year(2026, on=date(2026, 1, 31))
    )
    assert site.branch.pk in years_without(branches, period)


def test_the_scan_of_a_vote_that_was_taken_back_is_not_that_of_the_new_one(site, client):
    """材料 says 有 for the 决议 of the second vote, and the file can be archived with the paper of the invalid one."""
    application = site.walk("superior_talk")
    scan = factories.StepFileFactory(application=application, step="branch_vote", document="resolution")
    steps.take_back(application, "branch_vote", "票数有误", TODAY, by=site.upper, today=TODAY)
    site.take(application, "branch_vote", date(2025, 7, 15))
    line = _line(application, site.secretary)
    assert (line.is_there, line.old) == (False, (scan,))
    client.force_login(site.secretary)
    page = client.get(url("document", application.pk, "branch_vote-resolution")).content.decode()
    assert "退回前的签字件" in page
    assert url("file", scan.pk) in page
    assert "退回前的 1 个" in client.get(url("documents", application.pk)).content.decode()

    fresh = factories.StepFileFactory(application=application, step="branch_vote", document="resolution")
    line = _line(application, site.secretary)
    assert (line.files, line.old) == ((fresh,), (scan,))


def test_a_letter_of_application_stays_when_its_day_was_typed_wrongly(site):
    application = site.begin()
    scan = factories.StepFileFactory(application=application, step="apply", document="application")
    applications.redate(
        application,
        applied_on=date(2023, 8, 1),
        received_on=date(2023, 9, 4),
        words="有误",
        by=site.secretary,
        on=TODAY,
    )
    assert _line(application, site.secretary, "apply-application").files == (scan,)


def test_papers_of_reviews_that_stand_are_kept_when_the_last_review_is_taken_back(site):
    application = site.walk("confirm_prospect")
    scan = factories.StepFileFactory(application=application, step="cultivate", document="review_form")
    steps.take_back(application, "cultivate", "写错人", TODAY, by=site.secretary, today=TODAY)
    assert _line(application, site.secretary, "cultivate-review_form").files == (scan,)


def test_the_explanation_of_a_closed_step_is_closed(site, client):
    """`line.words` are hidden from 督查, `line.explained` are not: any step takes an explanation, also the review."""
    application = site.walk("political_review")
    site.take(application, "political_review", date(2025, 5, 20), {"conclusion": "passed"}, explained="纪委反映甲乙丙")
    client.force_login(factories.UserFactory(serving=site.committee, role=Role.INSPECTOR))

    assert "甲乙丙" not in client.get(url("detail", application.pk)).content.decode()
    assert "甲乙丙" not in client.get(url("record", application.pk)).content.decode()


def test_nobody_moves_between_the_vote_and_its_approval(site):
    """domain-rules §3: “moved before filing” makes an admission invalid; 第二十六条 approves what *this* branch voted.

    The membership then begins in a branch whose meeting never voted on the person.
    """
    application, other = site.walk("committee_approval"), factories.BranchFactory(parent=site.committee)
    move = (applications.transfer, application, other)
    assert "还没有审批" in refusal(*move, since=date(2025, 8, 1), by=site.upper, today=TODAY)
    Branch.objects.filter(pk=site.branch.pk).update(closed_on=date(2025, 8, 1))  # then the one that goes on with it
    assert applications.transfer(application, other, since=date(2025, 8, 2), by=site.upper, today=TODAY)
