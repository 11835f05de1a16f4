"""学时, 学习档案 and 进党校 as pages: who sees what, what is filtered, what is taken along."""

import io
from datetime import UTC, date, datetime

import openpyxl
import pytest
import time_machine
from django.urls import reverse

from accounts.models import AuditEvent
from branches.actions import root
from branches.rights import Role, Task
from tests.factories import (
    AssignmentFactory,
    AttendanceFactory,
    BranchFactory,
    ClassSessionFactory,
    EnrolmentFactory,
    ExamFactory,
    ExamResultFactory,
    ExemptionFactory,
    MeetingFactory,
    MemberFactory,
    OtherHoursFactory,
    PostFactory,
    SignInFactory,
    TermFactory,
    TrainingClassFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_autumn():
    with time_machine.travel(datetime(2025, 10, 15, 2, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def committee():
    return BranchFactory(committee=True)


@pytest.fixture
def branch(committee):
    return BranchFactory(parent=committee)


@pytest.fixture
def secretary(branch, client):
    user = UserFactory(serving=branch)
    client.force_login(user)
    return user


@pytest.fixture
def member(branch):
    return MemberFactory(branch=branch, name="王芳", initials="wf")


def as_(client, **fields):
    user = UserFactory(**fields)
    client.force_login(user)
    return user


def text(client, name, *args, **query):
    answer = client.get(reverse(f"training:{name}", args=args), query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def book(client, name, *args, **query):
    answer = client.get(reverse(f"training:{name}", args=args), query)
    assert answer.status_code == 200, answer.status_code
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    return [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]


def attend(member, branch, **fields):
    """A day of four hours of a class."""
    training_class = TrainingClassFactory(**{"branch": branch.parent, "state": "running"} | fields)
    enrolment = EnrolmentFactory(training_class=training_class, branch=branch, member=member)
    SignInFactory(session=ClassSessionFactory(training_class=training_class), enrolment=enrolment)
    return enrolment


# --- 学时


def test_a_secretary_sees_the_own_branch_and_who_is_short(client, secretary, branch, member):
    OtherHoursFactory(member=MemberFactory(branch=branch, name="李军"), branch=branch, hours=32)
    MemberFactory(branch=BranchFactory(), name="张丽")
    attend(member, branch)

    page = text(client, "hours")
    assert "王芳" in page
    assert "李军" in page
    assert "张丽" not in page
    assert ">1 人</a>学时不够" in page
    short = text(client, "hours", who="short")
    assert "王芳" in short
    assert "李军" not in short


@pytest.mark.parametrize(("word", "found"), [("王芳", True), ("wf", True), ("wfx", False)])
def test_somebody_is_found_by_name_or_initials(client, secretary, member, word, found):
    assert ("王芳" in text(client, "hours", q=word)) is found


def test_only_holders_of_an_office(client, secretary, branch, member):
    leader = MemberFactory(branch=branch, name="李军")
    PostFactory(term=TermFactory(branch=branch, started_on=date(2024, 3, 1)), member=leader)

    page = text(client, "hours", who="posts")
    assert "李军" in page
    assert "王芳" not in page


def test_new_secretaries_with_the_day_until_which_they_are_trained(client, branch, member, committee):
    as_(client, serving=root(), role=Role.STAFF)
    TrainingClassFactory(
        branch=committee, starts_on=date(2025, 3, 3), ends_on=date(2025, 3, 4), enrols_until=None, state="running"
    )
    PostFactory(term=TermFactory(branch=branch, started_on=date(2025, 4, 1)), member=member)

    page = text(client, "hours", who="new")
    assert "2025-10-01" in page
    assert "已过期" in page


def test_staff_choose_an_organisation_and_get_all_below_it(client, member, committee):
    as_(client, serving=root(), role=Role.STAFF)
    MemberFactory(branch=BranchFactory(), name="张丽")

    page = text(client, "hours", branch=committee.pk)
    assert "王芳" in page
    assert "张丽" not in page
    assert "张丽" in text(client, "hours")


@pytest.mark.parametrize("name", ["hours", "coverage", "coverage_people"])
def test_a_list_costs_the_same_at_any_length(client, secretary, branch, name, count_queries):
    attend(MemberFactory(branch=branch), branch)
    before = count_queries(reverse(f"training:{name}"))
    for _ in range(9):
        MemberFactory(branch=branch)
    BranchFactory.create_batch(3, parent=branch.parent)

    assert count_queries(reverse(f"training:{name}")) == before


def test_nothing_to_show_says_what_to_do(client, secretary):
    assert "还没有党员" in text(client, "hours")
    assert "还没有党员" in text(client, "coverage")
    assert "都进过党校了" in text(client, "coverage_people")


def test_the_list_of_who_is_short_is_taken_along(client, secretary, branch, member):
    OtherHoursFactory(member=MemberFactory(branch=branch, name="李军"), branch=branch, hours=32)
    attend(member, branch)

    rows = book(client, "hours_export")

    assert rows[0] == ["2025年学时不足名单"]
    assert rows[1][0].startswith(f"填报单位（盖章）：{branch.name}　　统计截止日：2025-10-15")
    assert rows[-1] == [1, branch.name, "王芳", "党员", 32, 4, 4, 0, 0, 28]
    assert AuditEvent.objects.filter(action="report.export", detail__rows=1).exists()


def test_what_a_task_shows_is_not_taken_along(client, branch, member):
    user = as_(client)
    AssignmentFactory(
        user=user, branch=branch, task=Task.INSTRUCTOR, started_on=date(2025, 1, 1), until=date(2025, 12, 31)
    )

    assert "导出不足名单" not in text(client, "hours")
    for name, key in (
        ("hours_export", []),
        ("coverage_export", []),
        ("coverage_people_export", []),
        ("of_member_export", [member.pk]),
    ):
        answer = client.get(reverse(f"training:{name}", args=key), follow=True)
        assert "您的岗位不能导出学时" in answer.content.decode()


# --- 学习档案


def test_the_record_has_classes_meetings_and_what_was_elsewhere(client, secretary, branch, member):
    enrolment = attend(member, branch, title="书记培训班")
    enrolment.outcome, enrolment.certificate = "completed", "证 2025-001"
    enrolment.save()
    closed = ExamFactory(
        training_class=enrolment.training_class, title="结业考试", state="closed", closed_at=datetime.now(UTC)
    )
    ExamResultFactory(exam=closed, enrolment=enrolment, points=85)
    running = ExamFactory(training_class=enrolment.training_class, title="补考", state="open")
    ExamResultFactory(exam=running, enrolment=enrolment, points=33)
    AttendanceFactory(meeting=MeetingFactory(branch=branch, accepted=True, topic="五月主题党日"), member=member)
    OtherHoursFactory(member=member, branch=branch, title="网络学习")

    page = text(client, "of_member", member.pk)

    for word in ("书记培训班", "证 2025-001", "结业考试", "85", "五月主题党日", "网络学习"):
        assert word in page
    assert "补考" not in page
    assert "应达 32，还差 20" in page
    rows = book(client, "of_member_export", member.pk)
    assert [row[-2] for row in rows if "合计" in row] == [12]


def test_the_record_stands_on_the_members_page_as_a_part(client, secretary, member):
    part = client.get(reverse("training:of_member", args=[member.pk]), HTTP_HX_REQUEST="true").content.decode()

    assert "<html" not in part
    assert "2025 年学时" in part
    assert reverse("training:of_member", args=[member.pk]) in client.get(member.get_absolute_url()).content.decode()


def test_the_restricted_class_is_other_training_to_others(client, secretary, branch, member, committee):
    attend(member, branch, title="思想素质提升班", kind="remedial")

    page = text(client, "of_member", member.pk)
    assert "思想素质提升班" not in page
    assert "其他培训" in page
    assert "思想素质提升班" not in str(book(client, "of_member_export", member.pk))

    as_(client, serving=root(), role=Role.STAFF)
    assert "思想素质提升班" in text(client, "of_member", member.pk)


def test_a_member_sees_the_own_hours_and_what_they_came_from(client, branch, member):
    member.user = UserFactory()
    member.save()
    client.force_login(member.user)
    attend(member, branch, title="思想素质提升班", kind="remedial")

    page = client.get(reverse("portal:own")).content.decode()

    assert "我的学时" in page
    assert "思想素质提升班" in page
    assert "还差 28" in page


def test_the_record_of_somebody_elsewhere_is_not_found(client, member):
    as_(client, serving=BranchFactory())

    for name in ("of_member", "of_member_export"):
        assert client.get(reverse(f"training:{name}", args=[member.pk])).status_code == 404


def test_a_year_that_is_none_is_this_one(client, secretary, member):
    assert "2025 年学时" in text(client, "of_member", member.pk, year="1999")


# --- 进党校


def test_coverage_of_each_organisation_and_who_is_left(client, branch, member):
    as_(client, serving=root(), role=Role.STAFF)
    ill = MemberFactory(branch=branch, name="李军")
    ExemptionFactory(member=ill, scope="attendance", started_on=date(2025, 1, 1))
    attend(member, branch, is_party_school=True, kind="party_school")

    page = text(client, "coverage")
    assert "在册 2 人，已进 1 人，还有 1 人，覆盖 50%" in page
    left = text(client, "coverage_people", branch=branch.pk)
    assert "李军" in left
    assert "免于考勤" in left
    assert "王芳" not in left
    assert "王芳" in text(client, "coverage_people", state="been")
    assert [row[1:] for row in book(client, "coverage_people_export")[-1:]] == [[branch.name, "李军", "正式党员"]]
    rows = book(client, "coverage_export")
    assert [row[1:] for row in rows[-2:]] == [[branch.name, 2, 1, 1, "50%"], ["合计", 2, 1, 1, "50%"]]


def test_a_secretary_takes_along_the_own_branch_alone(client, secretary, branch, member):
    MemberFactory(branch=BranchFactory(), name="张丽")

    rows = book(client, "coverage_people_export")
    assert "王芳" in str(rows)
    assert "张丽" not in str(rows)
