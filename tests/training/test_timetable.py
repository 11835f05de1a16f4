"""What a session is worth, when it may stand in the timetable, what clashes, and what hangs on it."""

from contextlib import nullcontext
from datetime import date, time
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts import audit
from accounts.models import Stale
from branches.rights import Role
from rulebook.models import CalendarDay
from tests import factories
from tests.factories_files import upload
from training import materials, teachers, timetable
from training.models import ClassSession, Teacher, TrainingClass

pytestmark = pytest.mark.django_db
DAY = date(2025, 4, 14)


@pytest.fixture
def upper():
    return factories.BranchFactory(kind="committee")


@pytest.fixture
def boss(upper):
    return factories.UserFactory(serving=upper, role=Role.COMMITTEE)


@pytest.fixture
def row(upper):
    return factories.TrainingClassFactory(branch=upper, plan="方案")


def clock(text):
    return time(*map(int, text.split(":")))


def session(row, begins="9:00", ends="12:00", **fields):
    return ClassSession(
        **{
            "training_class": row,
            "held_on": DAY,
            "topic": "党史",
            "begins": clock(begins),
            "ends": clock(ends),
            "hours": None,
        }
        | fields
    )


# --- hours


@pytest.mark.parametrize(
    ("begins", "ends", "hours"),
    [
        ("9:00", "9:10", "0.5"), ("9:00", "9:59", "0.5"), ("9:00", "10:00", "1"), ("9:00", "10:30", "1.5"),
        ("9:00", "11:59", "2.5"), ("9:00", "12:00", "4"), ("9:00", "14:59", "4"), ("9:00", "15:00", "8"),
        ("8:30", "17:30", "8"),
    ],
)  # fmt: skip
def test_a_session_counts_as_a_day_half_a_day_or_by_the_hour(begins, ends, hours):
    assert timetable.suggested_hours(clock(begins), clock(ends), DAY) == Decimal(hours)


def test_the_sessions_of_a_day_never_give_more_than_a_day_unless_typed(row, boss):
    for begins, ends, hours in (("8:00", "11:00", 4), ("11:00", "13:00", 2), ("14:00", "17:00", 2)):
        assert timetable.save(session(row, begins, ends), by=boss).hours == hours
    with pytest.raises(ValidationError, match="已排满 8 学时"):
        timetable.save(session(row, "19:00", "20:00"), by=boss)

    assert timetable.save(session(row, "19:00", "20:00", hours=Decimal(1)), by=boss).hours == 1
    assert timetable.save(session(row, held_on=date(2025, 4, 15)), by=boss).hours == 4


# --- writing


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"held_on": date(2025, 4, 13)}, "起止日期内（2025-04-14 至 2025-04-15）"),
        ({"held_on": date(2025, 4, 16)}, "起止日期内"),
        ({"ends": "9:00"}, "结束时间须晚于开始时间"),
        ({"topic": "绝密★"}, "密级标志"),
        ({"hours": Decimal(0)}, "须大于 0，最多 12"),
        ({"hours": Decimal("12.5")}, "须大于 0，最多 12"),
    ],
    ids=["day before", "day after", "no length", "marked", "no hours", "too many hours"],
)
def test_what_a_session_may_not_be(row, boss, fields, words):
    with pytest.raises(ValidationError, match=words):
        timetable.save(session(row, **fields), by=boss)
    assert not ClassSession.objects.exists()


def test_several_lines_go_in_all_or_none_and_the_faulty_one_is_named(row, boss):
    good, bad = session(row), session(row, held_on=date(2025, 4, 16))

    with pytest.raises(ValidationError) as refusal:
        timetable.add(row, [(good, "李红梅"), (bad, "")], by=boss)

    assert refusal.value.line == 1
    assert not Teacher.objects.exists()
    assert not ClassSession.objects.exists()
    assert len(timetable.add(row, [(session(row), "李红梅"), (session(row, "14:00", "17:00"), "李红梅")], by=boss)) == 2
    assert Teacher.objects.get().name == "李红梅"


@pytest.mark.parametrize("state", ["archived", "cancelled"])
def test_the_timetable_of_what_is_over_stays(upper, boss, state):
    fields = {"archived_by": boss, "archived_at": timezone.now()} if state == "archived" else {"cancel_reason": "x"}
    row = factories.TrainingClassFactory(branch=upper, state=state, **fields)

    with pytest.raises(ValidationError, match="不能再这样办理"):
        timetable.save(session(row), by=boss)


def test_a_change_after_opening_says_what_was_and_what_is(row, boss):
    TrainingClass.objects.update(state="open")
    made = timetable.save(session(row), by=boss)
    made.begins, made.place = time(9, 30), "二楼会议室"

    timetable.save(made, version=1, by=boss)

    detail = audit.of(row).first().detail
    assert detail["changes"] == {"begins": ["09:00:00", "09:30:00"], "place": ["", "二楼会议室"]}
    assert (detail["state"], detail["topic"]) == ("open", "党史")
    with pytest.raises(Stale):
        timetable.save(made, version=1, by=boss)


def test_what_somebody_signed_for_keeps_its_day_and_stays(row, boss):
    made = timetable.save(session(row), by=boss)
    factories.SignInFactory(session=made)
    made.held_on = date(2025, 4, 15)

    with pytest.raises(ValidationError, match="已经有学员签到，日期不能再改"):
        timetable.save(made, version=1, by=boss)
    with pytest.raises(ValidationError, match="已经有学员签到，这次课不能删去"):
        timetable.remove(made, by=boss)


@pytest.mark.parametrize(("state", "removed"), [("planned", True), ("open", False)])
def test_an_opened_class_keeps_one_session_at_least(row, boss, state, removed):
    made = timetable.save(session(row), by=boss)
    TrainingClass.objects.update(state=state)

    with nullcontext() if removed else pytest.raises(ValidationError, match="至少留一次课"):
        timetable.remove(made, by=boss)
    assert ClassSession.objects.exists() is not removed


def test_a_session_with_courseware_is_not_removed_until_that_is_taken_down(row, boss):
    made = timetable.save(session(row), by=boss)
    file = factories.ClassFileFactory(training_class=row, session=made, role="courseware")

    with pytest.raises(ValidationError, match="请先撤下"):
        timetable.remove(made, by=boss)
    materials.remove(file, by=boss)
    timetable.remove(made, by=boss)
    file.refresh_from_db()
    assert file.session is None


# --- what clashes


def words(row, user):
    sessions = list(row.sessions.select_related("teacher"))
    return [clash.words for clash in timetable.clashes(row, sessions, ClassSession.objects.visible_to(user))]


def test_two_sessions_at_one_time_and_a_teacher_in_two_classes_are_shown(upper, row, boss):
    teacher = factories.TeacherFactory(branch=upper, name="杨树林")
    other = factories.ClassSessionFactory(
        training_class=factories.TrainingClassFactory(branch=upper, title="夜校"),
        teacher=teacher,
        begins=time(11),
        ends=time(12),
    )
    timetable.save(session(row, teacher=teacher), by=boss)
    assert words(row, boss) == ["4 月 14 日 09:00 杨树林同志在“夜校”也有课"]

    other.ends, other.begins = time(13), time(12)  # one ends as the other begins
    other.save()
    assert words(row, boss) == []

    timetable.save(session(row, "11:30", "12:30", teacher=teacher), by=boss)
    assert words(row, boss) == [
        "4 月 14 日 11:30 有两次课时间重叠，授课人也相同", "4 月 14 日 11:30 杨树林同志在“夜校”也有课",
    ]  # fmt: skip


def test_a_class_that_one_may_not_see_is_not_named_as_a_clash(upper, row, boss):
    teacher = factories.TeacherFactory(branch=upper)
    factories.ClassSessionFactory(
        training_class=factories.TrainingClassFactory(branch=upper, kind="remedial"), teacher=teacher
    )
    timetable.save(session(row, teacher=teacher), by=boss)

    assert words(row, boss) == []


@pytest.mark.parametrize(("is_working", "shown"), [(None, False), (False, True)], ids=["a Monday", "a holiday"])
def test_a_holiday_is_pointed_out(row, boss, is_working, shown):
    if is_working is not None:
        CalendarDay.objects.create(on=DAY, is_working=is_working)
    timetable.save(session(row), by=boss)
    timetable.save(session(row, "14:00", "17:00"), by=boss)

    assert words(row, boss) == (["4 月 14 日是节假日或者周末"] if shown else [])


# --- teachers and files


def test_the_library_knows_each_person_once(upper, boss):
    known = teachers.named("李红梅", branch=upper, by=boss)

    assert teachers.named(" 李红梅 ", branch=upper, by=boss) == known
    with pytest.raises(ValidationError, match="已经有这位同志"):
        teachers.save(Teacher(branch=upper, name="李红梅"), by=boss)
    teachers.save(Teacher(branch=upper, name="李红梅", unit="县一中"), by=boss)
    with pytest.raises(ValidationError, match="有几位李红梅同志"):
        teachers.named("李红梅", branch=upper, by=boss)
    with pytest.raises(PermissionDenied):
        teachers.save(Teacher(branch=upper, name="张伟"), by=factories.UserFactory(serving=upper, role=Role.INSPECTOR))


def test_a_file_is_kept_counted_and_taken_down_until_the_class_is_archived(row, boss):
    made = materials.attach(row, upload(), role="picture", by=boss)
    assert not materials.handed_out(row).exists()
    with pytest.raises(ValidationError):
        materials.attach(row, upload(b"%PDF-1.4", "x.pdf"), role="picture", by=boss)
    TrainingClass.objects.update(state="archived", archived_by=boss, archived_at=timezone.now())

    with pytest.raises(ValidationError, match="已归档"):
        materials.remove(made, by=boss)
    with pytest.raises(ValidationError, match="已归档"):
        materials.attach(row, upload(), role="picture", by=boss)
    TrainingClass.objects.update(state="closing", archived_by=None, archived_at=None)
    materials.remove(made, by=boss)
    with pytest.raises(ValidationError, match="已经撤下"):
        materials.remove(made, by=boss)


@pytest.mark.parametrize(("state", "handed"), [("planned", False), ("open", True), ("cancelled", False)])
def test_courseware_is_handed_out_once_the_class_is_open(row, state, handed):
    made = factories.ClassFileFactory(training_class=row, role="courseware")
    factories.ClassFileFactory(training_class=row, role="picture")
    factories.ClassFileFactory(training_class=row, role="courseware", removed_at=timezone.now())
    row.state, row.cancel_reason = state, "x"
    row.save()

    assert list(materials.handed_out(row)) == ([made] if handed else [])
    assert (materials.courseware(made.pk) is not None) is handed
    materials.fetched(made)
    made.refresh_from_db()
    assert made.downloads == 1
