"""A step that was wrong is taken back with all that rests on it, and what it changed in the register is changed back."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from members.models import Membership
from recruitment import legality, steps
from recruitment.cases import cases
from recruitment.models import Application, Guide, RoadStep
from tests import factories
from tests.recruitment.test_steps import refusal
from tests.recruitment.walks import TODAY, Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return Site()


def test_a_step_falls_with_all_that_rests_on_it_and_is_taken_anew(site):
    application = site.walk("branch_vote")
    row = steps.take_back(
        application, "assign_sponsors", "介绍人登记有误", date(2025, 8, 1), by=site.upper, today=TODAY
    )
    application.refresh_from_db()

    assert (application.stage, application.step, application.form_number) == ("prospect", "prospect_training", "")
    assert row.data == {"guides": [member.pk for member in site.members[:2]]}
    assert not Guide.objects.filter(role="sponsor").exists()
    assert site.take(application, "assign_sponsors", date(2025, 4, 17), guides=site.members[2:4])


def test_a_branch_takes_back_its_own_until_somebody_above_rests_on_it(site):
    application = site.walk("activist_filing")
    assert steps.may_take_back(application, "confirm_activist", site.secretary)
    site.take(application, "activist_filing", date(2024, 3, 26))

    assert not steps.may_take_back(application, "confirm_activist", site.secretary)
    with pytest.raises(PermissionDenied):
        steps.take_back(application, "confirm_activist", "有误", TODAY, by=site.secretary, today=TODAY)
    assert "写明退回的原因" in refusal(
        steps.take_back, application, "confirm_activist", " ", TODAY, by=site.upper, today=TODAY
    )
    assert steps.take_back(application, "confirm_activist", "有误", TODAY, by=site.upper, today=TODAY)
    assert "没有办理" in refusal(
        steps.take_back, application, "confirm_activist", "有误", TODAY, by=site.upper, today=TODAY
    )


def test_of_reviews_the_last_is_taken_back(site):
    application = site.walk("confirm_prospect")
    steps.take_back(application, "cultivate", "写错人", TODAY, by=site.secretary, today=TODAY)

    days = [act.on for act in legality.standing(cases([application])[application.pk])["cultivate"]]
    assert days == [date(2024, 9, 10)]


def test_an_approval_is_taken_back_with_the_membership_until_there_are_records(site):
    application = site.walk("assign_group")
    take_back = (steps.take_back, application, "branch_vote", "票数有误", date(2025, 9, 20))
    group = factories.GroupMembershipFactory(member=application.member, group__branch=site.branch)

    assert "已有党员的记录" in refusal(*take_back, by=site.upper, today=TODAY)
    group.delete()
    steps.take_back(*take_back[1:], by=site.upper, today=TODAY)
    application.member.refresh_from_db()
    assert not Membership.objects.filter(member=application.member).exists()
    assert (application.member.joined_on, application.member.introducers) == (None, "")

    vote = RoadStep.objects.get(step="branch_vote", is_undone=False).vote
    site.take(application, "branch_vote", date(2025, 7, 10), vote=vote)  # the same vote serves again
    assert Application.objects.get(pk=application.pk).step == "branch_vote"


def test_a_conversion_is_taken_back_and_the_probation_runs_again(site):
    application = site.walk("archive")
    steps.take_back(application, "conversion_approval", "文号有误", date(2026, 8, 25), by=site.upper, today=TODAY)
    application.member.refresh_from_db()

    assert application.member.converted_on is None
    assert list(application.member.memberships.values_list("kind", "ended_on", "end_reason")) == [
        ("probationary", None, "")
    ]
    site.take(application, "conversion_approval", date(2026, 8, 25))
    factories.GuideFactory(application=site.begin(), member=application.member)
    assert "已有党员的记录" in refusal(
        steps.take_back, application, "conversion_approval", "有误", date(2026, 9, 1), by=site.upper, today=TODAY
    )
