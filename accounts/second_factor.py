"""The second step of signing in: six digits from a phone (RFC 6238), or a recovery code when the phone is gone."""

import base64
import secrets
import time
import unicodedata
from urllib.parse import quote, urlencode

import segno
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django_otp.oath import hotp

import vault
from accounts import audit
from accounts.models import SecondFactor, User

STEP = 30  # seconds
TOLERANCE = 1  # steps: phones run a little fast or slow
RECOVERY_CODES = 10
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without those that are misread on paper


@transaction.atomic
def begin(user, *, by):
    """A new secret for the phone to take over; it counts from the first right code on."""
    _lock(user)
    factor, _ = SecondFactor.objects.get_or_create(user=user)
    if factor.is_on:
        raise ValidationError("两步验证已经开启。要换手机，请先关闭再重新开启。")
    factor.secret = base64.b32encode(secrets.token_bytes(20)).decode()
    factor.last_step = factor.misses = 0
    factor.save(update_fields=["secret", "last_step", "misses"])
    audit.record("account.begin_factor", user, by=by)
    return factor


@transaction.atomic
def confirm(user, code, *, by):
    """The first right code switches it on. Returns the recovery codes, or None for a wrong code; other sessions end."""
    user = _lock(user)
    factor = SecondFactor.objects.select_for_update(of=("self",)).get(user=user)
    if factor.is_on:
        raise ValidationError("两步验证已经开启。")
    step = _step_of(factor, _digits(code))
    if step is None:
        return None
    factor.last_step, factor.misses, factor.confirmed_at = step, 0, timezone.now()
    factor.reset_at = factor.reset_by = None
    codes = _new_codes(factor)
    factor.save(update_fields=["last_step", "misses", "confirmed_at", "reset_at", "reset_by", "recovery"])
    _end_other_sessions(user)
    audit.record("account.switch_on_factor", user, by=by)
    return codes


@transaction.atomic
def use(user, code):
    """Which kind of code it was (`totp`, `recovery`), or None for a wrong one. Each code opens once."""
    factor = SecondFactor.objects.select_for_update(of=("self",)).filter(user=user, confirmed_at__isnull=False).first()
    if factor is None:
        return None
    typed = _digits(code)
    digest = _digest(factor, typed)
    if digest in factor.recovery:
        factor.recovery.remove(digest)
        factor.misses = 0
        factor.save(update_fields=["recovery", "misses"])
        audit.record("account.use_recovery_code", user, by=user, left=len(factor.recovery))
        return "recovery"
    step = _step_of(factor, typed) if factor.misses < settings.SECOND_FACTOR_MISSES else None
    if step is None:
        factor.misses += 1
        factor.save(update_fields=["misses"])
        return None
    factor.last_step, factor.misses = step, 0
    factor.save(update_fields=["last_step", "misses"])
    return "totp"


@transaction.atomic
def renew_codes(user, *, by):
    """Ten new recovery codes; those on the old paper open nothing any more."""
    factor = _in_use(user)
    codes = _new_codes(factor)
    factor.save(update_fields=["recovery"])
    audit.record("account.renew_recovery_codes", user, by=by)
    return codes


@transaction.atomic
def switch_off(user, *, by):
    """By the person, who has just proved to be the one. Returns the user, whose other sessions have ended."""
    user = _lock(user)
    factor = _in_use(user)
    _clear(factor)
    factor.save(update_fields=["secret", "recovery", "confirmed_at", "last_step", "misses"])
    _end_other_sessions(user)
    audit.record("account.switch_off_factor", user, by=by)
    return user


@transaction.atomic
def reset(user, *, by):
    """For a lost phone. The caller has asked whether `by` may; the person is told at the next sign-in."""
    user = _lock(user)
    factor = _in_use(user)
    _clear(factor)
    factor.reset_at, factor.reset_by = timezone.now(), by
    factor.save(update_fields=["secret", "recovery", "confirmed_at", "last_step", "misses", "reset_at", "reset_by"])
    _end_other_sessions(user)
    audit.record("account.reset_factor", user, by=by)


def news_of_reset(user):
    """What to tell a person whose factor was reset since the last sign-in; told once. None without news."""
    factor = SecondFactor.objects.filter(user=user, reset_at__isnull=False).select_related("reset_by").first()
    if factor is None:
        return None
    when = f"{timezone.localtime(factor.reset_at):%Y-%m-%d %H:%M}"
    told = f"管理员{factor.reset_by}于 {when} 重置了您的两步验证。不是您要求的，请马上联系工委党建办。"
    factor.reset_at = factor.reset_by = None
    factor.save(update_fields=["reset_at", "reset_by"])
    return told


def secret_of(factor):
    """The secret for typing in by hand, in groups of four."""
    text = vault.reveal(factor, "secret")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def picture(factor):
    """The secret as a QR code that an authenticator app reads, as an SVG in a data address."""
    issuer = settings.PORTAL_NAME
    label = quote(f"{issuer}:{factor.user.get_username()}")
    query = urlencode({"secret": vault.reveal(factor, "secret"), "issuer": issuer}, quote_via=quote)
    return segno.make(f"otpauth://totp/{label}?{query}", error="m").svg_data_uri(scale=5, border=4, light="#fff")


def _lock(user):
    return User.objects.select_for_update().get(pk=user.pk)


def _in_use(user):
    factor = SecondFactor.objects.select_for_update(of=("self",)).filter(user=user, confirmed_at__isnull=False).first()
    if factor is None:
        raise ValidationError("这个账号没有开启两步验证。")
    return factor


def _clear(factor):
    factor.secret, factor.recovery, factor.confirmed_at = "", [], None
    factor.last_step = factor.misses = 0


def _end_other_sessions(user):
    user.session_epoch += 1
    user.save(update_fields=["session_epoch"])


def _digits(code):
    """As typed on any keyboard: full width, with spaces, in small letters."""
    return "".join(unicodedata.normalize("NFKC", code or "").upper().replace("-", "").split())


def _step_of(factor, typed):
    """The time step that the code belongs to, when it is near enough to now and newer than the last one used."""
    if not factor.secret or len(typed) != 6 or not (typed.isascii() and typed.isdecimal()):
        return None
    key = base64.b32decode(vault.reveal(factor, "secret"))
    now = int(time.time()) // STEP
    for step in range(now - TOLERANCE, now + TOLERANCE + 1):
        right = f"{hotp(key, step):06}"
        if step > factor.last_step and secrets.compare_digest(right, typed):
            return step
    return None


def _new_codes(factor):
    """Fill `factor.recovery` with the digests of new codes, and return the codes for paper."""
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    factor.recovery = [_digest(factor, code) for code in codes]
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _digest(factor, code):
    """Keyed outside the database, so that what is stored opens nothing; 50 bits of chance need no slow hash."""
    return vault.blind_index(f"accounts_secondfactor|recovery|{factor.row_key}", code)
