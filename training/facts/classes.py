"""What classes tell about whoever holds them: how many, for how many, with 六个有; and which are left unfinished.

Classes of the restricted kind are in none of it: not even their number is for others.
"""

from datetime import timedelta
from decimal import Decimal

from django.db.models import DateField, Exists, F, OuterRef, Q
from django.db.models.functions import Cast
from django.urls import reverse

from branches.models import Branch
from files.models import StoredFile
from rulebook.book import value
from rulebook.facts import Fact
from training import archive
from training import six_haves as haves
from training.models import ClassFile, ClassSession, Enrolment, SignIn, TrainingClass

State, Role = TrainingClass.State, ClassFile.Role
MODEL = TrainingClass._meta.label
BEGUN = (State.RUNNING, State.CLOSING, State.ARCHIVED)


def _of(branches, period):
    """The classes of `branches` that began in the year, oldest first."""
    found = TrainingClass.objects.filter(
        branch__in=branches, state__in=BEGUN, starts_on__range=(period.start, min(period.end, period.on))
    )
    return found.exclude(kind=TrainingClass.Kind.REMEDIAL).select_related("branch").order_by("starts_on", "pk")


def _by_branch(rows):
    found = {}
    for row in rows:
        found.setdefault(row.branch_id, []).append(row)
    return found


def held(branches, period):
    """branch id → Fact: the classes it held in the year; the note says for how many persons (人次)."""
    rows = list(_of(branches, period))
    told = archive.figures(rows, on=min(period.end, period.on))
    return {
        branch: Fact(
            Decimal(len(mine)), None, MODEL, tuple(row.pk for row in mine),
            note=f"培训 {sum(told[row.pk].there for row in mine)} 人次",
        )
        for branch, mine in _by_branch(rows).items()
    }  # fmt: skip


def person_times(branches, period):
    """branch id → Fact: 培训人次, everybody who came to a class counted once for it."""
    rows = list(_of(branches, period))
    told = archive.figures(rows, on=min(period.end, period.on))
    return {
        branch: Fact(
            Decimal(sum(told[row.pk].there for row in mine)), None, MODEL, tuple(row.pk for row in mine),
            note=f"培训班次 {len(mine)}",
        )
        for branch, mine in _by_branch(rows).items()
    }  # fmt: skip


def six_haves(branches, period):
    """branch id → Fact: how many of its classes have all six; a class still within its days can yet get them (`open`)."""
    rows = list(_of(branches, period))
    states, on = haves.state(rows), min(period.end, period.on)
    found = {}
    for branch, mine in _by_branch(rows).items():
        missing = {row: haves.missing(states[row.pk]) for row in mine}
        still = [row for row, lacking in missing.items() if lacking and row.ends_on >= on]
        found[branch] = Fact(
            Decimal(sum(not lacking for lacking in missing.values())), Decimal(len(mine)), MODEL,
            tuple(row.pk for row in mine),
            tuple(f"{row}缺{'、'.join(lacking)}" for row, lacking in missing.items() if lacking and row not in still),
            open=Decimal(len(still)),
        )  # fmt: skip
    return found


# --- for reminders


def _incomplete():
    """Classes of which one of the six is not there, as `training.six_haves` counts them."""
    files = ClassFile.objects.filter(training_class=OuterRef("pk"), removed_at=None, file__state=StoredFile.State.CLEAN)
    file = {role: Exists(files.filter(role=role)) for role in (Role.PLAN, Role.TIMETABLE, Role.SIGN_IN, Role.SUMMARY)}
    picture = Exists(files.filter(role=Role.PICTURE, file__kind=StoredFile.Kind.IMAGE))
    sessions = Exists(ClassSession.objects.filter(training_class=OuterRef("pk")))
    people = Exists(Enrolment.objects.on_roll().filter(training_class=OuterRef("pk")))
    present = Exists(SignIn.objects.filter(session__training_class=OuterRef("pk"), mark=SignIn.Mark.PRESENT))
    blank = r"^\s*$"
    return (
        (Q(plan__regex=blank) & ~file[Role.PLAN]) | (~sessions & ~file[Role.TIMETABLE]) | ~people
        | (~present & ~file[Role.SIGN_IN]) | ~picture | (Q(summary__regex=blank) & ~file[Role.SUMMARY])
    )  # fmt: skip


def _over(on):
    found = TrainingClass.objects.filter(ends_on__lt=on, branch__in=Branch.objects.filter(closed_on=None))
    return found.exclude(kind=TrainingClass.Kind.REMEDIAL)


def classes_incomplete(on, *, of):
    """Classes that are over and lack one of the six, by the day until which it is asked for (`missing_on`)."""
    days = timedelta(days=value("training.missing_days", on=on))
    found = _over(on).filter(_incomplete(), state__in=(State.RUNNING, State.CLOSING))
    found = found.annotate(missing_on=Cast(F("ends_on") + days, DateField())).annotate(day=F(of))
    return found.values_list("pk", "branch", "day", "missing_on")


def classes_unfinished(on, *, of):
    """Classes whose last day is over and that nobody finished (结班)."""
    found = _over(on).filter(state__in=(State.OPEN, State.RUNNING)).annotate(day=F(of))
    return found.values_list("pk", "branch", "day", "ends_on")


def incomplete_words(pks, on):
    rows = list(TrainingClass.objects.filter(pk__in=pks).select_related("branch"))
    states = haves.state(rows)
    return {
        row.pk: (
            f"“{row}”六个有还缺{'、'.join(haves.missing(states[row.pk]))}",
            reverse("training:archive", args=[row.pk]),
        )
        for row in rows
    }


def unfinished_words(pks, on):
    rows = TrainingClass.objects.filter(pk__in=pks)
    return {row.pk: (f"“{row}”已过结班日期，请结班", row.get_absolute_url()) for row in rows}
