"""The end of a class: figures, 结业, summary, archive."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.models import AuditEvent, Stale
from branches.actions import root
from branches.rights import Role
from tests.factories import (
    BranchFactory,
    ClassFileFactory,
    ClassSessionFactory,
    DecisionFactory,
    EnrolmentFactory,
    ExamFactory,
    ExamResultFactory,
    SignInFactory,
    SurveyFactory,
    TrainingClassFactory,
    UserFactory,
)
from training import archive, classes
from training.models import Enrolment, Exam, TrainingClass

pytestmark = pytest.mark.django_db
ON = date(2025, 4, 20)
AT = datetime(2025, 4, 20, 1, 0, tzinfo=UTC)
State = TrainingClass.State


@pytest.fixture
def office():
    return root()


@pytest.fixture
def staff(office):
    return UserFactory(serving=office, role=Role.STAFF)


def closing(office, *, hours=(4, 4, 4, 4, 4), **fields):
    """A class that is over, with sessions of these hours."""
    training_class = TrainingClassFactory(branch=office, state=State.CLOSING, **fields)
    for number, worth in enumerate(hours):
        ClassSessionFactory(training_class=training_class, topic=f"第{number}讲", hours=worth)
    return training_class


def person(training_class, sessions, **fields):
    """Somebody on the roll who was at the first so many sessions."""
    row = EnrolmentFactory(training_class=training_class, branch=training_class.branch, **fields)
    for session in training_class.sessions.order_by("pk")[:sessions]:
        SignInFactory(session=session, enrolment=row)
    return row


def entire(training_class):
    """What makes all six be there, but for what the class has already."""
    ClassFileFactory(training_class=training_class)
    TrainingClass.objects.filter(pk=training_class.pk).update(plan="方案", summary="总结")


class TestFigures:
    def test_a_class_without_anything_says_nothing(self, office):
        row = TrainingClassFactory(branch=office)
        told = archive.figures([row], on=ON)[row.pk]
        assert told == archive.Figures()
        assert (told.attendance, told.pass_rate) == (None, None)

    def test_signatures_given_against_signatures_owed(self, office):
        row = closing(office, hours=(4, 4))
        person(row, 2)
        person(row, 1)
        person(row, 0)
        gone = person(row, 2)
        Enrolment.objects.filter(pk=gone.pk).update(withdrawn_on=ON, withdrawn_why="公差")
        ClassSessionFactory(training_class=row, is_signed=False, hours=2)

        told = archive.figures([row], on=ON)[row.pk]

        assert (told.sessions, told.hours, told.people, told.there) == (3, Decimal(10), 3, 2)
        assert (told.called, told.present) == (6, 3)
        assert archive.percent(told.attendance) == "50%"

    def test_sessions_to_come_owe_nothing_yet(self, office):
        row = closing(office, hours=(4,))
        ClassSessionFactory(training_class=row, held_on=date(2025, 4, 15))
        person(row, 1)
        assert archive.figures([row], on=date(2025, 4, 14))[row.pk].attendance == 1

    def test_a_sheet_kept_on_paper_counts_the_roll(self, office):
        row = closing(office, hours=(4,))
        person(row, 0)
        ClassFileFactory(training_class=row, role="sign_in")
        told = archive.figures([row], on=ON)[row.pk]
        assert told.there == 1
        assert told.attendance is None

    def test_an_exam_counts_once_it_is_closed_and_a_second_try_counts_once(self, office):
        row = closing(office, hours=(4,))
        exam = ExamFactory(training_class=row, pass_points=60, state="closed", closed_at=AT)
        again = ExamFactory(training_class=row, pass_points=60, state="closed", closed_at=AT)
        first, second = person(row, 1), person(row, 1)
        for enrolment, points in ((first, 60), (second, Decimal("59.5"))):
            ExamResultFactory(exam=exam, enrolment=enrolment, points=points)
        ExamResultFactory(exam=again, enrolment=second, points=70)
        told = archive.figures([row], on=ON)[row.pk]
        assert (told.sat, told.passed) == (2, 2)
        Exam.objects.update(state="open", closed_at=None)
        assert archive.figures([row], on=ON)[row.pk].has_exam is False

    def test_satisfaction_as_far_as_the_survey_tells_it(self, office):
        row, small = closing(office), closing(office)
        counts = {"class": {"content": [0, 0, 1, 4, 5]}}
        SurveyFactory(training_class=row, state="closed", closed_at=AT, answered=10, counts=counts)
        SurveyFactory(training_class=small, state="closed", closed_at=AT, answered=4, counts=counts)
        told = archive.figures([row, small], on=ON)
        assert archive.percent(told[row.pk].satisfaction) == "90%"
        assert told[small.pk].satisfaction is None

    def test_ten_classes_cost_what_one_costs(self, office, django_assert_max_num_queries):
        rows = [closing(office, hours=(4,)) for _ in range(10)]
        for row in rows:
            person(row, 1)
        with django_assert_max_num_queries(8):
            assert len(archive.figures(rows, on=ON)) == 10


class TestCompletion:
    def test_four_fifths_of_the_hours_complete_a_class(self, office, staff):
        row = closing(office)  # 20 hours, of which 16 are enough
        all_, enough, short = person(row, 5), person(row, 4), person(row, 3)

        archive.settle(row, by=staff, on=ON)

        outcomes = dict(Enrolment.objects.values_list("pk", "outcome"))
        assert outcomes == {all_.pk: "completed", enough.pk: "completed", short.pk: "incomplete"}
        event = AuditEvent.objects.get(action="training.settle")
        assert (event.detail["completed"], event.detail["incomplete"], event.detail["certificates"]) == (2, 1, 0)

    def test_half_an_hour_short_is_short(self, office):
        row = closing(office, hours=(12, "3.5", "0.5", 4))
        assert [line.outcome for line in archive.lines(row, _roll(person(row, 2)), on=ON)] == ["incomplete"]
        assert [line.outcome for line in archive.lines(row, _roll(person(row, 3)), on=ON)] == ["completed"]

    def test_leave_is_no_attendance_and_what_is_not_signed_is_not_owed(self, office, staff):
        row = closing(office, hours=(4,))
        ClassSessionFactory(training_class=row, is_signed=False, hours=8)
        there = person(row, 1)
        absent = person(row, 0)
        SignInFactory(
            session=row.sessions.get(is_signed=True), enrolment=absent, mark="leave", method="", reason="公差",
            entered_by=staff, entered_at=AT,
        )  # fmt: skip
        archive.settle(row, by=staff, on=ON)
        assert dict(Enrolment.objects.values_list("pk", "outcome")) == {there.pk: "completed", absent.pk: "incomplete"}

    def test_where_there_was_an_exam_it_is_passed_as_well(self, office):
        row = closing(office, hours=(4,))
        exam = ExamFactory(training_class=row, pass_points=60, state="closed", closed_at=AT)
        passed, failed, away = person(row, 1), person(row, 1), person(row, 1)
        ExamResultFactory(exam=exam, enrolment=passed, points=60)
        ExamResultFactory(exam=exam, enrolment=failed, points=Decimal("59.5"))
        why = {line.enrolment: line.why for line in archive.lines(row, Enrolment.objects.all(), on=ON)}
        assert why == {passed: (), failed: ("考试没有合格",), away: ("没有参加考试",)}

    def test_the_countys_own_share(self, office):
        DecisionFactory(key="training.completion", value={"attended": 0.6}, from_on=date(2025, 1, 1))
        row = closing(office)
        assert [line.outcome for line in archive.lines(row, _roll(person(row, 3)), on=ON)] == ["completed"]

    def test_certificates_are_numbered_through_and_keep_their_number(self, office, staff):
        first, second = closing(office, hours=(4,)), closing(office, hours=(4,))
        for row in (first, second):
            person(row, 1)
            person(row, 1)
            archive.settle(row, certify=True, by=staff, on=ON)
        late = person(first, 1)

        archive.settle(first, certify=True, by=staff, on=ON)

        numbers = set(Enrolment.objects.values_list("certificate", flat=True))
        assert numbers == {
            "云教党培〔2025〕1号-001", "云教党培〔2025〕1号-002", "云教党培〔2025〕1号-003",
            "云教党培〔2025〕2号-001", "云教党培〔2025〕2号-002",
        }  # fmt: skip
        late.refresh_from_db()
        assert late.certificate == "云教党培〔2025〕1号-003"

    def test_the_countys_own_numbers(self, office, staff):
        row = closing(office, hours=(4,))
        person(row, 1)
        rule = {"pattern": "{year}培{number:02d}字第{serial}号", "kinds": []}
        decided = DecisionFactory(key="training.certificate", value=rule, from_on=date(2025, 1, 1))
        archive.settle(row, certify=True, by=staff, on=ON)
        assert Enrolment.objects.get().certificate == "2025培01字第1号"
        decided.value = {"pattern": "证书", "kinds": []}
        decided.save()
        person(row, 1)
        with pytest.raises(ValidationError, match=r"先有 \{number\}"):
            archive.settle(row, certify=True, by=staff, on=ON)

    def test_who_no_longer_completes_it_has_no_certificate(self, office, staff):
        row = closing(office, hours=(4,))
        enrolment = person(row, 1)
        archive.settle(row, certify=True, by=staff, on=ON)
        enrolment.sign_ins.all().delete()
        archive.settle(row, by=staff, on=ON)
        enrolment.refresh_from_db()
        assert (enrolment.outcome, enrolment.certificate) == ("incomplete", "")

    @pytest.mark.parametrize("state", ["planned", "open", "running", "archived", "cancelled"])
    def test_only_while_it_closes(self, office, staff, state):
        extra = {"archived_by": staff, "archived_at": AT} if state == "archived" else {"cancel_reason": "停"}
        row = TrainingClassFactory(branch=office, state=state, **extra)
        with pytest.raises(ValidationError, match=row.get_state_display()):
            archive.settle(row, by=staff, on=ON)

    def test_nothing_to_go_by(self, office, staff):
        row = closing(office, hours=())
        with pytest.raises(ValidationError, match="名册上还没有人"):
            archive.settle(row, by=staff, on=ON)
        person(row, 0)
        with pytest.raises(ValidationError, match="没有要签到的课次"):
            archive.settle(row, by=staff, on=ON)

    def test_the_restricted_kind_has_no_certificates(self, office, staff):
        row = closing(office, kind="remedial")
        person(row, 5)
        with pytest.raises(ValidationError, match="不发结业证书"):
            archive.settle(row, certify=True, by=staff, on=ON)


def _roll(enrolment):
    return Enrolment.objects.filter(pk=enrolment.pk)


class TestSummary:
    def test_the_draft_says_what_is_known_and_leaves_blanks(self, office):
        row = closing(office, hours=(4, 4), place="县委党校", organiser="县委党校")
        person(row, 2)
        text = archive.draft(row, on=ON)
        assert "2025年4月14日至2025年4月15日" in text
        assert "2 次课、8 学时" in text
        assert "到课率 100%" in text
        assert "满意度 ____" in text
        assert "考试" not in text

    def test_it_is_written_down(self, office, staff):
        row = closing(office)
        archive.write_summary(row, " 办得好 ", version=row.version, by=staff)
        row.refresh_from_db()
        assert row.summary == "办得好"
        assert AuditEvent.objects.filter(action="training.summary").count() == 1

    def test_who_comes_second_is_told(self, office, staff):
        row = closing(office)
        archive.write_summary(row, "甲", version=row.version, by=staff)
        with pytest.raises(Stale):
            archive.write_summary(row, "乙", version=row.version, by=staff)

    def test_no_secret_and_not_before_it_began(self, office, staff):
        with pytest.raises(ValidationError, match="密级"):
            archive.write_summary(closing(office), "机密★ 一年", version=1, by=staff)
        with pytest.raises(ValidationError, match="报名中"):
            archive.write_summary(TrainingClassFactory(branch=office, state="open"), "x", version=1, by=staff)


class TestArchive:
    def test_all_six_and_it_is_closed_for_good(self, office, staff):
        row = closing(office)
        enrolment = person(row, 5)
        entire(row)

        archive.archive(row, by=staff, at=AT)

        row.refresh_from_db()
        assert (row.state, row.archived_by, row.archived_at, row.gap_reason) == ("archived", staff, AT, "")
        enrolment.refresh_from_db()
        assert enrolment.outcome == "completed"  # who was not told yet is told with it
        assert AuditEvent.objects.get(action="training.archive").detail["missing"] == []
        with pytest.raises(ValidationError, match="已归档"):
            archive.write_summary(row, "再改", version=row.version, by=staff)
        with pytest.raises(ValidationError, match="已归档"):
            archive.settle(row, by=staff, on=ON)

    def test_a_gap_wants_a_reason_and_the_record_keeps_both(self, office, staff):
        row = closing(office)
        person(row, 5)
        with pytest.raises(ValidationError, match="培训方案、图片资料、总结简报"):
            archive.archive(row, by=staff, at=AT)
        with pytest.raises(ValidationError, match="培训方案"):
            archive.archive(row, gap_reason="  ", by=staff, at=AT)
        archive.archive(row, gap_reason="相机损坏", by=staff, at=AT)
        row.refresh_from_db()
        assert row.gap_reason == "相机损坏"
        detail = AuditEvent.objects.get(action="training.archive").detail
        assert detail["missing"] == ["培训方案", "图片资料", "总结简报"]
        assert detail["reason"] == "相机损坏"

    def test_a_reason_without_a_gap_is_not_kept(self, office, staff):
        row = closing(office)
        person(row, 5)
        entire(row)
        archive.archive(row, gap_reason="多余", by=staff, at=AT)
        row.refresh_from_db()
        assert row.gap_reason == ""

    @pytest.mark.parametrize(("state", "words"), [("draft", "还在组卷"), ("open", "还没有结束")])
    def test_an_exam_is_brought_to_an_end_first(self, office, staff, state, words):
        row = closing(office)
        ExamFactory(training_class=row, state=state)
        with pytest.raises(ValidationError, match=words):
            archive.archive(row, gap_reason="x", by=staff, at=AT)

    def test_an_open_survey_ends_with_it(self, office, staff):
        row = closing(office)
        survey = SurveyFactory(training_class=row)
        archive.archive(row, gap_reason="资料遗失", by=staff, at=AT)
        survey.refresh_from_db()
        assert survey.state == "closed"

    def test_a_class_on_paper_alone_fails_nobody(self, office, staff):
        row = closing(office)
        enrolment = person(row, 0)
        ClassFileFactory(training_class=row, role="sign_in")
        archive.archive(row, gap_reason="资料遗失", by=staff, at=AT)
        enrolment.refresh_from_db()
        assert enrolment.outcome == ""

    @pytest.mark.parametrize("state", ["planned", "open", "running", "cancelled"])
    def test_only_from_closing(self, office, staff, state):
        row = TrainingClassFactory(branch=office, state=state, cancel_reason="停")
        with pytest.raises(ValidationError, match=row.get_state_display()):
            archive.archive(row, gap_reason="x", by=staff, at=AT)

    def test_taken_back_it_can_be_put_right(self, office, staff):
        row = closing(office)
        archive.archive(row, gap_reason="资料遗失", by=staff, at=AT)
        row = classes.take_back(row, reason="补图片", by=staff)
        archive.write_summary(row, "补写", version=row.version, by=staff)
        assert (row.archived_by, row.gap_reason) == (None, "")

    def test_who_may(self, office, staff):
        row = closing(BranchFactory(committee=True, parent=office))
        upper = UserFactory(serving=row.branch, role=Role.COMMITTEE)
        for user in (
            UserFactory(serving=row.branch, role=Role.EDITOR),
            UserFactory(serving=BranchFactory(parent=row.branch)),
        ):
            with pytest.raises(PermissionDenied):
                archive.archive(row, gap_reason="x", by=user, at=AT)
        archive.archive(row, gap_reason="资料遗失", by=upper, at=AT)

    def test_the_restricted_kind_leaves_no_words_in_the_record(self, office, staff):
        row = closing(office, kind="remedial")
        archive.archive(row, gap_reason="某某的材料另存", by=staff, at=timezone.now())
        detail = AuditEvent.objects.get(action="training.archive").detail
        assert "missing" not in detail
        assert "reason" not in detail
