"""党费 on paper: the year of branches (应交、实交、欠缴月、累计) and the public sheet of a quarter. The same input, the same bytes."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal

from members import dues_ledger
from members.dues import Rates
from members.dues_upward import quarter_of
from members.models import DuesBase, DuesPayment, Member
from office.writer import Workbook

MONEY = "0.00"


@dataclass
class Account:
    """A member's dues in one branch over some months."""

    member: Member
    base: DuesBase | None
    payable: Decimal = Decimal(0)  # of the months that are over or paid
    paid: Decimal = Decimal(0)
    unpaid: list = field(default_factory=list)  # first days of months that are over
    late: list = field(default_factory=list)
    by_month: dict = field(default_factory=dict)  # first day → paid
    is_known: bool = True  # False: a month is over whose amount cannot be told, since no base is entered


def accounts(branches, first, last, *, on):
    """branch id → [Account], by name. Few queries, however many branches."""
    people, rates = defaultdict(dict), Rates()
    rows = dues_ledger.owed(branches, first, last)
    members = Member.objects.in_bulk({due.member for due in rows})
    known = DuesBase.objects.filter(member__in=members, year__range=(first.year, last.year))
    bases = {(base.member_id, base.year): base for base in known}
    for due in rows:
        base = bases.get((due.member, due.month.year))
        account = people[due.branch].setdefault(due.member, Account(members[due.member], base))
        is_over = due.until < on
        if due.paid is not None:
            account.paid += due.paid
            account.by_month[due.month] = due.paid
        if not is_over and due.paid is None:
            continue
        amount = due.payable if due.payable is not None else rates.due(base, due.month, due.waived)
        account.payable += amount or 0
        account.is_known = account.is_known and amount is not None
        if not due.is_settled:
            account.unpaid.append(due.month)
        elif due.paid_on and due.paid_on > due.until:
            account.late.append(due.month)
    return {
        branch: sorted(
            found.values(), key=lambda account: (account.member.strokes, account.member.name, account.member.pk)
        )
        for branch, found in people.items()
    }


def months_of(days):
    """First days of months in words: 3 月、5 月; of another year than the last one with the year."""
    newest = max(days, default=None)
    return "、".join(f"{day.month} 月" if day.year == newest.year else f"{day.year} 年 {day.month} 月" for day in days)


def of_year(branches, year, *, on, organ, words=()):
    """党费收缴情况表: one row per member with what was due, paid and is unpaid, and a sheet of sums per branch."""
    found = accounts([branch.pk for branch in branches], date(year, 1, 1), date(year, 12, 1), on=on)
    book = _Book(f"{year}年党费收缴情况表", on=min(on, date(year, 12, 31)), organ=organ, words=words)
    headers = ["序号", "党支部", "应交人数", "应交（元）", "实交（元）", "欠缴人数", "欠缴月次"]
    sheet = book.begin("汇总", headers, (6, 40, 10, 14, 14, 10, 10))
    total = [Decimal(0), Decimal(0)]
    for number, branch in enumerate(branches, 1):
        rows = found.get(branch.pk, [])
        due, paid = sum((row.payable for row in rows), Decimal(0)), sum((row.paid for row in rows), Decimal(0))
        owing = [row for row in rows if row.unpaid]
        _money(
            sheet,
            [number, branch.name, len(rows), due, paid, len(owing), sum(len(row.unpaid) for row in owing)],
            (3, 4),
        )
        total = [total[0] + due, total[1] + paid]
    _money(sheet, ["", "合计", "", *total, "", ""], (3, 4), bold=True)
    sheet.write(sheet.row, 0, "应交只计已到期和已交的月份；没有登记基数的，不计应交金额。")
    headers = [
        "序号",
        "党支部",
        "姓名",
        "计算方法",
        "基数（元）",
        "应交累计（元）",
        "实交累计（元）",
        "欠缴月份",
        "迟交月份",
        "备注",
    ]
    sheet = book.begin("明细", headers, (6, 34, 12, 14, 12, 14, 14, 22, 18, 16))
    number = 0
    for branch in branches:
        for row in found.get(branch.pk, []):
            number += 1
            kind, base = (row.base.get_kind_display(), row.base.amount) if row.base else ("", "")
            note = "" if row.is_known else "未登记基数"
            cells = [number, branch.name, row.member.name, kind, base, row.payable, row.paid]
            _money(sheet, [*cells, months_of(row.unpaid), months_of(row.late), note], (4, 5, 6))
    return book.close()


def of_quarter(branch, year, quarter, *, on):
    """党费收缴公示表 of a branch and a quarter: name, what was paid for each month, the sum."""
    rows = public(branch, year, quarter, on=on)
    book = _Book(f"{year}年第{quarter}季度党费收缴公示表", on=on, organ=branch.name)
    months = rows["months"]
    headers = ["序号", "姓名", *(f"{month.month}月（元）" for month in months), "合计（元）", "备注"]
    sheet = book.begin("公示表", headers, (6, 16, 12, 12, 12, 14, 24))
    for number, row in enumerate(rows["rows"], 1):
        _money(sheet, [number, row["member"].name, *row["cells"], row["sum"], row["note"]], (2, 3, 4, 5))
    _money(sheet, ["", "合计", *rows["sums"], rows["sum"], ""], (2, 3, 4, 5), bold=True)
    return book.close()


def public(branch, year, quarter, *, on):
    """What the public sheet of a quarter shows: months, rows (member, cells, sum, note), sums per month and in all.

    Everybody who owes or has paid here; open within the branch (党务公开), names and amounts as they are.
    """
    first, last = quarter_of(year, quarter)
    months = [date(year, number, 1) for number in range(first.month, last.month + 1)]
    rows = []
    for account in accounts([branch.pk], first, last, on=on).get(branch.pk, []):
        cells = [account.by_month.get(month, "") for month in months]
        waits = [month for month in months if month in account.unpaid]
        note = f"{months_of(waits)}未交" if waits else ""
        rows.append({"member": account.member, "cells": cells, "sum": account.paid, "note": note})
    sums = [sum((row["cells"][place] or Decimal(0) for row in rows), Decimal(0)) for place in range(len(months))]
    return {"months": months, "rows": rows, "sums": sums, "sum": sum(sums, Decimal(0))}


def collected(branches, year):
    """(branch id, quarter) → what was collected for its months. One query."""
    found = defaultdict(Decimal)
    payments = DuesPayment.objects.filter(branch__in=branches, month__range=(date(year, 1, 1), date(year, 12, 1)))
    for branch, month, paid in payments.values_list("branch", "month", "paid"):
        found[branch, (month.month + 2) // 3] += paid
    return found


def of_arrears(rows, *, on, organ, words=()):
    """欠交党费名单, as the page lists it."""
    book = _Book("欠交党费情况表", on=on, organ=organ, words=words)
    headers = ["序号", "党支部", "姓名", "连续欠交（月）", "欠交月份", "按规定应做的事"]
    sheet = book.begin("欠交", headers, (6, 36, 12, 12, 30, 60))
    for number, row in enumerate(rows, 1):
        sheet.append(
            [number, row["branch"].name, row["member"].name, row["run"], row["months"], row["act"]], text_wrap=True
        )
    return book.close()


class _Book:
    """The workbook; each sheet begins with its title and the line of who reports and until when."""

    def __init__(self, title, *, on, organ, words=()):
        self.title, self.on, self.organ, self.words = title, on, organ, "　".join(words)
        self.book = Workbook(title=title, created=datetime.combine(on, time()))

    def begin(self, name, headers, widths):
        sheet = self.book.sheet(name)
        sheet.title(self.title, len(headers))
        line = f"填报单位（盖章）：{self.organ}　　统计截止日：{self.on:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话："
        sheet.write(sheet.row, 0, line)
        sheet.row += 1
        if self.words:
            sheet.write(sheet.row, 0, f"范围：{self.words}")
            sheet.row += 1
        sheet.header(headers, widths)
        return sheet

    def close(self):
        return self.book.close()


def _money(sheet, cells, columns, **look):
    """A row whose amounts show the cents."""
    row = sheet.row
    sheet.append(cells, **look)
    for column in columns:
        if isinstance(cells[column], Decimal):
            sheet.write(row, column, cells[column], border=1, valign="vcenter", num_format=MONEY, **look)
