"""The archive page of a class by who looks, the papers it gives, and 培训情况统计表."""

import io
import zipfile
from datetime import UTC, date, datetime

import openpyxl
import pytest
import time_machine
from django.urls import reverse

from accounts.models import AuditEvent
from branches.actions import root
from branches.rights import Role
from jobs.models import Job
from tests.factories import (
    BranchFactory,
    ClassFileFactory,
    ClassSessionFactory,
    EnrolmentFactory,
    SignInFactory,
    TrainingClassFactory,
    UserFactory,
)
from training.models import Enrolment, TrainingClass
from training.tasks import pack_class

pytestmark = pytest.mark.django_db
AT = datetime(2025, 4, 20, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def upper():
    return BranchFactory(committee=True, parent=root(), name="县第一中学党委")


@pytest.fixture
def below(upper):
    return BranchFactory(parent=upper)


@pytest.fixture
def held(upper, below):
    """A class of 党委 that is over, with one of its own branch who came and one of another."""
    row = TrainingClassFactory(branch=upper, state="closing", plan="方案", title="夜校")
    session = ClassSessionFactory(training_class=row)
    SignInFactory(session=session, enrolment=EnrolmentFactory(training_class=row, branch=below, name="周明远"))
    EnrolmentFactory(training_class=row, branch=BranchFactory(parent=upper), name="吴天明")
    return row


@pytest.fixture
def boss(upper, client):
    user = UserFactory(serving=upper, role=Role.COMMITTEE)
    client.force_login(user)
    return user


def url(name, row, **query):
    return reverse(f"training:{name}", args=[row.pk], query=query)


def said(response):
    return response.content.decode()


class TestPage:
    def test_who_runs_the_class_sees_all_and_what_to_do(self, client, boss, held):
        page = said(client.get(url("archive", held)))
        assert "4/6" in page
        for words in ("周明远", "吴天明", "去补", "归档", "办结业", "打包下载", "下载简报草稿", "到课率"):
            assert words in page

    def test_a_branch_sees_its_own_people_and_nothing_to_press(self, client, held, below):
        client.force_login(UserFactory(serving=below))
        page = said(client.get(url("archive", held)))
        assert "周明远" in page
        for words in (
            "吴天明",
            "去补",
            "办结业",
            "打包下载",
            "下载简报草稿",
            "到课率",
            "办理记录",
            "名册上 2 人",
            "谁来补",
        ):
            assert words not in page
        Enrolment.objects.filter(branch=below).update(withdrawn_on=AT.date(), withdrawn_why="调出")
        assert "还没有本组织学员的结业情况" in said(client.get(url("archive", held)))

    def test_elsewhere_there_is_no_such_class(self, client, held):
        client.force_login(UserFactory(serving=BranchFactory(committee=True, parent=root()), role=Role.COMMITTEE))
        for name in ("archive", "archive_summary", "archive_close", "archive_briefing", "archive_certificates"):
            assert client.get(url(name, held)).status_code == 404
        for name in ("archive_settle", "archive_zip"):
            assert client.post(url(name, held)).status_code == 404

    def test_the_restricted_kind_is_for_few(self, client, boss, upper):
        row = TrainingClassFactory(branch=upper, state="closing", kind="remedial")
        assert client.get(url("archive", row)).status_code == 404  # 党委 holds no training.closed
        client.force_login(UserFactory(serving=root(), role=Role.STAFF))
        page = said(client.get(url("archive", row)))
        assert "下载简报草稿" not in page

    def test_archived_it_says_by_whom_and_why_something_is_missing(self, client, boss, upper):
        row = TrainingClassFactory(branch=upper, archived=True, gap_reason="相机损坏")
        page = said(client.get(url("archive", row)))
        assert "理由：相机损坏" in page
        assert "去补" not in page
        assert "按数字写总结" not in page

    def test_ten_persons_cost_what_one_costs(self, client, boss, held, below, count_queries):
        before = count_queries(url("archive", held))
        for _ in range(9):
            SignInFactory(
                session=held.sessions.get(),
                enrolment=EnrolmentFactory(training_class=held, branch=BranchFactory(parent=below.parent)),
            )
        assert count_queries(url("archive", held)) == before


class TestSummary:
    def test_the_draft_is_offered_and_what_is_saved_counts(self, client, boss, held):
        page = client.get(url("archive_summary", held, draft=1))
        assert "2025年4月14日至2025年4月15日" in said(page)
        assert "非涉密" in said(page)
        answer = client.post(url("archive_summary", held), {"summary": "办得好", "version": held.version})
        assert answer.url == url("archive", held)
        held.refresh_from_db()
        assert held.summary == "办得好"

    def test_who_comes_second_keeps_what_was_typed(self, client, boss, held):
        TrainingClass.objects.filter(pk=held.pk).update(summary="别人写的", version=9)
        page = said(client.post(url("archive_summary", held), {"summary": "我写的", "version": held.version}))
        assert "我写的" in page
        assert "别人写的" in page

    def test_a_secret_is_refused(self, client, boss, held):
        page = said(client.post(url("archive_summary", held), {"summary": "机密★一年", "version": held.version}))
        assert "密级标志" in page
        held.refresh_from_db()
        assert held.summary == ""

    def test_not_once_it_is_archived(self, client, boss, upper):
        row = TrainingClassFactory(branch=upper, archived=True)
        assert client.get(url("archive_summary", row), follow=True).redirect_chain[-1][0] == url("archive", row)
        client.post(url("archive_summary", row), {"summary": "再改", "version": row.version})
        row.refresh_from_db()
        assert row.summary == ""


class TestClosing:
    def test_settled_with_numbers_and_given_as_word(self, client, boss, held):
        client.post(url("archive_settle", held), {"certify": "on"})
        assert dict(Enrolment.objects.values_list("name", "outcome")) == {"周明远": "completed", "吴天明": "incomplete"}
        answer = client.get(url("archive_certificates", held))
        assert answer.content.startswith(b"PK")
        assert AuditEvent.objects.filter(action="training.certificates").count() == 1

    def test_without_a_number_there_is_no_certificate(self, client, boss, held):
        answer = client.get(url("archive_certificates", held), follow=True)
        assert "还没有人编过结业证号" in said(answer)

    def test_a_gap_wants_a_reason_beside_its_field(self, client, boss, held):
        page = said(client.get(url("archive_close", held)))
        assert "六个有还缺 2 项" in page
        assert "图片资料" in page
        refused = client.post(url("archive_close", held), {"gap_reason": ""})
        assert "确实补不上的，写明理由" in said(refused)
        answer = client.post(url("archive_close", held), {"gap_reason": "相机损坏"})
        assert answer.url == url("archive", held)
        held.refresh_from_db()
        assert (held.state, held.archived_by) == ("archived", boss)

    def test_what_is_not_over_cannot_be_closed(self, client, boss, upper):
        row = TrainingClassFactory(branch=upper, state="running")
        assert "结班以后才能归档" in said(client.get(url("archive_close", row)))
        client.post(url("archive_close", row), {"gap_reason": "x"})
        row.refresh_from_db()
        assert row.state == "running"


class TestPapers:
    def test_briefing_with_number_and_recipient(self, client, boss, held):
        answer = client.get(url("archive_briefing", held, number="第3期", copies="县委组织部"))
        assert answer.content.startswith(b"PK")
        assert AuditEvent.objects.filter(action="training.briefing").count() == 1
        assert client.get(url("archive_briefing", held, number="机密★")).status_code == 302

    def test_the_zip_comes_from_a_job_of_ones_own(self, client, boss, held, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(url("archive_zip", held))
        job = Job.objects.get()
        assert answer.url == reverse("portal:job", args=[job.pk])
        data = client.get(reverse("portal:job_file", args=[job.pk])).content
        with zipfile.ZipFile(io.BytesIO(data)) as found:
            assert "目录.xlsx" in found.namelist()
            assert any(name.startswith("01-培训方案/") for name in found.namelist())
        assert AuditEvent.objects.filter(action="training.pack").count() == 1
        client.force_login(UserFactory(serving=held.branch, role=Role.COMMITTEE))
        assert client.get(reverse("portal:job_file", args=[job.pk])).status_code == 404

    def test_rights_are_asked_when_it_is_packed(self, held):
        job = Job(
            kind="training.pack", args={"class": held.pk}, created_by=UserFactory(serving=BranchFactory(parent=root()))
        )
        with pytest.raises(Exception, match="不在您的权限范围内"):
            pack_class(job, lambda *args: None)


class TestExport:
    def rows(self, answer, sheet=0):
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        return [[cell.value for cell in row] for row in book.worksheets[sheet].iter_rows()]

    def test_just_what_the_list_shows_with_the_six_and_hours_of_persons(self, client, boss, held, upper):
        TrainingClassFactory(branch=upper, archived=True, title="宣讲", kind="lecture", gap_reason="相机损坏")
        TrainingClassFactory(branch=BranchFactory(committee=True, parent=root()), title="别家的班")
        TrainingClassFactory(branch=upper, state="running", kind="remedial", title="提升班")

        answer = client.get(reverse("training:export"))

        rows = self.rows(answer)
        assert rows[0][0] == "2025年教育培训情况统计表"
        assert "填报单位（盖章）：县第一中学党委" in rows[1][0]
        lines = {row[1]: row for row in rows[4:] if row[1]}
        assert set(lines) == {"夜校", "宣讲"}
        assert lines["夜校"][7:14] == [1, 4, "50%", None, None, "4/6", "图片资料、总结简报"]
        assert lines["宣讲"][13].endswith("（相机损坏）")
        people = self.rows(answer, 1)
        assert people[0][0] == "2025年个人学时表"
        assert any(row[1] == held.enrolments.get(name="周明远").member.name for row in people)
        only = self.rows(client.get(reverse("training:export", query={"kind": "lecture"})))
        assert {row[1] for row in only[4:] if row[1]} == {"宣讲"}
        assert AuditEvent.objects.filter(action="report.export").count() == 2

    def test_a_secretary_takes_no_report_along(self, client, held, below):
        client.force_login(UserFactory(serving=below))
        assert client.get(reverse("training:export")).status_code == 403

    def test_ten_classes_cost_what_one_costs(self, client, boss, held, upper, count_queries):
        before = count_queries(reverse("training:export"))
        for _ in range(9):
            ClassFileFactory(
                training_class=TrainingClassFactory(branch=upper, state="closing", starts_on=date(2025, 4, 14))
            )
        assert count_queries(reverse("training:export")) == before
