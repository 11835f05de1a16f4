"""What the records of organisation life say."""

from decimal import Decimal

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Max, Min, Q, Sum

from branches.models import Branch
from meetings.models import Meeting, MeetingKind
from rulebook.book import in_force
from rulebook.facts import Fact


def _of_year(branches, period):
    """The kind rows of counted records of the period's assessment year, as far as they were held by its day."""
    return MeetingKind.objects.filter(
        assessment_year=period.year,
        meeting__branch__in=branches,
        meeting__state__in=Meeting.COUNTED,
        meeting__held_on__range=(period.start, period.on),
    )


def register(branches, period):
    """Rows per branch and kind: held, on_time, attended, due. One query and the rules.

    on_time: held by the day of the month by which the rulebook wishes it (主题党日: the 25th); other kinds have no such
    day, and each record of theirs is on time.
    """
    late = Q(pk__in=[])
    for key, rule in in_force(on=period.end).items():
        if key.startswith("duty.") and "target" in rule.value:
            late |= Q(kind=key.removeprefix("duty."), meeting__held_on__day__gt=rule.value["target"])
    return (
        _of_year(branches, period)
        .values(branch=F("meeting__branch"), of_kind=F("kind"))
        .annotate(
            held=Count("meeting"),
            on_time=Count("meeting", filter=~late),
            attended=Sum("meeting__attended_count"),
            due=Sum("meeting__due_count"),
        )
        .order_by()
    )


def held(branches, period, *, kind):
    """branch id → Fact: how many meetings of `kind` it held in the period, and which."""
    found = (
        _of_year(branches, period)
        .filter(kind=kind)
        .values_list("meeting__branch")
        .annotate(pks=ArrayAgg("meeting", distinct=True))
    )
    return {
        branch: Fact(Decimal(len(pks)), None, "meetings.Meeting", tuple(sorted(pks)))
        for branch, pks in found.order_by()
    }


def attendance(branches, period):
    """branch id → Fact: members who attended, of those due, over all kinds; a meeting of two kinds counts once."""
    kinds = MeetingKind.objects.filter(assessment_year=period.year)
    found = (
        Meeting.objects.counted()
        .filter(branch__in=branches, held_on__lte=period.on, pk__in=kinds.values("meeting"))
        .values_list("branch")
        .annotate(attended=Sum("attended_count"), due=Sum("due_count"), pks=ArrayAgg("pk"))
        .order_by()
    )
    return {
        branch: Fact(Decimal(attended), Decimal(due), "meetings.Meeting", tuple(sorted(pks)))
        for branch, attended, due, pks in found
        if due
    }


def days_without(branches, period, *, kind):
    """branch id → Fact: days since a branch last held a meeting of `kind`, whatever the year. Two queries.

    What was held before the county kept such records is unknown: a branch without any counts from the first on record
    anywhere, or from its founding. None while the county has none on record.
    """
    kinds = MeetingKind.objects.filter(kind=kind, meeting__state__in=Meeting.COUNTED, meeting__held_on__lte=period.on)
    first = kinds.aggregate(first=Min("meeting__held_on"))["first"]
    if first is None:
        return None
    of_kind = Q(meetings__kinds__in=kinds)
    rows = Branch.objects.filter(pk__in=branches).annotate(last=Max("meetings__held_on", filter=of_kind))
    found = {}
    for pk, founded_on, last in rows.values_list("pk", "founded_on", "last"):
        words = f"上次 {last:%Y-%m-%d}" if last else "没有记录"
        days = (period.on - (last or max(first, founded_on))).days
        found[pk] = Fact(Decimal(days), None, "meetings.Meeting", (), (words,))
    return found
