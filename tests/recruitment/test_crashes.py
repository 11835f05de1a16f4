"""What cannot be, once sent, is refused in words."""

from datetime import date

import pytest
from django.urls import reverse

from recruitment import applications, matters, steps
from recruitment.models import Application, Publicity
from tests import factories
from tests.recruitment.test_steps import refusal
from tests.recruitment.walks import TODAY, Site

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"recruitment:{name}", args=args)


@pytest.fixture
def site():
    return Site()


def test_a_batch_with_the_same_form_number_is_refused_in_words(site):
    first = site.walk("fill_application_form")
    second = site.walk("fill_application_form", application=site.begin(person={"name": "何二"}))
    entries = {row.pk: steps.Entry({"form_number": "X1"}) for row in (first, second)}

    words = refusal(
        steps.take_many, [first, second], "fill_application_form", date(2025, 7, 3), {}, entries,
        by=site.secretary, today=TODAY,
    )  # fmt: skip
    assert "已经用过" in words
    assert "何二" in words


def test_a_batch_with_counts_that_cannot_be_is_refused_in_words(site):
    application = site.walk("branch_vote")
    entry = steps.Entry({}, vote=site.vote(date(2025, 7, 10), in_favour=12))

    assert refusal(
        steps.take_many, [application], "branch_vote", date(2025, 7, 10), {}, {application.pk: entry},
        by=site.secretary, today=TODAY,
    )  # fmt: skip


def test_an_application_is_redated_after_a_move_to_another_branch(site):
    application, other = site.begin(), factories.BranchFactory(parent=site.committee)
    applications.transfer(application, other, since=date(2024, 1, 1), by=site.upper, today=TODAY)
    secretary = factories.UserFactory(serving=other)
    applications.redate(
        application, applied_on=date(2023, 8, 1), received_on=date(2023, 9, 4), words="有误", by=secretary, on=TODAY
    )

    days = list(application.stays.order_by("started_on").values_list("started_on", "ended_on"))
    assert days == [(date(2023, 8, 1), date(2023, 12, 31)), (date(2024, 1, 1), None)]

    late = {
        "applied_on": date(2024, 1, 1),
        "received_on": date(2024, 1, 2),
        "words": "有误",
        "by": secretary,
        "on": TODAY,
    }
    assert "2024-01-01 起已转到" in refusal(applications.redate, application, **late)


@pytest.mark.parametrize("end", [date(9999, 12, 31), date(8999, 12, 31)])
def test_a_notice_without_end_is_refused(site, client, end):
    """Its days would be counted on every page on which the road stands."""
    application = site.walk("confirm_prospect")
    notice = Publicity(
        application=application,
        matter="confirm_prospect",
        started_on=date(2026, 6, 1),
        ended_on=end,
        place="校务公开栏",
    )
    assert refusal(matters.publish, notice, by=site.secretary, today=TODAY)


def test_days_before_the_party_was_founded_are_refused(site, client):
    client.force_login(site.secretary)
    client.post(url("add"), {
        "branch": site.branch.pk, "name": "何甲", "birth_on": "0001-01-01", "applied_on": "0020-01-01",
        "received_on": "0020-01-02",
    })  # fmt: skip
    assert not Application.objects.exists()
