"""After the late window a record needs leave: asked for by the branch, granted for a time by somebody else."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent, Stale, User
from branches.actions import root
from branches.models import Notice
from branches.rights import Role
from duties import actions, notices
from duties.models import Duty, Filing, Fulfilment
from meetings import actions as meetings
from meetings.models import Meeting
from tests.factories import (
    BranchFactory,
    DutyFactory,
    FilingFactory,
    MeetingFactory,
    NoticeFactory,
    UnlockFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
LOCKS = date(2025, 6, 30)  # of May 2025: the 31st and 30 days


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


@pytest.fixture
def duty(branch):
    return DutyFactory(branch=branch)


def record(branch, held_on=date(2025, 5, 24)):
    return MeetingFactory(branch=branch, held_on=held_on)


class TestLateEntry:
    @pytest.mark.parametrize(
        ("on", "allowed"), [(LOCKS, True), (date(2025, 7, 1), False)], ids=["last day", "a day late"]
    )
    def test_a_record_is_taken_until_the_last_day(self, branch, secretary, duty, on, allowed):
        meeting = record(branch)

        if allowed:
            meetings.submit(meeting, by=secretary, on=on)
        else:
            with pytest.raises(ValidationError, match="补登期已于 2025-06-30 结束"):
                meetings.submit(meeting, by=secretary, on=on)
        assert duty.fulfilments.exists() == allowed

    @pytest.mark.parametrize(
        ("moment", "state"),
        [("2025-06-30 23:59:59+08:00", "submitted"), ("2025-07-01 00:00:00+08:00", "draft")],
        ids=["a second before midnight", "at midnight"],
    )
    def test_midnight_is_that_of_the_county(self, client, branch, secretary, duty, moment, state):
        meeting = record(branch)
        with time_machine.travel(moment, tick=False):
            client.force_login(secretary)
            client.post(f"/meetings/{meeting.pk}/submit/")

        meeting.refresh_from_db()
        assert meeting.state == state

    def test_what_was_handed_in_and_came_back_may_be_handed_in_again(self, branch, secretary, staff, duty):
        meeting = meetings.submit(record(branch), by=secretary, on=date(2025, 6, 1))
        meetings.send_back(meeting, reason="请补到会名单", by=staff)

        assert meetings.submit(meeting, by=secretary, on=date(2025, 9, 1)).state == Meeting.State.SUBMITTED

    def test_what_came_back_cannot_be_moved_into_a_locked_period(self, branch, secretary, staff, duty):
        DutyFactory(branch=branch, period="2025-08")
        meeting = meetings.submit(record(branch, date(2025, 8, 24)), by=secretary, on=date(2025, 8, 25))
        meetings.send_back(meeting, reason="请补到会名单", by=staff)
        meeting.refresh_from_db()
        saved = {
            "kinds": {"theme_party_day": 2025},
            "due": [],
            "marks": {},
            "by": secretary,
            "version": meeting.version,
        }

        meeting.held_on = date(2025, 5, 24)
        with pytest.raises(ValidationError, match="补登期已于 2025-06-30 结束"):
            meetings.save_draft(meeting, on=date(2025, 8, 27), **saved)
        meeting.held_on = date(2025, 8, 23)
        assert meetings.save_draft(meeting, on=date(2025, 12, 1), **saved).held_on == date(2025, 8, 23)

    def test_a_record_that_meets_no_duty_is_never_locked_out(self, branch, secretary):
        assert meetings.submit(record(branch), by=secretary, on=date(2026, 1, 1)).state == Meeting.State.SUBMITTED


class TestUnlock:
    def test_leave_opens_one_duty_of_one_branch_until_its_day(self, branch, secretary, staff, duty):
        unlock = actions.ask_unlock(duty, reason="住院未录入", by=secretary, on=date(2025, 7, 5))
        actions.decide_unlock(unlock, until=date(2025, 7, 20), answer="", by=staff, on=date(2025, 7, 6))
        other = BranchFactory()
        DutyFactory(branch=other)

        with pytest.raises(ValidationError, match="补登期已于"):
            meetings.submit(record(branch), by=secretary, on=date(2025, 7, 21))
        with pytest.raises(ValidationError, match="补登期已于"):
            meetings.submit(record(other), by=UserFactory(serving=other), on=date(2025, 7, 20))
        meetings.submit(record(branch), by=secretary, on=date(2025, 7, 20))
        assert duty.fulfilments.count() == 1

    def test_a_duty_still_open_needs_no_leave(self, secretary, duty):
        with pytest.raises(ValidationError, match="还没有锁定"):
            actions.ask_unlock(duty, reason="x", by=secretary, on=LOCKS)

    def test_a_duty_met_needs_no_leave(self, secretary, duty):
        Fulfilment.objects.create(duty=duty, label="meetings.Meeting", object_id=1, on=duty.due_on)
        with pytest.raises(ValidationError, match="已经办结"):
            actions.ask_unlock(duty, reason="x", by=secretary, on=date(2025, 8, 1))

    def test_it_is_asked_once(self, secretary, duty):
        actions.ask_unlock(duty, reason="x", by=secretary, on=date(2025, 8, 1))
        with pytest.raises(ValidationError, match="已经申请过补办"):
            actions.ask_unlock(duty, reason="y", by=secretary, on=date(2025, 8, 1))

    def test_nobody_grants_what_they_asked_for_themselves(self, duty, staff):
        unlock = UnlockFactory(duty=duty, created_by=staff)
        with pytest.raises(ValidationError, match="不能批准自己的申请"):
            actions.decide_unlock(unlock, until=date(2025, 8, 1), answer="", by=staff, on=date(2025, 7, 5))

    def test_a_refusal_gives_its_reason(self, duty, staff, secretary):
        unlock = UnlockFactory(duty=duty, created_by=secretary)
        with pytest.raises(ValidationError, match="写明理由"):
            actions.decide_unlock(unlock, until=None, answer="", by=staff, on=date(2025, 7, 5))
        actions.decide_unlock(unlock, until=None, answer="记录本显示当月未召开", by=staff, on=date(2025, 7, 5))
        with pytest.raises(ValidationError, match="已经批复过"):
            actions.decide_unlock(unlock, until=date(2025, 8, 1), answer="", by=staff, on=date(2025, 7, 5))

    def test_a_secretary_grants_nothing(self, duty, secretary):
        with pytest.raises(PermissionDenied):
            actions.decide_unlock(
                UnlockFactory(duty=duty), until=date(2025, 8, 1), answer="", by=secretary, on=date(2025, 7, 5)
            )


class TestFiling:
    @pytest.fixture
    def duty(self, branch):
        return DutyFactory(branch=branch, rule="ideology_return", year=2026, period="2026-05")

    def test_it_meets_the_duty_on_the_day_it_is_filed(self, duty, secretary):
        filing = actions.file(duty, {"risk": "none"}, by=secretary, on=date(2026, 5, 28))

        done = duty.fulfilments.get()
        assert (done.label, done.object_id, done.on) == ("duties.Filing", filing.pk, date(2026, 5, 28))
        assert AuditEvent.objects.filter(action="duty.file").count() == 1

    def test_filed_again_it_keeps_its_first_day(self, duty, secretary):
        first = actions.file(duty, {"risk": "none"}, by=secretary, on=date(2026, 5, 20))
        again = actions.file(duty, {"risk": "reported"}, by=secretary, on=date(2026, 6, 2), version=first.version)

        assert (again.pk, again.answers, again.filed_on) == (first.pk, {"risk": "reported"}, date(2026, 5, 20))
        assert duty.fulfilments.get().on == date(2026, 5, 20)

    def test_the_second_of_two_editors_is_told(self, duty, secretary):
        first = actions.file(duty, {"risk": "none"}, by=secretary, on=date(2026, 5, 20))
        actions.file(duty, {"risk": "reported"}, by=secretary, on=date(2026, 5, 20), version=first.version)
        with pytest.raises(Stale):
            actions.file(duty, {"risk": "none"}, by=secretary, on=date(2026, 5, 20), version=first.version)
        assert Filing.objects.get().answers == {"risk": "reported"}

    @pytest.mark.parametrize(
        ("on", "words"),
        [(date(2026, 4, 30), "才开始"), (date(2026, 7, 1), "补登期已于 2026-06-30 结束")],
        ids=["before it opens", "a day after the window"],
    )
    def test_too_early_or_too_late_is_refused(self, duty, secretary, on, words):
        with pytest.raises(ValidationError, match=words):
            actions.file(duty, {"risk": "none"}, by=secretary, on=on)
        assert not Filing.objects.exists()

    def test_a_duty_that_was_filed_is_not_taken_away(self, duty, secretary):
        FilingFactory(duty=duty)
        duty.branch.closed_on = date(2026, 1, 31)
        duty.branch.save()
        actions.generate(2026, by=User.objects.system())

        assert not Duty.every.get(pk=duty.pk).is_owed


class TestHand:
    def test_a_duty_is_handed_to_somebody_of_the_branch_and_taken_back(self, branch, secretary, duty):
        editor = UserFactory(serving=branch, role=Role.EDITOR)
        assert actions.hand(duty, to=editor, by=secretary, on=date(2025, 5, 3)).handed_to == editor
        assert actions.hand(duty, to=None, by=secretary, on=date(2025, 5, 4)).handed_by is None

    def test_a_stranger_cannot_be_given_it(self, secretary, duty):
        with pytest.raises(ValidationError, match="不在"):
            actions.hand(duty, to=UserFactory(serving=BranchFactory()), by=secretary, on=date(2025, 5, 3))

    def test_somebody_who_left_cannot_be_given_it(self, branch, secretary, duty):
        left = UserFactory(serving=branch, until=date(2025, 5, 2))
        with pytest.raises(ValidationError, match="不在"):
            actions.hand(duty, to=left, by=secretary, on=date(2025, 5, 3))


class TestNotice:
    @pytest.fixture
    def notice(self, staff):
        return NoticeFactory(branch=root(), created_by=staff, deadline_on=date(2025, 5, 20))

    def test_its_deadline_is_a_duty_of_those_addressed_alone(self, branch, staff, notice):
        BranchFactory()
        notice.addressed_to.add(branch)
        notices.issue(notice, by=staff, on=date(2025, 5, 6))

        duty = Duty.objects.get(notice=notice)
        assert (duty.branch, duty.opens_on, duty.due_on, duty.locks_on) == (
            branch, date(2025, 5, 6), date(2025, 5, 20), date(2025, 6, 19),
        )  # fmt: skip
        assert duty.label == notice.title

    def test_to_nobody_named_it_goes_to_all_below_that_exist(self, branch, staff, notice):
        gone = BranchFactory(closed=True)
        notices.issue(notice, by=staff, on=date(2025, 5, 6))

        assert set(notice.receipts.values_list("branch", flat=True)) == {branch.pk}
        assert gone.pk not in notice.receipts.values_list("branch", flat=True)

    @pytest.mark.parametrize("needs_answer", [False, True])
    def test_signing_is_enough_unless_an_answer_is_asked(self, branch, staff, secretary, notice, needs_answer):
        notice.needs_answer = needs_answer
        notice.save()
        notices.issue(notice, by=staff, on=date(2025, 5, 6))
        receipt = notice.receipts.get()

        notices.receive(receipt, by=secretary, on=date(2025, 5, 8))
        assert Fulfilment.objects.exists() != needs_answer
        notices.receive(receipt, by=secretary, on=date(2025, 5, 9), answer="已办结")
        assert Fulfilment.objects.get().on == date(2025, 5, 9 if needs_answer else 8)

    def test_the_nightly_making_of_duties_leaves_it_alone(self, branch, staff, notice):
        notices.issue(notice, by=staff, on=date(2025, 5, 6))
        actions.generate(2025, by=User.objects.system())

        assert Duty.objects.filter(notice=notice).count() == 1

    def test_withdrawn_nobody_owes_it(self, branch, staff, secretary, notice):
        notices.issue(notice, by=staff, on=date(2025, 5, 6))
        notices.receive(notice.receipts.get(), by=secretary, on=date(2025, 5, 8))
        notices.withdraw(notice, by=staff)

        assert not Duty.objects.filter(notice=notice).exists()
        with pytest.raises(ValidationError, match="已经撤回"):
            notices.receive(notice.receipts.get(), by=secretary, on=date(2025, 5, 9))

    def test_a_deadline_in_the_past_is_refused_and_nothing_is_sent(self, branch, staff, notice):
        with pytest.raises(ValidationError, match="早于今天"):
            notices.issue(notice, by=staff, on=date(2025, 5, 21))
        assert Notice.objects.get(pk=notice.pk).state == Notice.State.DRAFT
        assert not notice.receipts.exists()

    def test_an_organisation_writes_only_to_those_below_it(self, branch):
        committee = BranchFactory(committee=True)
        head = UserFactory(serving=committee, role=Role.COMMITTEE)
        notice = NoticeFactory(branch=committee, created_by=head)
        notice.addressed_to.add(branch)
        with pytest.raises(ValidationError, match="不属于本级以下"):
            notices.issue(notice, by=head, on=date(2025, 5, 6))

    def test_a_branch_issues_nothing(self, branch, secretary):
        other = NoticeFactory(branch=branch, created_by=secretary)
        with pytest.raises(PermissionDenied):
            notices.issue(other, by=secretary, on=date(2025, 5, 6))

    @pytest.mark.parametrize("until", [date(2025, 9, 1), date.max], ids=["too long", "for ever"])
    def test_leave_to_make_good_is_not_given_for_ever(self, branch, staff, secretary, notice, until):
        notices.issue(notice, by=staff, on=date(2025, 5, 6))
        late = date(2025, 7, 1)
        unlock = actions.ask_unlock(Duty.objects.get(notice=notice), reason="停电", by=secretary, on=late)

        with pytest.raises(ValidationError, match="最多 60 天"):
            actions.decide_unlock(unlock, until=until, answer="", by=staff, on=late)

    def test_withdrawn_although_somebody_asked_to_make_it_good(self, branch, staff, secretary, notice):
        notices.issue(notice, by=staff, on=date(2025, 5, 6))
        late = date(2025, 7, 1)
        actions.ask_unlock(Duty.objects.get(notice=notice), reason="停电", by=secretary, on=late)
        notices.withdraw(notice, by=staff)

        assert not Duty.objects.filter(notice=notice).exists()

    @pytest.mark.parametrize("day", [date(2207, 5, 20), date.max], ids=["a slip", "the last day there is"])
    def test_a_deadline_in_another_age_is_refused(self, branch, staff, notice, day):
        notice.deadline_on = day
        notice.save()
        with pytest.raises(ValidationError, match="核对年份"):
            notices.issue(notice, by=staff, on=date(2025, 5, 6))

    def test_what_a_colleague_answered_in_between_is_not_overwritten(self, branch, staff, secretary, notice):
        notices.issue(notice, by=staff, on=date(2025, 5, 6))
        colleague = UserFactory(serving=branch, role=Role.EDITOR)
        receipt = notices.receive(notice.receipts.get(), by=colleague, on=date(2025, 5, 8), answer="已办三件")
        with pytest.raises(Stale, match=str(colleague)):
            notices.receive(receipt, by=secretary, on=date(2025, 5, 9), answer="未办")
        notices.receive(receipt, by=secretary, on=date(2025, 5, 9), answer="已全办", seen=notices.mark_of(receipt))

        assert notice.receipts.get().answer == "已全办"

    def test_a_bulletin_is_taken_back_only_by_those_who_sign(self, branch, staff):
        leader = UserFactory(serving=root(), role=Role.LEADER)
        notice = NoticeFactory(branch=root(), issued=True, kind=Notice.Kind.BULLETIN, created_by=staff)

        with pytest.raises(PermissionDenied):
            notices.withdraw(notice, by=staff)
        assert notices.withdraw(notice, by=leader).state == Notice.State.WITHDRAWN
