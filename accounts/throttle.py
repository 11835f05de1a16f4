"""How many wrong passwords are too many. Counted in the database, so that it holds without Redis."""

import ipaddress
from datetime import timedelta

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import authenticate
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.sessions import open_session


def network(request):
    """The neighbourhood a request comes from, as the address of its /24 or /64: one household, one school."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.HTTPS:  # only then is there a front of our own, and only its entry, the last one, can be believed
        address = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[-1].strip() or address
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "0.0.0.0"  # noqa: S104 — not a binding: a local socket has no address
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return str(ipaddress.ip_network((int(ip), 24 if ip.version == 4 else 64), strict=False).network_address)


def _name(username):
    """A keyed mark instead of what was typed: people type passwords and ID numbers into the wrong box."""
    return salted_hmac("accounts.throttle", (username or "").casefold()).hexdigest()[:40]


def left(username, place):
    """Wrong passwords still allowed for this account from this network; 0 or less means locked."""
    name = _name(username)
    recent = AccessAttempt.objects.filter(attempt_time__gt=timezone.now() - get_cool_off())
    used = recent.filter(Q(username=name) | Q(ip_address=place)).aggregate(
        pair=Sum("failures_since_start", filter=Q(username=name, ip_address=place), default=0),
        account=Sum("failures_since_start", filter=Q(username=name), default=0),
        network=Sum("failures_since_start", filter=Q(ip_address=place), default=0),
    )
    return min(settings.LOGIN_LIMITS[limit] - count for limit, count in used.items())


def spend(username, place):
    """Take one try before the password is looked at, so that a hundred parallel guesses are not worth more than five.

    Returns False when none was left. A refused try is not counted: the wait runs from the last real one.
    """
    if left(username, place) <= 0:
        return False
    now = timezone.now()
    attempt, is_new = AccessAttempt.objects.get_or_create(
        username=_name(username), ip_address=place, user_agent="", defaults={"failures_since_start": 1}
    )
    if not is_new:
        same = AccessAttempt.objects.filter(pk=attempt.pk)
        same.filter(attempt_time__lte=now - get_cool_off()).update(failures_since_start=0, attempt_time=now)
        same.update(failures_since_start=F("failures_since_start") + 1, attempt_time=now)
    return left(username, place) >= 0


def forgive(username, place):
    """A right password clears the tries of this account from this network, and of nobody else."""
    AccessAttempt.objects.filter(username=_name(username), ip_address=place).delete()


def forget(now):
    """Drop counters that no longer count."""
    AccessAttempt.objects.filter(attempt_time__lte=now - get_cool_off() - timedelta(hours=1)).delete()


def confirm(request, password):
    """Whether it is still the signed-in person who sits there. Guesses count like guesses at the door."""
    user = authenticate(request, username=request.user.get_username(), password=password)
    if user is None or user.pk != request.user.pk:
        return False
    forgive(user.get_username(), network(request))
    return True


class Handler(AxesDatabaseHandler):
    """Axes calls; the counting is ours, because its own adds neither three limits nor a count before the check."""

    def is_allowed(self, request, credentials=None):
        request.axes_was_refused = not spend(credentials.get("username"), request.axes_ip_address)
        request.axes_locked_out = request.axes_was_refused
        return not request.axes_was_refused

    def user_login_failed(self, sender, credentials, request=None, **kwargs):
        if request is not None and not request.axes_was_refused:
            request.tries_left = max(left(credentials.get("username"), request.axes_ip_address), 0)
            request.axes_locked_out = not request.tries_left

    def user_logged_in(self, sender, request, user, **kwargs):
        forgive(user.get_username(), request.axes_ip_address)
        open_session(request.session, user)

    def user_logged_out(self, sender, request, user, **kwargs):
        pass
