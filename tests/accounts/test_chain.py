"""T-AUD: whatever the owner of the database changes in the record of who did what, the chain names the place."""

import io
import stat
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts import audit, chain
from accounts.models import AuditEvent, AuditLink
from accounts.tasks import chain_events
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
MIDDLE = 6


@pytest.fixture(autouse=True)
def settled(monkeypatch, settings, tmp_path):
    """Everything counts as committed: the tests' own transaction never ends, nor do those of their neighbours."""
    start = chain.SETTLED.index("AND ((pg_snapshot_xmin")
    end = chain.SETTLED.index("ORDER BY")
    monkeypatch.setattr(chain, "SETTLED", chain.SETTLED[:start] + chain.SETTLED[end:])
    settings.VAR_DIR = tmp_path


@pytest.fixture
def events():
    """Ten events on the chain, the first at position 1."""
    as_owner("DELETE FROM accounts_auditlink")
    as_owner("DELETE FROM accounts_auditevent")
    people = [UserFactory() for _ in range(2)]
    made = [audit.record("member.edit", people[0], by=people[n % 2], count=n, name="周明远") for n in range(10)]
    with time_machine.travel(NOON, tick=False):
        assert chain.extend() == 10
    return made


def as_owner(statement, params=()):
    """As somebody who may switch the triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, params)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


@contextmanager
def undone():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def broken(heads=()):
    found = chain.verify(heads=heads)
    return found.broken and (found.broken.kind, found.broken.position)


def test_a_whole_chain_holds(events):
    found = chain.verify()

    assert (found.links, found.head, found.broken, found.waiting) == (10, chain.head().digest, None, 0)
    assert list(AuditLink.objects.order_by("position").values_list("event", flat=True)) == [e.pk for e in events]
    assert chain.extend() == 0
    audit.record("member.edit", by=events[0].by)
    assert chain.verify().waiting == 1
    assert chain.extend() == 1
    assert chain.verify().links == 11


FLIPS = {
    "at": "at + interval '1 microsecond'", "by_id": "(SELECT min(id) FROM accounts_user WHERE id <> by_id)",
    "action": "'member.add'", "label": "'x'", "object_id": "'x'", "detail": """'{"count": 99}'""", "id": "id + 1000000",
}  # fmt: skip


@pytest.mark.parametrize("position", range(1, 11))
def test_each_cell_of_each_event_is_watched(events, position):
    columns = {field.column for field in AuditEvent._meta.concrete_fields}
    assert columns == set(FLIPS) == set(chain.COLUMNS)
    for column, value in FLIPS.items():
        with undone():
            as_owner(f"UPDATE accounts_auditevent SET {column} = {value} WHERE id = %s", [events[position - 1].pk])  # noqa: S608
            assert broken() == ("missing" if column == "id" else "altered", position), column


@pytest.mark.parametrize("position", range(1, 11))
def test_each_cell_of_each_link_is_watched(events, position):
    flips = {
        "at": "at + interval '1 second'", "digest": "md5(digest) || md5(digest)", "position": "position + 1000",
        "event_id": "event_id + 1000000",
    }  # fmt: skip
    assert {field.column for field in AuditLink._meta.concrete_fields} == set(flips)
    for column, value in flips.items():
        with undone():
            as_owner(f"UPDATE accounts_auditlink SET {column} = {value} WHERE position = %s", [position])  # noqa: S608
            kind = {"position": "gap", "event_id": "missing"}.get(column, "altered")
            assert broken() == (kind, position), column


@pytest.mark.parametrize("position", range(1, 11))
def test_each_deletion_is_located(events, position):
    pk = events[position - 1].pk
    with undone():
        as_owner("DELETE FROM accounts_auditevent WHERE id = %s", [pk])
        assert broken() == ("missing", position)
    heads = [(10, chain.head().digest)]
    with undone():
        as_owner("DELETE FROM accounts_auditlink WHERE position = %s", [position])
        as_owner("DELETE FROM accounts_auditevent WHERE id = %s", [pk])
        assert broken(heads) == (("cut", 10) if position == 10 else ("gap", position))


@pytest.mark.parametrize("other", [1, 2, 5, 7, 10])
def test_an_exchange_names_both(events, other):
    one, two = events[MIDDLE - 1].pk, events[other - 1].pk
    first = min(MIDDLE, other)
    with undone():  # the keys of two events
        for old, new in ((one, -1), (two, one), (-1, two)):
            as_owner("UPDATE accounts_auditevent SET id = %s WHERE id = %s", [new, old])
        assert broken() == ("swapped", first)
        assert {chain.verify().broken.event, chain.verify().broken.other} == {one, two}
    with undone():  # the events of two links
        for old, new in ((one, -1), (two, one), (-1, two)):
            as_owner("UPDATE accounts_auditlink SET event_id = %s WHERE event_id = %s", [new, old])
        assert broken() == ("swapped", first)


@pytest.mark.parametrize("cut", range(1, 11))
def test_a_tail_cut_off_shows_against_a_kept_head(events, cut):
    heads = [(10, chain.head().digest)]
    as_owner("DELETE FROM accounts_auditlink WHERE position >= %s", [cut])
    as_owner("DELETE FROM accounts_auditevent WHERE id >= %s", [events[cut - 1].pk])

    assert broken() is None  # by itself a shorter chain is whole
    assert broken(heads) == ("cut", 10)


def test_a_chain_made_anew_shows_against_a_kept_head(events):
    heads = [(10, chain.head().digest)]
    as_owner("UPDATE accounts_auditevent SET action = 'x' WHERE id = %s", [events[3].pk])
    as_owner("DELETE FROM accounts_auditlink")
    with time_machine.travel(NOON, tick=False):
        chain.extend()

    assert broken() is None
    assert broken(heads) == ("rewritten", 10)


def test_what_was_slipped_in_later_is_found(events):
    with time_machine.travel(datetime(2026, 11, 20, 6, 0, tzinfo=UTC), tick=False):
        audit.record("member.edit", by=events[0].by)
        chain.extend()
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        as_owner("UPDATE accounts_auditevent SET id = -5 WHERE id = (SELECT max(id) FROM accounts_auditevent)")
        assert broken() == ("missing", 11)
        as_owner("DELETE FROM accounts_auditlink WHERE position = 11")
        assert broken() == ("inserted", 10)


@pytest.mark.parametrize("statement", ["UPDATE {} SET at = now()", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize("table", ["accounts_auditevent", "accounts_auditlink"])
def test_the_portal_itself_can_only_add(events, table, statement):
    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_nothing_that_still_runs_is_chained(monkeypatch):
    """The real condition: what this very transaction wrote is not settled yet."""
    monkeypatch.undo()
    audit.record("member.edit", by=UserFactory())

    assert chain.extend() == 0


def test_a_second_tick_leaves_it_to_the_first(events, monkeypatch):
    monkeypatch.setattr(chain, "LOCK", chain.LOCK + 1)  # the first is held by this transaction itself since `events`
    audit.record("member.edit", by=events[0].by)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [chain.LOCK])
        assert chain.extend() == 0
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [chain.LOCK])
    finally:
        other.close()
    assert chain.extend() == 1


def test_the_head_of_each_day_is_kept_outside(events, settings):
    path = settings.VAR_DIR / "audit-heads.log"
    assert not chain.keep_head(on=date(2026, 11, 20))  # the day is not over
    assert chain.keep_head(on=date(2026, 11, 21))
    assert not chain.keep_head(on=date(2026, 11, 21))
    assert not chain.keep_head(on=date(2026, 11, 22))

    digest = chain.head().digest
    assert path.read_text("ascii") == f"2026-11-20 10 {digest}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert chain.kept_heads() == [(10, digest)]
    path.write_text("rubbish\n")
    assert broken(chain.kept_heads()) == ("rewritten", 1)


def test_the_tick_and_the_command(events):
    audit.record("member.edit", by=events[0].by)
    chain_events()
    assert AuditLink.objects.count() == 11
    said = io.StringIO()
    call_command("verify_audit", stdout=said)
    assert "操作记录链完好：11 环" in said.getvalue()

    as_owner("UPDATE accounts_auditevent SET action = 'x' WHERE id = %s", [events[MIDDLE - 1].pk])
    with pytest.raises(CommandError, match=f"第 {MIDDLE} 环的操作记录（编号 {events[MIDDLE - 1].pk}）") as failure:
        call_command("verify_audit")
    assert failure.value.returncode == 1


def test_the_walk_costs_the_same_number_of_queries_at_any_length(events, django_assert_num_queries):
    with django_assert_num_queries(6):
        chain.verify()
    AuditEvent.objects.bulk_create(
        AuditEvent(by=events[0].by, action="x", at=timezone.now()) for _ in range(chain.CHUNK)
    )
    chain.extend()
    with django_assert_num_queries(6):
        assert chain.verify().links == chain.CHUNK + 10
