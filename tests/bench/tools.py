"""What the jobs share."""

from contextlib import contextmanager

from django.db import transaction


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
