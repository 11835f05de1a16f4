from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.models import User
from accounts.policy import PUBLIC, SIGNED_IN, policy
from branches import actions as organisation
from branches.models import Appointment, Branch
from branches.rights import ROLES, VERBS, Role, may
from jobs.models import Batch
from office import Unreadable
from portal import actions, desk
from portal.forms import AccountForm, AppointmentForm, DismissForm, UploadForm
from rulebook.book import in_force

KINDS = {  # in the order in which a county brings them
    "organisations": ("党组织基本情况表", "先导入：党组织、所在单位、届次、党小组"),
    "roster": ("党员花名册", "再导入：党员、所在支部、党内职务"),
    "meetings": ("组织生活台账", "最后导入：会议记录，自动办结应办事项"),
}


@require_safe
@policy(PUBLIC)
def livez(request):
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@policy(SIGNED_IN)
def home(request):
    """工作台: a branch's month for its secretary, the county's year for staff."""
    today = timezone.localdate()
    branches = Branch.objects.visible_to(request.user, verb="duty.see").graded()
    if not may(request.user, "duty.see"):
        return render(request, "portal/home_plain.html", {"today": today})
    if branches.count() == 1:
        return render(request, "portal/home_branch.html", desk.of_branch(request.user, branches.get(), today))
    return render(request, "portal/home_staff.html", desk.of_staff(request.user, branches, today))


@require_safe
@policy("grade.export")
def reports(request):
    today = timezone.localdate()
    return render(request, "portal/reports.html", {"years": range(today.year, today.year - 4, -1)})


@require_safe
@policy("import.run")
def import_list(request):
    batches = Batch.objects.visible_to(request.user).select_related("created_by")
    kinds = [{"kind": kind, "label": label, "hint": hint} for kind, (label, hint) in KINDS.items()]
    labels = {kind: label for kind, (label, _) in KINDS.items()}
    page = Paginator(batches, 20).get_page(request.GET.get("page"))
    rows = [{"batch": batch, "label": labels[batch.kind]} for batch in page]
    return render(request, "portal/imports.html", {"kinds": kinds, "page": page, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("import.run")
def import_upload(request, kind):
    """Choose a workbook; its dry run follows at once."""
    if kind not in KINDS:
        raise Http404
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            batch, _ = actions.upload(kind, upload.read(), upload.name, by=request.user, on=timezone.localdate())
        except Unreadable as error:
            form.add_error("file", str(error))
        else:
            return redirect("portal:import_batch", batch.pk)
    label, hint = KINDS[kind]
    return render(request, "portal/import_upload.html", {"form": form, "kind": kind, "label": label, "hint": hint})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("import.run")
def import_batch(request, pk):
    """The dry run of a workbook, and the button that writes just what it shows."""
    batch = get_object_or_404(Batch.objects.visible_to(request.user).select_related("created_by"), pk=pk)
    label = KINDS[batch.kind][0]
    if batch.state == Batch.State.COMMITTED:
        if request.method == "POST":
            messages.error(request, "这份工作簿已经导入，不会重复写入。")
        return render(request, "portal/import_done.html", {"batch": batch, "label": label})
    today = timezone.localdate()
    if request.method == "POST":
        try:
            done, plan = actions.commit(batch, only_valid="only_valid" in request.POST, by=request.user, on=today)
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
        else:
            if done:
                messages.success(request, f"已导入：新增 {done.added}，更新 {done.changed}。")
                return redirect("portal:import_batch", batch.pk)
            messages.error(request, "预检以后系统里的数据有变化，下面是最新的预检结果，请核对后再导入。")
            batch.refresh_from_db()
    plan = actions.replan(batch, on=today)
    level = request.GET.get("level", "")
    problems = {"error": plan.errors, "warning": plan.warnings}.get(level, plan.problems)
    context = {
        "batch": batch, "label": label, "plan": plan, "level": level,
        "ready": len(plan.good) - len(plan.warned), "warned": len(plan.warned), "bad": len(plan.bad), "good": len(plan.good),
        "page": Paginator(problems, 50).get_page(request.GET.get("page")),
    }
    return render(request, "portal/import_batch.html", context)


@require_safe
@policy("rule.see")
def rights_page(request):
    """The table of roles and verbs as the code holds it."""
    rows = [
        {"verb": label, "cells": [{"role": role.label, "reach": ROLES[role].get(verb, "")} for role in Role]}
        for verb, label in VERBS.items()
    ]
    return render(request, "portal/rights.html", {"roles": Role, "rows": rows})


@require_safe
@policy("rule.see")
def rules_page(request):
    today = timezone.localdate()
    book = in_force(on=today)
    return render(request, "portal/rules.html", {"today": today, "rules": sorted(book.values(), key=lambda rule: rule.key)})


@require_safe
@policy("account.manage")
def account_list(request):
    name = request.GET.get("q", "").strip()
    users = User.objects.visible_to(request.user).order_by("username").prefetch_related("appointments__branch")
    if name:
        users = users.filter(name__contains=name)
    page = Paginator(users, 30).get_page(request.GET.get("page"))
    return render(request, "portal/accounts.html", {"page": page, "q": name, "today": timezone.localdate()})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("account.manage")
def account_add(request):
    form = AccountForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            user, password = organisation.open_account(**form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return render(request, "portal/account_password.html", {"account": user, "password": password})
    return render(request, "portal/account_add.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("account.manage")
def account_detail(request, pk):
    account = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    form = AppointmentForm(user=request.user)
    if request.method == "POST":
        try:
            answer = _account_act(request, account)
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
        else:
            if isinstance(answer, HttpResponse):
                return answer
            form = answer or form
            if answer is None:
                return redirect("portal:account", account.pk)
    posts = Appointment.objects.visible_to(request.user).filter(user=account).select_related("branch")
    context = {
        "account": account, "form": form, "posts": posts.order_by("-started_on"), "today": timezone.localdate(),
        "events": audit.of(account)[:20], "is_self": account == request.user,
    }
    return render(request, "portal/account.html", context)


def _account_act(request, account):
    """One of the page's buttons; returns a page to show, a form to mend, or None when it is done."""
    act = request.POST.get("act")
    if act == "appoint":
        form = AppointmentForm(request.POST, user=request.user)
        if not form.is_valid():
            return form
        organisation.appoint(account, **form.cleaned_data, by=request.user)
        messages.success(request, "已任职。")
    elif act == "dismiss":
        form = DismissForm(request.POST, user=request.user, account=account)
        if not form.is_valid():
            raise ValidationError("请选要免去的岗位和日期。")
        organisation.dismiss(form.cleaned_data["post"], on=form.cleaned_data["on"], by=request.user)
        messages.success(request, "已免职，权限自次日起停止。")
    elif act == "reset":
        password = organisation.reset_password(account, by=request.user)
        return render(request, "portal/account_password.html", {"account": account, "password": password})
    elif act in ("enable", "disable"):
        organisation.set_active(account, act == "enable", by=request.user)
        messages.success(request, "已启用。" if act == "enable" else "已停用，该账号的会话已全部结束。")
    else:
        raise ValidationError("没有这个操作。")
    return None
