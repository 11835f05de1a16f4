"""Factories of 党籍, 失联 and 流动, of 双报到 and 承诺."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from members.models import (
    CommunityLink,
    CommunityReport,
    CommunityService,
    Pledge,
    ServiceHand,
    Standing,
    Whereabouts,
)
from tests.factories import BranchFactory, MemberFactory, UserFactory


class StandingFactory(DjangoModelFactory):
    class Meta:
        model = Standing

    member = factory.SubFactory(MemberFactory)
    reason, basis = "失去联系六个月以上", "云教党〔2025〕8号"
    started_on = date(2025, 6, 1)
    created_by = factory.SubFactory(UserFactory)


class WhereaboutsFactory(DjangoModelFactory):
    class Meta:
        model = Whereabouts

    member = factory.SubFactory(MemberFactory)
    kind = Whereabouts.Kind.AWAY
    destination = "外省支教"
    started_on = date(2025, 3, 1)
    created_by = factory.SubFactory(UserFactory)


class CommunityLinkFactory(DjangoModelFactory):
    class Meta:
        model = CommunityLink

    branch = factory.SubFactory(BranchFactory)
    community = "石桥社区"
    started_on = date(2025, 1, 10)
    created_by = factory.SubFactory(UserFactory)


class CommunityServiceFactory(DjangoModelFactory):
    class Meta:
        model = CommunityService

    branch = factory.SubFactory(BranchFactory)
    community, topic = "石桥社区", "周末课业辅导"
    held_on = date(2025, 5, 10)
    created_by = factory.SubFactory(UserFactory)


class ServiceHandFactory(DjangoModelFactory):
    class Meta:
        model = ServiceHand

    service = factory.SubFactory(CommunityServiceFactory)
    member = factory.SubFactory(MemberFactory)
    hours = 2


class CommunityReportFactory(DjangoModelFactory):
    class Meta:
        model = CommunityReport

    branch = factory.SubFactory(BranchFactory)
    year = 2025
    to = CommunityReport.To.COMMUNITY
    reported_on = date(2025, 11, 1)
    created_by = factory.SubFactory(UserFactory)


class PledgeFactory(DjangoModelFactory):
    class Meta:
        model = Pledge

    member = factory.SubFactory(MemberFactory)
    year = 2025
    text = "上好每一堂课"
    created_by = factory.SubFactory(UserFactory)
