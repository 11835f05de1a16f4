from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import actions, audit, sessions, throttle
from accounts.forms import PasswordForm, SignInForm
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
        if user is not None:
            return _let_in(request, user, wish)
        if not request.axes_was_refused:
            actions.record_wrong_password(
                username, network=throttle.network(request), is_locked=request.axes_locked_out
            )
            form.add_error("password", f"账号或密码不对，还可再试 {request.tries_left} 次。")
    return render(request, "accounts/sign_in.html", {"form": form, "next": wish})


def _let_in(request, user, wish):
    request.session.flush()  # nothing that a visitor's session held, its key least of all, lives on
    with transaction.atomic():
        login(request, user)
        audit.record("account.sign_in", user, by=user, network=throttle.network(request))
    return redirect(onward(request, wish))


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
