from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.models import User
from accounts.policy import policy
from branches import actions as organisation
from branches.forms import search_word
from branches.models import Appointment
from members import own
from portal.forms import AccountFilter, AccountForm, ActForm, AppointmentForm, DismissForm, LinkForm


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
    name = search_word(request.GET, "name")
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
        "member": getattr(account, "member", None), "has_factor": account.factor is not None, "name": name,
        "link": LinkForm(user=request.user, name=name) if name else None,
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
    if account.factor:
        text = f"{account}的手机丢失或换新时才办理，请先核实是本人要求。重置后正在使用的登录会全部退出，下次登录时重新设置。"
        asked.append(("reset_factor", "重置两步验证", text, "重置两步验证", True))
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
    elif act == "reset_factor":
        own.reset_factor(account, by=request.user)
        messages.success(request, "两步验证已重置，本人下次登录时会看到提示。")
    elif act == "link":
        form = LinkForm(request.POST, user=request.user)
        if not form.is_valid():
            raise ValidationError("没有关联：请从名单里选一位党员。")
        own.link_account(form.cleaned_data["member"], account, by=request.user, on=timezone.localdate())
        messages.success(request, "已关联党员，本人登录后可以看到自己的信息。")
    elif act == "unlink":
        own.link_account(None, account, by=request.user, on=timezone.localdate())
        messages.success(request, "已解除关联。")
    elif act in ("enable", "disable"):
        organisation.set_active(account, act == "enable", by=request.user)
        messages.success(request, "已启用。" if act == "enable" else "已停用，该账号的登录已全部退出。")
    else:
        raise ValidationError("没有这个操作。")
    return redirect("portal:account", account.pk)
