"""What is closed to inspectors, and the articles that an edition cites."""

from datetime import date

import pytest
from django.urls import reverse

from branches.rights import Role
from members.models import Sanction
from recruitment import applications, steps
from recruitment.road import in_force
from tests import factories
from tests.recruitment.walks import TODAY, Site

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"recruitment:{name}", args=args)


@pytest.fixture
def site():
    return Site()


@pytest.mark.parametrize("outcome", ["refused", "ended"])
def test_why_a_file_was_closed_is_not_for_inspectors(site, client, outcome):
    """The reason may say what a political review found."""
    application = site.walk("pre_review")
    by = site.upper if outcome == "refused" else site.secretary
    applications.close(application, outcome, TODAY, "政审发现问题甲乙丙", by=by, today=TODAY)
    client.force_login(factories.UserFactory(serving=site.committee, role=Role.INSPECTOR))
    page = client.get(url("detail", application.pk))

    assert page.status_code == 200
    assert "甲乙丙" not in page.content.decode()
    client.force_login(site.secretary)
    assert "甲乙丙" in client.get(url("detail", application.pk)).content.decode()


@pytest.mark.parametrize(
    ("step", "article"),
    [("pre_review", "第十八条"), ("fill_application_form", "第十八条"), ("conversion_approval", "第三十三条")],
)
def test_a_need_of_2026_cites_2026(step, article):
    assert {need["article"] for need in in_force(date(2026, 6, 1)).steps[step].needs} == {article}


def test_filing_of_2026_cites_2026():
    assert in_force(date(2026, 6, 1)).steps["od_filing"].article == "第二十五条"


def test_a_fault_of_the_road_names_no_sanction(site, client):
    """A sanction entered later makes the step of two full members wrong; the page tells nobody why."""
    application = site.walk("political_review")
    factories.SanctionFactory(
        member=site.members[0], kind=Sanction.Kind.PROBATION, started_on=date(2025, 4, 1), ended_on=date(2027, 4, 1)
    )
    client.force_login(factories.UserFactory(serving=site.committee, role=Role.INSPECTOR))
    page = client.get(url("detail", application.pk))

    assert not any("留党察看" in fault.says for fault in page.context["road"].faults)


def test_what_was_taken_back_stays_on_the_page_why_is_not_for_inspectors(site, client):
    application = site.walk("pre_review")
    steps.take_back(application, "confirm_prospect", "政审发现问题甲乙丙", TODAY, by=site.upper, today=TODAY)
    pages = [url(name, application.pk) for name in ("detail", "record")]

    client.force_login(site.secretary)
    assert all(f"{TODAY} 退回：政审发现问题甲乙丙" in client.get(page).content.decode() for page in pages)
    client.force_login(factories.UserFactory(serving=site.committee, role=Role.INSPECTOR))
    for page in pages:
        text = client.get(page).content.decode()
        assert f"{TODAY} 退回" in text
        assert "甲乙丙" not in text
