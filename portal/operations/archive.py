"""How far PostgreSQL has put its log away. It archives by itself (deploy/portal-wal); the portal only reads how that goes."""

from datetime import datetime
from typing import NamedTuple

ASKED = """
    SELECT current_setting('archive_mode') <> 'off', last_archived_wal, last_archived_time, last_failed_time
    FROM pg_stat_archiver
"""


class Archive(NamedTuple):
    """Whether the log is archived, the last segment that was, when, and when that last failed."""

    is_on: bool
    segment: str | None
    at: datetime | None
    failed_at: datetime | None

    @property
    def is_stuck(self):
        """Whether the last attempt failed."""
        return self.failed_at is not None and (self.at is None or self.failed_at > self.at)


def look(cursor):
    cursor.execute(ASKED)
    return Archive(*cursor.fetchone())
