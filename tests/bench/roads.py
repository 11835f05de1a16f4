"""The legality of every open road into the Party, in one pass."""

from datetime import date

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from branches.models import Branch
from jobs.copying import insert
from meetings.models import Meeting, Vote
from members.models import Member, Membership
from recruitment import legality
from recruitment.cases import calendar, cases
from recruitment.models import Application, Guide, RoadStep
from tests.bench.tools import replayed
from tests.recruitment.roads import ROAD

CASES = 2_000


def judged():
    """What is unlawful or late in each case and what comes next, read and judged; against the statements sent bare."""
    transaction.set_autocommit(False)  # the roads are never committed: they end with this process
    with transaction.atomic():
        _build()
    today = timezone.localdate()

    def ours():
        is_working = calendar()
        found = cases(Application.objects.open().select_related("member"))
        for case in found.values():
            legality.faults(case, is_working=is_working)
            legality.following(case, on=today, is_working=is_working)
        if len(found) < CASES:
            raise RuntimeError(f"{len(found)} cases")

    return ours, replayed(ours)


def _build():
    by = User.objects.system()
    branches = list(Branch.objects.filter(kind=Branch.Kind.BRANCH, closed_on=None).order_by("pk"))
    stays = Membership.objects.filter(ended_on=None, kind=Membership.Kind.FULL).order_by("pk")
    full = list(stays.values_list("member", flat=True)[:CASES])
    members = insert(Member(name=f"何景{number}", birth_on=date(1995, 5, 17)) for number in range(CASES))
    applications = insert(
        Application(
            member=member, branch=branches[number % len(branches)], applied_on=ROAD[0].on, stage_since_on=ROAD[0].on,
            created_by=by,
        )
        for number, member in enumerate(members)
    )  # fmt: skip
    meeting = Meeting.objects.create(
        branch=branches[0], held_on=date(2025, 7, 10), topic="发展党员", due_count=11, attended_count=9, created_by=by
    )
    votes = insert(
        Vote(meeting=meeting, position=number, rule="recruitment", title="表决", entitled=11, present=9, in_favour=9)
        for number in range(CASES)
    )
    insert(
        RoadStep(
            application=application, branch_id=application.branch_id, step=act.step, on=act.on, data=_stored(act.data),
            vote=votes[number] if act.step == "branch_vote" else None, created_by=by,
        )
        for number, application in enumerate(applications)
        for act in ROAD[: 2 + number % (len(ROAD) - 1)]
    )  # fmt: skip
    insert(
        Guide(
            application=application, member_id=full[(number + place) % len(full)], role=role, started_on=date(2024, 3, 1),
            created_by=by,
        )
        for number, application in enumerate(applications)
        for place, role in enumerate(("mentor", "sponsor", "sponsor"))
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _stored(data):
    rows = {"mentors", "sponsors", "vote"}
    return {name: str(value) if isinstance(value, date) else value for name, value in data.items() if name not in rows}
