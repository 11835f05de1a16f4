"""What the register of organisations knows for others."""

from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from django.db.models import Case, DateField, F, Max, When, Window
from django.db.models.functions import Cast, Lead, RowNumber

from branches.models import Branch, Group, Notice, Receipt, Term
from rulebook.book import value
from rulebook.facts import Fact

_BY_START = {"partition_by": "branch", "order_by": "started_on"}


def committee_intervals():
    """Rows (branch, from, to or None) in which a branch has a committee, for `owed_if` of a duty rule.

    A committee serves until its successor begins; the first term on record is taken to reach back to the founding,
    since nothing older is known.
    """
    terms = Term.objects.annotate(
        number=Window(RowNumber(), **_BY_START),
        next_on=Window(Lead("started_on"), **_BY_START),
        # A plain condition would hide the terms without a committee before `next_on` has looked at them.
        size=Window(Max("committee_size"), partition_by="pk"),
        since=Case(When(number=1, then=F("branch__founded_on")), default=F("started_on")),
        until=Cast(F("next_on") - timedelta(days=1), DateField()),
    )
    return terms.filter(size__gt=0).values_list("branch", "since", "until")


def group_intervals():
    """Rows (branch, from, to or None) in which a branch has 党小组."""
    return Group.objects.values_list("branch", "started_on", "ended_on")


def school_intervals():
    """Rows (branch, from, to or None) of the branches that stand in a school."""
    outside = [Branch.Stage.OFFICE, Branch.Stage.OTHER, ""]
    return Branch.objects.exclude(stage__in=outside).values_list("pk", "founded_on", "closed_on")


def meetings_attended(branches, period):
    """branch id → Fact: meetings called by 上级 (会议通知) at which the secretary was, of those held in the year by the day.

    Leave granted counts as attended. Not applicable to a branch that nobody called. One query.
    """
    receipts = Receipt.objects.filter(
        branch__in=branches, notice__kind=Notice.Kind.MEETING, notice__state=Notice.State.ISSUED,
        notice__held_on__range=(period.start, min(period.end, period.on)),
    ).exclude(mark="")  # fmt: skip
    rows = receipts.values_list("branch", "mark", "notice", "notice__title", "notice__held_on").order_by(
        "notice__held_on"
    )
    of_branch = {}
    for branch, *row in rows:
        of_branch.setdefault(branch, []).append(row)
    found = {}
    for branch, called in of_branch.items():
        away = [row for row in called if row[0] == Receipt.Mark.ABSENT]
        found[branch] = Fact(
            Decimal(len(called) - len(away)), Decimal(len(called)), "branches.Notice",
            tuple(sorted(notice for _, notice, _, _ in called)),
            tuple(f"{held_on:%m-%d} {title}" for _, _, title, held_on in away),
        )  # fmt: skip
    return found


def months_late_electing(branches, period):
    """branch id → Fact: whole months by which an election came, or still is, late beyond the grace (换届逾期).

    Not applicable to a branch without any term on record. Source: 关于党的基层组织任期的意见 (2018); grace is local.
    """
    grace = value("term.grace_months", on=period.end)
    terms = (
        Term.objects.filter(branch__in=branches, started_on__lte=period.end)
        .annotate(next_on=Window(Lead("started_on"), **_BY_START))
        .values_list("branch", "pk", "expires_on", "next_on", "branch__closed_on")
    )
    found = {}
    until_now = min(period.on, period.end)
    for branch, pk, expires_on, next_on, closed_on in terms:
        if expires_on is None:  # known to run, not until when
            continue
        until = min(next_on or until_now, closed_on or until_now, until_now)  # a closed branch does not age
        late = relativedelta(max(until, expires_on), expires_on)
        months = max(0, late.years * 12 + late.months - grace) if until >= period.start else 0
        before = found.get(branch, Fact(Decimal(0), None, "branches.Term"))
        word = "逾期换届" if next_on else "至今未换届"
        missing = (f"任期 {expires_on:%Y-%m-%d} 届满，{word}",) if months else ()
        found[branch] = Fact(before.value + months, None, "branches.Term", (*before.pks, pk), before.missing + missing)
    return found
