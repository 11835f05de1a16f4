"""T-IMP-2 on the pages: bad workbooks of every kind, uploaded, looked at, told, committed. No server error, nothing written
unless it was committed, and then it is taken back; each planted fault is named by its sheet and cell."""

import json
import os
import random
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse

from branches.actions import root
from branches.rights import Role
from jobs import runner
from jobs.models import Batch, Job, Layout
from portal import actions
from tests.factories import UserFactory
from tests.imports import county, layouts
from tests.imports.checksum import checksum
from tests.proofs.scale import BLOCKS, SEED, times
from tests.proofs.test_damaged_workbooks import damage
from tests.proofs.test_planted_errors import flaws, roster

FIGURES = os.environ.get("FIGURES", "")  # a folder for the figures of each block
ODD = [
    "=1+1", "9" * 400, "２０２１年", "\u200b", "'; DROP TABLE x; --", -1, 1e300, True, date(1, 1, 1), date(9999, 12, 31), "𠮷" * 60,
    "2021-02-30", "NaN", "无", "/", 0, 12345678901234567890, "<b>", "\\N", "a\tb", "\n", "：", "1899-12-31", 45000.5,
]  # fmt: skip


def planted(rng):
    """(file, addresses of the faults): a roster whose every fault is known."""
    table = roster(rng)
    columns, at = list(table.headings), (rng.randrange(5), rng.randrange(4))
    cells = set()
    for number in rng.sample(range(len(table.rows)), rng.randrange(1, 9)):
        column, make = rng.choice(list(flaws(rng).values()))
        table = table.with_row(number, **{column: make(table.rows[number])})
        cells.add((table.sheet, f"{chr(65 + at[1] + columns.index(column))}{at[0] + number + 2}"))
    return layouts.xlsx(table, at=at), cells


def odd(rng):
    """Any cells of any table replaced by things that no office would write, and some that one would."""
    table = rng.choice(list(county.TABLES.values()))()
    for _ in range(rng.randrange(1, 12)):
        number, key = rng.randrange(len(table.rows)), rng.choice(list(table.headings))
        table = table.with_row(number, **{key: rng.choice(ODD)})
    return rng.choice([layouts.xlsx, lambda table: layouts.text(table, encoding=rng.choice(["gb18030", "utf-8-sig"]))])(
        table
    )


def strange(rng):
    """Headers that are missing, doubled, unknown or all one."""
    table = rng.choice(list(county.TABLES.values()))()
    names = list(table.headings.values())
    for _ in range(rng.randrange(1, 4)):
        names[rng.randrange(len(names))] = rng.choice(["甲", names[0], "日期", "", "姓名", "x" * 300])
    return layouts.xlsx(table.called(*names), at=(rng.randrange(3), rng.randrange(3)))


def broken(rng):
    kind, data, name = layouts.xlsx(rng.choice(list(county.TABLES.values()))())
    return kind, damage(data, rng), name


def visit(client, found, file, rng):
    """Everything that a person may do with a workbook; answers its batch, or None when it was refused in words."""
    kind, data, name = file

    def seen(response):
        found["pages"] += 1
        found["server errors"] += response.status_code >= 500
        return response

    answer = seen(client.post(reverse("portal:import_upload", args=[kind]), {"file": SimpleUploadedFile(name, data)}))
    if answer.status_code != 302:
        found["refused in words"] += 'role="alert"' in answer.content.decode()
        return None
    batch = Batch.objects.first()
    if batch.state == Batch.State.MAPPING:
        found["asked"] += 1
        page = reverse("portal:import_columns", args=[batch.pk])
        form = seen(client.get(page)).context["form"]
        keys = [column.key for column in actions.columns_of(kind)] + [""]
        seen(
            client.post(
                page, {name: rng.choice(keys) for name in form.fields} | {"at": rng.choice(["", "0-1", "0-2-3"])}
            )
        )
        batch.refresh_from_db()
    if batch.state == Batch.State.PLANNED:
        found["planned"] += 1
        for query in ("", "?show=error", "?like=0", "?show=update"):
            seen(client.get(answer["Location"] + query))
        seen(client.get(answer["Location"] + "annotated/"))
    return batch


@pytest.mark.usefixtures("organised")
@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_bad_workbook_is_answered_in_words_and_writes_nothing(client, block):
    rng, found = random.Random(f"{SEED}/bad/{block}"), Counter()
    client.raise_request_exception = False
    client.force_login(UserFactory(serving=root(), role=Role.STAFF))
    for _ in range(times(2_000)):
        faults = None
        with transaction.atomic():
            make = rng.choice([planted, planted, odd, strange, broken])
            file = make(rng)
            if make is planted:
                file, faults = file
            before = checksum()
            batch = visit(client, found, file, rng)
            found["workbooks"] += 1
            found["written without being asked"] += checksum() != before
            if batch is not None and batch.state == Batch.State.PLANNED:
                if faults is not None:
                    told = {(each.sheet, each.cell) for each in actions.shown(batch).problems if each.level == "error"}
                    found["planted"] += len(faults)
                    found["named"] += len(faults & told)
                    found["told"] += len(told)
                answer = client.post(
                    reverse("portal:import_batch", args=[batch.pk]), {"only_valid": "1", "plan": batch.plan_hash}
                )
                found["server errors"] += answer.status_code >= 500
                batch.refresh_from_db()
                if batch.state == Batch.State.COMMITTED:
                    found["committed"] += 1
                    client.post(reverse("portal:import_undo", args=[batch.pk]))
                    batch.refresh_from_db()
                    found["not as before after undo"] += batch.state != Batch.State.UNDONE or checksum() != before
                else:
                    found["not committed"] += 1
                    found["written without being asked"] += checksum() != before
            found["broken"] += Job.objects.filter(error=runner.BROKEN).count()
            Layout.objects.all().delete()
            transaction.set_rollback(True)
    if FIGURES:
        Path(FIGURES, f"bad-{block}.json").write_text(json.dumps(found))
    assert found["broken"] == 0
    assert found["server errors"] == found["written without being asked"] == found["not as before after undo"] == 0
    assert found["named"] == found["planted"]
    assert found["named"] >= 0.99 * found["told"]
