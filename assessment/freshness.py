"""Whether anything that a branch's points may rest on was put on record since they were computed.

Each act leaves an event (accounts.audit), so the events tell it. When in doubt the answer is yes: computing once too often
costs a moment, a stale number shown as fresh misleads.
"""

from collections import defaultdict
from datetime import timedelta

from django.apps import apps
from django.db import connection
from django.db.models import F, Max, Q, Window
from django.db.models.functions import Lag

from accounts.models import AuditEvent
from branches.models import Branch

MANY = 200  # rows touched since: whoever they belong to, computing is cheaper than asking
SETTLES = timedelta(minutes=15)  # no act takes longer to be committed after its event was written
# Acts that read, print, take along or sign in, or that only speak about points.
HARMLESS = (
    Q(action__startswith="account.") | Q(action__startswith="export.") | Q(action__startswith="report.")
    | Q(action__startswith="job.") | Q(action__startswith="files.") | Q(action__startswith="channel.")
    | Q(action__startswith="delivery.") | Q(action__startswith="self_check.") | Q(action__startswith="objection.")
    | Q(action__startswith="use.") | Q(action__startswith="forecast.") | Q(action__startswith="paper.")
    | Q(action__endswith=".print") | Q(action__endswith=".export") | Q(action__endswith=".pack")
    | Q(action__in=["member.reveal", "member.search_id", "recruit.ledger", "recruitment.document", "training.timetable_word"])
)  # fmt: skip
# Rows that move the points of their own organisation alone. What else there is (dues, honours, transfers, classes, rules,
# imports …) can move others too, if only because a matter counts for nobody until the county has its first record of it.
OWN = {"meetings.Meeting", "meetings.Activity", "duties.Duty", "duties.Filing", "duties.Unlock"}
OF_BRANCH = {"score.judge", "score.clear", "score.settle"}  # their events name the organisation itself


def newest(now):
    """The last event up to which everything is committed: what another act has still in hand counts as not yet seen.

    To be asked before the records are read. A number that is missing among the last ones is of an act under way, or of one
    that was taken back.
    """
    last = AuditEvent.objects.aggregate(last=Max("pk"))["last"] or 0
    near = AuditEvent.objects.filter(at__gte=now - SETTLES).annotate(before=Window(Lag("pk"), order_by=F("pk").asc()))
    gaps = near.filter(pk__gt=F("before") + 1).order_by("pk").values_list("before", flat=True)[:1]
    first = next(iter(gaps), None)
    return last if first is None or not _others_write() else first


def _others_write():
    """Whether any other transaction that has written something is still under way."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE backend_xid IS NOT NULL "
            "AND pid <> pg_backend_pid() AND datname = current_database())"
        )
        return cursor.fetchone()[0]


def _since(seen):
    return AuditEvent.objects.filter(pk__gt=seen).exclude(HARMLESS)


def has_moved(seen):
    """Whether anything at all was recorded since that moves somebody's points."""
    return _since(seen).exists()


def has_moved_for(branch, seen):
    """Whether something was recorded since that may move the points of this organisation. Two queries in most cases."""
    if branch.kind in (Branch.Kind.COMMITTEE, Branch.Kind.GENERAL):
        return has_moved(seen)  # theirs rest on the points of all branches below
    rows = _since(seen).order_by().values_list("action", "label", "object_id").distinct()[: MANY + 1]
    found = defaultdict(set)
    for number, (action, label, key) in enumerate(rows):
        is_own = label in OWN or (label == Branch._meta.label and action in OF_BRANCH)
        if number == MANY or not is_own or not key:
            return True
        found[label].add(int(key))
    if branch.pk in found.pop(Branch._meta.label, ()):
        return True
    return any(_are_of(branch, label, keys) for label, keys in found.items())


def _are_of(branch, label, keys):
    """Whether one of these rows is the organisation's, or is there no more, so that nobody can tell whose it was."""
    rows = apps.get_model(label).objects.filter(pk__in=keys)
    owners = list(rows.values_list(rows.branch_lookup, flat=True))
    return branch.pk in owners or len(owners) < len(keys)
