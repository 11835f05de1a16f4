"""A year that is sealed while eight people write on it: what was sealed must be one instant of the database, to the byte."""

import random
import threading
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from accounts.models import User
from assessment import canonical, scoring, sealing
from assessment.models import ManualScore, Round, Scheme, Seal
from branches.models import Branch, Placement
from duties.models import Duty, Fulfilment
from meetings import actions as meetings
from meetings.models import Meeting, MeetingKind
from portal.actions import tend
from tests.assessment.year import OVER, YEAR
from tests.factories import BranchFactory, ManualScoreFactory, MeetingFactory, RoundFactory

WRITERS, BRANCHES = 8, 6
WHOLE = Decimal("3.00")  # what the judgements of two organisations always come to together


@contextmanager
def graded_for_all():
    """A published round that every connection sees; cleared by hand afterwards."""
    before = set(Branch.objects.values_list("pk", flat=True))
    people = set(User.objects.values_list("pk", flat=True))
    try:
        branches = [BranchFactory(order=place) for place in range(BRANCHES)]
        for branch in branches:
            for month in (1, 4, 7):
                MeetingFactory(branch=branch, held_on=date(YEAR, month, 25), submitted=True)
            ManualScoreFactory(branch=branch, part="PF10", points=WHOLE / 2)
        tend(YEAR, by=User.objects.system())
        yield RoundFactory(published=True, year=YEAR), branches
    finally:
        forget_seals()
        for model in (ManualScore, Fulfilment, Duty, MeetingKind, Meeting, Round, Scheme):
            model.objects.all().delete()
        Placement.objects.exclude(branch__in=before).delete()
        Branch.objects.exclude(pk__in=before).delete()
        User.objects.exclude(pk__in=people).delete()
        connection.close()


def forget_seals():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM assessment_sealedscore")
        cursor.execute("DELETE FROM assessment_seal")


class Writer(threading.Thread):
    """Adds records and hands them in, sends them back, hands them in again, moves points between two organisations."""

    def __init__(self, branches, seed, stop):
        super().__init__()
        self.branches, self.dice, self.stop, self.written = branches, random.Random(seed), stop, 0
        self.system, self.own = User.objects.system(), []

    def run(self):
        try:
            while not self.stop.is_set():
                act = self.dice.choice([self.add, self.send_back, self.move_points])
                try:
                    act()
                    self.written += 1
                except ValidationError:
                    continue
        finally:
            connection.close()

    def add(self):
        branch = self.dice.choice(self.branches)
        day = date(YEAR, self.dice.randrange(1, 13), self.dice.randrange(1, 29))
        meeting = Meeting(branch=branch, held_on=day, topic="学习", due_count=10, attended_count=9)
        kinds = {self.dice.choice(["theme_party_day", "members_meeting", "party_lecture"]): YEAR}
        meetings.save_draft(meeting, kinds=kinds, due=[], marks={}, by=self.system, on=OVER)
        self.own.append(meetings.submit(meeting, by=self.system, on=OVER))

    def send_back(self):
        if self.own:
            meeting = self.dice.choice(self.own)
            meetings.send_back(meeting, reason="请补记录", by=self.system)
            meetings.submit(meeting, by=self.system, on=OVER)

    def move_points(self):
        """In one transaction, in the order of the keys: whoever reads one instant finds the whole."""
        with transaction.atomic():
            rows = list(ManualScore.objects.select_for_update().filter(branch__in=self.branches[:2]).order_by("pk"))
            rows[0].points = Decimal(self.dice.randrange(301)) / 100
            rows[1].points = WHOLE - rows[0].points
            for row in rows:
                row.save()


def watching(monkeypatch):
    """What a second reading finds in the very snapshot that the seal was read in: filled by every sealing."""
    plain, kept = sealing.one_moment, []

    @contextmanager
    def watched(round):
        with plain(round):
            yield
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_export_snapshot()")
                kept.append(_again(cursor.fetchone()[0], round))

    monkeypatch.setattr(sealing, "one_moment", watched)
    return kept


def _again(snapshot, round):
    here, apart = connections[DEFAULT_DB_ALIAS], connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        apart.set_autocommit(False)
        with apart.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET TRANSACTION SNAPSHOT %s", [snapshot])
        connections[DEFAULT_DB_ALIAS] = apart
        chosen = scoring.graded(round.year, on=OVER)
        return scoring.gather(chosen, round.year, on=OVER, content=round.scheme.content)
    finally:
        connections[DEFAULT_DB_ALIAS] = here
        apart.close()


def race(round, branches, kept, seed):
    """Seal twice at once among the writers; how much they wrote, after everything was compared."""
    stop, gate, made = threading.Event(), threading.Barrier(2), []
    writers = [Writer(branches, seed * 100 + number, stop) for number in range(WRITERS)]
    for writer in writers:
        writer.start()

    def one():
        try:
            gate.wait()
            made.append(sealing.seal(round, "branch", "published", by=User.objects.system(), on=OVER))
        finally:
            connection.close()

    sealers = [threading.Thread(target=one) for _ in range(2)]
    for thread in sealers:
        thread.start()
    for thread in sealers:
        thread.join(60)
    stop.set()
    for writer in writers:
        writer.join(60)
    assert len(made) == 2
    assert made[0].pk == made[1].pk, "two at once make one"
    (inputs,) = kept
    seal = Seal.objects.get()
    rows = {row.branch_id: row for row in seal.scores.order_by("position")}
    assert {pk: row.inputs for pk, row in rows.items()} == canonical.texts(inputs)[2], "the records of one instant"
    assert {pk: row.result for pk, row in rows.items()} == sealing.results_of(inputs, {}), "and what they give"
    judged = [inputs.manual[branch.pk, "PF10"].points for branch in branches[:2]]
    assert sum(judged) == WHOLE, "no act is seen half"
    return sum(writer.written for writer in writers)
