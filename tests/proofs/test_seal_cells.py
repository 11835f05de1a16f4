"""T-SEAL as the owner of the database: every column of every sealed row and seal changed, rows taken out, put in, exchanged and
cut off, digests made anew without the key: each found, with the seal, the organisation and the column."""

import json
import random

import pytest

from assessment import sealing, verification
from assessment.models import Seal, SealedScore
from tests.assessment.sealed import as_owner, finalised, graded_year, sealed, undone
from tests.assessment.test_seal_verify import ROW_FLIPS, SEAL_FLIPS
from tests.proofs.scale import SEED, SHARE

pytestmark = pytest.mark.django_db
BRANCHES = max(4, round(30 * SHARE))
ROWS = SealedScore._meta.db_table


@pytest.fixture
def seals(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    year = graded_year(BRANCHES)
    made = [sealed(year), finalised(year)]
    sealing.keep_heads()
    assert breaks() == []
    return made


def breaks():
    return [
        (each.kind, each.seal, each.position, each.branch, each.column)
        for each in verification.verify(heads=sealing.kept_heads()).findings
    ]


def named(row):
    return (row.seal.number, row.position, f"第{row.position}小学党支部")


def test_every_cell(seals, record_property):
    tried = 0
    for row in SealedScore.objects.select_related("seal").order_by("seal", "position"):
        for column, value in ROW_FLIPS.items():
            with undone():
                as_owner(f"UPDATE {ROWS} SET {column} = {value} WHERE id = %s", [row.pk])  # noqa: S608
                kind = {"seal_id": "row_missing", "signature": "row_signature"}.get(column, "row_altered")
                label = verification.label(SealedScore, column) if kind == "row_altered" else ""
                assert (kind, *named(row), label) in breaks(), (column, row.pk)
            tried += 1
    for seal in seals:
        for column, value in SEAL_FLIPS.items():
            with undone():
                as_owner(f"UPDATE {Seal._meta.db_table} SET {column} = {value} WHERE id = %s", [seal.pk])  # noqa: S608
                number = seal.number + (1000 if column == "number" else 0)
                kind = "seal_signature" if column == "signature" else "seal_altered"
                label = verification.label(Seal, column) if kind == "seal_altered" else ""
                assert (kind, number, None, "", label) in breaks(), column
            tried += 1
    record_property("cells", tried)
    print(f"\n{tried} cells changed one by one, {tried} found and located")


def test_rows_taken_out_exchanged_moved_and_forged(seals, record_property):
    dice, tried = random.Random(SEED), 0
    rows = list(SealedScore.objects.select_related("seal").order_by("seal", "position"))
    for row in rows:
        with undone():
            as_owner(f"DELETE FROM {ROWS} WHERE id = %s", [row.pk])  # noqa: S608
            assert breaks() == [("row_missing", *named(row), "")]
        with undone():
            as_owner(f"DELETE FROM {ROWS} WHERE seal_id = %s AND position >= %s", [row.seal_id, row.position])  # noqa: S608
            cut = [each for each in rows if each.seal_id == row.seal_id and each.position >= row.position]
            assert breaks() == [("row_missing", *named(each), "") for each in cut]
        with undone():
            forge(row)
            assert ("row_unsigned", *named(row), "") in breaks()
        tried += 3
    for _ in rows:
        seal = dice.choice(seals).pk
        one, other = dice.sample([row for row in rows if row.seal_id == seal], 2)
        for columns in (("inputs",), ("result",), ("inputs", "result"), ("position",)):
            with undone():
                exchange(one, other, columns)
                found = breaks()
                for row in (one, other):
                    for column in columns:
                        told = ("row_altered", *named(row), verification.label(SealedScore, column))
                        assert told in found or getattr(one, column) == getattr(other, column), told
            tried += 1
    record_property("acts", tried)
    print(f"\n{tried} rows taken out, cut off, exchanged or forged, {tried} found and located")


def exchange(one, other, columns):
    if columns == ("position",):
        as_owner(f"UPDATE {ROWS} SET position = position + 5000 WHERE id = %s", [one.pk])  # noqa: S608
    for mine, theirs in ((other, one), (one, other)):
        for column in columns:
            as_owner(f"UPDATE {ROWS} SET {column} = %s WHERE id = %s", [getattr(theirs, column), mine.pk])  # noqa: S608


def forge(row):
    """Everything of a row made anew that can be made without the key."""
    fresh = SealedScore.objects.get(pk=row.pk)
    fresh.result = fresh.result.replace('"rank":', '"rank":1')
    fresh.digests = sealing.digests_of(fresh, sealing.ROW_COLUMNS) | {"before": fresh.digests["before"]}
    as_owner(
        f"UPDATE {ROWS} SET result = %s, digests = %s, digest = %s WHERE id = %s",  # noqa: S608
        [fresh.result, json.dumps(fresh.digests), sealing.digest_of(fresh.digests), row.pk],
    )
