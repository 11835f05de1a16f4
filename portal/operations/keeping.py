"""How long backups stay: every one of the last 35 days, and the first of each month for a year."""

import shutil
from datetime import timedelta
from zoneinfo import ZoneInfo

from portal.operations import making

DAYS, MONTHS = 35, 12
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
    """Take the outdated ones away; returns their names."""
    gone = outdated(making.existing(target), now=now)
    for folder in gone:
        # Its paper first: half a folder must not look like a backup.
        (folder / "manifest.json").unlink()
        shutil.rmtree(folder)
    return [folder.name for folder in gone]


def _month(at):
    local = at.astimezone(ZONE)
    return local.year * 12 + local.month
