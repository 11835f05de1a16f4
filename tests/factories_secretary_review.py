"""述职评议, each row valid by default: a report that is being written, and situations further along."""

from datetime import UTC, date, datetime

import factory
from factory.django import DjangoModelFactory

from assessment.models import SecretaryReport, SecretaryReview, SecretaryReviewCampaign, SecretaryReviewProblem
from branches.actions import root
from tests.factories import BranchFactory, UserFactory

AT = datetime(2025, 12, 12, 2, 0, tzinfo=UTC)


class SecretaryReviewCampaignFactory(DjangoModelFactory):
    class Meta:
        model = SecretaryReviewCampaign
        django_get_or_create = ("year",)

    branch = factory.LazyFunction(root)
    year = 2025
    opens_on = date(2025, 11, 1)
    due_on = date(2025, 12, 15)
    rewrite_days = 7
    created_by = factory.SubFactory(UserFactory)


class SecretaryReviewFactory(DjangoModelFactory):
    """A draft; `accepted`, `held`, `graded` and `told` are each one step further."""

    class Meta:
        model = SecretaryReview

    class Params:
        accepted = factory.Trait(state="accepted", accepted_by=factory.SubFactory(UserFactory), accepted_at=AT)
        held = factory.Trait(
            accepted=True, state="held", held_on=date(2025, 12, 20), attended=30, audience="党员、教师代表", votes_good=20,
            votes_fair=6, votes_ordinary=2, votes_poor=0, held_by=factory.SubFactory(UserFactory), held_at=AT,
        )  # fmt: skip
        graded = factory.Trait(
            held=True, state="graded", grade="good", graded_by=factory.SubFactory(UserFactory), graded_at=AT
        )
        told = factory.Trait(
            graded=True,
            state="told",
            feedback="总体较好，继续抓实。",
            told_by=factory.SubFactory(UserFactory),
            told_at=AT,
        )

    campaign = factory.SubFactory(SecretaryReviewCampaignFactory)
    branch = factory.SubFactory(BranchFactory)
    person_name = "岳明"
    due_on = factory.SelfAttribute("campaign.due_on")


class SecretaryReportFactory(DjangoModelFactory):
    """In hand; `submitted` was handed in, `returned` came back."""

    class Meta:
        model = SecretaryReport

    class Params:
        submitted = factory.Trait(
            submitted_on=date(2025, 12, 10), submitted_by=factory.SelfAttribute("created_by"), submitted_at=AT
        )
        returned = factory.Trait(
            submitted=True, returned_on=date(2025, 12, 12), returned_by=factory.SubFactory(UserFactory), returned_at=AT,
            reason="不足写得空，请写具体。", rewrite_until=date(2025, 12, 19),
        )  # fmt: skip

    review = factory.SubFactory(SecretaryReviewFactory)
    number = 1
    achievements = "召开支部党员大会 4 次。"
    shortcomings = "教研组联系不够经常。"
    plans = "每月听课一次。"
    created_by = factory.SubFactory(UserFactory)


class SecretaryReviewProblemFactory(DjangoModelFactory):
    class Meta:
        model = SecretaryReviewProblem

    review = factory.SubFactory(SecretaryReviewFactory, told=True)
    problem = "联系教学一线党员教师不经常。"
    created_by = factory.SubFactory(UserFactory)
