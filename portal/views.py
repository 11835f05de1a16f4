from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.models import User
from accounts.policy import PUBLIC, SIGNED_IN, policy
from branches import actions as organisation
from branches.models import Appointment, Branch
from branches.rights import BELOW, OWN, ROLES, VERBS, Role, may
from jobs.models import Batch
from jobs.planning import dictionary
from office import Unreadable
from portal import actions, desk
from portal.forms import AccountFilter, AccountForm, ActForm, AppointmentForm, DismissForm, UploadForm
from rulebook.book import in_force

KINDS = {  # in the order in which a county brings them
    "organisations": ("党组织基本情况表", "先导入：党组织、所在单位、届次、党小组"),
    "roster": ("党员花名册", "再导入：党员、所在支部、党内职务"),
    "meetings": ("组织生活台账", "最后导入：会议记录，自动办结应办事项"),
}
STEPS = ("选文件", "预检", "导入", "完成")
WHO = {"organisations": "党组织", "roster": "人员"}  # what a row of the workbook is about
RULE_GROUPS = (  # heading, and how the keys under it begin
    ("应办事项", "duty."),
    ("组织设置和换届", ("branch.", "term.")),
    ("会议和组织生活", ("meeting.", "appraisal.", "heart_talk.")),
    ("提醒和催办", "remind."),
    ("党员和教育培训", ("membership.", "probation.", "member.", "hours.")),
    ("其他", ""),
)


@require_safe
@policy(PUBLIC)
def livez(request):
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@policy(SIGNED_IN)
def home(request):
    """工作台: a branch's month for its secretary, the county's year for staff."""
    today = timezone.localdate()
    branches = Branch.objects.visible_to(request.user, verb="duty.see").owing()
    if not may(request.user, "duty.see"):
        return render(request, "portal/home_plain.html", {"today": today})
    if branches.count() == 1:
        return render(request, "portal/home_branch.html", desk.of_branch(request.user, branches.get(), today))
    return render(request, "portal/home_staff.html", desk.of_staff(request.user, branches, today))


@require_safe
@policy("report.export")
def reports(request):
    today = timezone.localdate()
    years = range(today.year, today.year - 4, -1)
    context = {"years": years, "today": today, "may_grade": may(request.user, "grade.export")}
    return render(request, "portal/reports.html", context)


@require_safe
@policy("import.run")
def import_list(request):
    batches = Batch.objects.visible_to(request.user)
    page = Paginator(batches, 20).get_page(request.GET.get("page"))
    context = {
        "kinds": [{"kind": kind, "label": label, "hint": hint} for kind, (label, hint) in KINDS.items()],
        "page": page,
        "rows": [
            {"batch": batch, "label": KINDS[batch.kind][0], "is_done": batch.state == Batch.State.COMMITTED}
            for batch in page
        ],
    }
    return render(request, "portal/imports.html", context)


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
            form.add_error("file", error)
        else:
            return redirect("portal:import_batch", batch.pk)
    label, hint = KINDS[kind]
    columns, _ = dictionary(actions.IMPORTS[kind][0].columns_file)
    context = {
        "form": form, "kind": kind, "label": label, "hint": hint, "steps": STEPS,
        "needed": [column for column in columns if column.required],
        "welcome": [column.label for column in columns if not column.required],
    }  # fmt: skip
    return render(request, "portal/import_upload.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("import.run")
def import_batch(request, pk):
    """The dry run of a workbook, and the button that writes just what it shows."""
    batch = get_object_or_404(Batch.objects.visible_to(request.user).select_related("created_by"), pk=pk)
    label = KINDS[batch.kind][0]
    if batch.state == Batch.State.COMMITTED:
        if request.method == "POST":
            messages.error(request, "这份工作簿已经导入，不会重复写入。")
        following = list(KINDS)[list(KINDS).index(batch.kind) + 1 :][:1]
        context = {
            "batch": batch, "label": label, "steps": STEPS,
            "following": {"kind": following[0], "label": KINDS[following[0]][0]} if following else None,
        }  # fmt: skip
        return render(request, "portal/import_done.html", context)
    today = timezone.localdate()
    if request.method == "POST":
        try:
            only_valid, shown = "only_valid" in request.POST, request.POST.get("plan")
            done, _ = actions.commit(batch, only_valid=only_valid, by=request.user, on=today, shown=shown)
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
        else:
            if done:
                messages.success(request, f"已导入：新增 {done.added}，更新 {done.changed}。")
                return redirect("portal:import_batch", batch.pk)
            messages.error(request, "预检以后系统里的数据有变化，下面是最新的预检结果，请核对后再导入。")
            batch.refresh_from_db()
    try:
        plan = actions.replan(batch, on=today)
    except Unreadable as error:
        messages.error(request, str(error))
        return redirect("portal:import_upload", batch.kind)
    return render(request, "portal/import_batch.html", _dry_run(request, batch, plan) | {"label": label})


def _dry_run(request, batch, plan):
    """The counts of a plan and one page of its problems; what is classified is named but never shown."""
    resource = actions.IMPORTS[batch.kind][0]
    columns, _ = dictionary(resource.columns_file)
    classified = {column.label for column in columns if column.key in resource.classified}
    level = request.GET.get("level", "")
    problems = {"error": plan.errors, "warning": plan.warnings}.get(level, plan.problems)
    page = Paginator(problems, 50).get_page(request.GET.get("page"))
    return {
        "batch": batch, "plan": plan, "steps": STEPS, "level": level, "page": page, "total": len(plan.rows),
        "ready": len(plan.good) - len(plan.warned), "warned": len(plan.warned), "bad": len(plan.bad),
        "good": len(plan.good), "who": WHO.get(batch.kind, ""), "is_person": batch.kind == "roster",
        "tabs": [
            {"level": "", "label": "全部", "count": len(plan.problems)},
            {"level": "error", "label": "错误", "count": len(plan.errors)},
            {"level": "warning", "label": "提醒", "count": len(plan.warnings)},
        ],
        "rows": [{"problem": problem, "is_hidden": problem.label in classified} for problem in page],
    }  # fmt: skip


@require_safe
@policy("rule.see")
def rights_page(request):
    """The table of roles and verbs as the code holds it."""
    reaches = {OWN: "本级", BELOW: "本级及下级", "": ""}
    rows = [
        {"verb": label, "cells": [{"role": role.label, "reach": reaches[ROLES[role].get(verb, "")]} for role in Role]}
        for verb, label in VERBS.items()
    ]
    return render(request, "portal/rights.html", {"roles": Role, "rows": rows})


@require_safe
@policy("rule.see")
def rules_page(request):
    today = timezone.localdate()
    groups = {label: [] for label, _ in RULE_GROUPS}
    for rule in in_force(on=today).values():
        label = next(label for label, begins in RULE_GROUPS if rule.key.startswith(begins))
        groups[label].append({"rule": rule, "is_open": "待核对" in rule.note})
    context = {"today": today, "groups": [(label, rows) for label, rows in groups.items() if rows]}
    return render(request, "portal/rules.html", context)


@require_safe
@policy("account.manage")
def account_list(request):
    today = timezone.localdate()
    form = AccountFilter(request.GET)
    users = User.objects.visible_to(request.user).order_by("-is_active", "username")
    if "q" in form.asked:
        users = users.filter(Q(name__contains=form.asked["q"]) | Q(username__contains=form.asked["q"]))
    page = Paginator(users, 30).get_page(request.GET.get("page"))
    posts = {}
    for post in (
        Appointment.objects.visible_to(request.user).serving(today).filter(user__in=list(page)).select_related("branch")
    ):
        posts.setdefault(post.user_id, []).append(post)
    rows = [{"account": account, "posts": posts.get(account.pk, [])} for account in page]
    return render(request, "portal/accounts.html", {"form": form, "page": page, "rows": rows})


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
            return _password_page(request, user, password, is_new=True)
    return render(request, "portal/account_add.html", {"form": form})


def _password_page(request, account, password, *, is_new):
    """The one time that a password is shown."""
    site = f"{request.scheme}://{request.get_host()}"
    context = {"account": account, "password": password, "is_new": is_new, "site": site}
    return render(request, "portal/account_password.html", context)


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
            return redirect("portal:account", account.pk)
        if isinstance(answer, HttpResponse):
            return answer
        form = answer
    today = timezone.localdate()
    posts = list(
        Appointment.objects.visible_to(request.user)
        .filter(user=account)
        .select_related("branch")
        .order_by("ended_on", "-started_on")
    )
    questions = [*_account_questions(account), *_dismissals(request, account, posts)]
    if account == request.user:
        questions = [question for question in questions if question["id"] != "disable"]
    context = {
        "account": account, "form": form, "questions": questions,
        "posts": [
            {"post": post, "is_open": post.ended_on is None or post.ended_on >= today, "ask": f"dismiss-{post.pk}"}
            for post in posts
        ],
        "asked": next((question for question in questions if question["id"] == request.GET.get("ask")), None),
        "events": audit.of(account)[:20], "is_self": account == request.user,
    }  # fmt: skip
    return render(request, "portal/account.html", context)


def _account_questions(account):
    """What is asked before the password is reset or the account opened or closed."""
    asked = [
        (
            "reset",
            "重置密码",
            f"{account}现在的密码会作废，正在使用的登录会全部退出。新密码只显示一次。",
            "重置密码",
            False,
        )
    ]
    if account.is_active:
        asked.append(
            (
                "disable",
                "停用账号",
                f"停用后{account}不能登录，正在使用的登录会全部退出；任职和记录都保留。",
                "停用账号",
                True,
            )
        )
    else:
        asked.append(("enable", "启用账号", f"启用后{account}可以用原来的密码登录。", "启用账号", False))
    return [
        {
            "id": act, "title": f"{title}：{account}（{account.username}）", "text": text, "label": label,
            "danger": danger, "fields": ActForm(initial={"act": act}, auto_id=f"{act}-%s"),
        }
        for act, title, text, label, danger in asked
    ]  # fmt: skip


def _dismissals(request, account, posts):
    return [
        {
            "id": f"dismiss-{post.pk}", "title": f"免去{account}的{post.get_role_display()}岗位", "label": "免职",
            "text": f"{post.branch}。权限到免职日期为止，次日起停止；经办的记录都保留。", "danger": True,
            "fields": DismissForm(
                user=request.user, account=account, initial={"act": "dismiss", "post": post.pk},
                auto_id=f"dismiss-{post.pk}-%s",
            ),
        }
        for post in posts
        if post.ended_on is None
    ]  # fmt: skip


def _account_act(request, account):
    """One of the page's buttons; returns the page to show next, or a form to mend."""
    act = request.POST.get("act")
    if act == "appoint":
        form = AppointmentForm(request.POST, user=request.user)
        if not form.is_valid():
            return form
        try:
            organisation.appoint(account, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
            return form
        messages.success(request, "已任职。")
    elif act == "dismiss":
        form = DismissForm(request.POST, user=request.user, account=account)
        if not form.is_valid():
            raise ValidationError("没有免职：请选要免去的岗位，并填写免职日期。")
        organisation.dismiss(form.cleaned_data["post"], on=form.cleaned_data["on"], by=request.user)
        messages.success(request, "已免职，权限自次日起停止。")
    elif act == "reset":
        password = organisation.reset_password(account, by=request.user)
        return _password_page(request, account, password, is_new=False)
    elif act in ("enable", "disable"):
        organisation.set_active(account, act == "enable", by=request.user)
        messages.success(request, "已启用。" if act == "enable" else "已停用，该账号的登录已全部退出。")
    else:
        raise ValidationError("没有这个操作。")
    return redirect("portal:account", account.pk)
