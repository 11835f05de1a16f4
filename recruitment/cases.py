"""The rows of roads as the engine reads them: many at once, in a number of queries that does not grow with them."""

from collections import defaultdict
from datetime import date
from functools import cache

from django.db.models import Count, Sum

from members.models import Membership, Sanction
from recruitment.legality import Act, Case
from recruitment.models import Guide, Publicity, RoadStep
from recruitment.road import BESIDE
from rulebook.book import named_days
from training.models import SignIn

SATURDAY = 5
ROLES = {"assign_mentor": ("mentors", Guide.Role.MENTOR), "assign_sponsors": ("sponsors", Guide.Role.SPONSOR)}


def calendar():
    """Whether offices work on a day, by the county's calendar; each year is read once."""
    of_year = cache(named_days)

    def is_working(day):
        return of_year(day.year).get(day, day.weekday() < SATURDAY)

    return is_working


def cases(applications):
    """application pk → `Case`, of rows with `member` loaded. Six queries."""
    rows = {row.pk: row for row in applications}
    steps = RoadStep.objects.filter(application__in=rows).exclude(step__in=BESIDE)
    steps = list(steps.select_related("vote").order_by("pk"))
    guides, public, training = _guides(rows), _public(rows), _training(steps)
    acts = defaultdict(list)
    for step in steps:
        data = {name: _value(name, value) for name, value in step.data.items()}
        if role := ROLES.get(step.step):
            name, kind = role
            data.setdefault(name, guides(step.application_id, kind, step.on))
        if notice := public[step.application_id].get(step.step):
            data["public_from"], data["public_until"] = notice
        if step.vote is not None:
            vote = step.vote
            data["vote"] = {
                "entitled": vote.entitled, "present": vote.present, "in_favour": vote.in_favour,
                "written": vote.written, "secret": data.get("secret", False),
            }  # fmt: skip
        if step.enrolment_id:
            data |= training.get(step.enrolment_id, {})
        acts[step.application_id].append(Act(step.step, step.on, data, step.is_undone))
    return {
        pk: Case(tuple(acts[pk]), born=row.member.birth_on, extended=row.extended_months, notices=public[pk])
        for pk, row in rows.items()
    }


def _value(name, value):
    """Days are kept as texts in the row."""
    is_day = isinstance(value, str) and (name.endswith("_on") or name in ("public_from", "public_until"))
    return date.fromisoformat(value) if is_day else value


def _guides(applications):
    """(application, role, day) → the guides of that day, and whether they were full members then."""
    of, members = defaultdict(list), set()
    for row in Guide.objects.filter(application__in=applications).order_by("pk"):
        of[row.application_id, row.role].append(row)
        members.add(row.member_id)
    full = defaultdict(list)
    stays = Membership.objects.filter(member__in=members, kind=Membership.Kind.FULL)
    for member, start, end in stays.values_list("member", "started_on", "ended_on"):
        full[member].append((start, end))
    watched = defaultdict(list)
    sanctions = Sanction.objects.filter(member__in=members, kind=Sanction.Kind.PROBATION)
    for member, start, end in sanctions.values_list("member", "started_on", "ended_on"):
        watched[member].append((start, end))

    def on(stretches, day):
        return any(start <= day and (end is None or day <= end) for start, end in stretches)

    def found(application, role, day):
        return [
            {
                "member": row.member_id,
                "full": on(full[row.member_id], day),
                "on_probation": on(watched[row.member_id], day),
            }
            for row in of[application, role]
            if on([(row.started_on, row.ended_on)], day)
        ]

    return found


def _public(applications):
    """application → {step: first and last day of its last public notice}."""
    found = defaultdict(dict)
    rows = Publicity.objects.filter(application__in=applications).order_by("pk")
    for application, matter, start, end in rows.values_list("application", "matter", "started_on", "ended_on"):
        found[application][matter] = start, end
    return found


def _training(steps):
    """enrolment → days and hours attended, and whether the course was completed."""
    wanted = {step.enrolment_id for step in steps if step.enrolment_id}
    present = SignIn.objects.filter(enrolment__in=wanted, mark=SignIn.Mark.PRESENT).order_by().values("enrolment")
    sums = present.annotate(days=Count("session__held_on", distinct=True), hours=Sum("session__hours"))
    return {
        enrolment: {"days": days, "hours": float(hours), "passed": outcome == "completed"}
        for enrolment, days, hours, outcome in sums.values_list("enrolment", "days", "hours", "enrolment__outcome")
    }
