"""Factories of 民主评议, 群众测评, 评先评优 and honours."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from members.models import (
    Appraisal,
    AppraisalRow,
    Honour,
    HonourRound,
    MassPoll,
    Membership,
    Nomination,
    Sanction,
)  # fmt: skip
from tests.factories import BranchFactory, MemberFactory, UserFactory


class AppraisalFactory(DjangoModelFactory):
    class Meta:
        model = Appraisal

    branch = factory.SubFactory(BranchFactory)
    year = 2025
    held_on = date(2025, 11, 10)
    created_by = factory.SubFactory(UserFactory)


class AppraisalRowFactory(DjangoModelFactory):
    class Meta:
        model = AppraisalRow

    appraisal = factory.SubFactory(AppraisalFactory)
    member = factory.SubFactory(MemberFactory)
    kind = Membership.Kind.FULL


class MassPollFactory(DjangoModelFactory):
    class Meta:
        model = MassPoll

    branch = factory.SubFactory(BranchFactory)
    year = 2025
    held_on = date(2025, 11, 12)
    issued, returned = 30, 28
    satisfied, fairly, dissatisfied, unsure = 20, 5, 1, 1
    created_by = factory.SubFactory(UserFactory)


class HonourRoundFactory(DjangoModelFactory):
    """Open for nominations in November 2025; owned by a 党委."""

    class Meta:
        model = HonourRound

    branch = factory.SubFactory(BranchFactory, committee=True)
    year = 2025
    title = factory.Sequence("先锋共产党员{}".format)
    subject = HonourRound.Subject.MEMBER
    opens_on, closes_on = date(2025, 11, 1), date(2025, 11, 30)
    state = HonourRound.State.OPEN
    created_by = factory.SubFactory(UserFactory)


class NominationFactory(DjangoModelFactory):
    class Meta:
        model = Nomination

    round = factory.SubFactory(HonourRoundFactory)
    branch = factory.SubFactory(BranchFactory)
    member = factory.SubFactory(MemberFactory)
    citation = "十年如一日承担毕业班教学，所带班级成绩居全县前列。"
    created_by = factory.SubFactory(UserFactory)


class HonourFactory(DjangoModelFactory):
    class Meta:
        model = Honour

    branch = factory.SubFactory(BranchFactory)
    title = "先进基层党组织"
    level = "county"
    conferred_on = date(2025, 6, 30)
    issuer = "中共云岭县委"
    created_by = factory.SubFactory(UserFactory)


class SanctionFactory(DjangoModelFactory):
    class Meta:
        model = Sanction

    member = factory.SubFactory(MemberFactory)
    kind = Sanction.Kind.WARNING
    started_on = date(2025, 5, 1)
    number = "云纪〔2025〕1号"
    created_by = factory.SubFactory(UserFactory)
