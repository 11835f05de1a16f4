"""The rows of roads as the engine reads them: many at once, in a number of queries that does not grow with them."""

from collections import defaultdict
from datetime import date
from functools import cache

from django.db.models import Count, Sum
from django.utils.timezone import localdate

from members.models import Membership, Sanction
from recruitment.legality import Act, Case
from recruitment.models import Guide, Publicity, RoadStep
from recruitment.road import BESIDE
from rulebook.book import named_days
from training.models import SignIn

SATURDAY = 5
READ = (
    "application", "step", "on", "data", "is_undone", "vote__entitled", "vote__present", "vote__in_favour", "vote__written",
    "is_imported", "enrolment", "enrolment__outcome",
)  # fmt: skip
ROLES = {"assign_mentor": ("mentors", Guide.Role.MENTOR), "assign_sponsors": ("sponsors", Guide.Role.SPONSOR)}


def calendar():
    """Whether offices work on a day, by the county's calendar; each year is read once."""
    of_year = cache(named_days)

    def is_working(day):
        return of_year(day.year).get(day, day.weekday() < SATURDAY)

    return is_working


def cases(applications):
    """application pk → `Case`, of rows with `member` loaded. Six queries, read as plain rows."""
    rows = {row.pk: row for row in applications}
    steps = list(
        RoadStep.objects.filter(application__in=rows).exclude(step__in=BESIDE).order_by("pk").values_list(*READ)
    )
    guides, public = _guides(rows), _public(rows)
    training = _training({enrolment for *_, enrolment, _ in steps if enrolment})
    acts = defaultdict(list)
    for (
        application,
        step,
        on,
        told,
        is_undone,
        entitled,
        present,
        in_favour,
        written,
        is_old,
        enrolment,
        outcome,
    ) in steps:
        data = {name: _value(name, value) for name, value in told.items()} if told else {}
        if role := ROLES.get(step):
            name, kind = role
            data.setdefault(name, guides(application, kind, on))
        if notice := public[application].get(step):
            data["public_from"], data["public_until"] = notice
        if entitled is not None:
            data["vote"] = {
                "entitled": entitled, "present": present, "in_favour": in_favour, "written": written,
                "secret": data.get("secret", False),
            }  # fmt: skip
        if enrolment:
            days, hours = training.get(enrolment, (0, 0))
            data |= {"days": days, "hours": float(hours), "passed": outcome == "completed"}
        acts[application].append(Act(step, on, data, is_undone, is_old))
    return {
        pk: Case(
            tuple(acts[pk]),
            row.member.birth_on,
            row.extended_months,
            public[pk],
            came_on=localdate(row.created_at) if row.is_imported else None,
        )
        for pk, row in rows.items()
    }


def _value(name, value):
    """Days are kept as texts in the row."""
    is_day = isinstance(value, str) and (name.endswith("_on") or name in ("public_from", "public_until"))
    return date.fromisoformat(value) if is_day else value


def _guides(applications):
    """(application, role, day) → the guides of that day, and whether they were full members then."""
    of, members = defaultdict(list), set()
    rows = Guide.objects.filter(application__in=applications).order_by("pk")
    for application, role, *stay in rows.values_list("application", "role", "member", "started_on", "ended_on"):
        of[application, role].append(stay)
        members.add(stay[0])
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
            {"member": member, "full": on(full[member], day), "on_probation": on(watched[member], day)}
            for member, start, end in of[application, role]
            if on([(start, end)], day)
        ]

    return found


def _public(applications):
    """application → {step: first and last day of its last public notice}."""
    found = defaultdict(dict)
    rows = Publicity.objects.filter(application__in=applications).order_by("pk")
    for application, matter, start, end in rows.values_list("application", "matter", "started_on", "ended_on"):
        found[application][matter] = start, end
    return found


def _training(enrolments):
    """enrolment → days and hours attended; whoever signed nowhere is in no row."""
    present = SignIn.objects.filter(enrolment__in=enrolments, mark=SignIn.Mark.PRESENT).order_by().values("enrolment")
    sums = present.annotate(days=Count("session__held_on", distinct=True), hours=Sum("session__hours"))
    return {enrolment: (days, hours) for enrolment, days, hours in sums.values_list("enrolment", "days", "hours")}
