"""What 整改 items say of a branch: done in time or not, how many are open, and whom they remind."""

from collections import defaultdict
from decimal import Decimal

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils.timezone import localdate

from branches.models import Branch, Rectification, RectificationStep
from rulebook.facts import Fact

State = Rectification.State
LABEL = Rectification._meta.label


def rectified_on_time(branches, period):
    """branch id → Fact: items whose last day fell into the period and is past, done by then, of all of them.

    Done counts by the day of the handing in that was accepted. What was handed in in time and still waits for somebody
    above is nobody's fault: it is left out. None: the county has no item in that year.
    """
    due = Rectification.objects.filter(due_on__range=(period.start, period.end), due_on__lt=period.on)
    handed_in = RectificationStep.objects.filter(item=OuterRef("pk"), act=RectificationStep.Act.SUBMIT).order_by("-pk")
    rows = (
        due.filter(branch__in=branches)
        .annotate(handed_on=Subquery(handed_in.values("on")[:1]))
        .order_by("due_on", "pk")
        .only("branch", "state", "source", "due_on", "submitted_at", "settled_on")
    )
    found, waits = defaultdict(list), defaultdict(int)
    for row in rows:
        if row.state == State.SUBMITTED and (row.handed_on or localdate(row.submitted_at)) <= row.due_on:
            waits[row.branch_id] += 1
        else:
            found[row.branch_id].append(row)
    if not found and not due.exists():
        return None
    return {branch: _in_time(items, waits[branch]) for branch, items in found.items()}


def _in_time(items, waits):
    late = [row for row in items if row.settled_on is None or row.settled_on > row.due_on]
    return Fact(
        value=Decimal(len(items) - len(late)),
        whole=Decimal(len(items)),
        model=LABEL,
        pks=tuple(row.pk for row in items),
        missing=tuple(f"{row.get_source_display()}的整改（{row.due_on:%m-%d} 到期）" for row in late),
        note=f"按时提交、待上级验收 {waits} 件" if waits else "",
    )


def rectifications_open(branches, period):
    """branch id → Fact: items not yet accepted on the day; those that the branch is late with are missing. One query."""
    on, found = min(period.on, period.end), defaultdict(list)
    for row in Rectification.objects.filter(branch__in=branches, raised_on__lte=on).unsettled():
        found[row.branch_id].append(row)
    return {
        branch: Fact(
            Decimal(len(items)),
            None,
            LABEL,
            tuple(row.pk for row in items),
            tuple(
                f"{row.get_source_display()}的整改超期 {(on - row.due_on).days} 天"
                for row in items
                if row.state != State.SUBMITTED and row.due_on < on
            ),
        )
        for branch, items in found.items()
    }


# --- for reminders: sources and words, as reminders.facts says


def rectifications_due(on, *, of):
    """Items with the branch, by the day named by `of` (`due_on`)."""
    return _of_branches(Rectification.objects.at_branch(), on, day=F(of))


def rectifications_waiting(on, *, of):
    """Items handed in, by the day on which that was done; over when somebody above has looked at them."""
    found = Rectification.objects.filter(state=State.SUBMITTED).annotate(handed_on=TruncDate("submitted_at"))
    return _of_branches(found, on, day=F(of))


def rectifications_returned(on, *, of):
    """Items that came back, by the day on which they did."""
    steps = RectificationStep.objects.filter(item=OuterRef("pk"), act=RectificationStep.Act.RETURN).order_by("-pk")
    found = Rectification.objects.filter(state=State.RETURNED).annotate(returned_on=Subquery(steps.values("on")[:1]))
    return _of_branches(found, on, day=F(of))


def _of_branches(found, on, *, day):
    here = found.filter(branch__in=Branch.objects.at_work(on))
    return here.annotate(day=day).values_list("pk", "branch", "day", "due_on")


def rectification_words(pks, on):
    """Key → (title, address): the source and the last day, not the text of the problem."""
    rows = Rectification.objects.filter(pk__in=pks)
    said = {State.SUBMITTED: "待验收", State.RETURNED: "退回再改"}
    return {
        row.pk: (
            f"整改事项（{row.get_source_display()}）{said.get(row.state, f'{row.due_on:%m-%d} 到期')}",
            reverse("branches:rectification", args=[row.pk]),
        )
        for row in rows
    }
