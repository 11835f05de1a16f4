"""T-STALE: a post that is over opens nothing, whatever was asked, queued or left open while it still gave rights."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from branches.actions import appoint, dismiss, root
from branches.rights import Role
from jobs import actions as jobs
from jobs import runner
from jobs.models import Batch, Job
from members.models import Member
from portal import exports
from portal.models import Export
from portal.reports import making
from portal.reports.catalogue import BY_KEY
from tests.factories import (
    AppointmentFactory,
    BatchFactory,
    BranchFactory,
    JobFactory,
    MemberFactory,
    OutputFactory,
    UserFactory,
)

YESTERDAY = timezone.localdate() - timedelta(days=1)


@pytest.fixture
def branch(db):
    branch = BranchFactory()
    MemberFactory.create_batch(2, branch=branch)
    return branch


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


def leave_post(user, on=YESTERDAY, role=None):
    post = user.appointments.get(ended_on=None, **({"role": role} if role else {}))
    dismiss(post, on=on, by=User.objects.system())


def exported(by, **how):
    asked = {"data": "", "columns": ["name", "phone"], "clear": [], "purpose": "核对名册", "kind": "xlsx"} | how
    return exports.ask("members", by=by, on=timezone.localdate(), **asked)


def test_an_open_page_and_its_poll_answer_no_more(client, branch, secretary):
    client.force_login(secretary)
    member = Member.objects.first()
    pages = [
        reverse("members:list"),
        reverse("members:detail", args=[member.pk]),
        reverse("branches:detail", args=[branch.pk]),
    ]
    ways = [{}, {"HTTP_HX_REQUEST": "true"}]

    assert {client.get(page, **way).status_code for page in pages for way in ways} == {200}
    leave_post(secretary)
    assert {client.get(page, **way).status_code for page in pages for way in ways} <= {403, 404}


class TestFilesOfWork:
    """What a long work left behind is handed to its owner only while the posts are what they were."""

    @pytest.fixture
    def job(self, secretary):
        return OutputFactory(job__created_by=secretary).job

    def fetched(self, client, job):
        client.force_login(job.created_by)
        answer = client.get(reverse("portal:job_file", args=[job.pk]), follow=True)
        if answer.content == b"PK":
            return True
        assert "岗位有变动" in answer.content.decode()
        return False

    def test_the_owner_in_the_same_post_has_it(self, client, job):
        assert self.fetched(client, job)

    @pytest.mark.parametrize("days", [1, 30])
    def test_after_the_dismissal_nobody_has_it_however_far_back_it_is_dated(self, client, job, secretary, days):
        leave_post(secretary, on=timezone.localdate() - timedelta(days=days))

        assert not self.fetched(client, job)

    def test_on_the_last_day_it_is_still_there(self, client, job, secretary):
        leave_post(secretary, on=timezone.localdate())

        assert self.fetched(client, job)

    def test_a_post_that_ran_out_as_planned_takes_it_along(self, client, job, secretary):
        leave_post(secretary, on=timezone.localdate())
        Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(days=5))
        secretary.appointments.update(ended_on=YESTERDAY)

        assert not self.fetched(client, job)

    def test_another_post_instead_does_not_bring_it_back(self, client, job, secretary):
        leave_post(secretary)
        appoint(secretary, BranchFactory(), Role.SECRETARY, started_on=timezone.localdate(), by=User.objects.system())

        assert not self.fetched(client, job)

    def test_a_further_post_and_what_ended_long_before_change_nothing(self, client, job, secretary):
        appoint(secretary, BranchFactory(), Role.EDITOR, started_on=timezone.localdate(), by=User.objects.system())
        AppointmentFactory(user=secretary, branch=BranchFactory(), role=Role.EDITOR, ended_on=date(2020, 1, 1))

        assert self.fetched(client, job)


class TestExports:
    def test_a_ready_file_is_not_handed_out(self, client, secretary):
        export = exported(secretary)
        exports.set_out(export)
        client.force_login(secretary)
        link = reverse("portal:export_file", args=[export.pk])
        assert client.get(link).content.startswith(b"PK")

        leave_post(secretary)

        assert client.get(link).status_code in (403, 404)

    def test_nor_its_numbers_in_clear_to_who_may_see_them_masked(self, branch, secretary, monkeypatch):
        export = exported(secretary, clear=["phone"])
        exports.set_out(export)
        export.refresh_from_db()
        monkeypatch.setattr(exports, "may", lambda by, verb, at=None: verb != "member.reveal")

        with pytest.raises(exports.PermissionDenied):
            exports.fetch(export, by=secretary)
        with pytest.raises(exports.PermissionDenied):
            exports.make(export, on=timezone.localdate())

    def test_a_queued_one_is_not_made(self, secretary):
        export = exported(secretary)
        job = JobFactory(kind="portal.export", args={"export": export.pk}, created_by=secretary)

        leave_post(secretary)

        assert runner.run_here(job).state == Job.State.FAILED
        assert Export.objects.get().file is None


def test_a_queued_report_is_not_made(branch, secretary):
    upper = UserFactory(serving=root(), role=Role.STAFF)
    job = making.start(BY_KEY["roster"], {}, making.XLSX, by=upper)

    leave_post(upper)

    assert runner.run_here(job).state == Job.State.FAILED
    assert not hasattr(job, "output")


@pytest.mark.parametrize("kind", ["portal.import_plan", "portal.import_commit", "portal.import_undo"])
def test_a_queued_import_writes_nothing(branch, kind):
    staff = UserFactory(serving=root(), role=Role.STAFF)
    batch = BatchFactory(created_by=staff)
    args = {"batch": batch.pk, "only_valid": True, "shown": batch.plan_hash}
    job = jobs.start(kind, args, by=staff, is_small=False)
    before = Member.objects.count()

    leave_post(staff)
    job = runner.run_here(job)

    assert (job.state, Member.objects.count()) == (Job.State.FAILED, before)
    assert "岗位" in job.error
    assert Batch.objects.get().state == Batch.State.PLANNED
