"""Signing in, as the rules say it: by the code of the screen, on paper, later, again. Time is the database's."""

from datetime import date, datetime, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.models import AuditEvent
from branches.rights import Role
from tests.factories import (
    AppointmentFactory,
    ClassPassFactory,
    ClassSessionFactory,
    EnrolmentFactory,
    TrainingClassFactory,
    UserFactory,
)
from training import codes, passes, sign_in
from training.models import SignIn, TrainingClass

pytestmark = pytest.mark.django_db
Method, Mark, State = SignIn.Method, SignIn.Mark, TrainingClass.State


class Hall:
    """A class of today whose one session runs the whole day, somebody on its roll, and who runs it."""

    def __init__(self, state=State.RUNNING, **session):
        today = timezone.localdate()
        self.training_class = TrainingClassFactory(
            state=state, starts_on=today, ends_on=today, enrols_until=None, branch__kind="committee"
        )
        fields = {"held_on": today, "begins": time(0), "ends": time(23, 59, 59)} | session
        self.session = ClassSessionFactory(training_class=self.training_class, **fields)
        self.person = EnrolmentFactory(training_class=self.training_class)
        self.staff = UserFactory()
        AppointmentFactory(user=self.staff, role=Role.COMMITTEE, branch=self.training_class.branch)

    def at_door(self):
        return sign_in.at_door().get(pk=self.session.pk)

    def code(self, back=0):
        session = self.at_door()
        number = codes.window(session.now, sign_in.rule_of(session)) - back
        return codes.text(session.pk, session.row_key, number)

    def sign(self, person=None, *, method=Method.SCAN, device="", seen=None):
        kept = sign_in.receipt(self.at_door(), method)
        if seen:
            kept = kept._replace(seen=int(seen.timestamp()))
        visit = sign_in.visit(self.session.pk, [self.opened(person or self.person)])
        return sign_in.sign(visit, kept, device=device)

    def opened(self, person):
        """What a phone holds in which the person's link was opened."""
        link = person.passes.first() or ClassPassFactory(
            enrolment=person, used_at=timezone.now(), ends_on=self.training_class.ends_on
        )
        return passes.Held(link.pk, person.pk, link.ends_on.toordinal())

    def call(self):
        return sign_in.call_again(self.session, by=self.staff)


@pytest.fixture
def hall():
    return Hall()


def of_day(hour, minute, second=0):
    return timezone.make_aware(datetime.combine(date(2026, 3, 2), time(hour, minute, second)))


@pytest.mark.parametrize(
    ("at", "gate"),
    [((7, 59, 59), "early"), ((8, 0), "now"), ((12, 30), "now"), ((12, 30, 1), "over")],
    ids=["a second early", "an hour before", "half an hour after", "a second late"],
)
def test_the_door_opens_an_hour_before_and_shuts_half_an_hour_after(at, gate):
    session = ClassSessionFactory.build(held_on=of_day(9, 0).date(), begins=time(9), ends=time(12), training_class=None)

    assert sign_in.gate(session, of_day(*at), sign_in.rule_of(session)) == gate


class TestCode:
    def test_of_now_and_of_the_window_before(self, hall):
        assert sign_in.scanned(hall.code()) == hall.session
        assert sign_in.scanned(hall.code(back=3)) is None

    def test_of_another_session(self, hall):
        theirs = Hall()
        tag = theirs.code().partition(".")[2]

        assert sign_in.scanned(f"{hall.session.pk}.{tag}") is None

    @pytest.mark.parametrize("state", [State.PLANNED, State.CLOSING, State.CANCELLED])
    def test_of_a_class_that_is_not_held(self, state):
        shut = Hall()
        text = shut.code()
        TrainingClass.objects.filter(pk=shut.training_class.pk).update(state=state, cancel_reason="x")

        assert sign_in.scanned(text) is None

    def test_of_a_session_without_signing(self):
        hall = Hall()
        text = hall.code()
        type(hall.session).objects.update(is_signed=False)

        assert sign_in.scanned(text) is None

    def test_a_receipt_lasts_ten_minutes(self, hall):
        kept = sign_in.receipt(hall.at_door(), Method.SCAN)

        assert sign_in.redeemed(kept) == hall.session
        assert sign_in.redeemed(kept._replace(seen=kept.seen - 590)) is not None
        assert sign_in.redeemed(kept._replace(seen=kept.seen - 602)) is None
        assert sign_in.redeemed(kept._replace(seen=kept.seen + 60)) is None
        assert sign_in.redeemed(None) is None


class TestSigning:
    def test_once_and_no_more(self, hall):
        first, second = hall.sign(device="d"), hall.sign()

        assert (first.kind, second.kind, second.at) == ("signed", "again", first.at)
        row = SignIn.objects.get()
        assert (row.mark, row.method, row.device, row.entered_by) == ("present", "scan", "d", None)

    def test_not_before_the_hour_and_not_after(self):
        tomorrow = timezone.localdate() + timedelta(days=2)
        hall = Hall(held_on=tomorrow)

        with pytest.raises(ValidationError, match="现在不能签到"):
            hall.sign()

    def test_the_first_one_begins_the_class(self):
        hall = Hall(state=State.OPEN)
        hall.sign()

        hall.training_class.refresh_from_db()
        assert hall.training_class.state == State.RUNNING

    def test_who_was_on_leave_and_came(self, hall):
        sign_in.enter(hall.session, [hall.person.pk], what=Mark.LEAVE, reason="出差", by=hall.staff, at=timezone.now())

        assert hall.sign().kind == "signed"
        row = SignIn.objects.get()
        assert (row.mark, row.reason, row.entered_by) == ("present", "", None)
        assert AuditEvent.objects.get(action="training.came_after_all").detail["why"] == "出差"


class TestSecondCall:
    def test_is_answered_by_a_code_of_that_moment(self, hall):
        hall.sign()
        row = hall.call()

        assert (row.called_again_until_at - row.called_again_at) == timedelta(minutes=3)
        assert hall.sign().kind == "answered"
        assert hall.sign().kind == "again"

    def test_is_not_answered_by_a_scan_kept_from_before(self, hall):
        hall.sign()
        before = hall.call().called_again_at - timedelta(seconds=30)

        assert hall.sign(seen=before).kind == "again"
        assert SignIn.objects.get().answered_at is None

    def test_who_comes_during_it_has_answered_it(self, hall):
        hall.call()
        hall.sign()

        assert SignIn.objects.get().answered_at is not None

    def test_one_at_a_time(self, hall):
        hall.call()

        with pytest.raises(ValidationError, match="正在进行"):
            hall.call()

    def test_not_before_the_lesson(self):
        with pytest.raises(ValidationError, match="上课时"):
            Hall(held_on=timezone.localdate() + timedelta(days=1)).call()

    def test_not_by_a_branch(self, hall):
        stranger = UserFactory()
        AppointmentFactory(user=stranger, role=Role.SECRETARY, branch=hall.person.branch)

        with pytest.raises(PermissionDenied):
            sign_in.call_again(hall.session, by=stranger)


class TestByHand:
    def enter(self, hall, *people, what=Method.PAPER, reason=""):
        keys = [person.pk for person in people or (hall.person,)]
        return sign_in.enter(hall.session, keys, what=what, reason=reason, by=hall.staff, at=timezone.now())

    def test_the_whole_paper_list_in_one_go(self, hall):
        other = EnrolmentFactory(training_class=hall.training_class)

        assert self.enter(hall, hall.person, other) == 2
        assert {(row.mark, row.method, row.entered_by) for row in SignIn.objects.all()} == {
            ("present", "paper", hall.staff)
        }
        assert AuditEvent.objects.get(action="training.mark").detail["people"] == [hall.person.pk, other.pk]

    @pytest.mark.parametrize("what", [Method.LATER, Mark.LEAVE])
    def test_later_and_leave_need_a_reason(self, hall, what):
        with pytest.raises(ValidationError, match="须写明原因"):
            self.enter(hall, what=what)
        assert self.enter(hall, what=what, reason="手机没电") == 1
        assert SignIn.objects.get().mark == (Mark.LEAVE if what == Mark.LEAVE else Mark.PRESENT)

    def test_who_has_signed_keeps_the_mark(self, hall):
        hall.sign()

        with pytest.raises(ValidationError, match="没有选中"):
            self.enter(hall)
        assert SignIn.objects.get().method == Method.SCAN

    def test_nobody_of_another_class_and_nobody_withdrawn(self, hall):
        gone = EnrolmentFactory(
            training_class=hall.training_class, withdrawn_on=timezone.localdate(), withdrawn_why="x"
        )

        with pytest.raises(ValidationError, match="没有选中"):
            self.enter(hall, EnrolmentFactory(), gone)

    def test_before_the_lesson_only_leave(self):
        hall = Hall(held_on=timezone.localdate() + timedelta(days=2))

        with pytest.raises(ValidationError, match="只能登记请假"):
            self.enter(hall)
        assert self.enter(hall, what=Mark.LEAVE, reason="出差") == 1

    @pytest.mark.parametrize("state", [State.PLANNED, State.ARCHIVED, State.CANCELLED])
    def test_nothing_changes_in_a_class_that_is_not_at_work(self, hall, state):
        hall.sign()
        TrainingClass.objects.filter(pk=hall.training_class.pk).update(
            state=state, cancel_reason="x", archived_by=hall.staff if state == "archived" else None,
            archived_at=timezone.now() if state == "archived" else None,
        )  # fmt: skip

        with pytest.raises(ValidationError, match="不能再这样办理"):
            self.enter(hall)
        with pytest.raises(ValidationError, match="不能再这样办理"):
            sign_in.undo(SignIn.objects.get(), reason="x", by=hall.staff)

    def test_a_wrong_mark_goes_and_stays_in_the_record(self, hall):
        hall.sign()
        with pytest.raises(ValidationError, match="为什么撤销"):
            sign_in.undo(SignIn.objects.get(), reason=" ", by=hall.staff)
        sign_in.undo(SignIn.objects.get(), reason="二次点名不在", by=hall.staff)

        assert not SignIn.objects.exists()
        detail = AuditEvent.objects.get(action="training.unmark").detail
        assert (detail["because"], detail["method"], detail["enrolment"]) == ("二次点名不在", "scan", hall.person.pk)

    def test_a_secret_mark_is_refused(self, hall):
        with pytest.raises(ValidationError, match="非涉密"):
            self.enter(hall, what=Mark.LEAVE, reason="机密★一年")


def test_the_sheet_counts_hours_of_those_present(hall, django_assert_num_queries):
    half = ClassSessionFactory(training_class=hall.training_class, held_on=hall.session.held_on, hours=2)
    ClassSessionFactory(training_class=hall.training_class, held_on=hall.session.held_on, hours=8, is_signed=False)
    EnrolmentFactory(training_class=hall.training_class)
    hall.sign()
    sign_in.enter(half, [hall.person.pk], what=Mark.LEAVE, reason="x", by=hall.staff, at=timezone.now())

    with django_assert_num_queries(3):
        rows = sign_in.table(hall.training_class)
    found = {person.pk: (set(marks), attended, owed) for person, marks, attended, owed in rows}
    assert found[hall.person.pk] == ({hall.session.pk, half.pk}, 4, 6)
    assert len(rows) == 2
