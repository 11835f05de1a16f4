"""10,000 rows in at most three times their floor: reading the workbook with openpyxl and COPYing its rows."""

import io
import json
import time

import openpyxl
import pytest
from django.db import connection

from accounts.models import User
from members.models import Member
from portal import actions
from tests.imports import layouts
from tests.proofs import import_rows
from tests.proofs.scale import SHARE

ROWS, TIMES = 10_000, 3


def floor(data):
    """Seconds for reading every cell with openpyxl and COPYing them into a bare table."""
    begun = time.perf_counter()
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    lines = ["\t".join("" if cell is None else str(cell) for cell in row) for row in sheet.iter_rows(values_only=True)]
    with connection.cursor() as cursor:
        columns = ", ".join(f"c{number} text" for number in range(len(import_rows.HEADINGS)))
        cursor.execute(f"CREATE TEMPORARY TABLE bare ({columns})")
        cursor.copy_from(io.StringIO("\n".join(lines)), "bare")
    return time.perf_counter() - begun


@pytest.mark.django_db
def test_an_import_costs_no_more_than_three_times_its_floor():
    count = max(200, round(ROWS * SHARE))
    by, on = User.objects.system(), import_rows.TODAY
    kind, data, name = layouts.xlsx(import_rows.branches(count))
    actions.write(kind, actions.plan(kind, data, name, on=on), by=by, on=on)
    kind, data, name = import_rows.workbook(count)
    figures = {"rows": count, "floor": floor(data)}

    begun = time.perf_counter()
    batch, plan = actions.upload(kind, data, name, by=by, on=on)
    figures["dry run"] = time.perf_counter() - begun
    assert plan.count("insert") == count, plan.problems[:3]
    begun = time.perf_counter()
    batch, _ = actions.commit(batch, only_valid=False, by=by, on=on)
    figures["commit"] = time.perf_counter() - begun
    assert Member.objects.count() == count

    begun = time.perf_counter()
    again, _ = actions.upload(kind, data, name, by=by, on=on)
    again, _ = actions.commit(again, only_valid=False, by=by, on=on)
    figures["the same again"] = time.perf_counter() - begun
    assert (again.added, again.changed, again.unchanged) == (0, 0, count)
    begun = time.perf_counter()
    actions.undo(again, by=by, on=on)
    actions.undo(batch, by=by, on=on)
    figures["undo"] = time.perf_counter() - begun
    assert not Member.objects.exists()

    print(json.dumps({key: round(value, 2) for key, value in figures.items()}))
    if SHARE >= 1:
        assert figures["dry run"] + figures["commit"] <= TIMES * figures["floor"]
