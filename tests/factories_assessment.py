"""Rows of the yearly assessment, each valid by default."""

from datetime import UTC, date, datetime

import factory
from factory.django import DjangoModelFactory

from assessment import scheme as schemes
from assessment.models import (
    Adjustment,
    Forecast,
    Judgement,
    ManualScore,
    Objection,
    Reopening,
    ResultUse,
    Round,
    Scheme,
    Seal,
    SealedScore,
    SelfCheck,
    Verdict,
    Veto,
)
from tests.factories import BranchFactory, UserFactory

YEAR = 2025
MOMENT = datetime(2025, 12, 1, 2, tzinfo=UTC)


class SchemeFactory(DjangoModelFactory):
    """Published for its year; `draft=True` makes it one that is still written."""

    class Meta:
        model = Scheme
        django_get_or_create = ("year", "kind", "state")

    class Params:
        draft = factory.Trait(state="draft", published_by=None, published_at=None)

    year = YEAR
    kind = "branch"
    title = factory.LazyAttribute(lambda scheme: schemes.of_year(scheme.year, scheme.kind)["title"])
    content = factory.LazyAttribute(lambda scheme: schemes.frozen(scheme.year, scheme.kind))
    state = "published"
    created_by = factory.SubFactory(UserFactory)
    published_by = factory.SubFactory(UserFactory)
    published_at = MOMENT


class ManualScoreFactory(DjangoModelFactory):
    class Meta:
        model = ManualScore

    year = YEAR
    branch = factory.SubFactory(BranchFactory)
    part = "PF10"
    points = 2
    reason = "整改按时"
    judged_by = factory.SubFactory(UserFactory)


class JudgementFactory(DjangoModelFactory):
    class Meta:
        model = Judgement

    year = YEAR
    branch = factory.SubFactory(BranchFactory)
    part = "PF10"
    assessor = factory.SubFactory(UserFactory)
    points = 2
    reason = "整改按时"


class RoundFactory(DjangoModelFactory):
    """Open for self-check; `published=True` within its window of objections, `final=True` at its end."""

    class Meta:
        model = Round
        django_get_or_create = ("year",)

    class Params:
        published = factory.Trait(state="published", published_on=date(2026, 1, 12), objections_until=date(2026, 1, 19))
        final = factory.Trait(
            state="final", published_on=date(2026, 1, 12), objections_until=date(2026, 1, 19),
            meeting_on=date(2026, 1, 22), minutes_number="纪要〔2026〕2号", final_by=factory.SubFactory(UserFactory),
            final_at=MOMENT,
        )  # fmt: skip

    year = YEAR
    scheme = factory.SubFactory(SchemeFactory)
    opened_on = date(2025, 12, 1)
    self_check_until = date(2025, 12, 20)
    judging_until = date(2026, 1, 8)
    opened_by = factory.SubFactory(UserFactory)


class SelfCheckFactory(DjangoModelFactory):
    class Meta:
        model = SelfCheck

    round = factory.SubFactory(RoundFactory)
    branch = factory.SubFactory(BranchFactory)
    words = "已对照细则自查。"
    submitted_by = factory.SubFactory(UserFactory)


class ObjectionFactory(DjangoModelFactory):
    class Meta:
        model = Objection

    round = factory.SubFactory(RoundFactory)
    branch = factory.SubFactory(BranchFactory)
    phase = "self_check"
    part = "PF10"
    words = "融合的材料已经补齐。"
    raised_by = factory.SubFactory(UserFactory)
    raised_on = date(2025, 12, 10)


class AdjustmentFactory(DjangoModelFactory):
    class Meta:
        model = Adjustment

    round = factory.SubFactory(RoundFactory)
    branch = factory.SubFactory(BranchFactory)
    part = "PF10"
    before = 2
    points = 3
    reason = "异议成立"
    made_by = factory.SubFactory(UserFactory)


class VerdictFactory(DjangoModelFactory):
    class Meta:
        model = Verdict

    round = factory.SubFactory(RoundFactory)
    branch = factory.SubFactory(BranchFactory)
    proposed = "合格"
    grade = "基本合格"
    reason = "工委会议研究"
    made_by = factory.SubFactory(UserFactory)


class VetoFactory(DjangoModelFactory):
    """Proposed; `confirmed=True` holds."""

    class Meta:
        model = Veto

    class Params:
        confirmed = factory.Trait(confirmed_by=factory.SubFactory(UserFactory), confirmed_at=MOMENT)

    year = YEAR
    branch = factory.SubFactory(BranchFactory)
    reason = "fraud"
    number = "通报〔2025〕9号"
    on = date(2025, 11, 5)
    proposed_by = factory.SubFactory(UserFactory)


class SealFactory(DjangoModelFactory):
    class Meta:
        model = Seal

    number = factory.Sequence(lambda number: number + 1)
    round = factory.SubFactory(RoundFactory)
    kind = "branch"
    stage = "published"
    as_of = date(2025, 12, 31)
    sealed_at = MOMENT
    sealed_by = factory.SubFactory(UserFactory)
    scheme = "{}"
    county = "{}"
    count = 1
    previous = "0" * 64
    digests = factory.LazyFunction(lambda: {"number": "0" * 64})
    head = "1" * 64
    key_id = "seal-1"
    signature = "0" * 128


class SealedScoreFactory(DjangoModelFactory):
    class Meta:
        model = SealedScore

    seal = factory.SubFactory(SealFactory)
    position = factory.Sequence(lambda number: number + 1)
    branch = factory.SubFactory(BranchFactory)
    inputs = "{}"
    result = "{}"
    digests = factory.LazyFunction(lambda: {"position": "0" * 64})
    digest = "2" * 64
    signature = "0" * 128


class ReopeningFactory(DjangoModelFactory):
    """Asked for; `approved=True` by another."""

    class Meta:
        model = Reopening

    class Params:
        approved = factory.Trait(approved_by=factory.SubFactory(UserFactory), approved_at=MOMENT)

    round = factory.SubFactory(RoundFactory, published=True)
    reason = "有的记录补录有误"
    asked_by = factory.SubFactory(UserFactory)


class ResultUseFactory(DjangoModelFactory):
    class Meta:
        model = ResultUse

    year = YEAR
    branch = factory.SubFactory(BranchFactory)
    use = "award"
    grade = "优秀"
    words = "推荐为先进党支部"
    organ = "县委教育体育工委"
    number = "教体工委〔2026〕3号"
    on = date(2026, 2, 1)
    entered_by = factory.SubFactory(UserFactory)


class ForecastFactory(DjangoModelFactory):
    class Meta:
        model = Forecast

    year = YEAR
    branch = factory.SubFactory(BranchFactory)
    month = date(2025, 11, 1)
    on = date(2025, 11, 20)
    seen = 0
    computed_at = MOMENT
    total = 80
    still = 5
    lost = 15
    judged = 90
    content = factory.LazyFunction(lambda: {"why": "", "dimensions": []})
