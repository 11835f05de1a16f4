"""What is entered twice, and what is entered for a branch that is no more."""

from datetime import date

import pytest
from django.urls import reverse

from branches.models import Branch
from branches.rights import Role
from portal.waiting import recruiting
from recruitment import applications
from recruitment.models import Application
from tests import factories
from tests.recruitment.test_steps import refusal
from tests.recruitment.walks import TODAY, Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return Site()


def test_the_same_review_is_entered_once(site):
    """Two tabs, or a double click."""
    application = site.walk("confirm_prospect")
    assert refusal(site.take, application, "cultivate", date(2025, 3, 10))


def test_the_same_person_is_entered_once(site):
    """Two clicks; of two who are called the same and born on one day both numbers are asked for."""
    who = {"name": site.begin().member.name}
    assert "两份档案都请填公民身份号码" in refusal(site.begin, person=who)
    number = factories.id_number(1, date(1995, 5, 17))
    assert "两份档案都请填公民身份号码" in refusal(site.begin, person=who | {"id_number": number})

    site.begin(person=who | {"birth_on": date(1995, 5, 18)})
    born = date(1996, 2, 3)
    for serial in (1, 2):
        site.begin(person=who | {"birth_on": born, "id_number": factories.id_number(serial, born)})
    assert Application.objects.count() == 4


def test_no_step_is_taken_in_a_branch_that_is_no_more(site):
    application = site.walk("confirm_activist")
    Branch.objects.filter(pk=site.branch.pk).update(closed_on=date(2024, 1, 1))
    staff = factories.UserFactory(serving=site.committee.parent, role=Role.STAFF)
    assert refusal(
        site.take, application, "confirm_activist", date(2024, 3, 18), {"recommended_by": "党员推荐"}, by=staff
    )


def test_nobody_is_admitted_into_a_branch_that_is_no_more(site):
    application = site.walk("committee_approval")
    Branch.objects.filter(pk=site.branch.pk).update(closed_on=date(2025, 8, 1))
    assert refusal(site.take, application, "committee_approval", date(2025, 8, 30))


def test_a_road_whose_branch_is_no_more_is_for_those_above_to_move(site, client):
    """It waits on their board and desk until the file has followed; then the road goes on."""
    application = site.walk("confirm_activist")
    Branch.objects.filter(pk=site.branch.pk).update(closed_on=date(2024, 1, 1))
    client.force_login(site.upper)
    board, detail = reverse("recruitment:board"), reverse("recruitment:detail", args=[application.pk])

    assert recruiting(site.upper, TODAY) == (1, "1 件")
    assert "把档案转到接续的党支部" in client.get(board).content.decode()
    page = client.get(detail)
    assert page.context["next"] is None or not page.context["next"]["url"]
    assert "撤销，请上级党组织把档案转到接续的党支部" in page.content.decode()

    other = factories.BranchFactory(parent=site.committee)
    applications.transfer(application, other, since=date(2024, 1, 2), by=site.upper, today=TODAY)
    assert recruiting(site.upper, TODAY) == (0, "0 件")
    site.secretary = factories.UserFactory(serving=other)
    site.take(application, "confirm_activist", date(2024, 3, 18), {"recommended_by": "党员推荐"})
