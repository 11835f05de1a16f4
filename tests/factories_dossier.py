"""Factories of a branch's file: who looks after it, its titles, its letters and decisions, its changes."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from branches.actions import root
from branches.models import (
    Assignment,
    CatalogueEntry,
    ContactPoint,
    ContactVisit,
    Governance,
    Instructor,
    OrgChange,
    ResponsibilityLine,
    SevenOnes,
    Title,
)
from branches.rights import Task
from meetings.models import CollectiveDecision
from members.models import ResponsibilityLetter
from tests.factories import BranchFactory, MeetingFactory, UserFactory


class AssignmentFactory(DjangoModelFactory):
    class Meta:
        model = Assignment

    user = factory.SubFactory(UserFactory)
    branch = factory.SubFactory(BranchFactory)
    task = Task.ASSESSOR
    started_on, until = date(2025, 3, 1), date(2025, 12, 31)
    created_by = factory.SubFactory(UserFactory)


class OrgChangeFactory(DjangoModelFactory):
    class Meta:
        model = OrgChange

    branch = factory.SubFactory(BranchFactory)
    kind = OrgChange.Kind.RENAMED
    on = date(2025, 3, 10)
    number = "云教党〔2025〕3号"
    before, after = "云岭第一小学党支部", "云岭实验小学党支部"
    created_by = factory.SubFactory(UserFactory)


class CatalogueEntryFactory(DjangoModelFactory):
    class Meta:
        model = CatalogueEntry

    catalogue = CatalogueEntry.Catalogue.WEAK_REASON
    label = factory.Sequence("情形{}".format)
    source = "示例"
    order = factory.Sequence(int)
    from_year = 2018


class ContactPointFactory(DjangoModelFactory):
    class Meta:
        model = ContactPoint

    branch = factory.SubFactory(BranchFactory)
    name, position = factory.Sequence("赵国栋{}".format), "工委委员"
    started_on = date(2025, 1, 10)
    number = "云教党〔2025〕1号"
    created_by = factory.SubFactory(UserFactory)


class ContactVisitFactory(DjangoModelFactory):
    class Meta:
        model = ContactVisit

    contact = factory.SubFactory(ContactPointFactory)
    visited_on = date(2025, 4, 8)
    topic = "参加主题党日，讲党课"
    created_by = factory.SubFactory(UserFactory)


class InstructorFactory(DjangoModelFactory):
    class Meta:
        model = Instructor

    branch = factory.SubFactory(BranchFactory)
    name, position = factory.Sequence("孙立群{}".format), "县第一中学副书记"
    started_on = date(2025, 1, 10)
    number = "云教党〔2025〕2号"
    created_by = factory.SubFactory(UserFactory)


class GovernanceFactory(DjangoModelFactory):
    class Meta:
        model = Governance

    branch = factory.SubFactory(BranchFactory)
    stage = Governance.Stage.RUNNING
    stage_on = date(2024, 9, 1)
    number = "云教党〔2024〕20号"


class TitleFactory(DjangoModelFactory):
    class Meta:
        model = Title

    branch = factory.SubFactory(BranchFactory)
    entry = factory.SubFactory(CatalogueEntryFactory, catalogue=CatalogueEntry.Catalogue.TITLE)
    level, year = "县级", 2025
    state_on = date(2025, 3, 1)
    created_by = factory.SubFactory(UserFactory)


class SevenOnesFactory(DjangoModelFactory):
    class Meta:
        model = SevenOnes

    branch = factory.SubFactory(BranchFactory)
    entry = factory.SubFactory(CatalogueEntryFactory, catalogue=CatalogueEntry.Catalogue.SEVEN_ONES)
    year, is_there = 2025, True
    checked_on = date(2025, 3, 1)
    checked_by = factory.SubFactory(UserFactory)


class ResponsibilityLineFactory(DjangoModelFactory):
    class Meta:
        model = ResponsibilityLine

    branch = factory.LazyFunction(root)
    year, duty = 2025, ResponsibilityLine.Duty.FIRST
    post, text, number = "书记", "每年专题研究党建工作不少于两次", "云教党〔2025〕1号"


class ResponsibilityLetterFactory(DjangoModelFactory):
    class Meta:
        model = ResponsibilityLetter

    kind = factory.LazyAttribute(lambda letter: "member" if letter.member else "goal")
    year, member = 2025, None
    branch = factory.SubFactory(BranchFactory)
    signer, counter_signer = "周明", "赵国栋"
    signed_on = date(2025, 2, 20)
    created_by = factory.SubFactory(UserFactory)


class CollectiveDecisionFactory(DjangoModelFactory):
    class Meta:
        model = CollectiveDecision

    meeting = factory.SubFactory(MeetingFactory)
    branch = factory.LazyAttribute(lambda row: row.meeting.branch)
    kind = CollectiveDecision.Kind.PROJECT
    matter = factory.Sequence("操场改造{}".format)
    result = CollectiveDecision.Result.PASSED
    created_by = factory.SubFactory(UserFactory)
