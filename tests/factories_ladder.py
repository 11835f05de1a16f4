"""Factories of 通报 and of the ladder."""

from datetime import date

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from branches.actions import root
from reminders.models import Bulletin, LadderStep
from tests.factories import BranchFactory, UserFactory
from tests.factories_life import NoticeFactory

FIGURES = {
    "counts": {"owed": 0, "met": 0, "late": 0, "completeness": None, "timeliness": None}, "branches": 0, "months": [],
    "year": {"completeness": None, "timeliness": None}, "praise": [], "criticism": [], "bottom": [],
}  # fmt: skip


class BulletinFactory(DjangoModelFactory):
    """A draft about October 2025; the trait `signed`."""

    class Meta:
        model = Bulletin

    class Params:
        signed = factory.Trait(
            state=Bulletin.State.SIGNED,
            signed_by=factory.SubFactory(UserFactory),
            signed_at=factory.LazyFunction(timezone.now),
        )

        published = factory.Trait(
            signed=True, state=Bulletin.State.PUBLISHED, notice=factory.SubFactory(NoticeFactory, issued=True)
        )

    branch = factory.LazyFunction(root)
    kind = Bulletin.Kind.MONTH
    opens_on = date(2025, 10, 1)
    ends_on = date(2025, 10, 31)
    counted_on = date(2025, 11, 3)
    figures = factory.LazyFunction(lambda: dict(FIGURES))
    title = "关于2025年10月党建应办事项完成情况的通报"
    opening = "2025 年 10 月没有到期的事项。"
    created_by = factory.SubFactory(UserFactory)
    edited_by = factory.SelfAttribute("created_by")
    edited_at = factory.LazyFunction(timezone.now)


class LadderStepFactory(DjangoModelFactory):
    class Meta:
        model = LadderStep

    branch = factory.SubFactory(BranchFactory)
    level = LadderStep.Level.REMINDER
    subject = "theme_party_day"
    basis = "截至 2025 年 11 月 20 日，主题党日（10 月）没有办理。"
    on = date(2025, 11, 20)
    created_by = factory.SubFactory(UserFactory)
