"""Factories of classes, rolls, sign-ins, surveys, exams and hours."""

from datetime import UTC, date, datetime, time
from hashlib import sha256

import factory
from factory.django import DjangoModelFactory

from tests.factories import BranchFactory, MemberFactory, StoredFileFactory, UserFactory
from training.models import (
    ClassFile,
    ClassPass,
    ClassQuota,
    ClassSession,
    Enrolment,
    Exam,
    ExamQuestion,
    ExamResult,
    OtherHours,
    Question,
    SignIn,
    Survey,
    Teacher,
    TrainingClass,
)

NOW = datetime(2025, 4, 14, 1, 0, tzinfo=UTC)


class TrainingClassFactory(DjangoModelFactory):
    class Meta:
        model = TrainingClass

    class Params:
        archived = factory.Trait(
            state=TrainingClass.State.ARCHIVED, archived_by=factory.SubFactory(UserFactory), archived_at=NOW
        )

    branch = factory.SubFactory(BranchFactory)
    kind = TrainingClass.Kind.AFFAIRS
    title = factory.Sequence("2025 年第{}期党务干部培训班".format)
    place = "县委党校一楼报告厅"
    starts_on, ends_on, enrols_until = date(2025, 4, 14), date(2025, 4, 15), date(2025, 4, 10)
    created_by = factory.SubFactory(UserFactory)


class ClassQuotaFactory(DjangoModelFactory):
    class Meta:
        model = ClassQuota

    training_class = factory.SubFactory(TrainingClassFactory)
    branch = factory.SubFactory(BranchFactory)
    places = 2


class TeacherFactory(DjangoModelFactory):
    class Meta:
        model = Teacher

    branch = factory.SubFactory(BranchFactory)
    name = factory.Sequence("杨树林{}".format)
    unit, position, subjects = "县委党校", "高级讲师", "党章党规"
    created_by = factory.SubFactory(UserFactory)


class ClassSessionFactory(DjangoModelFactory):
    class Meta:
        model = ClassSession

    training_class = factory.SubFactory(TrainingClassFactory)
    held_on = date(2025, 4, 14)
    begins, ends = time(9), time(12)
    topic = "党支部工作条例解读"
    hours = 4


class ClassFileFactory(DjangoModelFactory):
    class Meta:
        model = ClassFile

    training_class = factory.SubFactory(TrainingClassFactory)
    role = ClassFile.Role.PICTURE
    file = factory.SubFactory(StoredFileFactory)
    created_by = factory.SubFactory(UserFactory)


class EnrolmentFactory(DjangoModelFactory):
    """A member of `branch`; `member=None` makes an outsider."""

    class Meta:
        model = Enrolment

    training_class = factory.SubFactory(TrainingClassFactory)
    branch = factory.SubFactory(BranchFactory)
    member = factory.SubFactory(MemberFactory, branch=factory.SelfAttribute("..branch"))
    name = factory.LazyAttribute(lambda row: row.member.name if row.member else "外来学员")
    created_by = factory.SubFactory(UserFactory)


class SignInFactory(DjangoModelFactory):
    class Meta:
        model = SignIn

    session = factory.SubFactory(ClassSessionFactory)
    enrolment = factory.SubFactory(EnrolmentFactory, training_class=factory.SelfAttribute("..session.training_class"))
    method = SignIn.Method.SCAN
    signed_at = NOW


class ClassPassFactory(DjangoModelFactory):
    class Meta:
        model = ClassPass

    enrolment = factory.SubFactory(EnrolmentFactory)
    digest = factory.Sequence(lambda serial: sha256(str(serial).encode()).hexdigest())
    ends_on = date(2025, 4, 18)
    created_by = factory.SubFactory(UserFactory)


class SurveyFactory(DjangoModelFactory):
    class Meta:
        model = Survey

    training_class = factory.SubFactory(TrainingClassFactory)
    until_on = date(2025, 4, 18)
    questions = factory.LazyFunction(
        lambda: {
            "of_class": [{"key": "content", "label": "培训内容"}],
            "of_session": [{"key": "teaching", "label": "授课质量"}],
        }
    )
    created_by = factory.SubFactory(UserFactory)


class QuestionFactory(DjangoModelFactory):
    class Meta:
        model = Question

    branch = factory.SubFactory(BranchFactory)
    document = "constitution"
    kind = Question.Kind.SINGLE
    text = factory.Sequence("党的最高理想和最终目标是什么？（{}）".format)
    options = ["实现共产主义", "实现小康", "实现工业化", "实现城镇化"]
    answer = [0]
    created_by = factory.SubFactory(UserFactory)


class ExamFactory(DjangoModelFactory):
    class Meta:
        model = Exam

    training_class = factory.SubFactory(TrainingClassFactory)
    title = "结业考试"
    pass_points = 60
    created_by = factory.SubFactory(UserFactory)


class ExamQuestionFactory(DjangoModelFactory):
    class Meta:
        model = ExamQuestion

    exam = factory.SubFactory(ExamFactory)
    question = factory.SubFactory(QuestionFactory)
    position = factory.Sequence(int)
    points = 10


class ExamResultFactory(DjangoModelFactory):
    class Meta:
        model = ExamResult

    exam = factory.SubFactory(ExamFactory)
    enrolment = factory.SubFactory(EnrolmentFactory, training_class=factory.SelfAttribute("..exam.training_class"))
    points = 80
    started_at = submitted_at = NOW


class OtherHoursFactory(DjangoModelFactory):
    class Meta:
        model = OtherHours

    branch = factory.SubFactory(BranchFactory)
    member = factory.SubFactory(MemberFactory, branch=factory.SelfAttribute("..branch"))
    year = 2025
    kind = OtherHours.Kind.ONLINE
    title = "云南干部在线学习"
    started_on, ended_on = date(2025, 3, 1), date(2025, 3, 31)
    hours = 6
    evidence = "网络学习证明"
    created_by = factory.SubFactory(UserFactory)
