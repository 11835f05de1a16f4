"""Factories of 研判整改: screening, rectification, weak branches, inspection, 正风肃纪."""

from datetime import UTC, date, datetime
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from branches.actions import root
from branches.models import (
    AdmonitionTalk,
    Attachment,
    CatalogueEntry,
    FormCount,
    Inspection,
    InspectionLine,
    InspectionPlan,
    IntegrityRisk,
    Rectification,
    RectificationStep,
    Screening,
    ScreeningCampaign,
    ScreeningMark,
    Standard,
    StandardGroup,
    StandardItem,
    WeakCase,
    WeakCheck,
    WeakMeasure,
    WeakProgress,
    WeakStep,
)
from tests.factories import BranchFactory, UserFactory
from tests.factories_dossier import CatalogueEntryFactory
from tests.factories_files import StoredFileFactory

AT = datetime(2025, 6, 1, 2, 0, tzinfo=UTC)
SCALE = [
    {"key": "advanced", "label": "先进", "at_least": 90},
    {"key": "ordinary", "label": "一般", "at_least": 60},
    {"key": "lagging", "label": "后进", "at_least": 0},
]


class StandardFactory(DjangoModelFactory):
    class Meta:
        model = Standard

    branch = factory.LazyFunction(root)
    title = factory.Sequence("五强五好{}".format)
    edition, is_sample = "示例", True
    created_by = factory.SubFactory(UserFactory)


class StandardGroupFactory(DjangoModelFactory):
    class Meta:
        model = StandardGroup

    standard = factory.SubFactory(StandardFactory)
    label = factory.Sequence("组织设置强{}".format)
    order = factory.Sequence(int)


class StandardItemFactory(DjangoModelFactory):
    class Meta:
        model = StandardItem

    group = factory.SubFactory(StandardGroupFactory)
    label = factory.Sequence("党员活动室布置规范{}".format)
    points = Decimal(5)
    evidence = "实地查看"
    order = factory.Sequence(int)


class ScreeningCampaignFactory(DjangoModelFactory):
    class Meta:
        model = ScreeningCampaign

    branch = factory.LazyFunction(root)
    year, title = 2025, factory.Sequence("2025 年分析研判{}".format)
    standard = factory.SubFactory(StandardFactory, state=Standard.State.FROZEN)
    screens_from, screens_until = date(2025, 3, 1), date(2025, 5, 31)
    rectifies_until = reviews_until = date(2025, 9, 30)
    scale = factory.LazyFunction(lambda: [dict(row) for row in SCALE])
    state, opened_at = ScreeningCampaign.State.OPEN, AT
    created_by = factory.SubFactory(UserFactory)


class ScreeningFactory(DjangoModelFactory):
    """Waiting, unless a trait says how far it has come."""

    class Meta:
        model = Screening

    class Params:
        judging = factory.Trait(state=Screening.State.JUDGING, assessor=factory.SubFactory(UserFactory))
        submitted = factory.Trait(
            state=Screening.State.SUBMITTED, assessor=factory.SubFactory(UserFactory), visited_on=date(2025, 4, 10),
            points=Decimal("80.00"), whole=Decimal("100.00"), computed_class="ordinary", advice="补齐会议记录。",
            submitted_by=factory.SelfAttribute("assessor"), submitted_at=AT,
        )  # fmt: skip
        approved = factory.Trait(
            submitted=True, state=Screening.State.APPROVED, approved_class="ordinary",
            approved_by=factory.SubFactory(UserFactory), approved_at=AT,
        )  # fmt: skip
        issued = factory.Trait(
            approved=True, state=Screening.State.ISSUED, letter_number="云教党函〔2025〕1号",
            issued_by=factory.SubFactory(UserFactory), issued_at=AT,
        )  # fmt: skip

    campaign = factory.SubFactory(ScreeningCampaignFactory)
    branch = factory.SubFactory(BranchFactory)


class ScreeningMarkFactory(DjangoModelFactory):
    class Meta:
        model = ScreeningMark

    screening = factory.SubFactory(ScreeningFactory)
    item = factory.SubFactory(StandardItemFactory)


class InspectionPlanFactory(DjangoModelFactory):
    class Meta:
        model = InspectionPlan

    branch = factory.LazyFunction(root)
    year, title = factory.Sequence(lambda number: 2025 + number), "年度督查检查计划"
    number, state = "云教党〔2025〕5号", InspectionPlan.State.ISSUED
    created_by = factory.SubFactory(UserFactory)


class InspectionLineFactory(DjangoModelFactory):
    class Meta:
        model = InspectionLine

    plan = factory.SubFactory(InspectionPlanFactory)
    label = factory.Sequence("三会一课落实情况{}".format)
    from_month, until_month = 3, 6


class InspectionFactory(DjangoModelFactory):
    class Meta:
        model = Inspection

    class Params:
        closed = factory.Trait(
            state=Inspection.State.CLOSED, closed_by=factory.SubFactory(UserFactory), closed_at=AT, outcome="问题已整改"
        )

    line = factory.SubFactory(InspectionLineFactory)
    branch = factory.SubFactory(BranchFactory)
    visited_on = date(2025, 4, 16)
    inspectors = "党建办"
    created_by = factory.SubFactory(UserFactory)


class AdmonitionTalkFactory(DjangoModelFactory):
    class Meta:
        model = AdmonitionTalk

    branch = factory.SubFactory(BranchFactory)
    talked_on = date(2025, 6, 3)
    talked_with, talked_by = "周明", "赵国栋"
    result = AdmonitionTalk.Result.RECTIFY
    created_by = factory.SubFactory(UserFactory)


class RectificationFactory(DjangoModelFactory):
    """Open, unless a trait says how far it has come."""

    class Meta:
        model = Rectification

    class Params:
        submitted = factory.Trait(
            state=Rectification.State.SUBMITTED,
            done="已补齐",
            submitted_by=factory.SubFactory(UserFactory),
            submitted_at=AT,
        )
        accepted = factory.Trait(
            submitted=True, state=Rectification.State.ACCEPTED, accepted_by=factory.SubFactory(UserFactory),
            accepted_at=AT, settled_on=date(2025, 6, 1),
        )  # fmt: skip
        closed = factory.Trait(accepted=True, state=Rectification.State.CLOSED)

    branch = factory.SubFactory(BranchFactory)
    source = Rectification.Source.OTHER
    problem = factory.Sequence("会议记录不完整{}".format)
    raised_on, due_on = date(2025, 5, 10), date(2025, 6, 10)
    created_by = factory.SubFactory(UserFactory)


class RectificationStepFactory(DjangoModelFactory):
    class Meta:
        model = RectificationStep

    item = factory.SubFactory(RectificationFactory)
    act, on = RectificationStep.Act.RAISE, date(2025, 5, 10)
    created_by = factory.SubFactory(UserFactory)


class WeakCaseFactory(DjangoModelFactory):
    """Suspected, unless a trait says how far it has come."""

    class Meta:
        model = WeakCase
        skip_postgeneration_save = True

    class Params:
        listed = factory.Trait(
            state=WeakCase.State.LISTED, self_assessed_on=date(2025, 3, 10), reviewed_on=date(2025, 3, 20),
            public_from=date(2025, 3, 24), public_until=date(2025, 3, 28), listed_on=date(2025, 4, 1),
            listed_number="云教党〔2025〕9号", listed_by=factory.SubFactory(UserFactory),
        )  # fmt: skip
        rectifying = factory.Trait(
            listed=True, state=WeakCase.State.RECTIFYING, plan="补齐班子", plan_filed_on=date(2025, 4, 10),
            due_on=date(2025, 12, 31), rectifying_since=date(2025, 4, 15),
        )  # fmt: skip
        closed = factory.Trait(
            rectifying=True, state=WeakCase.State.CLOSED, applied_on=date(2025, 9, 1),
            applied_by=factory.SubFactory(UserFactory), accepted_on=date(2025, 9, 10),
            accepted_by=factory.SubFactory(UserFactory), closed_on=date(2025, 9, 20),
            closed_number="云教党〔2025〕30号", closed_by=factory.SubFactory(UserFactory),
        )  # fmt: skip

    branch = factory.SubFactory(BranchFactory)
    grounds = "书记长期空缺"
    suspected_on = date(2025, 3, 1)
    created_by = factory.SubFactory(UserFactory)

    @factory.post_generation
    def reasons(self, create, given, **kwargs):
        if create:
            self.reasons.set(given or [CatalogueEntryFactory()])


class WeakMeasureFactory(DjangoModelFactory):
    class Meta:
        model = WeakMeasure

    case = factory.SubFactory(WeakCaseFactory)
    entry = factory.SubFactory(CatalogueEntryFactory, catalogue=CatalogueEntry.Catalogue.FOUR_ONES)
    who = "赵国栋"
    started_on = date(2025, 4, 12)


class WeakProgressFactory(DjangoModelFactory):
    class Meta:
        model = WeakProgress

    case = factory.SubFactory(WeakCaseFactory, rectifying=True)
    month, reported_on = date(2025, 5, 1), date(2025, 6, 2)
    done = "选出新一届支委"
    created_by = factory.SubFactory(UserFactory)


class WeakCheckFactory(DjangoModelFactory):
    class Meta:
        model = WeakCheck

    case = factory.SubFactory(WeakCaseFactory, rectifying=True)
    entry = factory.SubFactory(CatalogueEntryFactory)
    is_settled, words = True, "书记已配齐"
    checked_on = date(2025, 9, 10)
    created_by = factory.SubFactory(UserFactory)


class WeakStepFactory(DjangoModelFactory):
    class Meta:
        model = WeakStep

    case = factory.SubFactory(WeakCaseFactory)
    act, state, on = "suspect", WeakCase.State.SUSPECTED, date(2025, 3, 1)
    created_by = factory.SubFactory(UserFactory)


class IntegrityRiskFactory(DjangoModelFactory):
    class Meta:
        model = IntegrityRisk

    branch = factory.SubFactory(BranchFactory)
    place, risk, level = "食堂采购", factory.Sequence("供货商单一{}".format), IntegrityRisk.Level.MIDDLE
    measure, owner_post = "每学期公开比选", "总务主任"
    found_on, review_on = date(2025, 3, 1), date(2025, 9, 1)
    created_by = factory.SubFactory(UserFactory)


class FormCountFactory(DjangoModelFactory):
    class Meta:
        model = FormCount

    branch = factory.SubFactory(BranchFactory)
    on, form, count = date(2025, 5, 6), FormCount.Form.FIRST, 1
    created_by = factory.SubFactory(UserFactory)


class AttachmentFactory(DjangoModelFactory):
    class Meta:
        model = Attachment

    rectification = factory.SubFactory(RectificationFactory)
    branch = factory.LazyAttribute(lambda row: row.rectification.branch)
    file = factory.SubFactory(StoredFileFactory)
    created_by = factory.SubFactory(UserFactory)
