"""A round of 组织生活会: written, opened, guided, done step by step; what was found is kept with the branch."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.models import AuditEvent, Stale
from branches.actions import root
from branches.models import Assignment, Rectification
from meetings import campaigns
from meetings.forms.campaign import parse, usual_steps
from meetings.models import Campaign, Finding, Guidance
from tests.factories import BranchFactory, UserFactory
from tests.factories_life import CampaignFactory, CampaignStepFactory, GuidanceFactory, StepDoneFactory

pytestmark = pytest.mark.django_db
OPENS, ENDS, TODAY = date(2025, 12, 1), date(2026, 3, 31), date(2026, 1, 20)
STEPS = [("学习研讨", date(2025, 12, 20)), ("开会", date(2026, 1, 31))]


@pytest.fixture
def branch():
    return BranchFactory()


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


@pytest.fixture
def campaign():
    return CampaignFactory(branch=root(), state="open")


def fresh(**fields):
    return Campaign(branch=root(), assessment_year=2025, title="组织生活会", opens_on=OPENS, ends_on=ENDS, **fields)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-01-10 会前学习", [("会前学习", date(2026, 1, 10))]),
        ("1月10日 会前学习", [("会前学习", date(2026, 1, 10))]),
        ("12月5日：征求意见", [("征求意见", date(2025, 12, 5))]),
        ("2026年1月9日 谈心", [("谈心", date(2026, 1, 9))]),
        ("7月1日 太早", [("太早", date(2025, 7, 1))]),
    ],
    ids=["plain", "year of the round", "first year", "in words", "outside: the action says so"],
)
def test_steps_are_read_as_people_type_them(text, found):
    assert parse(text, OPENS, ENDS) == found


@pytest.mark.parametrize(
    "text", ["会前学习", "2月30日 开会", "2026-01-10", " "], ids=["no day", "no such day", "no step", "nothing"]
)
def test_a_step_that_cannot_be_read_is_refused(text):
    with pytest.raises(ValidationError):
        parse(text, OPENS, ENDS)


@pytest.mark.parametrize("kind", Campaign.Kind.values)
def test_the_usual_steps_can_be_saved_as_they_stand(staff, kind):
    steps = parse(usual_steps(kind, OPENS, ENDS), OPENS, ENDS)

    saved = campaigns.save(fresh(kind=kind), steps, by=staff)

    assert saved.steps.count() == 6
    assert steps[-1][1] == ENDS


def test_only_branches_owe_the_one_and_only_committees_the_other(branch):
    committee, closed = BranchFactory(committee=True), BranchFactory(closed=True)

    org_life = set(campaigns.taking_part(fresh(), TODAY))
    democratic = set(campaigns.taking_part(fresh(kind="democratic_life_meeting"), TODAY))

    assert branch in org_life
    assert not {root(), committee, closed} & org_life
    assert democratic == {root(), committee}


def test_a_step_outside_the_round_is_refused(staff):
    with pytest.raises(ValidationError, match="应在 2025-12-01 至 2026-03-31 之间"):
        campaigns.save(fresh(), [("开会", date(2026, 4, 1))], by=staff)


def test_a_step_that_was_done_is_not_taken_away(staff, branch):
    campaign = campaigns.save(fresh(), STEPS, by=staff)
    StepDoneFactory(step=campaign.steps.last(), branch=branch)

    campaigns.save(campaign, [("学习", STEPS[0][1]), STEPS[1]], by=staff, version=1)
    assert campaign.steps.first().label == "学习"
    with pytest.raises(ValidationError, match="“开会”已有支部完成"):
        campaigns.save(campaign, STEPS[:1], by=staff, version=2)
    with pytest.raises(Stale):
        campaigns.save(campaign, STEPS, by=staff, version=1)


def test_the_road_of_a_round(staff):
    campaign = campaigns.save(fresh(), [], by=staff)
    with pytest.raises(ValidationError, match="列出步骤"):
        campaigns.move(campaign, "open", by=staff)
    CampaignStepFactory(campaign=campaign)

    for act, state in (("open", "open"), ("close", "closed"), ("reopen", "open")):
        assert campaigns.move(campaign, act, by=staff).state == state
    with pytest.raises(ValidationError, match="进行中"):
        campaigns.move(campaign, "reopen", by=staff)


def test_only_who_runs_rounds_may_write_one(secretary, campaign):
    with pytest.raises(PermissionDenied):
        campaigns.save(fresh(), STEPS, by=secretary)
    with pytest.raises(PermissionDenied):
        campaigns.move(campaign, "close", by=secretary)
    with pytest.raises(PermissionDenied):
        campaigns.assign(campaign, [], group="一组", guide=secretary, by=secretary, on=TODAY)


def test_a_step_is_done_on_a_day_and_corrected(campaign, branch, secretary):
    step = CampaignStepFactory(campaign=campaign)

    campaigns.finish(step, branch, by=secretary, on=date(2026, 1, 9), today=TODAY)
    campaigns.finish(step, branch, by=secretary, on=date(2026, 1, 8), today=TODAY)

    assert [row.done_on for row in step.done.all()] == [date(2026, 1, 8)]
    assert AuditEvent.objects.filter(action="campaign.finish").count() == 2


@pytest.mark.parametrize(
    ("state", "kind", "on", "word"),
    [
        ("closed", "org_life_meeting", date(2026, 1, 9), "不在进行中"),
        ("draft", "org_life_meeting", date(2026, 1, 9), "不在进行中"),
        ("open", "democratic_life_meeting", date(2026, 1, 9), "不在这项安排的范围内"),
        ("open", "org_life_meeting", date(2026, 1, 21), "今天以后"),
    ],
    ids=["closed", "not begun", "not theirs", "to come"],
)
def test_a_step_is_refused(branch, secretary, state, kind, on, word):
    step = CampaignStepFactory(campaign=CampaignFactory(branch=root(), state=state, kind=kind))

    with pytest.raises(ValidationError, match=word):
        campaigns.finish(step, branch, by=secretary, on=on, today=TODAY)


def test_others_cannot_report_for_a_branch(campaign, branch):
    step, stranger = CampaignStepFactory(campaign=campaign), UserFactory(serving=BranchFactory())

    with pytest.raises(PermissionDenied):
        campaigns.finish(step, branch, by=stranger, on=TODAY, today=TODAY)
    with pytest.raises(PermissionDenied):
        campaigns.find(Finding(campaign=campaign, branch=branch, problem="x"), by=stranger, on=TODAY)


def test_a_finding_is_followed_as_an_item_to_be_put_right(campaign, branch, secretary):
    finding = Finding(
        campaign=campaign,
        branch=branch,
        problem="形式单一",
        measure="到社区开展",
        owner="周明",
        due_on=date(2026, 6, 30),
    )
    finding = campaigns.find(finding, by=secretary, on=TODAY)
    item = Rectification.objects.get(origin_label="meetings.Finding", origin_id=finding.pk)
    assert (item.branch, item.source, item.problem, item.due_on) == (branch, "life_meeting", "形式单一", finding.due_on)

    Rectification.objects.filter(pk=item.pk).update(measure="每季度到社区")
    finding.problem = "形式比较单一"
    campaigns.find(finding, by=secretary, on=TODAY)
    finding.problem = "绝密★"
    with pytest.raises(ValidationError, match="密级标志"), transaction.atomic():
        campaigns.find(finding, by=secretary, on=TODAY)

    item.refresh_from_db()
    assert (item.problem, item.measure) == ("形式比较单一", "每季度到社区")
    assert Finding.objects.get().problem == "形式比较单一"


def test_branches_are_put_into_care_once(staff, campaign, branch):
    guide, other = UserFactory(), BranchFactory()
    GuidanceFactory(campaign=campaign, branch=other, guide=guide)
    democratic = BranchFactory(committee=True)

    number = campaigns.assign(campaign, [branch, other, democratic], group="一组", guide=guide, by=staff, on=TODAY)

    assert number == 1
    assert set(Guidance.objects.values_list("branch", flat=True)) == {branch.pk, other.pk}
    campaigns.release(Guidance.objects.get(branch=branch), by=staff, on=TODAY)
    assert Guidance.objects.count() == 1


def test_who_guides_a_branch_may_look_at_it_until_the_round_ends(campaign, branch, staff):
    guide = UserFactory()

    campaigns.assign(campaign, [branch], group="一组", guide=guide, by=staff, on=TODAY)

    task = Assignment.objects.get(user=guide, branch=branch)
    assert (task.task, task.started_on, task.until, task.group) == ("guide", TODAY, campaign.ends_on, "一组")

    later = TODAY + timedelta(days=3)
    campaigns.release(Guidance.objects.get(branch=branch), by=staff, on=later)
    assert Assignment.objects.get().until == later - timedelta(days=1), "from that day on it gives no rights"
