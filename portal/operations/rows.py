"""What a database holds, in figures that must be the same after it was restored: rows and digest of each table."""

from contextlib import closing, contextmanager

from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from portal.operations import programs

# A stolen copy opens nobody's session; after a restore everybody signs in again.
LEFT_OUT = frozenset({"django_session"})
TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') ORDER BY c.relname
"""
# The order of rows is their digest's, so that it does not hang on keys or on where a row lies.
DIGEST = """
    SELECT count(*), md5(coalesce(string_agg(digest, '' ORDER BY digest COLLATE "C"), ''))
    FROM (SELECT md5(t::text) AS digest FROM public.{} t) rows
"""
SAME_TEXT = (
    "SET LOCAL TimeZone = 'UTC'", "SET LOCAL DateStyle = 'ISO, YMD'", "SET LOCAL IntervalStyle = 'postgres'",
    "SET LOCAL bytea_output = 'hex'", "SET LOCAL extra_float_digits = 1", "SET LOCAL statement_timeout = 0",
)  # fmt: skip
# A key that the next row would draw again is found on the first day of work after a restore; better now.
BEHIND = """
    SELECT t.relname, a.attname, pg_get_serial_sequence(format('public.%I', t.relname), a.attname)
    FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_attribute a ON a.attrelid = t.oid
    WHERE n.nspname = 'public' AND t.relkind = 'r' AND a.attidentity <> '' ORDER BY t.relname
"""


@contextmanager
def instant(address):
    """(cursor, name of the snapshot): everything asked of the cursor, and of `pg_dump` under that name, is of one moment."""
    with closing(programs.connect(address)) as connection:
        connection.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            yield cursor, cursor.fetchone()[0]
        connection.rollback()


def tables(cursor):
    cursor.execute(TABLES)
    return [name for (name,) in cursor.fetchall()]


def digests(cursor):
    """table → [rows, digest] of every table that goes into a backup."""
    for statement in SAME_TEXT:
        cursor.execute(statement)
    found = {}
    for name in tables(cursor):
        if name not in LEFT_OUT:
            cursor.execute(sql.SQL(DIGEST).format(sql.Identifier(name)))
            found[name] = list(cursor.fetchone())
    return found


def migrations(cursor):
    """app → name of its newest migration, as the database has it."""
    if "django_migrations" not in tables(cursor):
        return {}
    cursor.execute("SELECT app, max(name) FROM django_migrations GROUP BY app ORDER BY app")
    return dict(cursor.fetchall())


def heads(cursor):
    """The last link of the record of acts and of the seals: {"audit": [position, digest], "seal": [number, head]}."""
    asked = {
        "audit": (
            "accounts_auditlink",
            "SELECT position, digest FROM accounts_auditlink ORDER BY position DESC LIMIT 1",
        ),
        "seal": ("assessment_seal", "SELECT number, head FROM assessment_seal ORDER BY number DESC LIMIT 1"),
    }
    there, found = tables(cursor), {}
    for name, (table, question) in asked.items():
        if table in there:
            cursor.execute(question)
            found[name] = list(cursor.fetchone() or ())
    return found


def behind(cursor):
    """Tables whose next key is one that a row bears already."""
    cursor.execute(BEHIND)
    found = []
    for table, column, sequence in cursor.fetchall():
        names = sql.SQL("SELECT max({}) FROM public.{}").format(sql.Identifier(column), sql.Identifier(table))
        cursor.execute(names)
        last = cursor.fetchone()[0]
        cursor.execute("SELECT coalesce(pg_sequence_last_value(%s::regclass), 0)", [sequence])
        if last is not None and last > cursor.fetchone()[0]:
            found.append(table)
    return found


def differing(told, found):
    """The first line that says where two sets of digests differ, or ""."""
    for name in sorted(told.keys() | found.keys()):
        if name not in found:
            return f"表 {name} 不见了"
        if name not in told:
            return f"多出一个表 {name}"
        if told[name][0] != found[name][0]:
            return f"表 {name} 应有 {told[name][0]} 行，现有 {found[name][0]} 行"
        if told[name] != found[name]:
            return f"表 {name} 行数相同，但内容与备份时不同（有行被改动）"
    return ""
