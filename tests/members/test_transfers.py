"""组织关系转接 by the day: who moves is counted once, in the old branch until the day before he is received."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import AuditEvent
from members import transfer_moves, transfers
from members.models import GroupMembership, Member, Membership, Post, Transfer
from tests.factories import (
    GroupFactory,
    MemberFactory,
    MembershipFactory,
    PostFactory,
    TermFactory,
    id_number,
)
from tests.members.scene import ISSUED, PAID, TODAY, Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return Scene()


def newcomer(**fields):
    return MemberFactory.build(ethnicity="", **fields)


def arriving(branch, **fields):
    letter = {
        "to_branch": branch, "kind": "full", "from_place": "中共邻县一中支部", "number": "介〔2025〕88号", "issued_on": ISSUED,
        "valid_days": 60, "dues_paid_through": PAID, "reason": "工作调动",
    }  # fmt: skip
    return Transfer(**letter | fields)


def test_the_whole_road_inside_the_county(scene):
    transfer = scene.received(date(2025, 11, 10))
    transfer = transfer_moves.confirm(transfer, receipt_on=date(2025, 11, 12), by=scene.committee, on=TODAY)

    assert transfer.state == "done"
    assert transfer.number == "〔2025〕第1号"
    assert (transfer.valid_days, transfer.valid_until) == (30, date(2025, 11, 19))
    assert [step.state for step in transfer.steps.all()] == ["draft", "agreed", "issued", "received", "done"]
    assert list(
        AuditEvent.objects.filter(action__startswith="transfer.").order_by("pk").values_list("action", flat=True)
    ) == [f"transfer.{act}" for act in ("ask", "agree", "issue", "receive", "confirm")]
    ended = scene.member.memberships.get(branch=scene.old)
    assert ended.end_reason == "transferred"


@pytest.mark.parametrize(
    "day",
    [ISSUED, date(2025, 11, 1), date(2025, 11, 14), date(2025, 11, 19)],
    ids=["on the day it was issued", "first of a month", "mid-month", "last valid day"],
)
def test_who_moves_is_counted_once_on_every_day(scene, day):
    scene.received(day)

    for offset in range(-3, 4):
        on = day + timedelta(days=offset)
        assert scene.at(on) == [scene.old if offset < 0 else scene.new], on
    assert scene.at(date(2026, 1, 1)) == [scene.new]


def test_in_transit_the_member_counts_where_he_was(scene):
    scene.issued()

    assert scene.at(TODAY) == [scene.old]
    assert Member.objects.visible_to(scene.new_secretary).count() == 0


@pytest.mark.parametrize(
    ("day", "word"),
    [
        (ISSUED - timedelta(days=1), "不能早于介绍信开出日期"),
        (TODAY + timedelta(days=1), "不能晚于今天"),
        (date(2025, 11, 20), "已经过期"),
    ],
    ids=["before it was issued", "in the future", "after it ran out"],
)
def test_a_day_that_cannot_be_is_refused_and_nothing_is_half_written(scene, day, word):
    transfer = scene.issued()

    with pytest.raises(ValidationError, match=word):
        transfer_moves.receive(transfer, received_on=day, by=scene.new_secretary, on=TODAY)

    assert scene.at(TODAY) == [scene.old]
    transfer.refresh_from_db()
    assert (transfer.state, transfer.received_on) == ("issued", None)


def test_not_before_the_time_in_the_old_branch_began(scene):
    MembershipFactory(
        member=(late := MemberFactory()), branch=scene.old, started_on=date(2025, 10, 25)
    )  # fmt: skip
    with pytest.raises(ValidationError, match="开出日期不能更早"):
        scene.issued(scene.asked(member=late))

    transfer = scene.issued(Transfer.objects.get(member=late), issued_on=date(2025, 10, 25))
    with pytest.raises(ValidationError, match="接收日期应当更晚"):
        scene.received(date(2025, 10, 25), transfer)
    assert scene.received(date(2025, 10, 26), transfer).state == "received"


def test_the_probation_goes_on_without_a_break(scene):
    scene.member.memberships.update(kind="probationary")
    scene.received(date(2025, 11, 10))

    assert scene.member.memberships.get(branch=scene.new).kind == "probationary"


def test_a_letter_that_ran_out_is_opened_again(scene):
    transfer = scene.issued(issued_on=date(2025, 9, 1))
    assert list(Transfer.objects.overdue(TODAY)) == [transfer]

    transfer = transfers.reissue(
        transfer, issued_on=date(2025, 11, 15), valid_days=10, reason="过期", by=scene.committee, on=TODAY
    )

    assert (transfer.number, transfer.valid_until) == ("〔2025〕第2号", date(2025, 11, 25))
    assert transfer.steps.last().note == "换开，原编号 〔2025〕第1号：过期"
    assert scene.received(date(2025, 11, 16), transfer).state == "received"


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"issued_on": TODAY + timedelta(days=1)}, "不能晚于今天"),
        ({"valid_days": 91}, "1 至 90 天"),
        ({"valid_days": 0}, "1 至 90 天"),
        ({"number": "〔2025〕第1号"}, "已经用过"),
    ],
    ids=["tomorrow", "too long", "no day", "number taken"],
)
def test_a_letter_as_the_rules_have_it(scene, fields, word):
    other = Scene()
    other.issued()
    with pytest.raises(ValidationError, match=word):
        scene.issued(**fields)


def test_dues_are_paid_through_a_month_not_far_ahead(scene):
    with pytest.raises(ValidationError, match="最多预交"):
        transfers.issue(
            scene.asked(), issued_on=ISSUED, dues_paid_through=date(2026, 12, 1), by=scene.committee, on=TODAY
        )


def test_a_second_transfer_waits_for_the_first(scene):
    transfer = scene.received(date(2025, 11, 10))

    with pytest.raises(ValidationError, match="没有办结的转接"):
        transfers.ask(
            Transfer(member=scene.member, direction="inside", to_branch=scene.old, reason="x"),
            by=scene.new_secretary, on=TODAY,
        )  # fmt: skip
    transfer_moves.confirm(transfer, receipt_on=TODAY, by=scene.committee, on=TODAY)
    again = transfers.ask(
        Transfer(member=scene.member, direction="inside", to_branch=scene.old, reason="x"),
        by=scene.new_secretary, on=TODAY,
    )  # fmt: skip
    assert again.from_branch == scene.new


def test_offices_and_group_end_and_the_seat_is_empty(scene):
    term = TermFactory(branch=scene.old, secretary_name=scene.member.name)
    PostFactory(term=term, member=scene.member)
    PostFactory(term=TermFactory(branch=scene.upper), member=scene.member, office="committee")
    group = GroupFactory(branch=scene.old)
    GroupMembership.objects.create(member=scene.member, group=group, started_on=date(2024, 5, 1))
    transfer = scene.received(date(2025, 11, 10))

    term.refresh_from_db()
    assert Post.objects.get(term=term).ended_on == date(2025, 11, 9)
    assert Post.objects.get(office="committee").ended_on is None, "the 党委 stands above the new branch too"
    assert term.secretary_name == ""
    assert GroupMembership.objects.get(group=group).ended_on == date(2025, 11, 9)
    assert transfer_moves.offices_left(transfer) == [(scene.old.name, "书记", True)]


def test_who_leaves_the_county_leaves_every_office(scene):
    PostFactory(term=TermFactory(branch=scene.upper), member=scene.member, office="committee")
    transfer = scene.issued(scene.out())
    assert len(transfer_moves.offices_left(transfer)) == 1
    transfer = transfer_moves.settle(
        transfer, received_on=date(2025, 11, 3), receipt_on=date(2025, 11, 18), by=scene.committee, on=TODAY
    )

    assert transfer.state == "done"
    assert scene.at(date(2025, 11, 2)) == [scene.old]
    assert scene.at(date(2025, 11, 3)) == []
    assert Post.objects.get().ended_on == date(2025, 11, 2)


def test_an_office_that_began_later_is_settled_first(scene):
    PostFactory(term=TermFactory(branch=scene.old), member=scene.member, started_on=date(2025, 11, 12))
    transfer = scene.issued()

    with pytest.raises(ValidationError, match="先办理免职"), transaction.atomic():
        scene.received(date(2025, 11, 10), transfer)
    assert scene.at(TODAY) == [scene.old]
    assert scene.received(date(2025, 11, 13), transfer).state == "received"


def test_refused_after_acceptance_the_member_is_back_from_that_day(scene):
    transfer = scene.received(date(2025, 11, 10))
    transfer = transfer_moves.refuse(
        transfer, reason="名单有误", returned_on=date(2025, 11, 15), by=scene.committee, on=TODAY
    )

    assert transfer.state == "returned"
    days = [date(2025, 11, 9), date(2025, 11, 10), date(2025, 11, 14), date(2025, 11, 15)]
    assert [scene.at(day) for day in days] == [[scene.old], [scene.new], [scene.new], [scene.old]]


def test_refused_on_the_same_day_he_never_was_there(scene):
    transfer = scene.received(date(2025, 11, 10))
    transfer_moves.refuse(transfer, reason="x", returned_on=date(2025, 11, 10), by=scene.committee, on=TODAY)

    row = scene.member.memberships.get()
    assert (row.branch, row.ended_on, row.end_reason) == (scene.old, None, "")


@pytest.mark.parametrize("day", [date(2025, 11, 9), TODAY + timedelta(days=1)], ids=["before", "tomorrow"])
def test_not_given_back_on_a_day_that_cannot_be(scene, day):
    transfer = scene.received(date(2025, 11, 10))
    with pytest.raises(ValidationError, match="退回日期"):
        transfer_moves.refuse(transfer, reason="x", returned_on=day, by=scene.committee, on=TODAY)


@pytest.mark.parametrize("act", ["send_back", "withdraw"])
def test_a_letter_goes_back_and_a_new_transfer_can_begin(scene, act):
    by = scene.new_secretary if act == "send_back" else scene.old_secretary
    transfer = getattr(transfers, act)(scene.issued(), reason="不调了", by=by, on=TODAY)

    assert (transfer.refusal, scene.at(TODAY)) == ("不调了", [scene.old])
    assert scene.asked().state == "agreed"


def test_the_body_above_may_say_no(scene):
    assert transfers.refuse_issue(scene.asked(), reason="缺编", by=scene.committee, on=TODAY).state == "returned"


def test_a_reason_is_owed(scene):
    with pytest.raises(ValidationError, match="请写明"):
        transfers.withdraw(scene.asked(), reason="", by=scene.old_secretary, on=TODAY)


def test_once_accepted_it_is_not_withdrawn(scene):
    transfer = scene.received(date(2025, 11, 10))
    with pytest.raises(ValidationError, match="不能办这一步"):
        transfers.withdraw(transfer, reason="x", by=scene.old_secretary, on=TODAY)


# --- from outside


def test_from_outside_nobody_sees_him_before_he_is_accepted(scene):
    person = newcomer(name="段雪梅")
    transfer = transfers.arrive(arriving(scene.new), person, by=scene.new_secretary, on=TODAY)

    assert transfer.state == "issued"
    assert not Member.objects.visible_to(scene.staff).filter(name="段雪梅").exists()
    transfer = scene.received(date(2025, 11, 10), transfer)
    assert [row.branch for row in transfer.member.memberships.on(date(2025, 11, 10))] == [scene.new]
    assert not transfer.member.memberships.on(date(2025, 11, 9)).exists()
    assert transfer.member.initials == "dxm"
    transfer = transfer_moves.confirm(transfer, receipt_on=TODAY, by=scene.committee, on=TODAY)
    assert transfer.state == "done"


def test_who_comes_back_is_the_same_person(scene):
    number = id_number(1)
    left = MemberFactory(name="段雪梅", id_number=number)
    MembershipFactory(member=left, branch=scene.old, ended_on=date(2024, 6, 30))
    transfer = transfers.arrive(
        arriving(scene.new), newcomer(name="段雪梅", id_number=number), by=scene.new_secretary, on=TODAY
    )

    assert transfer.member == left
    assert scene.received(date(2025, 11, 10), transfer).member.memberships.count() == 2


@pytest.mark.parametrize("name", ["高雪", "别人"], ids=["still here", "another name"])
def test_of_a_known_number_nothing_is_told(scene, name):
    number = id_number(1)
    person = MemberFactory(branch=scene.old if name == "高雪" else None, name="高雪", id_number=number)
    with pytest.raises(ValidationError, match="请联系上级党组织核实"):
        transfers.arrive(arriving(scene.new), newcomer(name=name, id_number=number), by=scene.new_secretary, on=TODAY)
    assert not Transfer.objects.filter(member=person).exists()


@pytest.mark.parametrize("reason", Membership.LEAVING)
def test_whoever_died_or_left_the_party_does_not_come_back_by_a_letter(scene, reason):
    number = id_number(1)
    left = MemberFactory(branch=None, name="高雪", id_number=number)
    MembershipFactory(member=left, branch=scene.old, ended_on=date(2024, 6, 30), end_reason=reason)

    with pytest.raises(ValidationError, match="请联系上级党组织核实"):
        transfers.arrive(arriving(scene.new), newcomer(name="高雪", id_number=number), by=scene.new_secretary, on=TODAY)


def test_from_outside_and_not_confirmed_he_belongs_nowhere(scene):
    transfer = transfers.arrive(arriving(scene.new), newcomer(), by=scene.new_secretary, on=TODAY)
    transfer = scene.received(date(2025, 11, 10), transfer)
    transfer_moves.refuse(transfer, reason="材料不全", returned_on=TODAY, by=scene.committee, on=TODAY)

    assert transfer.member.memberships.get().ended_on == date(2025, 11, 19)
