"""What is for a 党委 alone, for those who may review alone, and what no branch grants itself."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from branches.models import Branch
from branches.rights import Role
from recruitment import applications, steps
from tests import factories
from tests.recruitment.walks import TODAY, Site

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"recruitment:{name}", args=args)


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def below_general():
    """A branch below a 党总支 below a 党委, and the secretary of the 党总支."""
    site = Site()
    general = factories.BranchFactory(parent=site.committee, kind=Branch.Kind.GENERAL, stage="")
    site.branch = factories.BranchFactory(parent=general)
    site.members = factories.MemberFactory.create_batch(5, branch=site.branch)
    site.secretary = factories.UserFactory(serving=site.branch)
    return site, factories.UserFactory(serving=general, role=Role.COMMITTEE)


def test_a_general_branch_does_not_take_back_the_approval_of_the_committee(below_general):
    """Taking the 批复 back ends a membership."""
    site, general = below_general
    application = site.walk("od_filing")
    with pytest.raises((ValidationError, PermissionDenied)):
        steps.take_back(application, "committee_approval", "有误", TODAY, by=general, today=TODAY)


def test_a_general_branch_does_not_refuse_admission(below_general):
    site, general = below_general
    with pytest.raises((ValidationError, PermissionDenied)):
        applications.close(site.begin(), "refused", TODAY, "不予接收", by=general, today=TODAY)


@pytest.mark.parametrize("key", ["activist_filing", "prospect_filing", "pre_review"])
def test_what_the_committee_does_no_general_branch_does(below_general, key):
    """第八、十三、十八条: 上级党委备案、有审批权限的基层党委预审."""
    site, general = below_general
    application = site.walk(key)
    day = {"activist_filing": (2024, 3, 26), "prospect_filing": (2025, 4, 15), "pre_review": (2025, 7, 1)}[key]
    with pytest.raises((ValidationError, PermissionDenied)):
        site.take(application, key, date(*day), {"conclusion": "passed"}, by=general)


def test_who_may_not_review_does_not_take_the_review_back_by_the_step_before(site):
    """Taking back assign_sponsors drops the political review."""
    application = site.walk("prospect_training")
    editor = factories.UserFactory(serving=site.branch, role=Role.EDITOR)
    with pytest.raises((ValidationError, PermissionDenied)):
        steps.take_back(application, "assign_sponsors", "有误", TODAY, by=editor, today=TODAY)


def _course(application, **days):
    days = {f"training_class__{name}": day for name, day in days.items()}
    return factories.EnrolmentFactory(
        member=application.member, outcome="completed", training_class__kind="candidate", **days
    )


def test_a_branch_grants_no_exception_from_training(site):
    """Whoever completed a course may be entered by the branch: then 个别特殊情况 is not for it to say."""
    application = site.walk("prospect_training")
    course = _course(application, starts_on=date(2025, 6, 1), ends_on=date(2025, 6, 3))
    with pytest.raises(ValidationError):
        site.take(
            application,
            "prospect_training",
            date(2025, 6, 13),
            {"exception": "工作忙"},
            enrolment=course,
            by=site.secretary,
        )


def test_a_branch_types_no_hours_beside_a_course_that_nobody_signed(site):
    application = site.walk("prospect_training")
    course = _course(application, starts_on=date(2025, 6, 1), ends_on=date(2025, 6, 3))
    with pytest.raises(ValidationError):
        site.take(
            application, "prospect_training", date(2025, 6, 13), {"days": 30, "passed": True}, enrolment=course,
            by=site.secretary,
        )  # fmt: skip
