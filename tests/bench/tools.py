"""What the jobs share."""

import re
from contextlib import contextmanager

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

CURSOR = re.compile(r'^DECLARE "\w+" (NO )?SCROLL CURSOR (WITH HOLD )?FOR ')


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
    statements = read_by(ours)

    def floor():
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                while cursor.fetchmany(5000):
                    pass

    return floor


def read_by(ours):
    """The statements by which `ours` reads, those that it reads through a cursor as well."""
    with CaptureQueriesContext(connection) as queries:
        ours()
    sent = [CURSOR.sub("", query["sql"].lstrip()) for query in queries]
    return [statement for statement in sent if statement.upper().startswith(("SELECT", "WITH", "("))]
