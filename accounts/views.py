from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import actions, audit, second_factor, sessions, throttle
from accounts.forms import CodeForm, ConfirmForm, FirstCodeForm, PasswordForm, SignInForm
from accounts.policy import PUBLIC, SIGNED_IN, policy

LARGE_COOKIE_SECONDS = 365 * 24 * 3600


def onward(request, wish):
    """The page of this portal that the visitor wants next, or the front page."""
    is_ours = url_has_allowed_host_and_scheme(wish, {request.get_host()}, require_https=request.is_secure())
    return wish if is_ours and wish.startswith("/") else settings.LOGIN_REDIRECT_URL


@policy(PUBLIC)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request):
    wish = request.POST.get("next") or request.GET.get("next") or ""
    if request.user.is_authenticated:
        return redirect(onward(request, wish))
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        username = form.cleaned_data["username"]
        user = authenticate(request, username=username, password=form.cleaned_data["password"])
        if user is not None and user.factor:
            return _ask_code(request, user, wish)
        if user is not None:
            return _let_in(request, user, wish)
        if not request.axes_was_refused:
            actions.record_wrong_password(
                username, network=throttle.network(request), is_locked=request.axes_locked_out
            )
            form.add_error("password", f"账号或密码不对，还可再试 {request.tries_left} 次。")
    return render(request, "accounts/sign_in.html", {"form": form, "next": wish})


def _ask_code(request, user, wish):
    """The password alone opens nothing: to every other page this is still a visitor."""
    throttle.give_back(user.get_username(), throttle.network(request))
    request.session.flush()
    sessions.await_code(request.session, user)
    return redirect(f"{reverse('accounts:code')}?{urlencode({'next': wish})}" if wish else "accounts:code")


def _let_in(request, user, wish, **detail):
    request.session.flush()  # nothing that a visitor's session held, its key least of all, lives on
    with transaction.atomic():
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        request.session.update({"factor": bool(detail), "network": throttle.network(request)})
        audit.record("account.sign_in", user, by=user, network=throttle.network(request), **detail)
        if news := second_factor.news_of_reset(user):
            messages.warning(request, news)
    return redirect(onward(request, wish))


@policy(PUBLIC)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def code(request):
    """The second step: without the first one, or long after it, back to the door."""
    wish = request.POST.get("next") or request.GET.get("next") or ""
    user = sessions.awaited(request.session)
    if request.user.is_authenticated or user is None or not user.factor:
        return redirect(onward(request, wish) if request.user.is_authenticated else "accounts:sign_in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and throttle.spend_code(request, user):
        if kind := second_factor.use(user, form.cleaned_data["code"]):
            return _let_in(request, user, wish, factor=kind)
        place = throttle.network(request)
        throttle.count_wrong(request, user.get_username(), place)
        actions.record_wrong_code(user, network=place, is_locked=request.axes_locked_out)
        form.add_error("code", _wrong_code(request, user))
    return render(request, "accounts/code.html", {"form": form, "next": wish})


def _wrong_code(request, user):
    if user.second_factor.misses >= settings.SECOND_FACTOR_MISSES:
        return "验证码连续错误太多，手机上的验证码已停用。请用恢复码，或请管理员重置两步验证。"
    return f"验证码不对，或已经用过，还可再试 {request.tries_left} 次。"


def locked_out(request, response, credentials):
    """Called by axes in place of the page that was asked for."""
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    page = render(request, "accounts/locked.html", {"minutes": minutes}, status=429)
    page.headers["Retry-After"] = str(minutes * 60)
    return page


@policy(PUBLIC)
@require_POST
def sign_out(request):
    if request.user.is_authenticated:
        audit.record("account.sign_out", request.user, by=request.user)
        logout(request)
    return redirect("accounts:sign_in")


@policy(SIGNED_IN)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def change_password(request):
    form = PasswordForm(request.POST or None, user=request.user)
    is_first = request.user.must_change_password
    if request.method == "POST" and form.is_valid():
        if throttle.confirm(request, form.cleaned_data["old"]):
            user = actions.change_password(request.user, form.cleaned_data["new"], by=request.user)
            update_session_auth_hash(request, user)  # this session goes on under a new key, the others end
            sessions.open_session(request.session, user)
            messages.success(request, "密码已修改，在其他设备上的登录已退出。")
            return redirect(settings.LOGIN_REDIRECT_URL)
        if not request.axes_was_refused:
            actions.record_wrong_password(
                request.user.get_username(), network=throttle.network(request), is_locked=request.axes_locked_out
            )
            form.add_error("old", f"原密码不对，还可再试 {request.tries_left} 次。")
    return render(request, "accounts/change_password.html", {"form": form, "is_first": is_first})


@policy(SIGNED_IN)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request):
    """Before a sensitive page: is it still the same person who sits there? Then on to that page."""
    wish = request.POST.get("next") or request.GET.get("next") or ""
    form = ConfirmForm(request.POST or None, has_factor=request.user.factor is not None)
    if request.method == "POST" and form.is_valid():
        if throttle.confirm(request, form.cleaned_data["password"], code=form.cleaned_data.get("code")):
            sessions.prove(request.session)
            return redirect(onward(request, wish))
        if not request.axes_was_refused:
            actions.record_wrong_password(
                request.user.get_username(), network=throttle.network(request), is_locked=request.axes_locked_out
            )
            what = "密码或验证码" if "code" in form.fields else "密码"
            form.add_error("password", f"{what}不对，还可再试 {request.tries_left} 次。")
    return render(request, "accounts/confirm.html", {"form": form, "next": wish, "back": onward(request, wish)})


@policy(SIGNED_IN)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor_page(request):
    """Switch the second step on, with the phone at hand; new recovery codes; switch it off."""
    if not sessions.is_fresh(request):
        return sessions.ask_again(request, reverse("accounts:second_factor"))
    if request.method == "POST":
        try:
            answer = _factor_act(request)
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
            answer = None
        return answer or redirect("accounts:second_factor")
    return _factor_page(request, FirstCodeForm())


def _factor_page(request, form):
    factor = getattr(request.user, "second_factor", None)
    context = {
        "form": form, "is_on": request.user.factor is not None, "factor": factor,
        "is_required": getattr(request, "must_have_second_factor", False),
    }  # fmt: skip
    if factor and factor.is_on:
        context["left"] = len(factor.recovery)
    elif factor and factor.secret:
        context |= {"picture": second_factor.picture(factor), "secret": second_factor.secret_of(factor)}
    return render(request, "accounts/second_factor.html", context)


def _factor_act(request):
    """One of the page's buttons; the page to show next, or None to look at the state again."""
    user, act = request.user, request.POST.get("act")
    if act == "begin":
        second_factor.begin(user, by=user)
    elif act == "confirm":
        form = FirstCodeForm(request.POST)
        codes = second_factor.confirm(user, form.cleaned_data["code"], by=user) if form.is_valid() else None
        if codes is None:
            if form.is_valid():
                form.add_error("code", "验证码不对。请核对手机时间是否准确，等出现新的 6 位数字再填。")
            return _factor_page(request, form)
        _go_on(request, has_factor=True)
        return render(request, "accounts/recovery_codes.html", {"codes": codes, "is_new": True})
    elif act == "renew":
        return render(request, "accounts/recovery_codes.html", {"codes": second_factor.renew_codes(user, by=user)})
    elif act == "off":
        if getattr(request, "must_have_second_factor", False):
            raise ValidationError("您的岗位必须使用两步验证，不能关闭。换手机的，请管理员重置后重新设置。")
        second_factor.switch_off(user, by=user)
        _go_on(request, has_factor=False)
        messages.success(request, "两步验证已关闭，在其他设备上的登录已退出。")
    else:
        raise ValidationError("没有这个操作。")
    return None


def _go_on(request, *, has_factor):
    """This session goes on under a new key while the others end: what it may do has changed."""
    request.user.refresh_from_db()
    request.session.cycle_key()
    sessions.open_session(request.session, request.user)
    request.session["factor"] = has_factor


@policy(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def own_sessions(request):
    """Where one is signed in, and the end of it everywhere else."""
    if request.method == "POST":
        sessions.follow(request.session, actions.end_other_sessions(request.user, by=request.user))
        messages.success(request, "在其他设备上的登录已退出。")
        return redirect("accounts:sessions")
    rows = sessions.open_ones(request.user, now=timezone.now())
    here = request.session.session_key
    context = {
        "here": [row for row in rows if row["key"] == here],
        "others": [row for row in rows if row["key"] != here],
    }
    return render(request, "accounts/sessions.html", context)


@policy(PUBLIC)
@require_POST
def large(request):
    """Switch 大字版, remembered by this device; no account is needed for it."""
    response = redirect(onward(request, request.POST.get("next", "")))
    if request.COOKIES.get("large") == "1":
        response.delete_cookie("large", samesite="Lax")
    else:
        response.set_cookie(
            "large", "1", max_age=LARGE_COOKIE_SECONDS, secure=settings.HTTPS, httponly=True, samesite="Lax"
        )
    return response


def csrf_failure(request, reason=""):
    return render(request, "403_csrf.html", status=403)
