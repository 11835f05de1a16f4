"""What was asked is kept under a name: the question, never the answer; and a long report goes on in the background."""

import io
from datetime import date

import openpyxl
import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.models import AuditEvent
from branches.actions import root
from branches.rights import Role
from jobs import actions as jobs
from jobs import runner
from jobs.models import Job
from portal.models import SavedReport
from portal.reports import making
from portal.reports.catalogue import BY_KEY
from tests.factories import BranchFactory, MemberFactory, SavedReportFactory, UserFactory

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel("2026-11-22T02:00:00Z", tick=False):
        yield


@pytest.fixture
def staff(db):
    return UserFactory(serving=root(), role=Role.STAFF)


def keep(client, key="terms", **data):
    return client.post(reverse("portal:report_keep", args=[key]), data, follow=True)


def test_a_question_is_kept_and_opens_again(staff, client):
    branch = BranchFactory(name="一小")
    client.force_login(staff)

    keep(client, name="一小换届", branch=branch.pk)
    (saved,) = SavedReport.objects.all()
    page = client.get(reverse("portal:reports")).content.decode()
    address = f"{reverse('portal:report', args=['terms'])}?branch={branch.pk}"

    assert saved.asked == {"branch": branch.pk}
    assert "一小换届" in page
    assert address in page
    assert client.get(address).status_code == 200
    assert AuditEvent.objects.filter(action="report.keep").count() == 1


@pytest.mark.parametrize(
    ("data", "asked"),
    [({}, {}), ({"on": "2026-06-30"}, {"on": "2026-06-30"})],
    ids=["no day: found anew each time", "a day that was given stays"],
)
def test_the_day_is_kept_only_when_it_was_given(staff, client, data, asked):
    client.force_login(staff)

    keep(client, name="换届", **data)

    assert SavedReport.objects.get().asked == asked


@pytest.mark.parametrize("name", ["", "换届", "长" * 41], ids=["empty", "taken", "too long"])
def test_a_name_that_does_not_do_is_refused_with_words(staff, client, name):
    SavedReportFactory(name="换届", created_by=staff)
    client.force_login(staff)

    page = keep(client, name=name)

    assert "没有存下" in page.content.decode()
    assert SavedReport.objects.count() == 1


def test_only_so_many_are_kept(staff, monkeypatch):
    monkeypatch.setattr(making, "MOST_SAVED", 1)
    making.keep(BY_KEY["terms"], "一", {}, by=staff)

    with pytest.raises(ValidationError, match="最多存 1 张报表"):
        making.keep(BY_KEY["terms"], "二", {}, by=staff)


def test_one_is_dropped_by_its_owner_alone(staff, client):
    mine, other = SavedReportFactory(created_by=staff), SavedReportFactory()
    client.force_login(staff)

    assert client.post(reverse("portal:saved_report_drop", args=[other.pk])).status_code == 404
    client.post(reverse("portal:saved_report_drop", args=[mine.pk]))

    assert list(SavedReport.objects.all()) == [other]
    with pytest.raises(PermissionDenied):
        making.drop(other, by=staff)


def test_a_saved_report_of_a_kind_that_is_gone_does_not_break_the_page(staff, client):
    SavedReportFactory(created_by=staff, report="gone")
    client.force_login(staff)

    assert client.get(reverse("portal:reports")).status_code == 200


def test_a_job_leaves_the_same_file_for_its_owner(staff, client):
    MemberFactory(branch=BranchFactory(name="一小"), name="周明远")
    client.force_login(staff)

    answer = client.post(reverse("portal:report_job", args=["roster"]), {"on": "2026-06-30"})
    job = Job.objects.get()
    assert answer.headers["Location"] == reverse("portal:job", args=[job.pk])
    assert job.args == {"report": "roster", "kind": "xlsx", "on": "2026-06-30"}
    runner.run_here(job)

    job.refresh_from_db()
    name, data = jobs.fetch(job)
    direct = client.get(reverse("portal:report_file", args=["roster"]), {"on": "2026-06-30"}).content
    assert name == "党员花名册.xlsx"
    assert data == direct
    assert openpyxl.load_workbook(io.BytesIO(data)).active["C5"].value == "周明远"


def test_a_job_made_by_who_lost_the_post_makes_nothing(client, staff):
    job = making.start(BY_KEY["roster"], {}, "xlsx", by=staff)
    staff.appointments.update(ended_on=date(2026, 11, 1))

    runner.run_here(job)

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert not hasattr(job, "output")


@pytest.mark.parametrize("key", [key for key, report in BY_KEY.items() if report.has_word])
def test_word_is_given_where_an_office_sends_word(staff, client, key):
    client.force_login(staff)

    answer = client.get(reverse("portal:report_file", args=[key]), {"as": "docx"})

    assert answer.content.startswith(b"PK")
    assert "wordprocessingml" in answer.headers["Content-Type"]
    assert answer.content == client.get(reverse("portal:report_file", args=[key]), {"as": "docx"}).content


def test_a_word_file_that_nobody_would_read_is_refused_with_words(staff, client, monkeypatch):
    monkeypatch.setattr(making, "MOST_ON_PAPER", 3)
    client.force_login(staff)

    answer = client.get(reverse("portal:report_file", args=["statistics"]), {"as": "docx"}, follow=True)

    assert "Word 排不下" in answer.content.decode()
