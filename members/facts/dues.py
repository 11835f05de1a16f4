"""Whether dues are paid in time (党费按时收缴)."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from django.db.models import DateField, Exists, F, Min, OuterRef, Value
from django.urls import reverse

from branches.models import Branch
from members.dues_ledger import tally
from members.models import DuesConsent, DuesPayment, DuesWaiver, Membership, Standing
from rulebook.facts import Fact


def dues_on_time(branches, period):
    """branch id → Fact: member-months paid in time, of those owed in the year. Two queries; None while nobody records dues.

    In time: by the month's last day, with the branch's consent by the quarter's; whoever need not pay is in time. Paid by
    somebody else counts the same. Counted from the first month that the county recorded in the year.
    Source: 《关于中国共产党党费收缴、使用和管理的规定》（中组发〔2008〕3号）.
    """
    last = date(period.year, 12, 1)
    began = DuesPayment.objects.filter(month__range=(date(period.year, 1, 1), last)).aggregate(on=Min("month"))["on"]
    if began is None:
        return None
    months = defaultdict(list)
    for row in tally(branches.values_list("pk", flat=True), began, last):
        months[row.branch].append(row)
    return {branch: _fact(sorted(rows, key=lambda row: row.month), period) for branch, rows in months.items()}


def _fact(rows, period):
    past = [row for row in rows if row.until < period.on]
    ahead = [row for row in rows if row.until >= period.on]
    late = sum(row.settled - row.punctual for row in past)
    return Fact(
        value=Decimal(sum(row.punctual for row in rows)),
        whole=Decimal(sum(row.due for row in rows)),
        model="members.DuesPayment",
        missing=tuple(f"{row.month.month} 月 {row.due - row.settled} 人" for row in past if row.settled < row.due),
        open=Decimal(sum(row.due - row.punctual for row in ahead)),
        note=f"迟交、少交 {late} 人次" if late else "",
    )


def dues_unpaid(on, *, of):
    """For reminders: branches of which somebody has not paid the month before, by the first day of this month.

    Only where dues are recorded at all; with the branch's consent to pay by the quarter, only when a quarter has ended.
    """
    month = on.replace(day=1)
    last = month - relativedelta(months=1)
    paid = DuesPayment.objects.filter(member=OuterRef("member"), month=last, paid__gt=0)
    waived = DuesWaiver.objects.filter(
        member=OuterRef("member"), state=DuesWaiver.State.APPROVED, from_month__lte=last, to_month__gte=last, amount=0
    )
    suspended = Standing.objects.filter(member=OuterRef("member")).on(month - timedelta(days=1))
    owing = Membership.objects.filter(branch=OuterRef("pk"), started_on__lt=last, ended_on=None)
    by_quarter = DuesConsent.objects.filter(branch=OuterRef("pk"), year=last.year)
    found = Branch.objects.at_work(on).filter(
        Exists(owing.filter(~Exists(paid), ~Exists(waived), ~Exists(suspended))),
        Exists(DuesPayment.objects.filter(branch=OuterRef("pk"), month__gte=last - relativedelta(months=12))),
    )
    if last.month % 3:
        found = found.filter(~Exists(by_quarter))
    return found.annotate(**{of: Value(month, DateField())}).annotate(day=F(of)).values_list("pk", "pk", "day", "day")


def dues_words(pks, on):
    """Key → (title, address of the act)."""
    last = on.replace(day=1) - relativedelta(months=1)
    return {
        pk: (f"{last.month} 月党费还有未交的", reverse("members:dues_month", args=[pk, last.year, last.month]))
        for pk in pks
    }


def dues_arrears(on, *, of, months):
    """For reminders: branches of which somebody, not suspended, has paid nothing for so many months one after the other,
    by the first day of this month. Only where dues were recorded before those months; whoever had a waiver is left out.
    """
    month = on.replace(day=1)
    first, last = month - relativedelta(months=months), month - relativedelta(months=1)
    paid = DuesPayment.objects.filter(member=OuterRef("member"), month__range=(first, last), paid__gt=0)
    waived = DuesWaiver.objects.filter(
        member=OuterRef("member"), state=DuesWaiver.State.APPROVED, from_month__lte=last, to_month__gte=first
    )
    suspended = Standing.objects.filter(member=OuterRef("member")).on(month - timedelta(days=1))
    owing = Membership.objects.filter(branch=OuterRef("pk"), started_on__lt=first, ended_on=None)
    by_quarter = DuesConsent.objects.filter(branch=OuterRef("pk"), year=last.year)
    found = Branch.objects.at_work(on).filter(
        Exists(owing.filter(~Exists(paid), ~Exists(waived), ~Exists(suspended))),
        Exists(DuesPayment.objects.filter(branch=OuterRef("pk"), month__lte=first)),
    )
    if last.month % 3:
        found = found.filter(~Exists(by_quarter))
    return found.annotate(**{of: Value(month, DateField())}).annotate(day=F(of)).values_list("pk", "pk", "day", "day")


def arrears_words(pks, on):
    """Key → (title, address of the act); no names, the list behind it holds them."""
    return dict.fromkeys(pks, ("党费连续几个月未交的，请看怎么办", reverse("members:dues_arrears")))
