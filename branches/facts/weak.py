"""What cases of 软弱涣散 owe by month, what they mean for the year's grade, and whom they remind."""

from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from django.db.models import DateField, Exists, F, OuterRef, Value
from django.db.models.functions import Cast
from django.urls import reverse

from branches.models import Branch, Term, WeakCase, WeakProgress
from rulebook.book import value
from rulebook.facts import Fact

State = WeakCase.State
STRUCK_OFF, STILL_LISTED = Decimal(1), Decimal(2)
MODEL = WeakCase._meta.label


def months(case, reports, on, *, report_day=None):
    """The months of a case with what was reported: rows {month, due_on, report, state}; `reports` are its WeakProgress.

    A month is owed until the case is handed in for acceptance; the month in which that was done only if it was reported.
    """
    if case.rectifying_since is None:
        return []
    report_day = report_day or value("weak.report_day", on=on)
    of_month = {row.month: row for row in reports}
    day, until, found = case.rectifying_since.replace(day=1), case.applied_on or on, []
    while day <= until:
        following = day + relativedelta(months=1)
        due_on = following + timedelta(days=report_day - 1)
        row = of_month.get(day)
        state = ("late" if row.reported_on > due_on else "done") if row else "miss" if due_on < on else "wait"
        if row or not case.applied_on or following <= case.applied_on:
            found.append({"month": day, "due_on": due_on, "report": row, "state": state})
        day = following
    return found


def weak_standing(branches, period):
    """branch id → Fact: 2 while it stands on the list at the end of the year (or today), 1 when it was struck off in it.

    Who is not listed is left out: nothing limits its grade. One query.
    """
    until = min(period.on, period.end)
    rows = (
        WeakCase.objects.filter(branch__in=branches, listed_on__lte=until)
        .exclude(closed_on__lt=period.start)
        .order_by("pk")
        .values_list("branch", "pk", "closed_on")
    )
    found = {}
    for branch, pk, closed_on in rows:
        standing = STRUCK_OFF if closed_on and closed_on <= until else STILL_LISTED
        known = found.get(branch, Fact(Decimal(0), None, MODEL))
        found[branch] = Fact(max(known.value, standing), None, MODEL, (*known.pks, pk))
    return found


def days_term_overdue(branches, period):
    """branch id → Fact: days since the serving term expired without an election, of those where it has. One query."""
    serving = Term.objects.on(period.on).filter(branch__in=branches)
    rows = Term.objects.filter(pk__in=serving.values("pk"), expires_on__lt=period.on)
    return {
        branch: Fact(
            Decimal((period.on - expires_on).days), None, "branches.Term", (pk,), (f"任期 {expires_on:%Y-%m-%d} 届满",)
        )
        for branch, pk, expires_on in rows.values_list("branch", "pk", "expires_on")
    }


# --- for reminders: an organisation is told of 整顿月报, 整顿方案, 整顿期限, and of nothing by its label


def _of_open_branches():
    return WeakCase.objects.filter(branch__in=Branch.objects.filter(closed_on=None))


def months_unreported(on, *, of):
    """Cases whose report of last month is still to come, by the day on which it is due (`report_due`)."""
    this_month = on.replace(day=1)
    due_on = this_month + timedelta(days=value("weak.report_day", on=on) - 1)
    reported = WeakProgress.objects.filter(case=OuterRef("pk"), month=_month_before(on))
    found = _of_open_branches().filter(~Exists(reported), state=State.RECTIFYING, rectifying_since__lt=this_month)
    found = found.annotate(report_due=Value(due_on, DateField())).annotate(day=F(of))
    return found.values_list("pk", "branch", "day", "report_due")


def plans_unfiled(on, *, of):
    """Cases listed without a plan on record, by the day until which it is to be filed (`plan_due`)."""
    days = timedelta(days=value("weak.plan_days", on=on))
    found = _of_open_branches().filter(state=State.LISTED)
    found = found.annotate(plan_due=Cast(F("listed_on") + days, DateField())).annotate(day=F(of))
    return found.values_list("pk", "branch", "day", "plan_due")


def cases_running(on, *, of):
    """Cases with a day until which they are to be settled (`due_on`), while the organisation still works at it."""
    found = _of_open_branches().filter(state__in=[State.PLAN_FILED, State.RECTIFYING])
    return found.annotate(day=F(of)).values_list("pk", "branch", "day", "due_on")


def _month_before(on):
    return (on.replace(day=1) - timedelta(days=1)).replace(day=1)


def month_words(pks, on):
    month = _month_before(on)
    return {pk: (f"{month.month} 月整顿月报", reverse("branches:weak_report", args=[pk])) for pk in pks}


def plan_words(pks, on):
    return {pk: ("整顿方案", reverse("branches:weak_case", args=[pk])) for pk in pks}


def case_words(pks, on):
    return {pk: ("整顿期限", reverse("branches:weak_case", args=[pk])) for pk in pks}
