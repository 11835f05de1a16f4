from datetime import date
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch
from branches.rights import may
from members import dues, dues_ledger, dues_sheet
from members.dues_arrears import levels
from members.forms.dues import BasesForm, DuesFilter, MonthForm
from members.models import DuesBase, DuesConsent, DuesHandover, Member
from office.writer import XLSX

SHOWN = 30
FIRST_YEAR = 2000


def found_branch(request, pk, year, verb, *, graded=False):
    """The branch of an address with a year, or 404; `graded`: a committee is none."""
    if not FIRST_YEAR <= year <= timezone.localdate().year + 1:
        raise Http404
    branches = Branch.objects.visible_to(request.user, verb=verb)
    return get_object_or_404(branches.graded() if graded else branches, pk=pk)


def sent(request, data, name, **detail):
    """A workbook as an answer; who took it is recorded."""
    audit.record("dues.export", by=request.user, report=name, **detail)
    response = HttpResponse(data, content_type=XLSX().get_content_type())
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{name}.xlsx")
    return response


def collecting(request, year):
    """The organisations in sight that collect dues at some day of the year, in 单位序."""
    visible = Branch.objects.visible_to(request.user, verb="dues.see").graded()
    return visible.at_work(date(year, 1, 1), date(year, 12, 31)).in_order()


def highest(request):
    """The organisation that reports: the highest in which the person may see dues."""
    found = Branch.objects.visible_to(request.user, verb="dues.see").order_by("path").first()
    return found.name if found else ""


@require_safe
@policy("dues.see")
def dues_list(request):
    """Every branch with the running month and the year; whoever has one branch sees it at once."""
    today = timezone.localdate()
    form = DuesFilter(request.GET, this_year=today.year)
    branches = collecting(request, form.chosen_year)
    if Branch.objects.visible_to(request.user, verb="dues.see").count() == 1 and branches.count() == 1:
        return redirect("members:dues_year", branches.get().pk, form.chosen_year)
    if "q" in form.asked:
        branches = branches.filter(name__contains=form.asked["q"])
    page = Paginator(branches, SHOWN).get_page(request.GET.get("page"))
    last = min(today.replace(day=1), date(form.chosen_year, 12, 1))
    months = {}
    for row in dues_ledger.tally([branch.pk for branch in page], date(form.chosen_year, 1, 1), last):
        months.setdefault(row.branch, []).append(row)
    context = {
        "form": form, "page": page, "year": form.chosen_year, "month": last, "query": request.GET,
        "rows": [_line(branch, months.get(branch.pk, []), last, today) for branch in page],
        "may_approve": may(request.user, "dues.approve"),
    }  # fmt: skip
    return render(request, "members/dues.html", context)


def _line(branch, rows, last, today):
    now = next((row for row in rows if row.month == last), None)
    past = [row for row in rows if row.until < today]
    missing = sum(row.due - row.settled for row in past)
    return {
        "branch": branch, "now": now, "missing": missing, "late": sum(row.settled - row.punctual for row in past),
        "paid": sum((row.paid for row in rows), Decimal(0)),
        "state": "na" if now is None else "done" if now.settled == now.due else "wait" if now.until >= today else "miss",
    }  # fmt: skip


@require_safe
@policy("dues.see")
def dues_export(request):
    """党费收缴情况表 of the branches as filtered (应交、实交、欠缴月、累计)."""
    today = timezone.localdate()
    form = DuesFilter(request.GET, this_year=today.year)
    branches = collecting(request, form.chosen_year)
    words = []
    if "q" in form.asked:
        branches, words = branches.filter(name__contains=form.asked["q"]), [f"名称含“{form.asked['q']}”"]
    if whole_number(request.GET.get("branch")):
        branches = branches.filter(pk=whole_number(request.GET["branch"]))
    branches = list(branches)
    organ = branches[0].name if len(branches) == 1 else highest(request)
    data = dues_sheet.of_year(branches, form.chosen_year, on=today, organ=organ, words=words)
    return sent(request, data, f"{form.chosen_year}年党费收缴情况表", year=form.chosen_year, rows=len(branches))


@require_safe
@policy("dues.see")
def dues_year(request, pk, year):
    """A branch's year: a cell per month, a line per member, and the ways to bases, public sheet and hand-over."""
    today, branch = timezone.localdate(), found_branch(request, pk, year, "dues.see")
    tallies = {row.month: row for row in dues_ledger.tally([pk], date(year, 1, 1), date(year, 12, 1))}
    may_edit = may(request.user, "dues.edit", at=branch)
    until = dues.last_month(branch, today)
    rows = dues_sheet.accounts([pk], date(year, 1, 1), date(year, 12, 1), on=today).get(pk, [])
    members = Member.objects.visible_to(request.user, verb="dues.edit").filter(pk__in=[row.member.pk for row in rows])
    steps, rates = levels(today), dues.Rates().rule("wage", today.replace(day=1))
    context = {
        "branch": branch, "year": year, "today": today, "may_edit": may_edit, "rows": rows,
        "here": set(members.values_list("pk", flat=True)) if may_edit else (),  # who left is listed and asks elsewhere
        "months": [_cell(branch, date(year, number, 1), tallies, until, today, may_edit) for number in range(1, 13)],
        "years": [{"year": each, "is_shown": each == year} for each in range(today.year - 1, today.year + 1)],
        "unpaid": sum(bool(row.unpaid) for row in rows), "paid": sum((row.paid for row in rows), Decimal(0)),
        "payable": sum((row.payable for row in rows), Decimal(0)), "without_base": sum(row.base is None for row in rows),
        "consent": DuesConsent.objects.visible_to(request.user, verb="dues.see").filter(branch=branch, year=year).first(),
        "quarters": _quarters(request, branch, year), "lapse": steps[-1], "source": rates.source,
        "quarter": (today.month + 2) // 3 if year == today.year else 4,
        "shows_others": Branch.objects.visible_to(request.user, verb="dues.see").count() > 1,
    }  # fmt: skip
    return render(request, "members/dues_year.html", context)


def _cell(branch, month, tallies, until, today, may_edit):
    row = tallies.get(month)
    if row is None or month > until:
        return {"month": month.month, "state": "none", "word": "不应交" if row is None else "未到", "url": ""}
    state = "done" if row.settled == row.due else "wait" if row.until >= today else "miss"
    if state == "done" and row.punctual < row.due:
        state = "late"
    route = "members:dues_enter" if may_edit and state in ("wait", "miss") else "members:dues_month"
    return {
        "month": month.month, "state": state, "word": f"{row.settled}／{row.due}", "is_now": month == today.replace(day=1),
        "url": reverse(route, args=[branch.pk, month.year, month.month]),
    }  # fmt: skip


def _quarters(request, branch, year):
    """What was collected and handed upward in each quarter."""
    handed = DuesHandover.objects.visible_to(request.user).filter(branch=branch, year=year)
    known, sums = {row.quarter: row for row in handed}, dues_sheet.collected([branch.pk], year)
    return [{"number": n, "sum": sums[branch.pk, n], "handed": known.get(n)} for n in (1, 2, 3, 4)]


def _month_of(year, month):
    if not 1 <= month <= 12:
        raise Http404
    return date(year, month, 1)


def _around(branch, month, today, route):
    """The months before and after, as far as they can be entered."""
    last = dues.last_month(branch, today)
    return {
        name: {"month": day, "url": reverse(route, args=[branch.pk, day.year, day.month])}
        for name, day in (("before", month - relativedelta(months=1)), ("after", month + relativedelta(months=1)))
        if day <= last
    }


@require_safe
@policy("dues.see")
def dues_month(request, pk, year, month):
    """A branch's month as it stands, to read and to print."""
    today, branch, month = timezone.localdate(), found_branch(request, pk, year, "dues.see"), _month_of(year, month)
    rows = dues.month_rows(branch, month)
    context = {
        "branch": branch, "month": month, "rows": rows, "paid": sum((row.payment.paid for row in rows if row.is_paid), Decimal(0)),
        "settled": sum(row.is_paid or row.waived == 0 for row in rows), "today": today,
        "payable": sum((row.payable or Decimal(0) for row in rows if row.is_owed), Decimal(0)),
        "may_edit": may(request.user, "dues.edit", at=branch) and month <= dues.last_month(branch, today),
        **_around(branch, month, today, "members:dues_month"),
    }  # fmt: skip
    return render(request, "members/dues_month.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("dues.edit")
def dues_enter(request, pk, year, month):
    """Ticking a month: 全部已交 sets everybody who has an amount, then the exceptions are taken out."""
    today, branch, month = timezone.localdate(), found_branch(request, pk, year, "dues.edit"), _month_of(year, month)
    rates = dues.Rates()
    rows = dues.month_rows(branch, month, rates=rates)
    form = MonthForm(request.POST or None, rows=rows, on=today)
    if "all" in request.POST:
        form = MonthForm(rows=rows, on=today, initial=form.typed())
    elif request.method == "POST" and form.is_valid():
        try:
            entered, corrected = dues.record_month(branch, month, form.entries, by=request.user, on=today)
        except dues.Clash as clash:
            form.add_error(None, clash.messages)
            form.catch_up(dues.month_rows(branch, month, rates=rates), clash.members)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            _say(request, form, rows, month, rates, entered, corrected)
            return redirect("members:dues_month", branch.pk, year, month.month)
    wage = rates.rule("wage", month)
    context = {
        "branch": branch, "month": month, "form": form, "lines": form.lines(), "rows": rows, "is_ticked": "all" in request.POST,
        "is_ahead": month > dues.last_month(branch, today), "source": wage.source if wage else "",
        "without_base": sum(row.base is None for row in rows), **_around(branch, month, today, "members:dues_enter"),
    }  # fmt: skip
    return render(request, "members/dues_enter.html", context)


def _say(request, form, rows, month, rates, entered, corrected):
    words = [f"登记 {entered} 人" if entered else "", f"更正 {corrected} 人" if corrected else ""]
    messages.success(
        request, "、".join(word for word in words if word) + "。" if entered or corrected else "没有改动。"
    )
    belated = [
        entry for entry, row in zip(form.entries, rows, strict=True)
        if entry.paid is not None and entry.paid_on and not row.is_paid and dues.belated(entry.paid_on, month, rates)
    ]  # fmt: skip
    if belated:
        limit = rates.rule("back_months", month)
        messages.warning(
            request, f"有 {len(belated)} 人补交时已超过 {limit.value} 个月，请说明原因（{limit.source}）。"
        )


@require_http_methods(["GET", "HEAD", "POST"])
@policy("dues.edit")
def dues_bases(request, pk, year):
    """The bases of a year: typed, pasted, uploaded, or taken over from last year; a list is looked at before it is saved."""
    today, branch = timezone.localdate(), found_branch(request, pk, year, "dues.edit")
    people = dues.based(branch, year)
    known = DuesBase.objects.visible_to(request.user, verb="dues.see").filter(year=year, member__in=people)
    bases = {base.member_id: base for base in known}
    form, faults = BasesForm(request.POST or None, request.FILES or None, people=people, bases=bases), ()
    if "copy" in request.POST:
        count = dues.copy_bases(branch, year, by=request.user, on=today)
        messages.success(
            request,
            f"沿用了 {year - 1} 年 {count} 人的基数，请核对变动的。" if count else f"{year - 1} 年没有可沿用的基数。",
        )
        return redirect("members:dues_bases", pk, year)
    if "fill" in request.POST:
        values, faults = form.filled()
        form = BasesForm(people=people, bases=bases, initial=values)
    elif request.method == "POST" and form.is_valid():
        try:
            count = dues.set_bases(branch, year, form.entries(), by=request.user, on=today)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, f"已登记 {count} 人的基数。" if count else "没有改动。")
            return redirect("members:dues_year", pk, year)
    rates, month = dues.Rates(), today.replace(day=1)
    wage, pension = rates.rule("wage", month), rates.rule("pension", month)
    context = {
        "branch": branch, "year": year, "form": form, "lines": form.lines(), "people": people, "faults": faults,
        "is_filled": "fill" in request.POST, "wage": _brackets(wage), "pension": _brackets(pension), "source": wage.source,
    }  # fmt: skip
    return render(request, "members/dues_bases.html", context)


def _brackets(rule):
    """The rates in a sentence: 3000 元及以下 0.5%，… 以上 2%."""
    words = []
    for most, rate in rule.value:
        share = f"{(Decimal(str(rate)) * 100).normalize():f}%"
        words.append(f"{most} 元及以下 {share}" if most is not None else f"再高的 {share}")
    return "，".join(words)


@require_safe
@policy("dues.see")
def dues_public(request, pk, year):
    """党费收缴公示表 of a quarter, to print and put up: names and amounts are open within the branch."""
    today, branch = timezone.localdate(), found_branch(request, pk, year, "dues.see")
    quarter = _quarter_asked(request, year, today)
    context = {
        "branch": branch, "year": year, "quarter": quarter, "today": today, **dues_sheet.public(branch, year, quarter, on=today),
        "quarters": [{"number": n, "is_shown": n == quarter} for n in (1, 2, 3, 4)],
    }  # fmt: skip
    return render(request, "members/dues_public.html", context)


@require_safe
@policy("dues.see")
def dues_public_export(request, pk, year):
    today, branch = timezone.localdate(), found_branch(request, pk, year, "dues.see")
    quarter = _quarter_asked(request, year, today)
    data = dues_sheet.of_quarter(branch, year, quarter, on=today)
    return sent(request, data, f"{year}年第{quarter}季度党费收缴公示表", year=year, quarter=quarter, branch=branch.pk)


def _quarter_asked(request, year, today):
    asked = whole_number(request.GET.get("quarter"))
    return asked if asked in (1, 2, 3, 4) else (today.month + 2) // 3 if year == today.year else 4
