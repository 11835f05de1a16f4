"""What the jobs share."""

from contextlib import contextmanager

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext


class Undone(Exception):
    """Ends a block whose writes are not kept."""


@contextmanager
def undone():
    try:
        with transaction.atomic():
            yield
            raise Undone
    except Undone:
        pass


def replayed(ours):
    """A floor: the statements that `ours` sends, sent bare, their rows thrown away."""
    with CaptureQueriesContext(connection) as queries:
        ours()
    statements = [query["sql"] for query in queries if query["sql"].lstrip().upper().startswith(("SELECT", "WITH"))]

    def floor():
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                cursor.fetchall()

    return floor
