"""系统状态 tells what should be known before people call; /readyz says yes or no and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone

from branches.actions import root
from branches.rights import Role
from portal.models import MaintenanceRun
from portal.operations import health
from portal.operations.archive import Archive
from reminders.models import Sweep
from tests.factories import MaintenanceRunFactory, UserFactory

NOW = datetime(2025, 11, 20, 2, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def _state(check, now=NOW):
    return check(now).state


# --- the page


def test_only_the_administrator_sees_the_page(client):
    for role, status in ((Role.ADMIN, 200), (Role.STAFF, 403), (Role.LEADER, 403), (Role.INSPECTOR, 403)):
        client.force_login(UserFactory(serving=root(), role=role))
        assert client.get(reverse("portal:status")).status_code == status


def test_the_page_says_what_to_do_first(client):
    client.force_login(UserFactory(serving=root(), role=Role.ADMIN))
    MaintenanceRunFactory(is_good=False, reason="备份目录 /srv/backup 不能写。", finished_at=timezone.now())

    page = client.get(reverse("portal:status")).content.decode()

    assert "要处理" in page
    assert "备份目录 /srv/backup 不能写。" in page
    assert page.index("最近一次没有成功") < page.index("PostgreSQL")


def test_the_page_costs_the_same_after_a_year_of_backups(client, count_queries):
    client.force_login(UserFactory(serving=root(), role=Role.ADMIN))
    MaintenanceRunFactory(finished_at=NOW)
    count_queries(reverse("portal:status"))
    before = count_queries(reverse("portal:status"))
    for days in range(30):
        MaintenanceRunFactory(finished_at=NOW - timedelta(days=days))

    assert count_queries(reverse("portal:status")) == before


def test_a_missing_backup_stands_on_every_page_of_who_keeps_the_portal_running(client, settings):
    settings.BACKUP_DIR = "/srv/backup"
    for role, count in ((Role.ADMIN, 1), (Role.STAFF, None)):
        client.force_login(UserFactory(serving=root(), role=role))
        links = [link for group in client.get(reverse("portal:own")).context["nav"] for link in group["items"]]
        assert next((link.count for link in links if link.url == reverse("portal:status")), None) == count


# --- what is red, to the hour


@pytest.mark.parametrize(("hours", "state"), [(26, health.FINE), (26.1, health.BAD)], ids=["26 hours", "longer"])
def test_a_backup_is_red_after_26_hours(settings, hours, state):
    settings.BACKUP_DIR = "/srv/backup"
    MaintenanceRunFactory(finished_at=NOW - timedelta(hours=hours))

    assert _state(health._backup) == state
    assert health.backup_is_late(NOW) == (state == health.BAD)


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (Archive(False, None, None, None), health.CARE),
        (Archive(True, None, None, None), health.BAD),
        (Archive(True, "0A", NOW - timedelta(minutes=5), None), health.FINE),
        (Archive(True, "0A", NOW - timedelta(minutes=5, seconds=1), None), health.BAD),
        (Archive(True, "0A", NOW, NOW - timedelta(seconds=1)), health.FINE),
        (Archive(True, "0A", NOW - timedelta(seconds=1), NOW), health.BAD),
        (Archive(True, None, None, NOW), health.BAD),
    ],
    ids=["off", "never", "five minutes", "longer", "failed before", "failed since", "only failed"],
)
def test_an_archive_that_stands_still_is_red(found, state):
    assert health.archived(found, NOW).state == state


def test_the_archive_of_this_server_is_read():
    assert _state(health._archive) == health.CARE, "the servers of the tests archive nothing"


def test_no_backup_is_red_only_where_one_was_ordered(settings):
    assert _state(health._backup) == health.CARE
    assert not health.backup_is_late(NOW)
    settings.BACKUP_DIR = "/srv/backup"
    assert _state(health._backup) == health.BAD
    assert health.backup_is_late(NOW)


def test_a_failure_after_a_good_backup_is_red_at_once():
    MaintenanceRunFactory(finished_at=NOW - timedelta(hours=20))
    MaintenanceRunFactory(finished_at=NOW - timedelta(hours=1), is_good=False, reason="磁盘满")

    assert _state(health._backup) == health.BAD


@pytest.mark.parametrize(("days", "state"), [(8, health.FINE), (9, health.CARE)], ids=["8 days", "9 days"])
def test_a_drill_is_due_after_eight_days(days, state):
    MaintenanceRunFactory(kind=MaintenanceRun.Kind.DRILL, finished_at=NOW - timedelta(days=days))

    assert _state(health._drill) == state


@pytest.mark.parametrize(("minutes", "state"), [(4, health.FINE), (5, health.BAD)], ids=["4 minutes", "5 minutes"])
def test_a_worker_that_fell_silent_is_red(minutes, state):
    Sweep.objects.create(on=NOW.date(), last_at=NOW - timedelta(minutes=minutes))

    assert _state(health._worker) == state


def test_a_queue_that_is_away_is_red_and_says_what_still_works(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    found = health._queue(NOW)

    assert (found.state, "网页照常使用" in found.found) == (health.BAD, True)


def test_a_migration_that_did_not_run_is_red(monkeypatch):
    monkeypatch.setattr(health, "_on_disk", lambda: frozenset({("portal", "9999_later")}))

    found = health._migrations(NOW)

    assert (found.state, "portal.9999_later" in found.found) == (health.BAD, True)


# --- /readyz


def test_ready_says_nothing_but_yes(client):
    answer = client.get("/readyz")

    assert (answer.status_code, answer.content) == (200, b"ready")


def _falls(*_):
    raise DatabaseError


@pytest.mark.parametrize(
    ("what", "name", "value"),
    [
        ("migrations", "pending_migrations", lambda: [("portal", "9999_later")]),
        ("database", "pending_migrations", _falls),
        ("disk", "_free", lambda: 0.029),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_not_ready_keeps_the_reason_for_the_log(client, monkeypatch, caplog, what, name, value):
    monkeypatch.setattr(health, name, value)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.content) == (503, b"not ready")
    assert what in caplog.text


def test_not_ready_without_keys(client, settings, tmp_path):
    settings.VAULT_KEY_DIR = tmp_path

    assert client.get("/readyz").status_code == 503


def test_a_queue_that_is_down_does_not_end_the_serving(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert client.get("/readyz").status_code == 200
