"""Factories of organisation life: notices, filings, agendas, votes, activities, campaigns, questions of a review."""

from datetime import date

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from branches.models import Notice, Receipt
from duties.models import Filing, Unlock
from meetings.models import (
    Activity,
    AgendaItem,
    Campaign,
    CampaignStep,
    Candidate,
    Finding,
    Flag,
    Guidance,
    MeetingFile,
    StepDone,
    StudyItem,
    StudyPlan,
    Vote,
)
from members.models import Exemption, LeadingCadre
from tests.factories import BranchFactory, DutyFactory, MeetingFactory, MemberFactory, UserFactory
from tests.factories_files import StoredFileFactory


class NoticeFactory(DjangoModelFactory):
    """A draft; the trait `issued` sends it out without receipts."""

    class Meta:
        model = Notice

    class Params:
        issued = factory.Trait(
            state=Notice.State.ISSUED,
            issued_by=factory.SelfAttribute("created_by"),
            issued_at=factory.LazyFunction(timezone.now),
        )

    branch = factory.SubFactory(BranchFactory)
    title = factory.Sequence("关于做好第{}项工作的通知".format)
    body = "请各党支部按要求办理。"
    created_by = factory.SubFactory(UserFactory)


class ReceiptFactory(DjangoModelFactory):
    class Meta:
        model = Receipt

    notice = factory.SubFactory(NoticeFactory, issued=True)
    branch = factory.SubFactory(BranchFactory)


class FilingFactory(DjangoModelFactory):
    class Meta:
        model = Filing

    duty = factory.SubFactory(DutyFactory, rule="ideology_return", year=2026, period="2026-05")
    answers = {"risk": "none"}
    filed_on = date(2026, 5, 20)
    created_by = factory.SubFactory(UserFactory)


class UnlockFactory(DjangoModelFactory):
    class Meta:
        model = Unlock

    duty = factory.SubFactory(DutyFactory)
    reason = "书记住院，记录本未及时录入"
    created_by = factory.SubFactory(UserFactory)


class ExemptionFactory(DjangoModelFactory):
    class Meta:
        model = Exemption

    member = factory.SubFactory(MemberFactory)
    scope = Exemption.Scope.ATTENDANCE
    reason = Exemption.Reason.INFIRM
    started_on = date(2025, 1, 1)
    created_by = factory.SubFactory(UserFactory)


class LeadingCadreFactory(DjangoModelFactory):
    class Meta:
        model = LeadingCadre

    member = factory.SubFactory(MemberFactory)
    office = "教育体育局副局长"
    started_on = date(2024, 1, 1)
    created_by = factory.SubFactory(UserFactory)


class AgendaItemFactory(DjangoModelFactory):
    class Meta:
        model = AgendaItem

    meeting = factory.SubFactory(MeetingFactory)
    position = factory.Sequence(int)
    title = factory.Sequence("学习第{}个专题".format)


class VoteFactory(DjangoModelFactory):
    class Meta:
        model = Vote

    meeting = factory.SubFactory(MeetingFactory)
    position = factory.Sequence(int)
    title = "通过年度工作计划"
    entitled = 20
    present = 16
    in_favour = 16


class CandidateFactory(DjangoModelFactory):
    class Meta:
        model = Candidate

    vote = factory.SubFactory(VoteFactory, rule=Vote.Rule.ELECTION, in_favour=0, seats=3)
    position = factory.Sequence(int)
    name = factory.Sequence("候选{}".format)
    votes = 9


class MeetingFileFactory(DjangoModelFactory):
    class Meta:
        model = MeetingFile

    meeting = factory.SubFactory(MeetingFactory)
    file = factory.SubFactory(StoredFileFactory)


class ActivityFactory(DjangoModelFactory):
    class Meta:
        model = Activity

    branch = factory.SubFactory(BranchFactory)
    kind = "volunteering"
    held_on = date(2025, 11, 5)
    assessment_year = factory.LazyAttribute(lambda row: row.held_on.year)
    title = factory.Sequence("第{}次护学岗".format)
    created_by = factory.SubFactory(UserFactory)


class StudyPlanFactory(DjangoModelFactory):
    class Meta:
        model = StudyPlan

    branch = factory.SubFactory(BranchFactory)
    year = 2025
    kind = StudyPlan.Kind.STUDY
    title = "2025 年学习计划"
    created_by = factory.SubFactory(UserFactory)


class StudyItemFactory(DjangoModelFactory):
    class Meta:
        model = StudyItem

    plan = factory.SubFactory(StudyPlanFactory)
    position = factory.Sequence(int)
    title = factory.Sequence("第{}个学习专题".format)


class CampaignFactory(DjangoModelFactory):
    class Meta:
        model = Campaign

    branch = factory.SubFactory(BranchFactory)
    assessment_year = 2025
    title = "2025 年度组织生活会"
    opens_on = date(2025, 12, 1)
    ends_on = date(2026, 3, 31)
    created_by = factory.SubFactory(UserFactory)


class CampaignStepFactory(DjangoModelFactory):
    class Meta:
        model = CampaignStep

    campaign = factory.SubFactory(CampaignFactory)
    position = factory.Sequence(int)
    label = "会前学习"
    due_on = date(2026, 1, 10)


class StepDoneFactory(DjangoModelFactory):
    class Meta:
        model = StepDone

    step = factory.SubFactory(CampaignStepFactory)
    branch = factory.SubFactory(BranchFactory)
    done_on = date(2026, 1, 9)
    created_by = factory.SubFactory(UserFactory)


class GuidanceFactory(DjangoModelFactory):
    class Meta:
        model = Guidance

    campaign = factory.SubFactory(CampaignFactory)
    branch = factory.SubFactory(BranchFactory)
    group = "第一指导组"
    guide = factory.SubFactory(UserFactory)


class FindingFactory(DjangoModelFactory):
    class Meta:
        model = Finding

    campaign = factory.SubFactory(CampaignFactory)
    branch = factory.SubFactory(BranchFactory)
    problem = "组织生活形式单一"
    measure = "每季度到共建社区开展一次主题党日"
    owner = "支部书记"
    due_on = date(2026, 6, 30)
    created_by = factory.SubFactory(UserFactory)


class FlagFactory(DjangoModelFactory):
    class Meta:
        model = Flag

    meeting = factory.SubFactory(MeetingFactory)
    kind = Flag.Kind.FULL
