"""The legality of every open road into the Party, in one pass, and those that a ledger brings under way."""

from datetime import date, timedelta

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from accounts.models import User
from branches.models import Branch
from jobs.copying import insert
from meetings.models import Meeting, Vote
from members.models import Member, Membership
from recruitment import legality
from recruitment.cases import calendar, cases
from recruitment.models import Application, Guide, RoadStep
from tests.bench.records import bare, put_in
from tests.bench.tools import replayed, undone
from tests.imports import layouts
from tests.imports.county import Table, id_number
from tests.recruitment.old_ledger import HEADINGS, LAWFUL
from tests.recruitment.roads import ROAD

CASES, UNDER_WAY = 2_000, 1_000
BORN = date(1990, 1, 1)


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


def carried_on():
    """A ledger of people under way, each with a road of a dozen steps, looked through and written; against its bare cells."""
    names = list(
        Branch.objects.filter(kind=Branch.Kind.BRANCH, closed_on=None).order_by("pk").values_list("name", flat=True)
    )
    born = [BORN + timedelta(days=number) for number in range(UNDER_WAY)]
    rows = [
        LAWFUL | {
            "name": f"何景{number}", "branch": names[number % len(names)], "birth_on": day, "backbone": "县级骨干教师",
            "id_number": id_number(day, number % 999, area="990189"), "form_number": f"53008{number}",
        }
        for number, day in enumerate(born)
    ]  # fmt: skip
    file = layouts.xlsx(Table("recruitment", "台账", HEADINGS, rows))

    def ours():
        with undone():
            put_in(file)

    return ours, bare(file)


def longest(branch):
    """The road of that branch on which most was done."""
    found = Application.objects.open().filter(branch=branch).annotate(taken=Count("steps"))
    return found.order_by("-taken", "pk").first().pk


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
