import contextlib

from celery import shared_task

from accounts.models import User
from files import actions, store
from files.models import StoredFile

UNTOUCHED = 24 * 3600  # seconds; the row of a younger file may still be on its way


@shared_task
def sweep_orphans():
    """Each night: bytes without a row go (a crash, a transaction taken back, half a file). Safe to run twice or late."""
    old = list(store.older_than(UNTOUCHED))
    known = set(StoredFile.objects.order_by().values_list("row_key", flat=True))
    for path, key in old:
        if key not in known:
            path.unlink(missing_ok=True)


@shared_task
def scan_waiting():
    """Every ten minutes: files that came while the virus scanner was away are looked at and released when clean."""
    system = User.objects.system()
    for pk in StoredFile.objects.filter(state=StoredFile.State.QUARANTINED).order_by("pk").values_list("pk", flat=True):
        with contextlib.suppress(store.Missing):
            actions.release(pk, by=system)
