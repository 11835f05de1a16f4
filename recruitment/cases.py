"""The rows of roads as the engine reads them: many at once, in a number of queries that does not grow with them."""

import json
from collections import defaultdict
from datetime import date
from functools import cache

from django.contrib.postgres.aggregates import JSONBAgg
from django.db.models import Count, F, Func, JSONField, Q, Sum, Value
from django.utils.timezone import localdate

from branches import statements
from members.models import Membership, Sanction
from recruitment.legality import Act, Case
from recruitment.models import Guide, Publicity, RoadStep
from recruitment.road import BESIDE
from rulebook.models import CalendarDay
from training.models import Enrolment, SignIn

SATURDAY = 5
STEP = (
    "step", "on", "data", "is_undone", "vote__entitled", "vote__present", "vote__in_favour", "vote__written", "is_imported",
    "enrolment",
)  # fmt: skip
ENROLMENT = 1 + STEP.index("enrolment")
PARTS = ("step", "guide", "public", "full", "watched")
FEW = 50  # applications whose statement is worth keeping
ROLES = {"assign_mentor": ("mentors", Guide.Role.MENTOR), "assign_sponsors": ("sponsors", Guide.Role.SPONSOR)}


def calendar():
    """Whether offices work on a day, by the county's calendar, which is read once and as a whole."""

    @cache
    def named():
        return dict(CalendarDay.objects.values_list("on", "is_working"))

    def is_working(day):
        return named().get(day, day.weekday() < SATURDAY)

    return is_working


def cases(applications):
    """application pk → `Case`, of rows with `member` loaded. Two queries, three where somebody trained."""
    rows = {row.pk: row for row in applications}
    found = _read(rows)
    guides, public = _guides(found), _public(found)
    training = _training({told[ENROLMENT] for _, told in found["step"] if told[ENROLMENT]})
    acts = defaultdict(list)
    for application, (key, *told) in found["step"]:
        step, on, data, is_undone, entitled, present, in_favour, written, is_old, enrolment = told
        on, data = date.fromisoformat(on), {name: _value(name, value) for name, value in (data or {}).items()}
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
            data |= training[enrolment]
        acts[application].append(Act(step, on, data, is_undone, is_old, key))
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


def _read(applications):
    """part → [(application, [key, *told])], oldest first of each: steps, guides, notices, and what the guides were. One query for all."""
    keys = tuple(sorted(applications))
    if len(keys) <= FEW:  # the same few are asked for whenever somebody looks at the own branch
        rows, _ = statements.rows(("roads", keys), lambda: (joined(keys), None))
        rows = ((part, of, json.loads(told)) for part, of, told in rows)
    else:
        rows = joined(keys)
    found = {part: [] for part in PARTS}
    for part, of, each in rows:
        found[part] += ((of, told) for told in each)
    return found


def joined(applications):
    """(part, application or member, [[key, *told]]) of these applications, a queryset."""
    guides = Guide.objects.filter(application__in=applications)
    stays, asked = ("member", "started_on", "ended_on"), F("application")
    members = {"member__in": guides.order_by().values("member")}
    parts = {
        "step": (RoadStep.objects.filter(application__in=applications).exclude(step__in=BESIDE), asked, STEP),
        "guide": (guides, asked, ("role", *stays)),
        "public": (Publicity.objects.filter(application__in=applications), asked, ("matter", "started_on", "ended_on")),
        "full": (Membership.objects.filter(kind=Membership.Kind.FULL, **members), F("member"), stays),
        "watched": (Sanction.objects.filter(kind=Sanction.Kind.PROBATION, **members), F("member"), stays),
    }
    # One text for each application: to read many small ones would take most of the time.
    first, *others = (
        rows.order_by().values_list(Value(part), of).annotate(told=JSONBAgg(_array("pk", *told), order_by="pk"))
        for part, (rows, of, told) in parts.items()
    )
    return first.union(*others, all=True)


def _array(*names):
    return Func(*map(F, names), function="jsonb_build_array", output_field=JSONField())


def _value(name, value):
    """Days are kept as texts in the row."""
    is_day = isinstance(value, str) and (name.endswith("_on") or name in ("public_from", "public_until"))
    return date.fromisoformat(value) if is_day else value


def _guides(found):
    """(application, role, day) → the guides of that day, and whether they were full members then."""
    of = defaultdict(list)
    for application, (_, role, *stay) in found["guide"]:
        of[application, role].append(stay)
    full, watched = (_stretches(found[part]) for part in ("full", "watched"))

    def on(stretches, day):
        return any(start <= day and (end is None or day <= end) for start, end in stretches)

    def of_day(application, role, day):
        return [
            {"member": member, "full": on(full[member], day), "on_probation": on(watched[member], day)}
            for member, start, end in of[application, role]
            if on([_days(start, end)], day)
        ]

    return of_day


def _stretches(rows):
    """member → [(first day, last day or None)]."""
    found = defaultdict(list)
    for _, (_, member, start, end) in rows:
        found[member].append(_days(start, end))
    return found


def _days(start, end):
    return date.fromisoformat(start), end and date.fromisoformat(end)


def _public(found):
    """application → {step: first and last day of its last public notice}."""
    public = defaultdict(dict)
    for application, (_, matter, start, end) in found["public"]:
        public[application][matter] = _days(start, end)
    return public


def _training(enrolments):
    """enrolment → {days and hours attended, whether it was passed}."""
    present = {"filter": Q(sign_ins__mark=SignIn.Mark.PRESENT)}
    sums = (
        Enrolment.objects.filter(pk__in=enrolments)
        .order_by()
        .values("pk", "outcome")
        .annotate(
            days=Count("sign_ins__session__held_on", distinct=True, **present),
            hours=Sum("sign_ins__session__hours", **present),
        )
    )
    return {
        row["pk"]: {"days": row["days"], "hours": float(row["hours"] or 0), "passed": row["outcome"] == "completed"}
        for row in sums
    }  # fmt: skip
