"""正风肃纪, restricted: 廉政风险点 with their reviews, and the 四种形态 as dates, kinds and numbers."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, Sum
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches import inspection_sheet, integrity
from branches.forms import whole_number
from branches.forms.integrity import CountFilter, CountForm, DayForm, RiskFilter, RiskForm
from branches.models import Branch, FormCount, IntegrityRisk
from branches.rights import may
from branches.views.acting import SHOWN, acted, choice, download, highest
from rulebook.book import value

LEVELS = {"high": "late", "middle": "wait", "low": "na"}


@require_safe
@policy("integrity.see")
def risk_list(request):
    today = timezone.localdate()
    form = RiskFilter(request.GET)
    every = IntegrityRisk.objects.visible_to(request.user)
    found, state = every, form.asked.get("state", "")
    if "q" in form.asked:
        word = form.asked["q"]
        found = found.filter(Q(branch__name__contains=word) | Q(place__contains=word) | Q(risk__contains=word))
    if "level" in form.asked:
        found = found.filter(level=form.asked["level"])
    if state == RiskFilter.CLOSED:
        found = found.exclude(closed_on=None)
    elif state != "all":
        found = found.open()
    if state == RiskFilter.DUE:
        found = found.filter(review_on__lt=today)
    page = Paginator(found.select_related("branch").order_by("review_on", "pk"), SHOWN).get_page(
        request.GET.get("page")
    )
    open_risks = every.open()
    context = {
        "form": form, "page": page, "query": request.GET, "open_count": open_risks.count(),
        "due_count": open_risks.filter(review_on__lt=today).count(), "may_edit": may(request.user, "integrity.edit"),
        "months": value("integrity.review_months", on=today), "sees_forms": may(request.user, "discipline.see"),
        "rows": [{"risk": risk, "mark": LEVELS[risk.level], **_state(risk, today)} for risk in page],
    }  # fmt: skip
    return render(request, "branches/integrity.html", context)


def _state(risk, today):
    """How a risk stands: sign and word."""
    if risk.closed_on:
        return {"sign": "done", "word": "已消除"}
    if risk.review_on < today:
        return {"sign": "late", "word": "逾期未复查"}
    return {"sign": "wait", "word": "防控中"}


@require_safe
@policy("integrity.see")
def risk_detail(request, pk):
    today = timezone.localdate()
    risk = get_object_or_404(
        IntegrityRisk.objects.visible_to(request.user).select_related("branch", "created_by"), pk=pk
    )
    may_edit = may(request.user, "integrity.edit", at=risk.branch)
    context = {
        "risk": risk, "may_edit": may_edit and not risk.closed_on, **_state(risk, today),
        "events": audit.of(risk)[:20] if may_edit else None,
    }  # fmt: skip
    return render(request, "branches/risk.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("integrity.edit")
def risk_add(request):
    today = timezone.localdate()
    branches = Branch.objects.visible_to(request.user, verb="integrity.edit").filter(closed_on=None)
    key = whole_number(request.GET.get("branch"))
    if key is None and branches.count() != 1:
        context = choice(request, branches) | {
            "target": f"{reverse('branches:risk_add')}?branch=", "title": "登记风险点", "text": "是哪个党组织的岗位或环节？",
            "list_url": reverse("branches:risks"), "list_label": "廉政风险点",
        }  # fmt: skip
        return render(request, "branches/inspection_choose.html", context)
    branch = branches.get() if key is None else get_object_or_404(branches, pk=key)
    initial = {"found_on": today, "review_on": integrity.next_review(today, on=today)}
    return _form(request, IntegrityRisk(branch=branch), initial, "登记风险点")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("integrity.edit")
def risk_edit(request, pk):
    return _form(request, _edited(request, pk), {}, "修改风险点")


def _edited(request, pk):
    found = IntegrityRisk.objects.visible_to(request.user, verb="integrity.edit").select_related("branch")
    return get_object_or_404(found, pk=pk)


def _form(request, risk, initial, title):
    today = timezone.localdate()
    form = RiskForm(request.POST or None, instance=risk, initial=initial)
    return acted(
        request, form,
        lambda: integrity.save_risk(form.instance, version=form.cleaned_data.get("version"), by=request.user, on=today),
        "已保存。", lambda saved: saved, "branches/risk_form.html",
        cancel=risk.get_absolute_url() if risk.pk else reverse("branches:risks"),
        fresh=lambda: _edited(request, risk.pk), title=title, branch=risk.branch, months=value("integrity.review_months", on=today),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("integrity.edit")
def risk_review(request, pk):
    risk, today = _edited(request, pk), timezone.localdate()
    act = lambda day, version: integrity.review(risk, reviewed_on=day, version=version, by=request.user, on=today)  # noqa: E731
    following = integrity.next_review(today, on=today)
    text = f"看过防控措施还管用，就登记复查；今天登记的，下次在 {following:%Y-%m-%d} 前复查。"
    return _day(request, risk, act, "登记复查", "复查日期", text, "已登记复查。")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("integrity.edit")
def risk_close(request, pk):
    risk, today = _edited(request, pk), timezone.localdate()
    act = lambda day, version: integrity.close(risk, closed_on=day, version=version, by=request.user, on=today)  # noqa: E731
    return _day(
        request,
        risk,
        act,
        "登记消除",
        "消除日期",
        "岗位撤销、流程改变，风险不再存在时登记；登记后不再提醒复查。",
        "已登记消除。",
    )


def _day(request, risk, act, title, label, text, done):
    form = DayForm(request.POST or None, label=label, initial={"version": risk.version, "day": timezone.localdate()})
    return acted(
        request, form, lambda: act(form.cleaned_data["day"], form.cleaned_data["version"]), done, risk.get_absolute_url(),
        "branches/inspection_ask.html", title=title, thing=risk.place, text=text, label="登记",
        fresh=lambda: _edited(request, risk.pk),
    )  # fmt: skip


# --- 四种形态


def _counts(request, today):
    form = CountFilter(request.GET, running=today.year)
    found = FormCount.objects.visible_to(request.user).filter(on__year=form.of_year)
    if "q" in form.asked:
        found = found.filter(branch__name__contains=form.asked["q"])
    if "form" in form.asked:
        found = found.filter(form=form.asked["form"])
    return form, found


@require_safe
@policy("discipline.see")
def count_list(request):
    form, found = _counts(request, timezone.localdate())
    page = Paginator(found.select_related("branch").order_by("-on", "form", "pk"), SHOWN).get_page(
        request.GET.get("page")
    )
    context = {
        "form": form, "page": page, "query": request.GET, "year": form.of_year, "table": integrity.by_quarter(found),
        "may_edit": may(request.user, "discipline.edit"), "may_export": may(request.user, "report.export"),
        "organs": found.values("branch__name").annotate(times=Sum("count")).order_by("-times", "branch__order")[:SHOWN],
        "rows": [{"row": row, "may_edit": may(request.user, "discipline.edit", at=row.branch)} for row in page],
    }  # fmt: skip
    return render(request, "branches/integrity_forms.html", context)


@require_safe
@policy("discipline.see")
def count_export(request):
    today = timezone.localdate()
    form, found = _counts(request, today)
    found = found.filter(branch__in=Branch.objects.visible_to(request.user, verb="report.export"))
    rows = list(found.select_related("branch").order_by("on", "form", "pk"))
    data = inspection_sheet.of_forms(
        rows, integrity.by_quarter(found), form.of_year, organ=highest(request.user, "discipline.see"), on=today
    )
    audit.record("report.export", by=request.user, report="四种形态统计表", year=form.of_year, rows=len(rows))
    return download(data, f"{form.of_year}年四种形态统计表.xlsx")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("discipline.edit")
def count_add(request):
    today = timezone.localdate()
    branches = Branch.objects.visible_to(request.user, verb="discipline.edit").filter(closed_on=None)
    key = whole_number(request.GET.get("branch"))
    if key is None:
        context = choice(request, branches) | {
            "target": f"{reverse('branches:form_count_add')}?branch=", "title": "登记四种形态", "text": "是哪个党组织？",
            "list_url": reverse("branches:form_counts"), "list_label": "四种形态",
        }  # fmt: skip
        return render(request, "branches/inspection_choose.html", context)
    branch = get_object_or_404(branches, pk=key)
    form = CountForm(request.POST or None, initial={"day": today})
    return acted(
        request, form,
        lambda: integrity.count(branch, day=form.cleaned_data["day"], numbers=form.numbers, by=request.user, on=today),
        "已登记。", reverse("branches:form_counts"), "branches/inspection_ask.html", title="登记四种形态", thing=branch,
        text="只登记日期、形态和人次，不登记姓名和事由。", label="保存",
    )  # fmt: skip


@require_POST
@policy("discipline.edit")
def count_drop(request, pk):
    row = get_object_or_404(FormCount.objects.visible_to(request.user, verb="discipline.edit"), pk=pk)
    integrity.drop_count(row, by=request.user)
    messages.success(request, "已删去，可以重新登记。")
    return redirect(f"{reverse('branches:form_counts')}?year={row.on.year}")
