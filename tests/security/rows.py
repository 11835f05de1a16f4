"""What the database holds, table by table, to be compared before and after."""

import io

from django.db import connection

PASSING = {"django_session", "django_migrations", "django_content_type"}  # sessions come and go


def tables():
    with connection.cursor() as cursor:
        return sorted(set(connection.introspection.table_names(cursor)) - PASSING)


def each_table(column, params=()):
    """table → what `column` makes of its rows `t`, in one query."""
    parts = [f"SELECT '{table}', {column} FROM {table} t" for table in tables()]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [*params] * len(parts))
        return dict(cursor.fetchall())


def checksums():
    """table → a hash over all its rows."""
    return each_table("md5(string_agg(t::text, chr(10) ORDER BY t::text))")


WRITTEN = "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables WHERE relname <> ALL(%s)"


def written():
    """table → how many rows this transaction has written so far, taken back or not: the hashes need not be asked for."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN, [list(PASSING)])
        return {table: count for table, count in cursor.fetchall() if count}


def changed(before, after):
    """The tables whose rows differ."""
    return {table for table in before if before[table] != after[table]}


def contents(*, without=("password",)):
    """table → its rows as text, without columns that chance fills."""
    row = "(to_jsonb(t) - %s::text[])::text"
    return each_table(f"coalesce(array_agg({row} ORDER BY {row}), '{{}}')", [list(without)] * 2)


def rewind_counters():
    """New rows get the same keys again: a counter is not taken back with its transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1000000) FROM pg_sequences")


def dump():
    """Every table as `COPY` writes it, sessions included."""
    found = io.StringIO()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.copy_expert(f"COPY {table} TO STDOUT", found)
    return found.getvalue()
