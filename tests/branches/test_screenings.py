"""Campaigns of 分析研判: opened over every branch, filled in from the records, given to assessors, begun anew as 回头看."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent, Stale, User
from branches import prefilling, screenings, standards
from branches.actions import root
from branches.models import Assignment, Screening, ScreeningCampaign, ScreeningMark, Standard
from branches.rights import Role, may
from rulebook.facts import Fact
from tests.factories import (
    BranchFactory,
    DutyFactory,
    RectificationFactory,
    ScreeningCampaignFactory,
    ScreeningFactory,
    StandardFactory,
    StandardGroupFactory,
    StandardItemFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
ON = date(2025, 4, 20)
State = Screening.State


@pytest.fixture
def standard():
    group = StandardGroupFactory()
    StandardItemFactory(group=group, label="党员活动室", points=Decimal(10))
    StandardItemFactory(group=group, label="主题党日", points=Decimal(4), rule="share", **_named("theme_party_day"))
    return group.standard


def _named(key):
    return {name: value for name, value in standards.named(key).items() if name != "rule"}


@pytest.fixture
def draft(standard):
    return ScreeningCampaignFactory(standard=standard, state="draft", opened_at=None)


@pytest.fixture
def opened(draft, staff):
    BranchFactory(committee=True)
    BranchFactory.create_batch(2)
    return screenings.open_campaign(draft, by=staff, on=ON)


def marks(screening):
    return {mark.item.label: mark for mark in screening.marks.select_related("item")}


def test_opening_freezes_the_standard_and_lists_every_branch_with_every_item(draft, staff):
    upper = BranchFactory(committee=True)
    below, alone, gone = BranchFactory(parent=upper), BranchFactory(), BranchFactory(closed_on=date(2024, 6, 30))
    for month in (1, 2, 3, 4):
        DutyFactory(branch=alone, period=f"2025-{month:02}")

    campaign = screenings.open_campaign(draft, by=staff, on=ON)

    assert Standard.objects.get().state == Standard.State.FROZEN
    found = {row.branch: row for row in campaign.screenings.all()}
    assert set(found) == {below, alone}
    assert gone not in found
    own = marks(found[alone])
    assert (own["党员活动室"].points, own["党员活动室"].is_filled) == (None, False)
    assert (own["主题党日"].points, own["主题党日"].is_filled) == (Decimal(0), True)
    assert own["主题党日"].seen["whole"] == "3", "what is not due by that day does not count against a branch"
    other = marks(found[below])["主题党日"]
    assert (other.is_applicable, other.points) == (False, None), "a branch that owes none"
    assert AuditEvent.objects.get(action="screening_campaign.open").detail["branches"] == 2
    with pytest.raises(ValidationError, match="不能再改"):
        standards.edit(Standard.objects.get(), by=staff, version=2)


@pytest.mark.parametrize(
    ("rule", "each", "fact", "points"),
    [
        ("share", None, Fact(Decimal(2), Decimal(3)), "3.33"),
        ("share", None, Fact(Decimal(2), Decimal(4), open=Decimal(2)), "5.00"),
        ("share", None, Fact(Decimal(0), Decimal(4), open=Decimal(4)), None),
        ("share", None, Fact(Decimal(5), Decimal(4)), "5.00"),
        ("minus", Decimal("1.5"), Fact(Decimal(2)), "2.00"),
        ("minus", Decimal(2), Fact(Decimal(9)), "0.00"),
    ],
    ids=[
        "a third missing",
        "the rest is not due",
        "nothing is due",
        "more than all",
        "two faults",
        "never below nothing",
    ],
)
def test_points_of_a_fact(rule, each, fact, points):
    item = StandardItemFactory.build(points=Decimal(5), rule=rule, each=each, group=None)

    assert prefilling.points_of(item, fact) == (points and Decimal(points))


def test_what_the_county_does_not_record_is_left_for_the_assessor(staff, standard, draft):
    group = standard.groups.get()
    StandardItemFactory(group=group, label="党费", rule="share", **_named("dues_on_time"))
    branch = BranchFactory()

    screenings.open_campaign(draft, by=staff, on=ON)

    mark = marks(Screening.objects.get(branch=branch))["党费"]
    assert (mark.points, mark.is_applicable, mark.is_filled) == (None, True, False)


def test_a_campaign_needs_items_and_branches_and_opens_once(staff, draft):
    with pytest.raises(ValidationError, match="没有党支部"):
        screenings.open_campaign(draft, by=staff, on=ON)
    BranchFactory()
    empty = ScreeningCampaignFactory(standard=StandardFactory(), state="draft", opened_at=None)
    with pytest.raises(ValidationError, match="没有项目"):
        screenings.open_campaign(empty, by=staff, on=ON)
    screenings.open_campaign(draft, by=staff, on=ON)
    with pytest.raises(ValidationError, match="进行中"):
        screenings.open_campaign(draft, by=staff, on=ON)


def test_only_whoever_runs_screenings_opens_one(draft):
    branch = BranchFactory()
    for user in (UserFactory(serving=branch), UserFactory(serving=root(), role=Role.LEADER)):
        with pytest.raises(PermissionDenied):
            screenings.open_campaign(draft, by=user, on=ON)


def test_a_branch_founded_later_is_added(opened, staff):
    with pytest.raises(ValidationError, match="齐全"):
        screenings.complete_list(opened, by=staff, on=ON)
    late = BranchFactory()

    assert screenings.complete_list(opened, by=staff, on=ON) == 1
    assert late.screenings.get().marks.count() == 2


def test_filling_in_anew_keeps_what_a_person_marked_and_what_is_handed_in(opened, staff):
    one, other = opened.screenings.all()
    item = opened.standard.groups.get().items.get(label="主题党日")
    ScreeningMark.objects.filter(screening=one, item=item).update(
        points=1, marked_by=staff, marked_at=opened.opened_at, is_applicable=True
    )
    Screening.objects.filter(pk=other.pk).update(
        state="submitted", submitted_by=staff, submitted_at=opened.opened_at, points=1, whole=2, visited_on=ON
    )
    ScreeningMark.objects.filter(screening=other, item=item).update(points=2)

    assert screenings.refill(opened, by=staff, on=ON) == 0
    assert marks(one)["主题党日"].points == 1
    assert marks(other)["主题党日"].points == 2

    Screening.objects.filter(pk=other.pk).update(state="returned", return_reason="请补")
    ScreeningMark.objects.filter(screening=other, item=item).update(problem="缺记录", due_on=ON)
    assert screenings.refill(opened, by=staff, on=ON) == 1
    fresh = marks(other)["主题党日"]
    assert (fresh.points, fresh.problem, fresh.due_on) == (None, "", None)  # nothing lost, nothing to be put right


def test_an_assessor_gets_rights_in_those_branches_until_the_phase_ends(opened, staff):
    one, other = (row.branch for row in opened.screenings.select_related("branch"))
    anna, bert = UserFactory(), UserFactory()
    until = date(2100, 5, 31)  # rights are asked for today
    screenings.assign(opened, "first", anna, [one, other], until=until, by=staff, on=ON)

    assert may(anna, "screening.judge", at=one)
    assert set(opened.screenings.values_list("assessor", flat=True)) == {anna.pk}

    screenings.assign(opened, "first", bert, [one], until=until, by=staff, on=ON)
    anna, bert = User.objects.get(pk=anna.pk), User.objects.get(pk=bert.pk)
    assert not may(anna, "screening.judge", at=one)
    assert may(anna, "screening.judge", at=other)
    assert may(bert, "screening.judge", at=one)

    screenings.release(opened, "first", bert, by=staff, on=ON)
    assert one.screenings.get().assessor is None
    assert not Assignment.objects.filter(user=bert).exists(), "what began today only is taken out again"


def test_nobody_judges_the_own_organisation(opened, staff):
    branch = opened.screenings.first().branch
    secretary = UserFactory(serving=branch)

    with pytest.raises(ValidationError, match="自己所在的党组织"):
        screenings.assign(opened, "first", secretary, [branch], until=ON, by=staff, on=ON)
    assert not Assignment.objects.exists()


def test_who_judged_stays_once_it_is_handed_in(opened, staff):
    row = opened.screenings.first()
    ScreeningFactory(submitted=True, campaign=opened, branch=BranchFactory(), assessor=staff)
    handed_in = Screening.objects.get(state="submitted")

    with pytest.raises(ValidationError, match="不能再换"):
        screenings.assign(opened, "first", UserFactory(), [row.branch, handed_in.branch], until=ON, by=staff, on=ON)
    with pytest.raises(ValidationError, match="没有可以收回的"):
        screenings.release(opened, "first", staff, by=staff, on=ON)


def test_a_later_end_of_the_phase_prolongs_the_task(opened, staff):
    branch = opened.screenings.first().branch
    screenings.assign(opened, "first", UserFactory(), [branch], until=opened.screens_until, by=staff, on=ON)

    opened.screens_until = date(2025, 6, 15)
    screenings.save(opened, by=staff, version=opened.version)

    assert Assignment.objects.get().until == date(2025, 6, 15)
    with pytest.raises(Stale):
        screenings.save(opened, by=staff, version=1)
    opened.scale = opened.scale[1:]
    with pytest.raises(ValidationError, match="不能再改"):
        screenings.save(opened, by=staff, version=opened.version)


@pytest.mark.parametrize(
    ("floors", "words"),
    [((90, 60), "从 0 开始"), ((60, 90, 0), "从高到低"), ((101, 0), "不能超过 100"), ((0,), "2 至 6")],
    ids=["no lowest", "out of order", "above all", "one"],
)
def test_a_scale_that_cannot_sort_is_refused(floors, words):
    with pytest.raises(ValidationError, match=words):
        screenings.check_scale([{"key": str(each), "label": str(each), "at_least": each} for each in floors])


def test_looking_back_is_bound_to_the_first_and_leaves_out_the_best_without_open_work(opened, staff):
    best = ScreeningFactory(approved=True, campaign=opened, approved_class="advanced")
    owing = ScreeningFactory(approved=True, campaign=opened, approved_class="advanced")
    middle = ScreeningFactory(issued=True, campaign=opened, approved_class="ordinary")
    RectificationFactory(branch=owing.branch, screening=owing, source="screening")

    assert set(screenings.awaiting_look_back(opened)) == {owing, middle}
    assert set(screenings.awaiting_look_back(opened, everybody=True)) == {best, owing, middle}
    assert screenings.look_back(opened, [owing, middle], by=staff, on=ON) == 2
    again = Screening.objects.get(kind="look_back", branch=middle.branch)
    assert again.first == middle
    assert again.marks.count() == 2
    with pytest.raises(ValidationError, match="没有可以启动"):
        screenings.look_back(opened, [middle], by=staff, on=ON)


def test_a_campaign_ends_when_every_branch_at_work_has_its_class(opened, staff):
    with pytest.raises(ValidationError, match="还有 2 个"):
        screenings.close(opened, by=staff, on=ON)
    for row in opened.screenings.all():
        row.branch.closed_on = date(2025, 4, 1)
        row.branch.save()

    first = ScreeningFactory(issued=True, campaign=opened, branch__parent=opened.branch)
    again = ScreeningFactory(campaign=opened, branch=first.branch, kind="look_back", first=first, state="judging")
    with pytest.raises(ValidationError, match="还有 1 个党组织的回头看"):
        screenings.close(opened, by=staff, on=ON)
    Screening.objects.filter(pk=again.pk).delete()

    closed = screenings.close(opened, by=staff, on=ON)
    assert closed.state == ScreeningCampaign.State.CLOSED
    assert screenings.reopen(closed, by=staff).state == ScreeningCampaign.State.OPEN


def test_coverage_is_told_for_each_committee_and_reaches_a_hundred_only_when_nobody_is_left(opened):
    upper = opened.branch.path
    rows = [(f"{upper}5/{leaf}/", "submitted" if leaf else "waiting") for leaf in range(200)] + [
        (f"{upper}9/", "issued")
    ]

    found = screenings.coverage(opened, rows)

    assert (found[f"{upper}5/"].percent, found[""].percent, found[None].percent) == (99, 100, 99)
