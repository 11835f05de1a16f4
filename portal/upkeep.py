"""Backups and drills as the portal remembers them: each run leaves a row, so that the status page knows."""

from django.conf import settings
from django.db import connection
from django.utils import timezone

from portal.models import MaintenanceRun
from portal.operations import keeping, making, programs
from portal.operations.programs import Failed


def note(kind, started_at, finished_at, *, reason="", **detail):
    """Remember a run; with a reason it failed."""
    return MaintenanceRun.objects.create(
        kind=kind,
        started_at=started_at,
        finished_at=finished_at,
        is_good=not reason,
        reason=reason[:300],
        detail=detail,
    )


def back_up(target, *, now, recipient="", tidy=False, tell=lambda words: None):
    """A backup of this portal into `target`; returns (folder, manifest). Raises Failed, which is remembered too."""
    try:
        folder, content = making.make(
            target, address=programs.address_of(connection.settings_dict), media=settings.MEDIA_ROOT,
            heads_in=settings.VAR_DIR, now=now, recipient=recipient, tell=tell,
        )  # fmt: skip
        gone = keeping.tidy(target, now=now) if tidy else []
    except Failed as reason:
        note(MaintenanceRun.Kind.BACKUP, now, timezone.now(), reason=str(reason))
        raise
    note(
        MaintenanceRun.Kind.BACKUP, now, timezone.now(), backup=folder.name, tidied=len(gone), is_locked=bool(recipient),
        archived=content["archived"],
        bytes=sum(size for size, _ in content["files"].values()),
        rows=sum(count for count, _ in content["tables"].values()),
    )  # fmt: skip
    return folder, content
