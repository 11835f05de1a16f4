"""Grading right after a large import, while PostgreSQL's figures of the tables are still old ones."""

from datetime import date

import pytest
from django.db import connection

from accounts.models import User
from assessment import scoring
from portal.actions import tend
from tests.imports import county
from tests.imports.test_real_workbooks import DATA, ON, workbook

pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the county's workbooks are not at {DATA}"),
    pytest.mark.django_db,
]


def test_a_year_is_graded_in_seconds_whatever_the_planner_believes():
    county.bring(workbook("organisations"), on=ON)
    county.bring(workbook("meetings"), on=ON)
    with connection.cursor() as cursor:
        # What autovacuum leaves after it saw only rows that were taken back: pages, and no rows in them.
        cursor.execute(
            "UPDATE pg_class SET reltuples = 0, relpages = 20 WHERE relname IN ('meetings_meeting', 'meetings_meetingkind')"
        )
        cursor.execute(
            "UPDATE pg_class SET reltuples = 0, relpages = 1 WHERE relname LIKE 'meetings_me%' AND relkind = 'i'"
        )
        cursor.execute("SET LOCAL statement_timeout = '10s'")
    tend(2025, by=User.objects.system())

    assert len(scoring.grade(2025, on=date(2026, 3, 31))) == 96
