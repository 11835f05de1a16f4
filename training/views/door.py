"""The way in for those who have no account: the link that makes a phone a person's, the code of the screen, the button.

Open to everybody, so each answer tells nothing to a stranger: what is wrong, old, of another class or invented gets one and
the same page. The pages are drawn without the frame of the portal: a thousand phones ask for them in one minute. Links and
codes stand in the query of an address, which no log of the portal keeps.
"""

import secrets
import unicodedata

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.policy import PUBLIC, policy
from accounts.throttle import network
from rulebook import book as rulebook
from training import guesses, passes, sign_in

WRONG = "这个码不能用：可能已经换了、过期了，或者现在不在签到时间。请重新扫屏幕上的二维码，或输入屏幕上现在的口令。"
LOCKED = "口令输错的次数太多，请过一会儿再试。现在可以扫屏幕上的二维码，也可以在纸质签到表上签名，效力一样。"
YEAR = 365 * 24 * 3600


def page(request, name, **context):
    """A page outside the portal's frame, without a query of its own. Only a page with a form asks for the token."""
    if context.pop("has_form", False):
        context["csrf_token"] = get_token(request)
    context |= {"portal_name": settings.PORTAL_NAME, "large": request.COOKIES.get("large") == "1"}
    return HttpResponse(get_template(f"training/{name}.html").render(context))


def _refused(request, text):
    """A page like another, and no error: a hall full of late scans would fill the log."""
    return page(request, "sign_refused", text=text)


# --- the link


@require_http_methods(["GET", "HEAD", "POST"])
@policy(PUBLIC)
def open_pass(request):
    """Opening shows a button and asks nothing: the preview of a chat uses no link up. The button opens it, once."""
    if request.method != "POST":
        return page(request, "sign_link", has_form=True, token=request.GET.get("k", "")[:64])
    try:
        opened = passes.open_link(request.POST.get("k", "")[:64], held=passes.held(request))
    except ValidationError as error:
        return _refused(request, error.messages[0])
    response = redirect("training:scan")
    passes.remember(request, response, opened, on=timezone.localdate())
    return response


# --- the code


@require_http_methods(["GET", "HEAD", "POST"])
@policy(PUBLIC)
def scan(request):
    """Scanning leaves a receipt in this browser and shows a button; the button signs. Typing a password in between loses nothing."""
    if request.method == "POST":
        return _sign(request)
    if "k" not in request.GET:
        return _waiting(request)
    session = sign_in.scanned(request.GET["k"])
    if session is None:
        return _refused(request, WRONG)
    response = _shown(request, session)
    _keep(response, session, sign_in.Method.SCAN)
    return response


def _keep(response, session, method):
    kept = passes.sealed("scan", sign_in.receipt(session, method))
    passes.set_cookie(response, "scan", kept, sign_in.KEPT)


def _kept(request):
    """The receipt of this browser, or None."""
    found = passes.unsealed("scan", request.COOKIES.get(passes.cookie_name("scan")))
    return sign_in.Receipt(*found) if found else None


def _waiting(request):
    """Without a code just scanned: the one scanned before, else what this phone can do."""
    if session := sign_in.redeemed(_kept(request)):
        return _shown(request, session)
    people, is_known = [], False
    if not passes.knows_nobody(request):
        is_known = request.user.is_authenticated
        people = list(
            passes.people(request).filter(training_class__state__in=passes.OPENED).select_related("training_class")
        )
    return page(request, "sign_waiting", has_form=True, people=people, is_known=is_known)


def _shown(request, session):
    person = passes.person(request, session.training_class)
    door = reverse("training:scan")
    context = {"session": session, "person": person, "minutes": sign_in.KEPT // 60}
    if person is not None:
        rule = sign_in.rule_of(session)
        context["gate"] = sign_in.gate(session, session.now, rule)
        context["opens_at"], context["closes_at"] = sign_in.hours_of(session, rule)
        context["is_second"] = sign_in.is_calling_again(session, session.now)
    context["sign_url"] = f"{reverse('accounts:sign_in')}?next={door}"
    response = page(request, "sign_ready", has_form=True, **context)
    if context.get("gate") == sign_in.EARLY:
        response["Refresh"] = f"20; url={door}"  # goes on by itself, without a script
    return response


def _sign(request):
    """The one request that a thousand phones send in one minute: one SELECT, one INSERT."""
    kept = _kept(request)
    visit = kept and sign_in.visit(kept.session, passes.held(request), user=request.user.pk)
    if visit and kept.is_fresh(visit.now):
        return _done(request, visit, kept)
    session = sign_in.redeemed(kept)
    return _shown(request, session) if session else _refused(request, WRONG)


def _done(request, visit, kept):
    name = passes.cookie_name("device")
    secret = request.COOKIES.get(name, "")[:64] or secrets.token_urlsafe(16)
    try:
        outcome = sign_in.sign(visit, kept, device=sign_in.device(visit.row_of, secret))
    except ValidationError as error:
        return _refused(request, error.messages[0])
    response = page(request, "sign_done", outcome=outcome, visit=visit)
    if name not in request.COOKIES:
        passes.set_cookie(response, "device", secret, YEAR)
    return response


@require_POST
@policy(PUBLIC)
def type_code(request):
    """The digits of the screen, for whoever cannot scan. They count for the classes of this browser's person alone."""
    if passes.knows_nobody(request):
        return redirect("training:scan")
    digits = "".join(unicodedata.normalize("NFKC", request.POST.get("code", "")[:40]).split())
    held, place = passes.held(request), network(request)
    rule = rulebook.value("training.sign_in", on=timezone.localdate())
    tried = [row.enrolment for row in held] + ([f"user {request.user.pk}"] if request.user.is_authenticated else [])
    if not guesses.spend(tried, place, rule):  # before anything is asked: a locked phone costs next to nothing
        return _refused(request, LOCKED)
    known = passes.people(request).filter(training_class__state__in=sign_in.SCANNED)
    session = sign_in.typed(digits, sign_in.of_today({row.training_class_id for row in known}))
    if session is None:
        return _refused(request, WRONG)
    guesses.forgive(tried, place)
    if sign_in.gate(session, session.now, sign_in.rule_of(session)) == sign_in.EARLY:
        response = _shown(request, session)
        _keep(response, session, sign_in.Method.CODE)
        return response
    visit = sign_in.visit(session.pk, held, user=request.user.pk)
    return _done(request, visit, sign_in.receipt(session, sign_in.Method.CODE)) if visit else _refused(request, WRONG)
