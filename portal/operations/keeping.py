"""How long backups stay: every one of the last 35 days, and the first of each month for a year."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from portal.operations import making
from portal.operations.programs import Failed

DAYS, MONTHS = 35, 12
HALF_DONE = timedelta(days=2)  # no backup takes so long
ZONE = ZoneInfo("Asia/Shanghai")


def outdated(folders, *, now):
    """Of the folders of backups, those that may go. The newest never goes, whatever its age."""
    kept_months, found = set(), []
    first = _month(now) - MONTHS
    for folder in folders:
        at = making.made_at(folder)
        month = _month(at)
        is_first = month not in kept_months and month >= first
        kept_months.add(month)
        if at < now - timedelta(days=DAYS) and not is_first and folder != folders[-1]:
            found.append(folder)
    return found


def tidy(target, *, now):
    """Take the outdated ones away, and what a killed run left half done; returns the names of the first. Raises Failed."""
    try:
        return _tidied(target, now)
    except OSError as error:
        raise Failed(f"新的备份已做成，清理旧备份没有成功：{error.strerror}（{error.filename}）。") from error


def _tidied(target, now):
    for half in Path(target).glob(".new-*"):
        if datetime.fromtimestamp(half.stat().st_mtime, UTC) < now - HALF_DONE:
            shutil.rmtree(half)
    gone = outdated(making.existing(target), now=now)
    for folder in gone:
        # Its paper first: half a folder must not look like a backup.
        (folder / "manifest.json").unlink()
        shutil.rmtree(folder)
    return [folder.name for folder in gone]


def _month(at):
    local = at.astimezone(ZONE)
    return local.year * 12 + local.month
