"""The year's workbook of a large county is made in the background; rights are asked when it is made."""

import pytest
from django.urls import reverse

from assessment.views import score
from branches.actions import root
from branches.models import Appointment
from branches.rights import Role
from jobs import runner
from jobs.models import Job
from tests.factories import BranchFactory, UserFactory

pytestmark = pytest.mark.django_db
URL = "/assessment/2025/workbook/"


@pytest.fixture
def staff(client, monkeypatch):
    monkeypatch.setattr(score, "AT_ONCE", 1)
    user = UserFactory(serving=root(), role=Role.STAFF)
    client.force_login(user)
    BranchFactory.create_batch(2)
    return user


def test_a_large_workbook_is_fetched_from_the_page_of_its_job(client, staff):
    page = client.get(URL)["Location"]
    job = Job.objects.get()
    assert page == reverse("portal:job", args=[job.pk])
    assert client.get(URL)["Location"] == page

    runner.run_here(job)

    assert "下载文件" in client.get(page).content.decode()
    answer = client.get(reverse("portal:job_file", args=[job.pk]))
    assert answer.content[:2] == b"PK"
    assert "2025" in answer["Content-Disposition"]


def test_who_has_left_the_post_in_between_gets_none(client, staff):
    client.get(URL)
    Appointment.objects.filter(user=staff).delete()

    job = runner.run_here(Job.objects.get())

    assert (job.state, job.error) == (Job.State.FAILED, "您的岗位没有“导出年度考核表”的权限。")
