"""What 分析研判 tells scores and reminders."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessment import scoring
from branches import standards
from branches.actions import root
from branches.facts import screened, standardised
from branches.models import Branch, Standard, StandardItem
from branches.rights import Role
from members.facts import records_amiss
from reminders import sweep
from reminders.models import DigestLine, Reminder
from rulebook.facts import Period
from tests.factories import (
    BranchFactory,
    CorrectionFactory,
    DutyFactory,
    FulfilmentFactory,
    MemberFactory,
    ScreeningCampaignFactory,
    ScreeningFactory,
    ScreeningMarkFactory,
    StandardItemFactory,
    UserFactory,
)
from tests.reminders.mornings import only

pytestmark = pytest.mark.django_db
OVER = date(2026, 2, 1)
YEAR = Period.of_year(2025, on=OVER)


def judged(campaign, branch, points, **fields):
    """A screening fed back with one item of ten points, and one that is scored elsewhere."""
    screening = ScreeningFactory(campaign=campaign, branch=branch, issued=True, **fields)
    ScreeningMarkFactory(screening=screening, item=StandardItemFactory(points=10), points=points)
    elsewhere = StandardItemFactory(points=10, is_scored_elsewhere=True)
    ScreeningMarkFactory(screening=screening, item=elsewhere, points=1)
    ScreeningMarkFactory(screening=screening, is_applicable=False)
    return screening


def test_looking_back_counts_where_there_is_one_and_only_what_is_not_scored_elsewhere():
    campaign = ScreeningCampaignFactory()
    once, twice, waiting = BranchFactory.create_batch(3)
    first = judged(campaign, once, 6)
    again = judged(campaign, twice, 9, kind="look_back", first=judged(campaign, twice, 4))
    ScreeningFactory(campaign=campaign, branch=waiting, approved=True)

    found = standardised(Branch.objects.all(), YEAR)

    assert (found[once.pk].value, found[once.pk].whole, found[once.pk].pks) == (6, 10, (first.pk,))
    assert (found[twice.pk].value, found[twice.pk].pks) == (9, (again.pk,))
    assert waiting.pk not in found, "what the branch was not told does not count yet"


def test_nothing_fed_back_in_the_year_leaves_the_matter_open():
    branch = BranchFactory()
    chosen = Branch.objects.filter(pk=branch.pk)
    assert standardised(chosen, YEAR) is None
    (score,) = scoring.score(chosen, 2025, on=OVER)
    item = next(each for each in score.items if each.code == "PF8")
    assert (item.state, item.reason.split("；")[0]) == ("pending", "标准化建设：分析研判尚未启用，暂不评分")

    judged(ScreeningCampaignFactory(), branch, 8)
    (score,) = scoring.score(chosen, 2025, on=OVER)
    assert next(each for each in score.items if each.code == "PF8").points == 4


def test_coverage_of_each_branch():
    campaign = ScreeningCampaignFactory()
    done = ScreeningFactory(campaign=campaign, approved=True).branch
    open_ = ScreeningFactory(campaign=campaign, judging=True).branch

    found = screened(Branch.objects.all(), YEAR)

    assert (found[done.pk].value, found[open_.pk].value) == (1, 0)
    assert found[open_.pk].missing
    assert screened(Branch.objects.all(), Period.of_year(2024, on=OVER)) is None


def test_records_are_amiss_by_what_is_missing_or_waits_never_by_use():
    branch, fine = BranchFactory.create_batch(2)
    DutyFactory(branch=branch)
    FulfilmentFactory(duty=DutyFactory(branch=fine))
    CorrectionFactory(member=MemberFactory(branch=branch))

    found = records_amiss(Branch.objects.filter(pk__in=[branch.pk, fine.pk]), YEAR)

    assert "应办事项 1 件到期没有登记" in found[branch.pk].missing
    assert "更正申请 1 件没有答复" in found[branch.pk].missing
    assert found[branch.pk].value == found[fine.pk].value + 2


def at(day):
    month, number = map(int, day.split("-"))
    return datetime(2025, month, number, 8, tzinfo=UTC) - timedelta(hours=8)


def test_staff_are_told_before_a_phase_ends_and_each_week_after_until_all_are_judged():
    staff = UserFactory(serving=root(), role=Role.STAFF)
    campaign = ScreeningCampaignFactory(screens_until=date(2025, 6, 13), reviews_until=date(2025, 9, 26))
    row = ScreeningFactory(campaign=campaign)
    ScreeningFactory(campaign=campaign, submitted=True)
    gone = ScreeningFactory(campaign=campaign)
    gone.branch.closed_on = date(2025, 4, 1)
    gone.branch.save()
    UserFactory(serving=row.branch)
    day = at("5-10")
    with only("remind.screening"):
        while day <= at("6-25"):
            sweep.run(day)
            day += timedelta(days=1)

    lines = DigestLine.objects.filter(reminder__rule="remind.screening").select_related("digest__user")
    assert {line.digest.user for line in lines} == {staff}
    days = sorted(f"{line.digest.on:%m-%d}" for line in lines)
    assert days == ["05-14", "06-06", "06-13", "06-20"]

    row.state, row.submitted_by, row.submitted_at = "submitted", staff, at("6-26")
    row.points, row.whole, row.visited_on = 1, 2, date(2025, 6, 25)
    row.save()
    sweep.run(at("6-27"))
    assert not Reminder.objects.filter(rule="remind.screening", cleared_at=None).exists()


# ---- the files


def test_every_source_and_every_sample_can_be_used():
    assert {source.rule for source in standards.sources().values()} == {"share", "minus"}
    for content in standards.samples().values():
        items = [row for group in content["groups"] for row in group["items"]]
        assert content["edition"] == "示例"
        assert 24 <= len(items) <= 30
        assert sum(Decimal(str(row["points"])) for row in items) == 100
        assert all(row["judged"] in StandardItem.Judged.values for row in items)


def test_every_source_answers_for_a_county_without_any_record():
    BranchFactory()
    for source in standards.sources().values():
        found = standards.resolve(source.path)(Branch.objects.all(), YEAR, **source.options)
        assert found is None or isinstance(found, dict), source.key


def test_a_named_record_is_found_again_by_its_path():
    for key in standards.sources():
        assert standards.source_of(StandardItemFactory.build(group=None, **standards.named(key))).key == key


def test_a_secret_is_refused_wherever_it_is_typed():
    staff = UserFactory(serving=root(), role=Role.STAFF)
    with pytest.raises(ValidationError, match="密级标志"):
        standards.create(Standard(branch=root(), title="机密★ 标准", edition="x"), by=staff)


def test_the_facts_of_a_standard_take_the_same_queries_for_any_number_of_branches():
    def count():
        with CaptureQueriesContext(connection) as queries:
            standardised(Branch.objects.filter(pk__in=list(Branch.objects.values_list("pk", flat=True))), YEAR)
            records_amiss(Branch.objects.filter(pk__in=list(Branch.objects.values_list("pk", flat=True))), YEAR)
        return len(queries)

    campaign = ScreeningCampaignFactory()
    judged(campaign, BranchFactory(), 5)
    before = count()
    for _ in range(5):
        judged(campaign, BranchFactory(), 5)
    assert count() == before
