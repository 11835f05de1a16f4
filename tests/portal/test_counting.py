"""Counting rows for the planner in the middle of a transaction holds up nobody else."""

import pytest
from django.db import connection

from portal.demo import analyse
from tests.factories import BranchFactory

pytestmark = pytest.mark.django_db

HELD = """
SELECT coalesce(pg_class.relname, locks.relation::text) FROM pg_locks locks LEFT JOIN pg_class ON pg_class.oid = relation
WHERE locks.pid = pg_backend_pid() AND locks.mode = 'ShareUpdateExclusiveLock' AND locks.database = 0
"""
KNOWN = "SELECT reltuples FROM pg_class WHERE relname = 'branches_branch'"


def test_what_is_not_committed_is_counted_and_no_table_of_the_whole_server_stays_locked():
    BranchFactory.create_batch(3)
    analyse()

    with connection.cursor() as cursor:
        cursor.execute(KNOWN)
        assert cursor.fetchone()[0] >= 3
        cursor.execute(HELD)
        assert cursor.fetchall() == []
        cursor.execute("ANALYZE")  # which is what would hold the others up
        cursor.execute(HELD)
        assert cursor.fetchall() != []
