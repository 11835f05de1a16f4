"""The visit: what may be judged, when it can be handed in, and who fixes the class."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.models import AuditEvent, Stale
from branches import visits
from branches.actions import root
from branches.models import Screening, StandardItem
from branches.rights import Role, Task
from branches.visits import Judgement
from tests.factories import (
    AppointmentFactory,
    AssignmentFactory,
    BranchFactory,
    ScreeningCampaignFactory,
    ScreeningFactory,
    ScreeningMarkFactory,
    StandardGroupFactory,
    StandardItemFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2025, 4, 16)
VISIT = date(2025, 4, 15)


def judged_branch(*, points=(10, 20), state="judging", **fields):
    """A screening with its assessor, one line per item of so many points."""
    assessor = UserFactory()
    campaign = fields.pop("campaign", None) or ScreeningCampaignFactory()
    items = list(StandardItem.objects.filter(group__standard=campaign.standard))
    if not items:
        group = StandardGroupFactory(standard=campaign.standard)
        items = [StandardItemFactory(group=group, points=most) for most in points]
    branch = fields.pop("branch", None) or BranchFactory()
    AssignmentFactory(
        user=assessor, branch=branch, task=Task.ASSESSOR, started_on=date(2025, 1, 1), until=date(2099, 1, 1)
    )
    screening = ScreeningFactory(campaign=campaign, branch=branch, assessor=assessor, state=state, **fields)
    for item in items:
        ScreeningMarkFactory(screening=screening, item=item)
    return screening


def said(screening, *judgements):
    rows = screening.marks.order_by("pk")
    return {row.pk: judgement for row, judgement in zip(rows, judgements, strict=False)}


def mark(screening, *judgements, **more):
    screening.refresh_from_db()
    given = {"visited_on": VISIT, "version": screening.version, "by": screening.assessor, "on": TODAY} | more
    return visits.mark(screening, said(screening, *judgements), **given)


def handed_in(*points, **fields):
    screening = judged_branch(**fields)
    mark(screening, *(Judgement(Decimal(each)) for each in points))
    return visits.submit(screening, by=screening.assessor)


def test_judging_begins_with_a_line_for_each_item():
    screening = judged_branch(points=(), state="waiting")
    StandardItemFactory.create_batch(3, group=StandardGroupFactory(standard=screening.campaign.standard))

    visits.start(screening, by=screening.assessor)

    assert screening.marks.count() == 3
    assert AuditEvent.objects.filter(action="screening.start").count() == 1


def test_half_a_visit_is_kept():
    screening = judged_branch()

    mark(screening, Judgement(Decimal("7.5"), words="缺两次记录"), visited_on=None)

    first, second = screening.marks.order_by("pk")
    assert (first.points, first.words, first.marked_by) == (Decimal("7.5"), "缺两次记录", screening.assessor)
    assert (second.points, second.marked_by) == (None, None)


@pytest.mark.parametrize(
    ("judgement", "more", "words"),
    [
        (Judgement(Decimal(11)), {}, "0 至 10 分"),
        (Judgement(Decimal(-1)), {}, "0 至 10 分"),
        (Judgement(Decimal("7.52")), {}, "0.05"),
        (Judgement(is_applicable=False), {}, "写明原因"),
        (Judgement(Decimal(10), problem="缺记录"), {}, "没有失分"),
        (Judgement(Decimal(1), problem="缺记录", due_on=date(2025, 4, 1)), {}, "已经过去"),
        (Judgement(Decimal(1), words="机密★ 内容"), {}, "密级"),
        (Judgement(Decimal(1)), {"visited_on": date(2025, 4, 17)}, "今天以后"),
        (Judgement(Decimal(1)), {"visited_on": date(2025, 2, 1)}, "2025-03-01 开始"),
        (Judgement(Decimal(1)), {"advice": "秘密★"}, "密级"),
    ],
    ids=["too many", "too few", "step", "na", "problem", "due", "marked", "tomorrow", "too early", "advice"],
)
def test_what_cannot_be_judged(judgement, more, words):
    screening = judged_branch()

    with pytest.raises(ValidationError, match=words):
        mark(screening, judgement, **more)


def test_what_the_records_say_is_changed_with_a_reason_only():
    screening = judged_branch()
    row = screening.marks.order_by("pk").first()
    row.points, row.is_filled, row.seen = Decimal("3.33"), True, {"value": "4", "whole": "12"}
    row.save()

    with pytest.raises(ValidationError, match="理由"):
        mark(screening, Judgement(Decimal(5)))
    mark(screening, Judgement(Decimal(5), words="另有两次纸质记录"))
    row.refresh_from_db()
    assert (row.points, row.marked_by, visits.filled(row)) == (5, screening.assessor, (Decimal("3.33"), True))
    mark(screening, Judgement(Decimal("3.33")))
    row.refresh_from_db()
    assert (row.points, row.marked_by) == (Decimal("3.33"), None)


def test_only_whoever_was_given_the_branch_judges_it():
    screening, other = judged_branch(), UserFactory()

    with pytest.raises(PermissionDenied):
        mark(screening, Judgement(Decimal(1)), by=UserFactory(serving=root(), role=Role.STAFF))
    AssignmentFactory(user=other, branch=screening.branch, started_on=date(2025, 1, 1), until=date(2099, 1, 1))
    with pytest.raises(PermissionDenied, match="别的研判人"):
        mark(screening, Judgement(Decimal(1)), by=other)


def test_who_comes_second_is_told():
    screening = judged_branch()
    mark(screening, Judgement(Decimal(1)))

    with pytest.raises(Stale):
        mark(screening, Judgement(Decimal(2)), version=1)


def test_everything_is_judged_before_it_is_handed_in():
    screening = judged_branch()
    mark(screening, Judgement(Decimal(7)), visited_on=None)

    with pytest.raises(ValidationError, match="还有 1 项没有判"):
        visits.submit(screening, by=screening.assessor)
    mark(screening, Judgement(Decimal(7)), Judgement(is_applicable=False, words="没有分校"), visited_on=None)
    with pytest.raises(ValidationError, match="到校日期"):
        visits.submit(screening, by=screening.assessor)
    mark(screening)
    visits.submit(screening, by=screening.assessor)

    screening.refresh_from_db()
    assert (screening.points, screening.whole, screening.computed_class) == (7, 10, "ordinary")


def test_nothing_to_count_is_not_handed_in():
    screening = judged_branch(points=(10,))
    mark(screening, Judgement(is_applicable=False, words="不适用"))

    with pytest.raises(ValidationError, match="没有可以计分的"):
        visits.submit(screening, by=screening.assessor)


@pytest.mark.parametrize(
    ("points", "found"),
    [("27", "advanced"), ("26.95", "ordinary"), ("18", "ordinary"), ("17.95", "lagging"), ("0", "lagging")],
)
def test_the_class_follows_from_the_scale(points, found):
    assert handed_in(Decimal(points), points=(30,)).computed_class == found


def test_somebody_else_fixes_the_class_with_a_reason_when_it_differs():
    screening, leader = handed_in(8, 12), UserFactory(serving=root(), role=Role.LEADER)

    with pytest.raises(ValidationError, match="写明理由"):
        visits.approve(screening, by=leader, chosen="advanced")
    visits.approve(screening, by=leader, chosen="advanced", reason="年中整改成效明显")

    screening.refresh_from_db()
    assert (screening.state, screening.approved_class, screening.approved_by) == ("approved", "advanced", leader)


def test_nobody_approves_the_own_judgement_and_a_secretary_none():
    screening = handed_in(8, 12)
    AppointmentFactory(user=screening.assessor, branch=root(), role=Role.STAFF)
    screening.assessor.__dict__.pop("held_today", None)

    for act in (visits.approve, visits.send_back):
        with pytest.raises(ValidationError, match="另一位同志"):
            act(screening, by=screening.assessor, reason="x")
        with pytest.raises(PermissionDenied):
            act(screening, by=UserFactory(serving=screening.branch), reason="x")


def test_who_judged_before_the_last_judge_does_not_approve_either():
    screening = handed_in(8, 12)
    earlier = UserFactory(serving=root(), role=Role.STAFF)
    screening.marks.filter(pk=screening.marks.first().pk).update(marked_by=earlier, marked_at=timezone.now())

    with pytest.raises(ValidationError, match="另一位同志"):
        visits.approve(screening, by=earlier, reason="x")


def test_what_is_sent_back_is_judged_again():
    screening, staff = handed_in(8, 12), UserFactory(serving=root(), role=Role.STAFF)

    with pytest.raises(ValidationError, match="退回的原因"):
        visits.send_back(screening, reason=" ", by=staff)
    visits.approve(screening, by=staff)
    visits.send_back(screening, reason="第 3 项重看", by=staff)
    screening.refresh_from_db()
    assert (screening.state, screening.approved_class, screening.return_reason) == ("returned", "", "第 3 项重看")
    visits.start(screening, by=screening.assessor)
    visits.submit(screening, by=screening.assessor)

    screening.refresh_from_db()
    assert (screening.state, screening.return_reason) == ("submitted", "")
    visits.approve(screening, by=staff)
    ScreeningFactory(campaign=screening.campaign, branch=screening.branch, kind="look_back", first=screening)
    with pytest.raises(ValidationError, match="回头看已经开始"):
        visits.send_back(screening, reason="再看", by=staff)


@pytest.mark.parametrize("act", ["approve", "send_back", "submit", "start"])
def test_what_is_out_is_out(act):
    screening = ScreeningFactory(issued=True)
    AssignmentFactory(
        user=screening.assessor, branch=screening.branch, started_on=date(2025, 1, 1), until=date(2099, 1, 1)
    )
    by = screening.assessor if act in ("submit", "start") else UserFactory(serving=root(), role=Role.STAFF)
    more = {"reason": "x"} if act in ("approve", "send_back") else {}

    with pytest.raises(ValidationError, match="已反馈"):
        getattr(visits, act)(screening, by=by, **more)
    assert Screening.objects.get().state == "issued"
    assert not AuditEvent.objects.filter(action__startswith="screening.").exists()


def test_a_campaign_that_is_closed_is_not_judged_any_longer():
    screening = judged_branch(campaign=ScreeningCampaignFactory(state="closed"), points=(10,))

    with pytest.raises(ValidationError, match="不在进行中"):
        mark(screening, Judgement(Decimal(1)))
