"""Factories of roads into the Party: the file, its steps, who looks after it, what is done beside it."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from members.models import Member
from recruitment.models import (
    Application,
    ApplicationStay,
    DepartmentReply,
    Guide,
    Publicity,
    RecruitmentQuota,
    RoadStep,
    StepFile,
)
from tests.factories import BranchFactory, MemberFactory, StoredFileFactory, UserFactory


class ApplicantFactory(DjangoModelFactory):
    """A person who is in no branch."""

    class Meta:
        model = Member

    name = factory.Sequence("何景{}".format)
    birth_on = date(1995, 5, 17)


class ApplicationFactory(DjangoModelFactory):
    class Meta:
        model = Application

    branch = factory.SubFactory(BranchFactory)
    member = factory.SubFactory(ApplicantFactory)
    applied_on = stage_since_on = date(2024, 3, 1)
    created_by = factory.SubFactory(UserFactory)


class ApplicationStayFactory(DjangoModelFactory):
    class Meta:
        model = ApplicationStay

    application = factory.SubFactory(ApplicationFactory)
    branch = factory.SelfAttribute("application.branch")
    started_on = factory.SelfAttribute("application.applied_on")


class GuideFactory(DjangoModelFactory):
    class Meta:
        model = Guide

    application = factory.SubFactory(ApplicationFactory)
    member = factory.SubFactory(MemberFactory, branch=factory.SelfAttribute("..application.branch"))
    role = Guide.Role.MENTOR
    started_on = date(2024, 9, 1)
    created_by = factory.SubFactory(UserFactory)


class RoadStepFactory(DjangoModelFactory):
    class Meta:
        model = RoadStep

    application = factory.SubFactory(ApplicationFactory)
    branch = factory.SelfAttribute("application.branch")
    step = "apply"
    on = date(2024, 3, 1)
    data = factory.LazyFunction(lambda: {"received_on": "2024-03-01"})
    created_by = factory.SubFactory(UserFactory)


class StepFileFactory(DjangoModelFactory):
    class Meta:
        model = StepFile

    application = factory.SubFactory(ApplicationFactory)
    step, document = "apply", "application"
    file = factory.SubFactory(StoredFileFactory)
    created_by = factory.SubFactory(UserFactory)


class PublicityFactory(DjangoModelFactory):
    class Meta:
        model = Publicity

    application = factory.SubFactory(ApplicationFactory)
    matter = Publicity.Matter.PROSPECT
    started_on, ended_on = date(2025, 6, 5), date(2025, 6, 11)
    place = "校务公开栏"
    created_by = factory.SubFactory(UserFactory)


class DepartmentReplyFactory(DjangoModelFactory):
    class Meta:
        model = DepartmentReply

    application = factory.SubFactory(ApplicationFactory)
    department = "公安"
    asked_on, due_on = date(2025, 9, 1), date(2025, 9, 15)
    created_by = factory.SubFactory(UserFactory)


class RecruitmentQuotaFactory(DjangoModelFactory):
    class Meta:
        model = RecruitmentQuota

    branch = factory.SubFactory(BranchFactory)
    year = 2025
    planned = 4
    created_by = factory.SubFactory(UserFactory)
