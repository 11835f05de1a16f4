"""发展党员计划: what each 党委 planned, was given and carried out; nobody is urged to fill it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.policy import policy
from branches.models import Branch
from branches.rights import may
from recruitment import quotas
from recruitment.forms.quota import LOOK_BACK, IssueForm, PlanForm
from recruitment.models import Application, RecruitmentQuota

RULE = "先按发展对象的成熟程度办理，成熟一个、发展一个。"


def years_of(on):
    last = quotas.years(on)[-1]
    return range(last, on.year - LOOK_BACK, -1)


def chosen(request, on):
    """The year of the address; one that is not offered counts as this year."""
    text = request.GET.get("year", "")
    return int(text) if text in map(str, years_of(on)) else on.year


def rows_of(user, year, on):
    """[Line] of the plans in sight."""
    found = RecruitmentQuota.objects.visible_to(user).filter(year=year).select_related("branch")
    return quotas.lines(found.order_by("branch__order", "branch"), Application.objects.visible_to(user), year, on=on)


def filing(user, today):
    """The organisations for which this person files a plan."""
    return (
        Branch.objects.visible_to(user, verb="recruit.approve").filter(kind__in=quotas.OWNERS).at_work(today).in_order()
    )


@require_safe
@policy("recruit.see")
def quota_list(request):
    today, user = timezone.localdate(), request.user
    year = chosen(request, today)
    lines = rows_of(user, year, today)
    context = {
        "lines": lines, "year": year, "today": today, "limit": quotas.LIMIT, "rule": RULE,
        "years": [{"year": each, "is_shown": each == year} for each in years_of(today)],
        "beyond": [(line, row, step) for line in lines for row, step in line.beyond],
        "may_plan": may(user, "recruit.approve") and filing(user, today).exists(), "may_issue": may(user, "recruit.quota"),
        "may_export": may(user, "report.export"),
    }  # fmt: skip
    return render(request, "recruitment/quotas.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("recruit.approve")
def quota_add(request):
    today = timezone.localdate()
    form = PlanForm(
        request.POST or None, branches=filing(request.user, today), years=quotas.years(today)[::-1]
    )  # fmt: skip
    return _plan(request, form, None, today)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("recruit.approve")
def quota_edit(request, pk):
    today, quota = timezone.localdate(), _quota(request, pk, "recruit.approve")
    form = PlanForm(
        request.POST or None, instance=quota, branches=filing(request.user, today), years=quotas.years(today)
    )
    return _plan(request, form, quota, today)


def _plan(request, form, quota, today):
    if request.method == "POST" and form.is_valid():
        try:
            saved = quotas.plan(form.instance, version=form.cleaned_data.get("version"), by=request.user, on=today)
        except ValidationError as error:
            _refused(form, error)
        else:
            messages.success(request, "计划已上报。")
            return _to(saved.year)
    title = "修改上报的计划" if quota else "上报发展党员计划"
    about = f"{quota.branch}，{quota.year} 年" if quota else "名额由工委下达，以下达的为准"
    return render(
        request,
        "recruitment/quota_form.html",
        {"form": form, "title": title, "about": about, "action": "上报", "rule": RULE},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@policy("recruit.quota")
def quota_issue(request, pk):
    today, quota = timezone.localdate(), _quota(request, pk, "recruit.quota")
    first = {
        "places": quota.planned if quota.places is None else quota.places, "backbone_share": quota.backbone_share,
        "number": quota.number, "issued_on": quota.issued_on or today, "version": quota.version,
    }  # fmt: skip
    form = IssueForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            quotas.issue(quota, **form.cleaned_data, by=request.user, on=today)
        except ValidationError as error:
            _refused(form, error)
        else:
            messages.success(request, f"已下达{quota.branch}的名额。")
            return _to(quota.year)
    about = f"{quota.branch}，{quota.year} 年，上报计划 {quota.planned} 名"
    context = {"form": form, "title": "下达发展党员名额", "about": about, "action": "下达", "rule": RULE}
    return render(request, "recruitment/quota_form.html", context)


def _quota(request, pk, verb):
    rows = RecruitmentQuota.objects.visible_to(request.user, verb=verb).select_related("branch")
    return get_object_or_404(rows, pk=pk)


def _refused(form, error):
    """Each refusal at its field, where the form has one."""
    found = error.message_dict if hasattr(error, "error_dict") else {None: error.messages}
    for name, words in found.items():
        for word in words:
            form.add_error(name if name in form.fields else None, word)


def _to(year):
    return redirect(f"{reverse('recruitment:quotas')}?year={year}")
