"""The seal on a year: what its grading rested on and gave, as canonical text, digested, chained, signed and told outside.

Publication reads the records as they stand at one instant; the final seal rests on what was published, with the adjustments,
vetoes and grades that were decided since, and reads no record again.
"""

import fcntl
import hashlib
import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.models import Max
from django.utils import timezone

from accounts import audit
from assessment import canonical, scoring
from assessment import scheme as schemes
from assessment.models import Adjustment, Reopening, Round, Scheme, Seal, SealedScore, Verdict, Veto
from assessment.ranking import ranked
from branches.actions import root
from branches.models import OrgChange
from branches.rights import require
from vault import seal_keys

LOCK, CHAIN = 7_264_002, 0  # the class of our advisory locks; the one under which the chain grows
START = "0" * 64
AT_ONCE = 500  # rows of one insert
ROW, WHOLE = "sealed-score", "seal"  # what a signature is of, so that none can stand for the other
ROW_COLUMNS = ("id", "seal_id", "position", "branch_id", "inputs", "result")
SEAL_COLUMNS = (
    "id", "number", "round_id", "kind", "stage", "attempt", "as_of", "sealed_at", "sealed_by_id", "scheme", "county",
    "count", "previous", "key_id",
)  # fmt: skip
VERBS = {Seal.Stage.PUBLISHED: "round.run", Seal.Stage.FINAL: "round.final"}


# --- the texts that are signed


def digest(words):
    return hashlib.sha256(words.encode()).hexdigest()


def digests_of(row, columns):
    """column → digest of what stands in it."""
    return {name: digest(canonical.text(getattr(row, name))) for name in columns}


def digest_of(told):
    """The digest of a row's or a seal's digests: what is signed."""
    return digest(canonical.text(told))


def signed(kind, head):
    return f"{kind}:{head}"


# --- one instant


@contextmanager
def one_moment(round):
    """Every query inside sees the database as it was at one instant, whatever others commit meanwhile.

    The action around writes, and locks by reading what was committed last: a transaction of its own at READ COMMITTED. So
    the records are read beside it, on a second connection in a REPEATABLE READ READ ONLY transaction, which takes no lock
    and keeps nobody waiting. A round that the other connection does not know yet is being built in this very transaction
    with all that belongs to it (an import, the invented county): then there is nothing beside it to read.
    """
    apart = connections.create_connection(DEFAULT_DB_ALIAS)
    here = connections[DEFAULT_DB_ALIAS]
    try:
        apart.set_autocommit(False)
        with apart.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT EXISTS (SELECT 1 FROM assessment_round WHERE id = %s)", [round.pk])
            is_known = cursor.fetchone()[0]
        connections[DEFAULT_DB_ALIAS] = apart if is_known else here
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = here
        apart.close()


# --- what is sealed


@dataclass(frozen=True)
class Closing:
    """All that a seal holds: the scheme's and the county's text, and the organisations' in their order."""

    scheme: str
    county: str
    rows: dict  # branch id → (inputs, result)
    on: date


def closing(inputs, decided, about):
    """The texts of a seal. The results are computed from the texts of the inputs, so that the texts alone give them again."""
    scheme, county, rows = canonical.texts(inputs, decided=decided, about=about)
    given, told = canonical.inputs_of(scheme, county, rows.values())
    results = results_of(given, told)
    return Closing(scheme, county, {pk: (words, results[pk]) for pk, words in rows.items()}, inputs.on)


def results_of(inputs, decided):
    """branch id → the canonical result of these inputs."""
    scores = ranked(scoring.evaluate(inputs), inputs.content, inputs.period)
    proposed = canonical.decide(scores, decided)
    return {score.branch.pk: canonical.result_text(score, proposed[score.branch.pk]) for score in scores}


def published_inputs(round, kind, on):
    """The records of the year as they stand at this instant."""
    year = round.year
    with one_moment(round):
        chosen = scoring.graded(year, on=on, kind=kind)
        inputs = scoring.gather(chosen, year, on=on, content=schemes.in_force(year, kind), kind=kind)
        names = OrgChange.objects.names_on(date(year, 12, 31))
    for branch in inputs.branches:
        branch.name = names.get(branch.pk, branch.name)
    return replace(inputs, adjusted=adjusted(round))


def decided_inputs(round, kind, only=None):
    """What was published, with the adjustments and vetoes of today: what the proposed and the final grades rest on.
    `only`: keys of the organisations that are wanted."""
    known = latest(round, kind, Seal.Stage.PUBLISHED)
    if known is None:
        raise ValidationError(f"{round.year} 年度还没有公布得分，请先公布，异议期满后再审定。")
    rows = known.scores.order_by("position")
    if only is not None:
        rows = rows.filter(branch__in=only)
    inputs, _ = canonical.inputs_of(known.scheme, known.county, rows.values_list("inputs", flat=True))
    vetoes = {}
    for branch, reason in Veto.objects.in_force(round.year).order_by("pk").values_list("branch", "reason"):
        vetoes.setdefault(branch, []).append(reason)
    return replace(inputs, adjusted=adjusted(round), vetoes=vetoes)


def adjusted(round):
    """(branch id, part) → Judged: the newest adjustment of each."""
    rows = Adjustment.objects.filter(round=round).order_by("pk")
    return {
        (row.branch_id, row.part): scoring.Judged(row.points, f"{row.reason}（公布后调整）") for row in rows
    }  # fmt: skip


def attempt_of(round):
    """Which publication of the year this is, or will be."""
    return 1 + Reopening.objects.approved().filter(round=round).count()


def latest(round, kind, stage):
    """The newest seal of a stage, or None."""
    return Seal.objects.filter(round=round, kind=kind, stage=stage).order_by("-number").first()


# --- the act


@transaction.atomic
def seal(round, kind, stage, *, by, on):
    """Seal a round's organisations of a kind at a stage; sealed already, the same seal once more. Two at once make one.

    `published`: the records as they stand at this instant, looked at on the day `on`. `final`: what was published, with the
    adjustments, vetoes and 工委会议 grades of this moment. What the calling action itself has not committed of records is
    not on record yet. Raises `ValidationError` for a final seal of what was never published.
    """
    _lock(LOCK, round.year * 10 + list(Scheme.Kind).index(kind) + 1)
    # Keeps new adjustments and verdicts waiting as well: their foreign key needs a share of this lock.
    Round.objects.select_for_update(of=("self",)).get(pk=round.pk)
    require(by, VERBS[stage], at=root())
    attempt = attempt_of(round)
    if known := Seal.objects.filter(round=round, kind=kind, stage=stage, attempt=attempt).first():
        return known
    about = {"kind": str(kind), "stage": str(stage), "attempt": attempt}
    if stage == Seal.Stage.PUBLISHED:
        made = closing(published_inputs(round, kind, on), {}, about)
    else:
        decided = {
            row.branch_id: canonical.Decided(row.grade, row.reason) for row in Verdict.objects.filter(round=round)
        }
        about |= {"meeting_on": round.meeting_on, "minutes_number": round.minutes_number}
        made = closing(decided_inputs(round, kind), decided, about)
    _lock(LOCK, CHAIN)
    row = _write(round, kind, stage, attempt, made, by=by)
    audit.record(
        "seal.make", row, by=by, year=round.year, kind=str(kind), stage=str(stage), number=row.number, count=row.count,
        head=row.head,
    )  # fmt: skip
    transaction.on_commit(keep_heads)
    return row


def _write(round, kind, stage, attempt, made, *, by):
    keys = seal_keys.ring()
    last = Seal.objects.order_by("-number").first()
    row = Seal(
        pk=_next_keys(Seal, 1)[0], number=last.number + 1 if last else 1, round_id=round.pk, kind=str(kind), stage=str(stage),
        attempt=attempt, as_of=made.on, sealed_at=timezone.now(), sealed_by_id=by.pk, scheme=made.scheme, county=made.county,
        count=len(made.rows), previous=last.head if last else START, key_id=keys.key_id,
    )  # fmt: skip
    rows, before = [], START
    places = zip(_next_keys(SealedScore, len(made.rows)), made.rows.items(), strict=True)
    for position, (pk, (branch, (inputs, result))) in enumerate(places, 1):
        each = SealedScore(pk=pk, seal_id=row.pk, position=position, branch_id=branch, inputs=inputs, result=result)
        each.digests = digests_of(each, ROW_COLUMNS) | {"before": before}
        each.digest = before = digest_of(each.digests)
        each.signature = keys.sign(signed(ROW, each.digest))
        rows.append(each)
    row.digests = digests_of(row, SEAL_COLUMNS) | {"rows": before}
    row.head = digest_of(row.digests)
    row.signature = keys.sign(signed(WHOLE, row.head))
    row.save(force_insert=True)
    SealedScore.objects.bulk_create(rows, batch_size=AT_ONCE)
    return row


def _next_keys(model, count):
    """Keys drawn beforehand, since the digest covers them too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [key for (key,) in cursor.fetchall()]


def _lock(group, key):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [group, key])


# --- the heads, outside the database


def _path():
    return settings.VAR_DIR / "seal-heads.log"


def kept_heads():
    """(number, head) of every seal that was kept; a line that cannot be read counts as a head that fits nothing."""
    if not _path().exists():
        return []
    found = []
    for line in _path().read_text("ascii", errors="replace").splitlines():
        parts = line.split()
        is_whole = len(parts) == 3 and parts[1].isdecimal()
        found.append((int(parts[1]), parts[2]) if is_whole else (1, line))
    return found


def keep_heads():
    """Add the head of every seal that the file does not hold yet, for its owner's eyes alone. Safe to run twice.

    Each seal calls it once it is committed, and the beat each hour, for one whose process fell in between.
    """
    if Seal.objects.aggregate(last=Max("number"))["last"] is None:
        return 0
    descriptor = os.open(_path(), os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+", encoding="ascii", errors="replace") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.read()
        known = max((number for number, _ in kept_heads()), default=0)
        fresh = Seal.objects.filter(number__gt=known).order_by("number").only("number", "sealed_at", "head")
        lines = [f"{timezone.localtime(row.sealed_at):%Y-%m-%d} {row.number} {row.head}\n" for row in fresh]
        file.write("".join(lines))
        file.flush()
        os.fsync(file.fileno())
    return len(lines)
