"""Whether dues are paid in time (党费按时收缴)."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from django.db.models import Min

from members.dues_ledger import tally
from members.models import DuesPayment
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
    for row in tally([branch.pk for branch in branches], began, last):
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
