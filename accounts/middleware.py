import logging

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError
from django.http import HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts import sessions

log = logging.getLogger(__name__)
TWICE = {"23505", "23P01"}  # PostgreSQL: unique_violation, exclusion_violation

EVERYWHERE = {
    "Server": "portal",  # instead of the name that the web server would give
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in (
            "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
            "gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
            "publickey-credentials-get", "screen-wake-lock", "sync-xhr", "usb", "xr-spatial-tracking",
        )
    ),
    # Where no page policy was set (static files, redirects of the front): nothing may load, nothing may frame it.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}  # fmt: skip


def headers(get_response):
    """The headers that every answer carries, also an error and a file. Outermost, so that nothing slips past."""

    def add(request):
        response = get_response(request)
        for name, value in EVERYWHERE.items():
            response.headers.setdefault(name, value)
        is_file = request.path.startswith(settings.STATIC_URL) and response.status_code in (200, 206, 304)
        if not is_file and "no-store" not in response.headers.get("Cache-Control", ""):
            response.headers["Cache-Control"] = "no-store"
        return response

    return add


class LighterPages(GZipMiddleware):
    """Pages travel compressed, files as they are.

    What size could tell (BREACH) is covered by the padding of random length that Django adds to each answer, by tokens
    that are masked anew each time, and by a session cookie that no request from another site carries.
    """

    def process_response(self, request, response):
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_page else response


def session_limits(get_response):
    """End what has lasted too long, and let a first password open one page only: the one that changes it."""

    def check(request):
        user = request.user
        if not user.is_authenticated:
            if SESSION_KEY in request.session:
                request.session.flush()  # of a closed account: it must not wake up when the account is opened again
            return get_response(request)
        if sessions.has_ended(request.session, user):
            logout(request)  # goes on as a visitor: the page asks to sign in, a public page just shows
            return get_response(request)
        sessions.mark_seen(request.session)
        if user.must_change_password and request.path not in _open_to_first_password():
            return go(request, reverse("accounts:change_password"))
        return get_response(request)

    return check


def _open_to_first_password():
    return {reverse(f"accounts:{name}") for name in ("change_password", "sign_out", "large")}


def go(request, url):
    """A redirect that also moves the whole page when only a piece of it was asked for."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


class TwoAtOnce:
    """Two entered the same, or took the same away, at one moment: both passed the check, one came first. The other is told so."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        cause, view = exception.__cause__, request.resolver_match.view_name
        if isinstance(exception, IntegrityError) and getattr(cause, "pgcode", None) in TWICE:
            log.warning("refused by %s at %s", cause.diag.constraint_name, view)
        elif request.method == "POST" and _is_gone(exception):
            log.warning("%s at %s", exception, view)
        else:
            return None
        return render(request, "409.html", {"is_gone": not isinstance(exception, IntegrityError)}, status=409)


def _is_gone(exception):
    """A row that was there when the page looked and not when the act took it; a relation that leads nowhere is a fault."""
    return isinstance(exception, ObjectDoesNotExist) and not isinstance(exception, AttributeError)
