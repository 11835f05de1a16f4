"""How many wrong passwords are too many. Counted in the database, so that it holds without Redis."""

import ipaddress
from datetime import timedelta

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import second_factor
from accounts.models import Lookup, User
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
    Lookup.objects.filter(at__lte=now - timedelta(hours=2)).delete()
    AccessAttempt.objects.filter(attempt_time__lte=now - get_cool_off() - timedelta(hours=1)).delete()


def give_back(username, place):
    """The password was right, the code is still to come: the try is free, wrong ones before it are not forgiven."""
    AccessAttempt.objects.filter(username=_name(username), ip_address=place, failures_since_start__gt=0).update(
        failures_since_start=F("failures_since_start") - 1
    )


def confirm(request, password, *, code=None):
    """Whether it is still the signed-in person who sits there. Guesses count like guesses at the door.

    `code`, where a page asks for one, must be right too when the account has a second factor.
    """
    user = authenticate(request, username=request.user.get_username(), password=password)
    if user is None or user.pk != request.user.pk:
        return False
    place = network(request)
    if code is not None and user.factor and not second_factor.use(user, code):
        count_wrong(request, user.get_username(), place)
        return False
    forgive(user.get_username(), place)
    return True


def count_wrong(request, username, place):
    """Note on the request what a wrong code leaves, as `Handler` does for a wrong password."""
    request.tries_left = max(left(username, place), 0)
    request.axes_was_refused, request.axes_locked_out = False, not request.tries_left


def spend_code(request, user):
    """Take one try before a code is looked at; False, and the page 暂停登录 follows, when none was left."""
    is_allowed = spend(user.get_username(), network(request))
    request.axes_was_refused = request.axes_locked_out = not is_allowed
    return is_allowed


@transaction.atomic
def spend_lookup(user):
    """Take one of the hour's look-ups at classified values, searches by ID number among them.

    Returns how many this one makes in the last hour; refuses beyond the limit. Call it in the transaction of the act.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two at once are counted one after the other
    since = timezone.now() - timedelta(hours=1)
    used = Lookup.objects.filter(user=user, at__gt=since).count()
    if used >= settings.LOOKUP_LIMITS["hour"]:
        raise ValidationError(
            f"一小时内查看身份证号等信息和按身份证号查找合计不超过 {settings.LOOKUP_LIMITS['hour']} 次，请稍后再查。"
            "确需成批使用的，请走名册导出审批。",
            code="too_many",
        )
    Lookup.objects.create(user=user)
    return used + 1


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
