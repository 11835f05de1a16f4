"""T-SEAL: whatever the owner of the database changes in what was sealed is found, with the seal, the organisation and the column."""

import pytest
from django.db import DatabaseError, connection, transaction

from assessment import sealing, verification
from assessment.models import Seal, SealedScore
from tests.assessment.sealed import COUNT, as_owner, finalised, graded_year, sealed, undone

pytestmark = pytest.mark.django_db

ROW_FLIPS = {
    "id": "id + 1000000", "seal_id": "seal_id + 1000000", "position": "position + 1000",
    "branch_id": "(SELECT id FROM branches_branch WHERE parent_id IS NULL)",
    "inputs": "replace(inputs, '25 日前', '26 日前')", "result": "replace(result, '\"rank\":', '\"rank\":1')",
    "digests": "jsonb_set(digests, '{inputs}', '\"0\"')", "digest": "md5(digest) || md5(digest)",
    "signature": "md5(signature) || md5(signature) || md5(signature) || md5(signature)",
}  # fmt: skip
SEAL_FLIPS = {
    "id": "id + 1000000", "number": "number + 1000",
    "round_id": "round_id + 1000000",
    "kind": "'committee'", "stage": "'reviewed'", "attempt": "attempt + 7",
    "as_of": "as_of + 1", "sealed_at": "sealed_at + interval '1 microsecond'",
    "sealed_by_id": "(SELECT max(id) FROM accounts_user WHERE id <> sealed_by_id)",
    "scheme": "replace(scheme, '主题党日', '主題党日')", "county": "replace(county, '\"form\":1', '\"form\":2')",
    "count": "count + 1", "previous": "md5(previous) || md5(previous)", "key_id": "'0123456789abcdef'",
    "digests": "jsonb_set(digests, '{count}', '\"0\"')", "head": "md5(head) || md5(head)",
    "signature": "md5(signature) || md5(signature) || md5(signature) || md5(signature)",
}  # fmt: skip


@pytest.fixture
def seals(settings, tmp_path):
    """Published and final; the heads of both are outside."""
    settings.VAR_DIR = tmp_path
    round = graded_year()
    made = [sealed(round), finalised(round)]
    sealing.keep_heads()
    return made


def found(**options):
    return verification.verify(heads=sealing.kept_heads(), **options)


def breaks():
    return {(each.kind, each.seal, each.position, each.column) for each in found().findings}


def words(model, column):
    return verification.label(model, column)


def test_what_nobody_touched_holds(seals):
    report = found()

    assert (report.seals, report.rows, report.head, report.findings) == (2, 2 * COUNT, seals[1].head, ())
    assert seals[1].previous == seals[0].head
    assert found(year=2025).rows == 2 * COUNT
    assert (found(year=2019).seals, found(year=2019).rows) == (2, 0)
    assert verification.from_result(verification.as_result(report)) == report


@pytest.mark.parametrize("table", ["seal", "sealedscore"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET signature = ''", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_nobody_changes_a_sealed_row_in_passing(seals, table, statement):
    connection.check_constraints()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(f"assessment_{table}"))


def test_every_column_is_under_the_digest():
    rows = {field.attname for field in SealedScore._meta.concrete_fields}
    assert rows == set(ROW_FLIPS) == {*sealing.ROW_COLUMNS, "digests", "digest", "signature"}
    seals = {field.attname for field in Seal._meta.concrete_fields}
    assert seals == set(SEAL_FLIPS) == {*sealing.SEAL_COLUMNS, "digests", "head", "signature"}


@pytest.mark.parametrize("position", range(1, COUNT + 1))
@pytest.mark.parametrize("number", [0, 1], ids=["published", "final"])
def test_each_cell_of_each_row_is_watched(seals, number, position):
    seal = seals[number]
    row = seal.scores.get(position=position)
    for column, value in ROW_FLIPS.items():
        with undone():
            as_owner(f"UPDATE assessment_sealedscore SET {column} = {value} WHERE id = %s", [row.pk])  # noqa: S608
            told = breaks()
            expected = {
                "seal_id": {("row_missing", number + 1, position, ""), ("orphans", seal.pk + 1000000, None, "")},
                "signature": {("row_signature", number + 1, position, "")},
            }.get(column, {("row_altered", number + 1, position, words(SealedScore, column))})
            assert told == expected, column


@pytest.mark.parametrize("number", [0, 1], ids=["published", "final"])
def test_each_cell_of_each_seal_is_watched(seals, number):
    for column, value in SEAL_FLIPS.items():
        with undone():
            as_owner(f"UPDATE assessment_seal SET {column} = {value} WHERE id = %s", [seals[number].pk])  # noqa: S608
            told = breaks()
            name = seals[number].number + (1000 if column == "number" else 0)
            expected = {"signature": ("seal_signature", name, None, "")}.get(
                column, ("seal_altered", name, None, words(Seal, column))
            )
            assert expected in told, (column, told)
            beside = {("seal_missing", each, None, "") for each in range(1, name) if column == "number"}
            assert told - beside == {expected}, (column, told)
