from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.policy import policy
from branches.forms import whole_number
from branches.rights import may
from members import dues_arrears, dues_sheet, dues_upward
from members.forms.dues import (
    ArrearsFilter,
    ConsentForm,
    DuesFilter,
    HandoverForm,
    ReceiptForm,
    WaiverFilter,
    WaiverForm,
)  # fmt: skip
from members.models import DuesConsent, DuesHandover, DuesWaiver, Member, Membership
from members.views.dues import SHOWN, collecting, found_branch, highest, sent
from rulebook.book import rule

# --- arrears


@require_safe
@policy("dues.see")
def dues_arrears_list(request):
    """Who has not paid for how long, and what the rules foresee; nothing follows by itself."""
    today = timezone.localdate()
    form, found, steps = _arrears(request, today)
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    context = {
        "form": form, "page": page, "rows": page.object_list, "query": request.GET, "steps": steps, "lapse": steps[-1],
        "has_many": "branch" in form.fields, "branch_count": len({row["branch"].pk for row in found}),
    }  # fmt: skip
    return render(request, "members/dues_arrears.html", context)


def _arrears(request, today):
    branches, steps = collecting(request, today.year), dues_arrears.levels(today)
    form = ArrearsFilter(request.GET, months=[step.months for step in steps], branch=branches)
    if branches.count() <= 1:
        form.drop("branch")
    at = [form.asked["branch"]] if "branch" in form.asked else branches
    least = int(form.asked.get("months", 1))
    return form, dues_arrears.rows(at, on=today, at_least=least, word=form.asked.get("q", "")), steps


@require_safe
@policy("dues.see")
def dues_arrears_export(request):
    today = timezone.localdate()
    form, found, _ = _arrears(request, today)
    words = [chip["label"] for chip in form.chips]
    data = dues_sheet.of_arrears(found, on=today, organ=highest(request), words=words)
    return sent(request, data, "欠交党费情况表", rows=len(found), on=str(today))


# --- quarterly payment, hand-over


@require_http_methods(["GET", "HEAD", "POST"])
@policy("dues.edit")
def dues_consent(request, pk, year):
    today, branch = timezone.localdate(), found_branch(request, pk, year, "dues.edit")
    form = ConsentForm(
        request.POST or None, instance=DuesConsent(branch=branch, year=year), initial={"agreed_on": today}
    )
    if request.method == "POST" and form.is_valid():
        try:
            dues_upward.agree_quarterly(form.instance, by=request.user, on=today)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, f"已登记：{year} 年按季交纳，每季度最后一天以前交的为按时。")
            return redirect("members:dues_year", pk, year)
    context = {
        "form": form, "branch": branch, "title": f"{year} 年党费按季交纳", "action": "登记", "back": _year_of(branch, year),
        "rule": "一般按月交纳。遇到特殊情况，经支部同意，可以每季度交纳一次，也可以委托亲属或者其他党员代交。同意以前的季度仍按月计算。",
        "cite": rule("dues.wage", on=today).source,
    }  # fmt: skip
    return render(request, "members/dues_form.html", context)


def _year_of(branch, year):
    return reverse("members:dues_year", args=[branch.pk, year])


@require_http_methods(["GET", "HEAD", "POST"])
@policy("dues.edit")
def dues_handover(request, pk, year):
    """What the branch handed upward for a quarter; what it collected stands beside it."""
    today, branch = timezone.localdate(), found_branch(request, pk, year, "dues.edit")
    asked = whole_number(request.GET.get("quarter"))
    quarter = asked if asked in (1, 2, 3, 4) else (today.month + 2) // 3
    sums = dues_sheet.collected([pk], year)
    initial = {"quarter": quarter, "amount": sums[pk, quarter] or None, "handed_on": today}
    form = HandoverForm(request.POST or None, instance=DuesHandover(branch=branch, year=year), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            dues_upward.hand_over(form.instance, by=request.user, on=today)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, "已登记上缴，等上级收讫。")
            return redirect("members:dues_year", pk, year)
    told = "，".join(f"第{n}季度 {sums[pk, n]} 元" for n in (1, 2, 3, 4) if sums[pk, n])
    context = {
        "form": form, "branch": branch, "title": f"登记 {year} 年党费上缴", "action": "登记", "back": _year_of(branch, year),
        "rule": f"已收的党费：{told or '还没有'}。上级收讫以前可以再改。",
    }  # fmt: skip
    return render(request, "members/dues_form.html", context)


@require_safe
@policy("dues.see")
def dues_handover_list(request):
    """Branches × quarters: what was collected and what was handed upward."""
    today = timezone.localdate()
    form = DuesFilter(request.GET, this_year=today.year)
    branches = collecting(request, form.chosen_year)
    if "q" in form.asked:
        branches = branches.filter(name__contains=form.asked["q"])
    page = Paginator(branches, SHOWN).get_page(request.GET.get("page"))
    keys = [branch.pk for branch in page]
    handed = {
        (row.branch_id, row.quarter): row
        for row in DuesHandover.objects.visible_to(request.user).filter(branch__in=keys, year=form.chosen_year)
    }
    sums = dues_sheet.collected(keys, form.chosen_year)
    context = {
        "form": form, "page": page, "year": form.chosen_year, "query": request.GET,
        "rows": [
            {
                "branch": branch, "may_receive": may(request.user, "dues.approve", at=branch),
                "cells": [_quarter(handed.get((branch.pk, n)), sums[branch.pk, n], n, form.chosen_year, today) for n in (1, 2, 3, 4)],
            }
            for branch in page
        ],
    }  # fmt: skip
    return render(request, "members/dues_handovers.html", context)


def _quarter(row, collected, number, year, today):
    is_over = dues_upward.quarter_of(year, number)[1] < today.replace(day=1)
    if row is None:
        state, word = ("miss", "未上缴") if collected and is_over else ("na", "未结束")
    else:
        state, word = ("done", "已收讫") if row.received_at else ("wait", "待收讫")
    return {
        "label": f"第{number}季度", "row": row, "collected": collected, "state": state, "word": word,
        "difference": collected - row.amount if row else 0,
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("dues.approve")
def dues_receive(request, pk):
    today = timezone.localdate()
    found = DuesHandover.objects.visible_to(request.user, verb="dues.approve").select_related("branch")
    row = get_object_or_404(found, pk=pk)
    form = ReceiptForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            dues_upward.receive(row, receipt=form.cleaned_data["receipt"], by=request.user, on=today)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, f"已收讫 {row.branch.name} {row.amount} 元。")
            return redirect(f"{reverse('members:dues_handovers')}?year={row.year}")
    sums = dues_sheet.collected([row.branch_id], row.year)
    context = {
        "form": form, "branch": row.branch, "title": f"收讫 {row.year} 年第{row.quarter}季度党费", "action": "收讫",
        "back": reverse("members:dues_handovers"),
        "rule": f"支部上缴 {row.amount} 元（{row.handed_on:%Y-%m-%d}），登记的党费合计 {sums[row.branch_id, row.quarter]} 元。"
        "收讫以后不能再改。",
    }  # fmt: skip
    return render(request, "members/dues_form.html", context)


# --- waivers


@require_safe
@policy("dues.see")
def dues_waiver_list(request):
    today = timezone.localdate()
    form = WaiverFilter(request.GET)
    rows = DuesWaiver.objects.visible_to(request.user, verb="dues.see").select_related("member", "decided_by")
    if "state" in form.asked:
        rows = rows.filter(state=form.asked["state"])
    if "q" in form.asked:
        word = form.asked["q"]
        rows = rows.filter(Q(member__name__contains=word) | Q(member__initials__startswith=word.lower()))
    page = Paginator(rows.order_by("-from_month", "-pk"), SHOWN).get_page(request.GET.get("page"))
    homes = (
        Membership.objects.visible_to(request.user, verb="dues.see")
        .on(today)
        .filter(member__in=[row.member_id for row in page])
    )
    at = {home.member_id: home.branch for home in homes.select_related("branch")}
    context = {
        "form": form, "page": page, "query": request.GET,
        "rows": [
            {
                "waiver": row, "branch": at.get(row.member_id),
                "state": {"asked": "wait", "approved": "done", "refused": "back"}[row.state],
                "may_decide": row.state == DuesWaiver.State.ASKED and row.member_id in at
                and may(request.user, "dues.approve", at=at[row.member_id]),
            }
            for row in page
        ],
    }  # fmt: skip
    return render(request, "members/dues_waivers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("dues.edit")
def dues_waiver_add(request, pk):
    today = timezone.localdate()
    member = get_object_or_404(Member.objects.visible_to(request.user, verb="dues.edit"), pk=pk)
    this = today.replace(day=1).isoformat()
    form = WaiverForm(
        request.POST or None,
        instance=DuesWaiver(member=member),
        initial={"from_month": this, "to_month": this, "amount": 0},
    )
    if request.method == "POST" and form.is_valid():
        try:
            dues_upward.ask_waiver(form.instance, by=request.user, on=today)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, f"已为{member}申报减免，等上级党组织批准。")
            return redirect("members:dues_waivers")
    context = {
        "form": form, "about": member, "title": "申报党费减免", "action": "申报", "back": reverse("members:dues_waivers"),
        "rule": "生活确有困难的，由本人申请，支部研究，报上级党委批准后少交或免交；免交填 0。批准以前仍按应交数计算。",
        "cite": rule("dues.wage", on=today).source,
    }  # fmt: skip
    return render(request, "members/dues_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("dues.approve")
def dues_waiver_decide(request, pk):
    today = timezone.localdate()
    found = DuesWaiver.objects.visible_to(request.user, verb="dues.approve").select_related("member")
    row, refusal = get_object_or_404(found, pk=pk), None
    if request.method == "POST" and {"approve", "refuse"} & set(request.POST):
        try:
            dues_upward.decide_waiver(row, approve="approve" in request.POST, by=request.user, on=today)
        except ValidationError as error:
            refusal = error
        else:
            messages.success(request, "已批准减免。" if "approve" in request.POST else "已退回，未批准减免。")
            return redirect("members:dues_waivers")
    return render(request, "members/dues_waiver.html", {"waiver": row, "refusal": refusal})
