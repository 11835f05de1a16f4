"""Why somebody of another branch guides is kept; what a meeting voted no branch ends alone."""

from datetime import date

import pytest
from django.urls import reverse

from recruitment import applications, guiding
from recruitment.models import Guide
from tests import factories
from tests.recruitment.test_steps import refusal
from tests.recruitment.walks import TODAY, Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return Site()


def test_why_a_mentor_of_another_branch_was_taken_is_kept(site, client):
    application = site.walk("cultivate")
    other = factories.MemberFactory(branch=factories.BranchFactory(parent=site.committee))
    guide = Guide.objects.get(application=application, role="mentor")
    guiding.replace(
        guide, last=date(2024, 6, 1), member=other, words="本支部只有三名正式党员", by=site.secretary, on=TODAY
    )

    client.force_login(site.secretary)
    for page in ("detail", "record"):
        assert (
            "本支部只有三名正式党员"
            in client.get(reverse(f"recruitment:{page}", args=[application.pk])).content.decode()
        )


def test_a_branch_alone_does_not_end_what_its_meeting_voted(site):
    application = site.walk("committee_approval")
    ended = (application, "ended", TODAY, "不再培养")

    assert "不予接收" in refusal(applications.close, *ended, by=site.secretary, today=TODAY)
    applications.close(application, "withdrawn", TODAY, "本人申请", by=site.secretary, today=TODAY)
