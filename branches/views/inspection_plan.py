"""督查检查计划: the plans of the own organisations, their lines, and how many visits each line has."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches import inspections
from branches.forms.inspection import LineForm, NumberForm, PlanForm
from branches.models import Branch, InspectionLine, InspectionPlan
from branches.rights import may
from branches.views.acting import SHOWN, acted

State = InspectionPlan.State
SIGNS = {State.DRAFT: "draft", State.ISSUED: "done"}


@require_safe
@policy("inspection.see")
def plan_list(request):
    plans = InspectionPlan.objects.visible_to(request.user).select_related("branch")
    plans = plans.annotate(line_count=Count("lines", distinct=True), visit_count=Count("lines__visits", distinct=True))
    page = Paginator(plans.order_by("-year", "branch__path"), SHOWN).get_page(request.GET.get("page"))
    context = {
        "page": page, "query": request.GET, "may_run": _organs(request).exists(),
        "rows": [{"plan": plan, "sign": SIGNS[plan.state]} for plan in page],
    }  # fmt: skip
    return render(request, "branches/inspection_plans.html", context)


def _organs(request):
    """The organisations that may make a plan, as far as this person acts for them."""
    found = Branch.objects.visible_to(request.user, verb="inspection.run").filter(kind__in=inspections.OWNERS)
    return found.filter(closed_on=None).order_by("path")


@require_safe
@policy("inspection.see")
def plan_detail(request, pk):
    today = timezone.localdate()
    plan = get_object_or_404(
        InspectionPlan.objects.visible_to(request.user).select_related("branch", "created_by"), pk=pk
    )
    may_run, is_draft = may(request.user, "inspection.run", at=plan.branch), plan.state == State.DRAFT
    lines = InspectionLine.objects.visible_to(request.user).filter(plan=plan)
    lines = lines.annotate(visit_count=Count("visits")).order_by("order", "pk")
    context = {
        "plan": plan, "sign": SIGNS[plan.state], "is_draft": is_draft, "may_run": may_run,
        "rows": [{"line": line, **_progress(line, plan, today)} for line in lines],
        "events": audit.of(plan)[:20] if may_run else None,
    }  # fmt: skip
    return render(request, "branches/inspection_plan.html", context)


def _progress(line, plan, today):
    """How a line stands: (sign, word), and whether a visit may be entered under it now."""
    is_over = (today.year, today.month) > (plan.year, line.until_month)
    has_begun = (today.year, today.month) >= (plan.year, line.from_month)
    if line.visit_count:
        sign, word = "done", "已开展"
    elif plan.state == State.DRAFT or not has_begun:
        sign, word = "na", "未到时间"
    else:
        sign, word = ("miss", "逾期未开展") if is_over else ("wait", "正在时间内")
    return {"sign": sign, "word": word}


@require_http_methods(["GET", "HEAD", "POST"])
@policy("inspection.run")
def plan_add(request):
    organs, year = _organs(request), timezone.localdate().year
    initial = {"branch": organs.first(), "year": year, "title": f"{year} 年度督查检查计划"}
    return _form(request, InspectionPlan(), organs, initial)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("inspection.run")
def plan_edit(request, pk):
    return _form(request, _run(request, pk), _organs(request), {})


def _run(request, pk):
    return get_object_or_404(
        InspectionPlan.objects.visible_to(request.user, verb="inspection.run").select_related("branch"), pk=pk
    )


def _form(request, plan, organs, initial):
    form = PlanForm(request.POST or None, instance=plan, organs=organs, initial=initial)
    is_new = plan.pk is None
    return acted(
        request, form,
        lambda: inspections.save_plan(
            form.instance, version=form.cleaned_data.get("version"), by=request.user, on=timezone.localdate()
        ),
        "已保存，接着填检查事项。" if is_new else "已保存。", lambda saved: saved, "branches/inspection_ask.html",
        cancel=reverse("branches:inspection_plans") if is_new else plan.get_absolute_url(),
        title="新建督查检查计划" if is_new else "修改计划", thing="" if is_new else plan.branch, label="保存",
        text="每年一个计划。先填事项，再凭文号印发；印发后才能登记检查，不在计划里的检查不做。",
        fresh=lambda: _run(request, plan.pk),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("inspection.run")
def plan_issue(request, pk):
    plan = _run(request, pk)
    form = NumberForm(request.POST or None, initial={"version": plan.version})
    return acted(
        request, form, lambda: inspections.issue_plan(plan, **form.cleaned_data, by=request.user), "已印发，可以登记检查了。",
        plan.get_absolute_url(), "branches/inspection_ask.html", title="印发计划", thing=plan.title, label="印发",
        text="印发后原有事项不能再改；确需增加的，凭批准文号追加。", fresh=lambda: _run(request, pk),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("inspection.run")
def line_add(request, pk):
    plan = _run(request, pk)
    return _line(request, InspectionLine(plan=plan), plan, "添加检查事项")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("inspection.run")
def line_edit(request, pk):
    line = _line_of(request, pk)
    return _line(request, line, line.plan, "修改检查事项")


def _line_of(request, pk):
    found = InspectionLine.objects.visible_to(request.user, verb="inspection.run").select_related("plan__branch")
    return get_object_or_404(found, pk=pk)


def _line(request, line, plan, title):
    is_issued = plan.state == State.ISSUED
    form = LineForm(request.POST or None, instance=line, is_issued=is_issued)
    return acted(
        request, form, lambda: inspections.save_line(form.instance, by=request.user), "已保存。", plan.get_absolute_url(),
        "branches/inspection_ask.html", title=title, thing=plan.title, label="保存",
        text="计划已经印发，追加的事项要有批准文号。" if is_issued else "",
    )  # fmt: skip


@require_POST
@policy("inspection.run")
def line_drop(request, pk):
    line = _line_of(request, pk)
    try:
        inspections.drop_line(line, by=request.user)
        messages.success(request, f"已删去“{line.label}”。")
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    return redirect(line.plan)
