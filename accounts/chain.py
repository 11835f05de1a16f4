"""The chain over the record of who did what. A tick chains what is committed, so that writers never wait in a queue.

Each link's digest covers the digest before it, its own place and hour, and the whole event. Whoever can write to the
database can also make a new chain; that is why the head of each day is kept outside it, in a file and on paper.
"""

import fcntl
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import AuditEvent, AuditLink

LOCK = 7_264_001  # of the tick; any number that nothing else in this database uses
AT_ONCE = 20_000  # events of one tick; more wait for the next
CHUNK = 2_000
BEHIND = timedelta(hours=1)  # no transaction lasts so long between drawing a key and committing
NEAR = 500  # links on each side among which an exchanged event is looked for
START = "0" * 64
COLUMNS = ("id", "at", "by_id", "action", "label", "object_id", "detail")

# Committed, and older than every transaction that still runs: nothing can turn up before it any more. The comparison
# goes round the 32 bits of a transaction number.
SETTLED = """
    SELECT e.id FROM accounts_auditevent e
    WHERE e.id > %s AND NOT EXISTS (SELECT 1 FROM accounts_auditlink l WHERE l.event_id = e.id)
    AND ((pg_snapshot_xmin(pg_current_snapshot())::text::bigint - e.xmin::text::bigint) & 4294967295)
        BETWEEN 1 AND 2147483647
    ORDER BY e.id LIMIT %s
"""


@dataclass(frozen=True)
class Break:
    """The first place where the chain does not hold."""

    kind: str
    position: int
    event: int | None = None
    other: int | None = None

    WORDS = {
        "altered": "第 {position} 环的操作记录（编号 {event}）或链环被改动",
        "missing": "第 {position} 环的操作记录（编号 {event}）被删除",
        "gap": "第 {position} 环被删除",
        "swapped": "第 {position} 环的操作记录（编号 {event}）与编号 {other} 的记录被对调",
        "inserted": "编号 {event} 的操作记录没有在链上，是后来插入的",
        "cut": "链尾被截去：留存的链头在第 {position} 环，现在的链不到那里",
        "rewritten": "第 {position} 环与留存的链头不符，此处及以前的链被整个重做过",
    }  # fmt: skip

    def __str__(self):
        return self.WORDS[self.kind].format(position=self.position, event=self.event, other=self.other)


@dataclass(frozen=True)
class Finding:
    """What a check of the chain found: how many links hold, up to which head, and the first break, if any."""

    links: int
    head: str
    broken: Break | None
    waiting: int


def as_result(found):
    """A finding as plain data, for keeping."""
    return asdict(found)


def from_result(kept):
    """The finding that `as_result` made plain."""
    broken = Break(**kept["broken"]) if kept["broken"] else None
    return Finding(**{**kept, "broken": broken})


def digest_of(before, position, at, event):
    """The digest of a link: `event` is a dict of `COLUMNS`."""
    content = {
        "position": position, "chained": _instant(at),
        "event": {**event, "at": _instant(event["at"]) if event["at"] else None},
    }  # fmt: skip
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


def _instant(moment):
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def head():
    """The last link, or None."""
    return AuditLink.objects.order_by("-position").first()


@transaction.atomic
def extend():
    """Chain what is settled. Two ticks at once: the second leaves it to the first. Returns the number of new links."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(SETTLED, [_floor(), AT_ONCE])
        keys = [key for (key,) in cursor.fetchall()]
    last, now, fresh = head(), timezone.now(), []
    position, digest = (last.position, last.digest) if last else (0, START)
    for event in AuditEvent.objects.filter(pk__in=keys).order_by("pk").values(*COLUMNS).iterator(CHUNK):
        position += 1
        digest = digest_of(digest, position, now, event)
        fresh.append(AuditLink(position=position, event_id=event["id"], at=now, digest=digest))
    AuditLink.objects.bulk_create(fresh, batch_size=CHUNK)
    return len(fresh)


def _floor():
    """The key below which everything was chained more than an hour ago; so a tick looks at the last hour only."""
    old = AuditLink.objects.filter(at__lt=timezone.now() - BEHIND).order_by("-position").first()
    return old.event_id if old else 0


def verify(*, heads=(), progress=None):
    """Walk the whole chain and say where it breaks first. `heads`: (position, digest) as kept outside the database."""
    kept = dict(heads)
    links, digest, broken = 0, START, None
    columns = [F(f"event__{name}") for name in COLUMNS]
    rows = AuditLink.objects.order_by("position").values_list("position", "at", "digest", *columns)
    for position, at, told, *values in rows.iterator(CHUNK):
        event = dict(zip(COLUMNS, values, strict=True))
        if position != links + 1:
            break
        if digest_of(digest, position, at, event) != told:
            broken = _differing(digest, position, at, told, event)
        elif kept.pop(position, told) != told:
            broken = Break("rewritten", position)
        if broken:
            break
        links, digest = position, told
        if progress and links % CHUNK == 0:
            progress(links)
    broken = broken or _lost(links)
    if not broken and kept:
        broken = Break("cut", max(kept))
    if not broken and (stray := _stray()):
        broken = Break("inserted", links, stray)
    return Finding(links, digest, broken, 0 if broken else _waiting())


def _lost(links):
    """After `links` whole ones: a link whose event is gone, or a link that is gone itself; None at the chain's end."""
    following = AuditLink.objects.filter(position__gt=links).order_by("position").first()
    if following is None:
        return None
    if following.position == links + 1:
        return Break("missing", following.position, following.event_id)
    return Break("gap", links + 1)


def _differing(before, position, at, told, event):
    """Altered, or exchanged with one nearby: then the digests of both fit when the two change places again."""
    near = AuditLink.objects.filter(position__range=(position - NEAR, position + NEAR)).order_by("position")
    columns = [F(f"event__{name}") for name in COLUMNS]
    previous = (
        START if position <= NEAR + 1 else None
    )  # of the first one near, unless it begins the chain, nothing is known
    for place, hour, digest, *values in near.values_list("position", "at", "digest", *columns):
        other = dict(zip(COLUMNS, values, strict=True))
        if place != position and previous is not None:
            for mine, theirs in (
                (other, event),  # the links point at one another's events
                ({**other, "id": event["id"]}, {**event, "id": other["id"]}),  # the events bear one another's keys
            ):
                fits = digest_of(before, position, at, mine) == told
                if fits and digest_of(previous, place, hour, theirs) == digest:
                    return Break("swapped", position, event["id"], other["id"])
        previous = digest
    return Break("altered", position, event["id"])


def _stray():
    """An event older than the tick's reach that no link holds."""
    return AuditEvent.objects.filter(pk__lte=_floor(), chained=None).order_by("pk").values_list("pk", flat=True).first()


def _waiting():
    """Events of the last minutes that the tick has still to chain."""
    return AuditEvent.objects.filter(pk__gt=_floor(), chained=None).count()


# --- the heads, outside the database


def _path():
    return settings.VAR_DIR / "audit-heads.log"


def kept_heads():
    """(position, digest) of every day that was kept; a line that cannot be read counts as a head that fits nothing."""
    if not _path().exists():
        return []
    found = []
    for line in _path().read_text("ascii", errors="replace").splitlines():
        parts = line.split()
        is_whole = len(parts) == 3 and parts[1].isdecimal()
        found.append((int(parts[1]), parts[2]) if is_whole else (1, line))
    return found


def keep_head(*, on):
    """Once a day: add the last head of the days before `on` to the file, for its owner's eyes alone."""
    midnight = timezone.make_aware(datetime.combine(on, time.min))
    last = AuditLink.objects.filter(at__lt=midnight).order_by("-position").first()
    if last is None:
        return False
    descriptor = os.open(_path(), os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+", encoding="ascii", errors="replace") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        lines = file.read().splitlines()
        known = max(
            (int(parts[1]) for line in lines if len(parts := line.split()) == 3 and parts[1].isdecimal()), default=0
        )
        if last.position <= known:
            return False
        file.write(f"{timezone.localtime(last.at):%Y-%m-%d} {last.position} {last.digest}\n")
        file.flush()
        os.fsync(file.fileno())
    return True
