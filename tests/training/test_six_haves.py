"""六个有: ticked by what is really there."""

import pytest
from django.utils import timezone

from tests.factories import (
    ClassFileFactory,
    ClassSessionFactory,
    EnrolmentFactory,
    SignInFactory,
    StoredFileFactory,
    TrainingClassFactory,
    UserFactory,
)
from training import six_haves
from training.models import ClassFile

pytestmark = pytest.mark.django_db
Role = ClassFile.Role
PICTURE = {"kind": "image", "media_type": "image/jpeg", "width": 10, "height": 10}


def there(training_class):
    return {have.key for have in six_haves.state([training_class])[training_class.pk] if have.is_there}


def picture(training_class, **fields):
    return ClassFileFactory(training_class=training_class, file=StoredFileFactory(**{**PICTURE, **fields}))


def test_a_new_class_has_none_and_says_what_is_missing_and_who_owes_it():
    training_class = TrainingClassFactory(organiser="县委党校", branch__name="县教育体育局工委")

    haves = six_haves.state([training_class])[training_class.pk]

    assert [have.label for have in haves] == [
        "培训方案",
        "教学日程表",
        "学员名册",
        "学员签到表",
        "图片资料",
        "总结简报",
    ]
    assert not any(have.is_there for have in haves)
    owes = {have.key: have.owes for have in haves}
    assert owes["plan"] == owes["summary"] == "县教育体育局工委"
    assert owes["picture"] == owes["timetable"] == owes["sign_in"] == "县委党校"
    assert "还没有上传图片" in {have.counted for have in haves}
    assert len(six_haves.missing(haves)) == 6


@pytest.mark.parametrize(("field", "key"), [("plan", "plan"), ("summary", "summary")])
def test_what_is_written_here_counts_and_blanks_do_not(field, key):
    assert there(TrainingClassFactory(**{field: "一、培训对象"})) == {key}
    assert there(TrainingClassFactory(**{field: " \n"})) == set()


@pytest.mark.parametrize("role", [Role.PLAN, Role.TIMETABLE, Role.SIGN_IN, Role.SUMMARY])
def test_a_file_counts_as_what_it_is(role):
    assert there(ClassFileFactory(role=role).training_class) == {role.value}


@pytest.mark.parametrize("role", [Role.ROLL, Role.COURSEWARE, Role.OTHER])
def test_a_roll_is_people_and_other_files_count_for_nothing(role):
    assert there(ClassFileFactory(role=role).training_class) == set()


def test_a_picture_counts_until_it_is_taken_away():
    training_class = TrainingClassFactory()
    row = picture(training_class)
    assert there(training_class) == {"picture"}
    row.removed_at = timezone.now()
    row.save()
    assert there(training_class) == set()


@pytest.mark.parametrize(
    "fields",
    [{"state": "quarantined"}, {"kind": "pdf", "width": None, "height": None}],
    ids=["quarantined", "no picture"],
)
def test_what_is_no_clean_picture_is_no_picture(fields):
    training_class = TrainingClassFactory()
    picture(training_class, **fields)
    assert there(training_class) == set()


def test_a_session_makes_the_timetable_and_somebody_present_the_sign_in():
    session = ClassSessionFactory()
    assert there(session.training_class) == {"timetable"}
    leave = SignInFactory(
        session=session, mark="leave", method="", reason="公差", entered_by=UserFactory(), entered_at=timezone.now()
    )
    assert there(session.training_class) == {"timetable", "roll"}
    leave.enrolment.sign_ins.update(mark="present", method="later")
    assert there(session.training_class) == {"timetable", "roll", "sign_in"}


def test_who_withdrew_makes_no_roll():
    row = EnrolmentFactory(withdrawn_on="2025-04-10", withdrawn_why="公差")
    assert there(row.training_class) == set()


def test_ten_classes_cost_what_one_costs(django_assert_num_queries):
    classes = [SignInFactory().session.training_class for _ in range(10)]
    for row in classes:
        row.branch  # noqa: B018 - a list comes with its organisations
    with django_assert_num_queries(4):
        six_haves.state(classes[:1])
    with django_assert_num_queries(4):
        assert len(six_haves.state(classes)) == 10
