"""Long work: asked for once, done once, told while it goes on, cancelled with nothing written, taken up again when lost."""

import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, User
from branches.actions import root
from branches.models import School
from branches.rights import Role, require
from jobs import actions, registry, runner
from jobs.models import Job, Output
from tests.factories import JobFactory, OutputFactory, UserFactory

NAME = "青禾县某小学"
State = Job.State


def declare(monkeypatch, function, **options):
    """A work of this test alone."""
    monkeypatch.setattr(registry, "_WORKS", dict(registry._WORKS))
    registry.work("tests.work", label="试办", **options)(function)


def writes(job, progress):
    School.objects.create(name=NAME)
    progress(3, 4, "登记单位")
    return {"schools": 1}


def ask(by, **args):
    return actions.start("tests.work", args, by=by, is_small=True)


@pytest.fixture
def person(db):
    return UserFactory()


def test_small_work_is_done_when_it_was_asked_for(monkeypatch, person):
    declare(monkeypatch, writes)

    job = ask(person)

    assert (job.state, job.result, job.attempts) == (State.DONE, {"schools": 1}, 1)
    assert job.started_at <= job.finished_at
    assert School.objects.get().name == NAME


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValidationError(["甲", "乙"]), "甲；乙"),
        (PermissionDenied("您的岗位没有权限。"), "您的岗位没有权限。"),
        (RuntimeError(f"{NAME} 530102"), runner.BROKEN),
    ],
    ids=["refused", "not allowed", "broken"],
)
def test_work_that_fails_has_written_nothing_and_says_why(monkeypatch, person, caplog, error, told):
    def fails(job, progress):
        writes(job, progress)
        raise error

    declare(monkeypatch, fails)

    job = ask(person)

    assert (job.state, job.error) == (State.FAILED, told)
    assert not School.objects.exists()
    assert NAME not in caplog.text


@pytest.mark.django_db
def test_rights_are_asked_when_the_work_runs(monkeypatch):
    person = UserFactory(serving=root(), role=Role.LEADER)
    declare(monkeypatch, lambda job, progress: require(job.created_by, "import.run", at=root()))

    assert ask(person).error == "您的岗位没有“导入工作簿”的权限。"


def test_nobody_has_two_of_a_kind_open(person):
    JobFactory(created_by=person)

    with pytest.raises(ValidationError, match="还有一件没有办完"):
        actions.start("tests.nothing", {}, by=person, is_small=True)
    assert actions.start("tests.nothing", {}, by=UserFactory(), is_small=True).state == State.DONE


def test_an_unknown_work_is_no_work(person):
    with pytest.raises(KeyError):
        actions.start("tests.unknown", {}, by=person, is_small=True)


def test_a_waiting_job_is_cancelled_at_once_and_only_by_its_owner(person):
    job = JobFactory(created_by=person)
    with pytest.raises(PermissionDenied):
        actions.stop(job, by=UserFactory())

    stopped = actions.stop(job, by=person)

    assert (stopped.state, stopped.finished_at is None) == (State.CANCELLED, False)
    assert AuditEvent.objects.filter(action="job.stop", by=person).exists()
    with pytest.raises(ValidationError, match="已经结束"):
        actions.stop(job, by=person)


def test_a_file_is_kept_sealed_and_comes_back(person):
    job = JobFactory(created_by=person)

    actions.leave(job, "汇总表.xlsx", b"PK\x03\x04 figures")

    assert b"figures" not in bytes(Output.objects.get().content)
    assert actions.fetch(job) == ("汇总表.xlsx", b"PK\x03\x04 figures")


def test_old_jobs_go_with_their_files(person):
    OutputFactory(job__created_by=person)
    kept = JobFactory(created_by=person)

    actions.forget(timezone.now())

    assert list(Job.objects.all()) == [kept]
    assert not Output.objects.exists()


# --- by the worker


@pytest.fixture
def waiting(django_db_setup, django_db_blocker, monkeypatch):
    """A job that waits for the worker. Committed, since the worker's second connection must see it, and cleared by hand: the
    record of events takes no TRUNCATE, so this is no test of the transactional kind."""
    monkeypatch.setattr(actions, "kick", lambda: None)
    monkeypatch.setattr(runner, "EACH", 0)

    def ask_for(function):
        declare(monkeypatch, function)
        return actions.start("tests.work", {}, by=User.objects.system(), is_small=False)

    with django_db_blocker.unblock():
        yield ask_for
        Job.objects.all().delete()
        School.objects.all().delete()
        connection.close()


def seen_from_elsewhere(job):
    """The job as another connection sees it at this moment."""
    other = connection.copy()
    try:
        return runner._ask(other, "SELECT state, done, total, note FROM jobs_job WHERE id = %s", [job.pk])[0]
    finally:
        other.close()


def test_others_see_how_far_the_work_is_before_it_is_written(waiting):
    seen = []

    def tells(job, progress):
        writes(job, progress)
        seen.append(seen_from_elsewhere(job))

    job = waiting(tells)
    assert job.state == State.WAITING

    runner.run_waiting()

    job.refresh_from_db()
    assert seen == [("running", 3, 4, "登记单位")]
    assert (job.state, School.objects.count()) == (State.DONE, 1)


def test_a_running_job_stops_at_its_next_step_with_nothing_written(waiting):
    def is_cancelled_meanwhile(job, progress):
        writes(job, progress)
        canceller = threading.Thread(target=cancel)
        canceller.start()
        canceller.join()
        progress(4)

    def cancel():
        Job.objects.update(stop_asked_at=timezone.now())
        connection.close()

    job = waiting(is_cancelled_meanwhile)

    runner.run_waiting()

    job.refresh_from_db()
    assert (job.state, School.objects.count()) == (State.CANCELLED, 0)


def test_work_that_lost_its_worker_is_done_again_three_times_at_most(waiting):
    job, lost = waiting(writes), []
    for attempts in range(1, 5):
        Job.objects.filter(pk=job.pk).update(state=State.RUNNING, attempts=attempts - 1, finished_at=None)
        School.objects.all().delete()
        runner.run_waiting()
        job.refresh_from_db()
        lost.append((job.state, job.attempts))

    assert lost == [(State.DONE, 1), (State.DONE, 2), (State.DONE, 3), (State.FAILED, 4)]
    assert job.error == runner.LOST


def test_a_job_in_somebodys_hands_is_left_alone(waiting):
    job = waiting(writes)
    other = connection.copy()
    try:
        with runner._holding(other, job.pk):
            runner.run_waiting()
            assert Job.objects.get().state == State.WAITING
        with runner._holding(other, runner.SLOT):
            runner.run_waiting()
            assert Job.objects.get().state == State.WAITING
    finally:
        other.close()
    runner.run_waiting()
    assert Job.objects.get().state == State.DONE


def test_a_queue_that_is_away_neither_fails_nor_keeps_anybody_waiting(settings):
    settings.CELERY_BROKER_URL = "redis://10.255.255.1:6379/0"
    begun = timezone.now()

    actions.kick()

    assert (timezone.now() - begun).total_seconds() < 2


# --- on the pages


@pytest.fixture
def page(client, person):
    client.force_login(person)
    return client


def test_the_page_of_a_job_asks_again_until_it_leads_on(page, person, monkeypatch):
    declare(monkeypatch, writes, leads_to=lambda job: reverse("portal:jobs"), leads_label="看单位")
    job = JobFactory(created_by=person, kind="tests.work", state=State.RUNNING, done=3, total=4)
    address = reverse("portal:job", args=[job.pk])
    text = page.get(address).content.decode()
    assert 'hx-trigger="every 1s"' in text
    assert 'http-equiv="refresh"' in text
    assert "3／4" in text

    Job.objects.filter(pk=job.pk).update(state=State.DONE, finished_at=timezone.now())

    assert page.get(address, HTTP_HX_REQUEST="true")["HX-Redirect"] == reverse("portal:jobs")
    assert "看单位" in page.get(address).content.decode()


def test_a_work_that_this_version_no_longer_has_is_still_listed(page, person):
    job = JobFactory(created_by=person, kind="portal.gone", state=State.DONE, finished_at=timezone.now())

    for name, args in (("portal:jobs", []), ("portal:job", [job.pk])):
        assert "以前的后台工作" in page.get(reverse(name, args=args)).content.decode()


def test_a_job_is_cancelled_on_its_page(page, person):
    job = JobFactory(created_by=person)

    answer = page.post(reverse("portal:job_stop", args=[job.pk]), follow=True)

    assert "已取消，没有写入任何数据" in answer.content.decode()


def test_the_list_names_the_result_and_costs_the_same_at_any_length(page, person, count_queries):
    for kind in range(3):
        OutputFactory(job__created_by=person, job__result={"n": kind})
    assert "汇总表.xlsx" in page.get(reverse("portal:jobs")).content.decode()
    before = count_queries(reverse("portal:jobs"))
    for _ in range(6):
        OutputFactory(job__created_by=person)
    assert count_queries(reverse("portal:jobs")) == before


def test_a_file_is_fetched_by_its_owner_alone(page, person, client):
    mine, other = OutputFactory(job__created_by=person).job, OutputFactory().job

    assert page.get(reverse("portal:job_file", args=[mine.pk])).content == b"PK"
    assert page.get(reverse("portal:job_file", args=[other.pk])).status_code == 404
    assert page.get(reverse("portal:job", args=[other.pk])).status_code == 404
