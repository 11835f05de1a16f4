"""整顿: one page for each act of a case, and those of the four measures, the monthly report and the acceptance."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms import Textarea
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.policy import policy
from branches import weak_cases
from branches.facts.weak import months
from branches.forms import shown
from branches.forms import weak as forms
from branches.models import WeakMeasure, WeakProgress
from branches.views.weak import found, tell
from rulebook.book import rule, value


@dataclass(frozen=True)
class Act:
    """How the page of one act looks: its form, the button, what is said when it is done, and the rule it goes by."""

    run: object
    form: type
    label: str
    done: str
    text: str = ""
    rule: str = ""
    is_danger: bool = False


DO = {
    "self_assess": Act(
        weak_cases.self_assess, forms.SelfAssessForm, "提交自评", "自评已提交，等上级评定。",
        "对照认定情形，如实写明存在的问题和原因，有不同意见的也写在这里。",
    ),
    "file_plan": Act(
        weak_cases.file_plan, forms.PlanForm, "上报方案", "方案已上报。",
        "写明问题清单、整顿措施、责任人和时限。开始整顿以前可以修改。", "weak.plan_days",
    ),
    "apply": Act(
        weak_cases.apply, forms.ApplyForm, "申请销号", "已申请，等上级逐项验收。", "写明每个问题解决得怎样。", "weak.least_reports",
    ),
}  # fmt: skip
RUN = {
    "review": Act(
        weak_cases.review, forms.ReviewForm, "评定", "已评定，接着公示。",
        "组织党员群众评议，只登记总数，不记个人意见。", "weak.masses_share",
    ),
    "publicise": Act(
        weak_cases.publicise, forms.PublicForm, "公示", "已登记公示。", "起止两天都算在内。", "weak.public_days",
    ),
    "begin": Act(
        weak_cases.begin, forms.BeginForm, "开始整顿", "整顿开始，请支部按月报进展。", "四个一已经全部落实。", "weak.report_day",
    ),
    "reject": Act(
        weak_cases.reject, forms.ReasonForm, "退回整顿", "已退回，继续整顿。", "写明还有什么没有解决，支部看得到。", is_danger=True,
    ),
    "clear": Act(
        weak_cases.clear, forms.ReasonForm, "不予认定", "已办结：不予认定。", "办结以后不能再继续，理由保留。", is_danger=True,
    ),
}  # fmt: skip
APPROVE = {
    "list": Act(
        weak_cases.enlist, forms.ListForm, "审定列入", "已列入，请支部报整顿方案。", "由提出、评定以外的另一位同志审定。",
    ),
    "close": Act(
        weak_cases.close, forms.CloseForm, "审定销号", "已销号。", "由申请、验收以外的另一位同志审定。",
    ),
    "reject": Act(
        weak_cases.reject, forms.ReasonForm, "退回整顿", "已退回，继续整顿。", "写明为什么不同意销号，支部看得到。", is_danger=True,
    ),
    "extend": Act(
        weak_cases.extend, forms.ExtendForm, "延长整顿", "已延长。", "查实弄虚作假的，延长整顿；正在申请销号的退回。",
        "weak.extension_months", is_danger=True,
    ),
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("weak.do")
def case_do(request, pk, act):
    return _act(request, pk, act, "weak.do", DO)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("weak.run")
def case_run(request, pk, act):
    return _act(request, pk, act, "weak.run", RUN)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("weak.approve")
def case_approve(request, pk, act):
    return _act(request, pk, act, "weak.approve", APPROVE)


def _refused(request, case, act, today):
    """The way back to the case with the reason why this cannot be done now, or None."""
    if words := weak_cases.obstacle(case, act, by=request.user, on=today):
        messages.error(request, words)
        return redirect(case)
    return None


def _act(request, pk, act, verb, acts):
    if act not in acts:
        raise Http404
    today, case = timezone.localdate(), found(request, pk, verb)
    if back := _refused(request, case, act, today):
        return back
    look, stale = acts[act], None
    form = look.form(request.POST or None, initial=_initial(case, act, today))
    # A form without fields is empty when it is sent.
    if request.method == "POST" and (form.is_valid() or not form.fields):
        try:
            look.run(case, **(form.cleaned_data if form.fields else {}), by=request.user, on=today)
        except ValidationError as error:
            tell(form, error)
            if form.has_error(NON_FIELD_ERRORS, "stale"):
                case = found(request, pk, verb)
                stale = _caught_up(form, case, case)
        else:
            messages.success(request, look.done)
            return redirect(case)
    context = {
        "case": case, "form": form, "title": weak_cases.ACTS[act], "look": look, "stale": stale,
        "rule": rule(look.rule, on=today) if look.rule else None,
        "writes": any(isinstance(field.widget, Textarea) for field in form.fields.values()),
    }  # fmt: skip
    return render(request, "branches/weak_act.html", context)


def _caught_up(form, row, case):
    """What another saved in `row` in between, for `stale.html`; the next submission goes on from there."""
    form.data = form.data.copy()
    form.data["version"] = str(row.version)
    typed = form.cleaned_data
    names = [name for name in form.fields if name != "version" and str(typed[name]) != str(getattr(row, name))]
    rows = [{"label": form.fields[name].label, "now": shown(row, name)} for name in names]
    return {"rows": rows, "event": audit.of(case).first()}


def _initial(case, act, today):
    if act == "publicise":
        return {"first": today, "last": weak_cases.least_public(today)}
    if act == "file_plan":
        return {"plan": case.plan, "due_on": case.due_on, "version": case.version}
    return {"listed_on": today, "closed_on": today}


@require_http_methods(["GET", "HEAD", "POST"])
@policy("weak.do")
def case_report(request, pk):
    """One month in three lines; a month that was reported is mended here."""
    today, case = timezone.localdate(), found(request, pk, "weak.do")
    if back := _refused(request, case, "report", today):
        return back
    reports = {row.month: row for row in WeakProgress.objects.visible_to(request.user).filter(case=case)}
    rows = months(case, reports.values(), today)[::-1]
    owed = [row["month"] for row in rows]
    asked = next((day for day in owed if day.isoformat() == request.GET.get("month")), None)
    month = asked or _next_month(rows)
    known = reports.get(month)
    initial = {"month": month.isoformat(), "settled": 0, "left": 0}
    if known:
        initial |= {name: getattr(known, name) for name in ("done", "settled", "left", "next", "version")}
    form = forms.ReportForm(request.POST or None, initial=initial, months=[month] if known else owed)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            weak_cases.report(case, **form.cleaned_data, by=request.user, on=today)
        except ValidationError as error:
            tell(form, error)
            if form.has_error(NON_FIELD_ERRORS, "stale"):
                rows = WeakProgress.objects.visible_to(request.user)
                stale = _caught_up(form, rows.get(case=case, month=form.cleaned_data["month"]), case)
        else:
            messages.success(request, "月报已保存。")
            return redirect(case)
    context = {"case": case, "form": form, "known": known, "stale": stale, "day": value("weak.report_day", on=today)}
    return render(request, "branches/weak_report.html", context)


def _next_month(rows):
    """The oldest month that still has no report, else the newest."""
    return next((row["month"] for row in reversed(rows) if row["report"] is None), rows[0]["month"])


@require_http_methods(["GET", "HEAD", "POST"])
@policy("weak.run")
def case_measure(request, pk):
    """Who helps: one slot of 四个一."""
    today, case = timezone.localdate(), found(request, pk, "weak.run")
    initial = {"entry": request.GET.get("entry"), "started_on": today}
    form = forms.MeasureForm(
        request.POST or None, instance=WeakMeasure(case=case), initial=initial, slots=weak_cases.slots(today.year)
    )
    if request.method == "POST" and form.is_valid():
        try:
            weak_cases.appoint(form.instance, by=request.user, on=today)
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, "已登记。")
            return redirect(case)
    return render(request, "branches/weak_measure.html", {"case": case, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("weak.run")
def case_accept(request, pk):
    """Reason by reason; one that is not settled sends the case back."""
    today, case = timezone.localdate(), found(request, pk, "weak.run")
    if back := _refused(request, case, "accept", today):
        return back
    form = forms.CheckForm(request.POST or None, reasons=case.reasons.order_by("order", "pk"))
    if request.method == "POST" and form.is_valid():
        try:
            case = weak_cases.accept(case, form.checks, by=request.user, on=today)
        except ValidationError as error:
            tell(form, error)
        else:
            is_passed = case.state == case.State.ACCEPTED
            words = "验收合格，请另一位同志审定销号。" if is_passed else "有情形没有解决，已退回继续整顿。"
            messages.success(request, words)
            return redirect(case)
    applied = case.steps.filter(act="apply").last()
    context = {"case": case, "form": form, "applied": applied}
    return render(request, "branches/weak_accept.html", context)
