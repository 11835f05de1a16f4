"""Many rows at once, new ones by COPY: thousands should take the time of what they mean, not of SQL made of placeholders."""

import io
import json
from itertools import chain

from django.db import connection, models, transaction
from django.utils import timezone
from psycopg2.extras import execute_values

from vault.fields import IndexAttribute, SealedTextField

ESCAPED = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
FEW = 100  # below it bulk_create is as good
PORTION = 2000


def insert(rows):
    """Save new rows of one model and give them their keys, as `bulk_create` does; constraints hold as ever. Returns them."""
    rows = list(rows)
    if len(rows) < FEW:
        return type(rows[0])._base_manager.bulk_create(rows) if rows else rows
    meta = type(rows[0])._meta
    table, pk = connection.ops.quote_name(meta.db_table), meta.pk
    readers = [(field, _reader(field, type(rows[0]))) for field in meta.concrete_fields if field is not pk]
    names = ", ".join(connection.ops.quote_name(field.column) for field in [pk, *(field for field, _ in readers)])
    with transaction.atomic(savepoint=False), connection.wrap_database_errors, connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [meta.db_table, pk.column, len(rows)],
        )
        lines = []
        for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = key
            lines.append("\t".join([str(key), *(read(row) for _, read in readers)]))
        cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", io.StringIO("\n".join(lines) + "\n"))
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
    return rows


def put(rows, unique):
    """Save rows of one model, each in the place of the one that has the same `unique` fields, if there is one.

    `rows` may be made while they are read: no more than a portion of them is held. They get no keys. Four statements.
    """
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    meta, quote = type(first)._meta, connection.ops.quote_name
    fields = [field for field in meta.concrete_fields if field is not meta.pk]
    readers = [_reader(field, type(first)) for field in fields]
    names, table = [quote(field.column) for field in fields], quote(meta.db_table)
    key = {meta.get_field(name).column for name in unique}
    fresh = ", ".join(
        f"{name} = EXCLUDED.{name}" for field, name in zip(fields, names, strict=True) if field.column not in key
    )
    listed, new = ", ".join(names), quote(f"new_{meta.db_table}")
    with transaction.atomic(savepoint=False), connection.wrap_database_errors, connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {new} ON COMMIT DROP AS SELECT {listed} FROM {table} WITH NO DATA")  # noqa: S608
        cursor.copy_expert(
            f"COPY {new} ({listed}) FROM STDIN",
            _Lines("\t".join([read(row) for read in readers]) + "\n" for row in chain([first], rows)),
        )
        cursor.execute(
            f"INSERT INTO {table} ({listed}) SELECT {listed} FROM {new} "  # noqa: S608
            f"ON CONFLICT ({', '.join(sorted(map(quote, key)))}) DO UPDATE SET {fresh}"
        )
        cursor.execute(f"DROP TABLE {new}")


class _Lines:
    """Lines as a file that COPY reads, made when they are asked for."""

    def __init__(self, lines):
        self.lines, self.left = lines, b""

    def read(self, size):
        parts, length = [self.left], len(self.left)
        for line in self.lines if length < size else ():
            parts.append(line.encode())
            length += len(parts[-1])
            if length >= size:
                break
        told = b"".join(parts)
        self.left = told[size:]
        return told[:size]


def rewrite(rows, names):
    """Save these columns of rows of one model, as `bulk_update` does, without an expression for each row and column."""
    rows = list(rows)
    if not rows:
        return
    meta, quote = type(rows[0])._meta, connection.ops.quote_name
    fields = [meta.get_field(name) for name in names]
    named = [quote(field.column) for field in fields]
    statement = (
        f"UPDATE {quote(meta.db_table)} SET {', '.join(f'{name} = v.{name}' for name in named)} "  # noqa: S608
        f"FROM (VALUES %s) AS v (row_pk, {', '.join(named)}) WHERE {quote(meta.pk.column)} = v.row_pk"
    )
    template = ", ".join(["%s", *(f"%s::{field.db_type(connection)}" for field in fields)])
    values = [
        (row.pk, *(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields)) for row in rows
    ]
    with transaction.atomic(savepoint=False), connection.wrap_database_errors, connection.cursor() as cursor:
        execute_values(cursor.cursor, statement, values, template=f"({template})", page_size=PORTION)


def _reader(field, model):
    """row → the text of one column for COPY."""
    if isinstance(field, SealedTextField):
        return lambda row: _text(field.get_prep_value(field.pre_save(row, True)))
    if isinstance(model.__dict__.get(field.attname), IndexAttribute):
        return lambda row: _text(getattr(row, field.attname))
    if getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False):
        now = _text(timezone.now())
        return lambda row: now
    if isinstance(field, models.ForeignKey):  # its object may have got its key since it was assigned
        return lambda row: _text(_key(row, field))
    if isinstance(field, models.JSONField):
        return lambda row: _text(json.dumps(getattr(row, field.attname), ensure_ascii=False))
    plain = (
        models.CharField
        | models.TextField
        | models.DateField
        | models.IntegerField
        | models.BooleanField
        | models.UUIDField
    )
    if isinstance(field, plain):
        name = field.attname
        return lambda row: _text(row.__dict__[name])
    return lambda row: _text(_adapted(field.get_db_prep_save(field.pre_save(row, True), connection)))


def _key(row, field):
    known = row.__dict__[field.attname]
    if known is None and field.is_cached(row) and (other := field.get_cached_value(row)) is not None:
        known = other.pk
        row.__dict__[field.attname] = known
    return known


def _adapted(value):
    """Lists as PostgreSQL writes an array, anything else as it is."""
    if isinstance(value, list):
        return "{" + ",".join(json.dumps(str(each), ensure_ascii=False) for each in value) + "}"
    return value


def _text(value):
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    text = str(value)
    for sign, written in ESCAPED:
        if sign in text:
            text = text.replace(sign, written)
    return text
