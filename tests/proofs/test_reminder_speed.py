"""How long a sweep takes: 10,000 recipients against the bare INSERT … SELECT, and an idle minute of a large county."""

import time
from datetime import date, datetime, timedelta, timezone

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from branches.actions import root
from branches.models import Appointment, Branch
from branches.rights import Role
from duties.actions import generate
from reminders import sweep
from reminders.models import Digest, DigestLine, Reminder
from tests.proofs.scale import SHARE

pytestmark = pytest.mark.django_db
EAST = timezone(timedelta(hours=8))


def county(count):
    """So many branches, each with a secretary, and a year's duties."""
    Branch.objects.bulk_create(
        Branch(name=f"云岭第{number}小学党支部", parent=root(), path=f"new{number}", founded_on="2010-01-01")
        for number in range(count)
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE branches_branch SET path = %s || id || '/' WHERE path LIKE 'new%%'", [root().path])
    users = User.objects.bulk_create(
        User(username=f"secretary{number}", name="周明远", password="!") for number in range(count)
    )
    branches = Branch.objects.filter(kind="branch").order_by("pk")
    Appointment.objects.bulk_create(
        Appointment(user=user, branch=branch, role=Role.SECRETARY, started_on="2010-01-01")
        for user, branch in zip(users, branches, strict=True)
    )
    generate(2025, by=User.objects.system())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def timed(act):
    begun = time.perf_counter()
    found = act()
    return time.perf_counter() - begun, found


def at(day, hour, minute=0):
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=EAST)


def test_a_day_of_ten_thousand_recipients(monkeypatch):
    count = max(200, round(10_000 * SHARE))
    county(count)
    day = date(2025, 5, 25)
    find, _ = timed(lambda: sweep.run(at(day, 7)))  # before the hour: found and not sent
    assert Reminder.objects.filter(role=Role.SECRETARY, on=day).count() == count
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    spent = []
    send_only = sweep._send
    monkeypatch.setattr(sweep, "_send", lambda *given: spent.append(timed(lambda: send_only(*given))[0]))
    monkeypatch.setattr(sweep, "_beat", lambda *given: None)
    with CaptureQueriesContext(connection) as queries:
        whole, _ = timed(lambda: sweep.run(at(day, 8)))
    send = spent[0]
    assert Digest.objects.count() == DigestLine.objects.count() == count
    idle, _ = timed(lambda: sweep.run(at(day, 8, 1)))

    DigestLine.objects.all().delete()
    Digest.objects.all().delete()
    with connection.cursor() as cursor:
        bare, _ = timed(lambda: cursor.execute(_BARE, {"on": day, "now": at(day, 8)}))
    assert DigestLine.objects.count() == count
    print(
        f"{count} recipients: found in {find:.2f} s, sent in {send:.2f} s of a sweep of {whole:.2f} s, bare inserts {bare:.2f} s, "
        f"ratio {send / bare:.1f}, an idle minute {idle:.2f} s, {len(queries)} statements"
    )
    assert send < 3 * bare + 0.5  # half a second for a busy machine


_BARE = """
WITH made AS (
    INSERT INTO reminders_digest (user_id, "on", sent_at)
    SELECT user_id, %(on)s::date, %(now)s::timestamptz FROM branches_appointment WHERE role = 'secretary'
    RETURNING id, user_id
)
INSERT INTO reminders_digestline (digest_id, reminder_id)
SELECT made.id, reminder.id FROM made JOIN branches_appointment post USING (user_id)
JOIN reminders_reminder reminder ON reminder.place_id = post.branch_id AND reminder.role = 'secretary'
    AND reminder."on" = %(on)s
"""
