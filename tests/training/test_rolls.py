"""Who comes onto the roll of a class, and who does not."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent
from branches.actions import root
from branches.rights import Role
from tests.factories import (
    BranchFactory,
    ClassPassFactory,
    ClassSessionFactory,
    EnrolmentFactory,
    MemberFactory,
    PostFactory,
    SignInFactory,
    TermFactory,
    TrainingClassFactory,
    UserFactory,
)
from tests.training.scene import names, quota
from training import enrolling, rolls
from training.models import TrainingClass

pytestmark = pytest.mark.django_db
ON = date(2025, 4, 8)
LAST, LATE = date(2025, 4, 10), date(2025, 4, 11)  # enrolment of the factory's class ends on 10 April
State = TrainingClass.State


# --- by a branch


def test_a_secretary_enrols_own_members(held, branch, secretary):
    member = MemberFactory(branch=branch, name="李桂兰", position="教导主任")

    (row,) = rolls.enrol(held, branch, [member], by=secretary, on=LAST)

    assert (row.name, row.branch, row.source, row.position) == ("李桂兰", branch, "branch", "教导主任")
    assert AuditEvent.objects.filter(action="enrolment.add").count() == 1


def test_whoever_leads_a_branch_without_belonging_to_it_may_come_for_it(held, branch, secretary):
    leader = MemberFactory(branch=BranchFactory())
    PostFactory(term=TermFactory(branch=branch), member=leader)

    assert rolls.enrol(held, branch, [leader], by=secretary, on=ON)[0].branch == branch


def test_nobody_enrols_strangers_or_for_another_branch(held, branch, secretary):
    beside = BranchFactory(parent=branch.parent)
    stranger = MemberFactory(branch=beside)

    with pytest.raises(ValidationError, match="不在这个党组织的名册上"):
        rolls.enrol(held, branch, [stranger], by=secretary, on=ON)
    with pytest.raises(PermissionDenied):
        rolls.enrol(held, beside, [stranger], by=secretary, on=ON)
    assert names(held) == []


@pytest.mark.parametrize("state", [State.RUNNING, State.CLOSING, State.ARCHIVED, State.CANCELLED])
def test_a_branch_enrols_only_while_the_class_is_open(branch, secretary, state):
    held = TrainingClassFactory(branch=root(), state=State.OPEN)
    TrainingClass.objects.filter(pk=held.pk).update(
        state=state, cancel_reason="x",
        **({"archived_by": secretary, "archived_at": "2025-05-01T00:00Z"} if state == State.ARCHIVED else {}),
    )  # fmt: skip

    with pytest.raises(ValidationError, match=State(state).label):
        rolls.enrol(held, branch, [MemberFactory(branch=branch)], by=secretary, on=ON)


def test_a_branch_does_not_enrol_for_what_it_does_not_see(branch, secretary):
    member = MemberFactory(branch=branch)
    planned = TrainingClassFactory(branch=root())
    closed = TrainingClassFactory(branch=root(), state=State.OPEN, kind="remedial")
    elsewhere = TrainingClassFactory(branch=root(), state=State.OPEN)
    quota(elsewhere, BranchFactory(), 3)

    for training_class in (planned, closed, elsewhere):
        with pytest.raises(PermissionDenied):
            rolls.enrol(training_class, branch, [member], by=secretary, on=ON)


@pytest.mark.parametrize(("on", "allowed"), [(LAST, True), (LATE, False)], ids=["last day", "a day late"])
def test_the_last_day_of_enrolment(held, branch, secretary, on, allowed):
    member = MemberFactory(branch=branch)
    if allowed:
        assert rolls.enrol(held, branch, [member], by=secretary, on=on)
    else:
        with pytest.raises(ValidationError, match="报名已于 04 月 10 日截止"):
            rolls.enrol(held, branch, [member], by=secretary, on=on)


def test_after_the_last_day_the_holder_enrols_with_a_reason(held, branch, staff):
    member = MemberFactory(branch=branch)

    with pytest.raises(ValidationError, match="请写明为什么现在才调整"):
        rolls.enrol(held, branch, [member], by=staff, on=LATE)
    rolls.enrol(held, branch, [member], reason="刚调入", by=staff, on=LATE)

    assert AuditEvent.objects.get(action="enrolment.add").detail["reason"] == "刚调入"


def test_nobody_is_on_the_roll_twice(held, branch, secretary):
    member = MemberFactory(branch=branch)
    rolls.enrol(held, branch, [member], by=secretary, on=ON)

    with pytest.raises(ValidationError, match="已在名册上"):
        rolls.enrol(held, branch, [member], by=secretary, on=ON)


# --- places


def test_places_are_never_exceeded_and_nothing_is_half_written(held, branch, secretary):
    quota(held, branch, 2)
    members = [MemberFactory(branch=branch) for _ in range(3)]

    with pytest.raises(ValidationError, match="名额只有 2 个，已报满"):
        rolls.enrol(held, branch, members, by=secretary, on=ON)
    assert names(held) == []
    assert len(rolls.enrol(held, branch, members[:2], by=secretary, on=ON)) == 2


def test_places_of_a_committee_are_shared_by_the_branches_below(held, upper, branch, secretary):
    quota(held, upper, 2)
    beside = BranchFactory(parent=upper)
    for _ in range(2):
        rolls.enrol(held, beside, [MemberFactory(branch=beside)], by=UserFactory(serving=beside), on=ON)

    assert enrolling.Places(held).left(branch) == 0
    with pytest.raises(ValidationError, match=f"{upper}的名额只有 2 个"):
        rolls.enrol(held, branch, [MemberFactory(branch=branch)], by=secretary, on=ON)


def test_both_the_own_places_and_those_above_bind(held, upper, branch):
    quota(held, upper, 5)
    quota(held, branch, 1)
    unlimited = BranchFactory(parent=root())
    quota(held, unlimited, None)

    places = enrolling.Places(held)

    assert (places.left(branch), places.left(BranchFactory(parent=upper)), places.left(unlimited)) == (1, 5, None)
    assert "没有分给" in places.refusal(BranchFactory())


def test_who_withdrew_gives_the_place_back(held, branch, secretary):
    quota(held, branch, 1)
    first, second = MemberFactory(branch=branch), MemberFactory(branch=branch)
    (row,) = rolls.enrol(held, branch, [first], by=secretary, on=ON)
    rolls.withdraw(row, reason="生病", by=secretary, on=ON)

    rolls.enrol(held, branch, [second], by=secretary, on=ON)
    assert names(held) == [second.name]


# --- leaving, and somebody else instead


def test_leaving_says_why_and_ends_the_link(held, branch, secretary):
    row = EnrolmentFactory(training_class=held, branch=branch)
    link = ClassPassFactory(enrolment=row)

    rolls.withdraw(row, reason="外出培训", by=secretary, on=ON)

    row.refresh_from_db()
    link.refresh_from_db()
    assert (row.withdrawn_on, row.withdrawn_why) == (ON, "外出培训")
    assert link.revoked_at
    with pytest.raises(ValidationError, match="已经退出名册"):
        rolls.withdraw(row, reason="再次", by=secretary, on=ON)


def test_leaving_without_a_reason_is_refused(held, branch, secretary):
    with pytest.raises(ValidationError, match="退出名册须写明原因"):
        rolls.withdraw(EnrolmentFactory(training_class=held, branch=branch), reason="", by=secretary, on=ON)


def test_who_has_signed_in_stays_on_the_roll(held, branch, staff):
    row = EnrolmentFactory(training_class=held, branch=branch)
    SignInFactory(session=ClassSessionFactory(training_class=held), enrolment=row)

    with pytest.raises(ValidationError, match="已经签到，不能退出名册"):
        rolls.withdraw(row, reason="误报", by=staff, on=ON)


def test_one_for_another_within_a_full_quota(held, branch, secretary):
    quota(held, branch, 1)
    row = EnrolmentFactory(training_class=held, branch=branch)
    member = MemberFactory(branch=branch)

    made = rolls.substitute(row, member, reason="临时有课", by=secretary, on=ON)

    row.refresh_from_db()
    assert (made.substitutes_for, made.member, row.withdrawn_why) == (row, member, "临时有课")
    assert names(held) == [member.name]


def test_on_the_first_morning_only_the_holder_changes_one_for_another(held, branch, secretary, staff):
    TrainingClass.objects.filter(pk=held.pk).update(state=State.RUNNING)
    held.refresh_from_db()
    row, member = EnrolmentFactory(training_class=held, branch=branch), MemberFactory(branch=branch)

    with pytest.raises(ValidationError, match="开班中，不能报名、换人"):
        rolls.substitute(row, member, reason="生病", by=secretary, on=held.starts_on)
    assert rolls.substitute(row, member, reason="生病", by=staff, on=held.starts_on).member == member


def test_a_substitute_is_of_the_same_organisation_and_not_on_the_roll(held, branch, secretary):
    row, other = (EnrolmentFactory(training_class=held, branch=branch) for _ in range(2))

    with pytest.raises(ValidationError, match="不在这个党组织的名册上"):
        rolls.substitute(row, MemberFactory(branch=BranchFactory()), reason="生病", by=secretary, on=ON)
    with pytest.raises(ValidationError, match="已在名册上"):
        rolls.substitute(row, other.member, reason="生病", by=secretary, on=ON)
    with pytest.raises(ValidationError, match="就是本人"):
        rolls.substitute(row, row.member, reason="生病", by=secretary, on=ON)
    row.refresh_from_db()
    assert row.withdrawn_on is None


# --- from outside


def test_outsiders_come_by_name_and_unit_through_the_holder_alone(held, staff, secretary):
    rolls.add_outsider(held, name="王建国", unit="县融媒体中心", by=staff, on=ON)

    with pytest.raises(PermissionDenied):
        rolls.add_outsider(held, name="赵秀英", unit="县融媒体中心", by=secretary, on=ON)
    with pytest.raises(ValidationError, match="已有这个单位的这位同志"):
        rolls.add_outsider(held, name="王建国", unit="县融媒体中心", by=staff, on=ON)
    assert names(held) == ["王建国"]


def test_the_closed_kind_is_run_by_those_who_may(branch):
    held = TrainingClassFactory(branch=branch.parent, kind="remedial", state=State.OPEN)
    committee = UserFactory(serving=branch.parent, role=Role.COMMITTEE)
    member = MemberFactory(branch=branch)

    with pytest.raises(PermissionDenied):
        rolls.enrol(held, branch, [member], by=committee, on=ON)
    assert rolls.enrol(held, branch, [member], by=UserFactory(serving=root(), role=Role.STAFF), on=ON)
