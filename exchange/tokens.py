"""Tokens of the API and addresses of calendars: made once, shown once, found by their digest, taken back at any time."""

import secrets
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

import vault
from accounts import audit
from accounts.models import User
from branches.rights import may, require
from exchange.models import MANAGE, ApiToken, Feed

LONGEST = timedelta(days=366)
MOST = 10  # standing tokens of one person: more are forgotten ones
MARK = "dj_"  # by which a token is known when it lies about somewhere


@transaction.atomic
def make(form, *, by, on):
    """A new token for oneself. Returns (row, the token): it is shown once and kept nowhere."""
    user = User.objects.select_for_update(no_key=True).get(pk=by.pk)
    token = form.instance
    if ApiToken.objects.standing().filter(user=user, expires_on__gte=on).count() >= MOST:
        raise ValidationError(f"您已有 {MOST} 个有效的令牌，请先作废不用的。")
    if not on <= token.expires_on <= on + LONGEST:
        raise ValidationError({"expires_on": "有效期从今天起，最长一年。"})
    for verb in token.verbs:
        if not may(by, verb):
            raise ValidationError({"verbs": "只能选您的岗位能看的内容。"})
    if token.branch:
        require(by, "branch.see", at=token.branch)
    secret = f"{MARK}{secrets.token_urlsafe(32)}"
    token.user, token.epoch = user, user.session_epoch
    token.prefix, token.digest = secret[:12], digest_of(secret)
    token.full_clean()
    token.save()
    audit.record(
        "token.make", token, by=by, verbs=sorted(token.verbs), branch=token.branch_id, until=str(token.expires_on)
    )
    return token, secret


@transaction.atomic
def revoke(token, *, by):
    """From this moment it opens nothing: by its owner, or by who looks after the interfaces."""
    token = ApiToken.objects.select_for_update(of=("self",)).get(pk=token.pk)
    return _revoke(token, "token.revoke", by)


@transaction.atomic
def make_feed(branch, *, by):
    """A new calendar of an organisation for oneself. Returns (row, the secret of its address), which is shown once.

    An address of before a change of the password is dead; the new one takes its place.
    """
    require(by, "duty.see", at=branch)
    user = User.objects.select_for_update(no_key=True).get(pk=by.pk)
    for dead in Feed.objects.standing().filter(user=user, branch=branch).exclude(epoch=user.session_epoch):
        _revoke(dead, "feed.revoke", by)
    secret = secrets.token_urlsafe(32)
    feed = Feed(user=user, branch=branch, digest=feed_digest(secret), epoch=user.session_epoch)
    feed.full_clean()
    feed.save()
    audit.record("feed.make", feed, by=by, branch=branch.pk)
    return feed, secret


@transaction.atomic
def revoke_feed(feed, *, by):
    feed = Feed.objects.select_for_update(of=("self",)).get(pk=feed.pk)
    return _revoke(feed, "feed.revoke", by)


def _revoke(row, act, by):
    if row.user_id != by.pk and not may(by, MANAGE):
        raise ValidationError("只能作废自己的。")
    if row.revoked_at:
        raise ValidationError("已经作废过了。")
    row.revoked_at, row.revoked_by = timezone.now(), by
    row.save(update_fields=["revoked_at", "revoked_by"])
    audit.record(act, row, by=by, of=row.user_id)
    return row


def find(secret, *, on):
    """The token that this is, while it holds and its owner may sign in; None otherwise. One query."""
    if not secret.startswith(MARK) or len(secret) > 100:
        return None
    rows = ApiToken.objects.standing().filter(digest=digest_of(secret), expires_on__gte=on)
    token = rows.select_related("user__second_factor", "branch").first()
    return token if token and token.is_of_now else None


def find_feed(secret, *, on):
    """The calendar under this address while its owner serves there and has ended no sessions since; None otherwise."""
    feed = Feed.objects.standing().filter(digest=feed_digest(secret)).select_related("user", "branch").first()
    return feed if feed and feed.is_of_now and may(feed.user, "duty.see", at=feed.branch) else None


@transaction.atomic
def mark_used(row, *, on):
    """Once a day: that it is in use. The first use of a token each day is on record."""
    idle = Q(last_used_on=None) | Q(last_used_on__lt=on)
    if row.last_used_on == on or not type(row).objects.filter(idle, pk=row.pk).update(last_used_on=on):
        return
    if isinstance(row, ApiToken):
        audit.record("token.use", row, by=row.user)


def digest_of(secret):
    return vault.blind_index("exchange_apitoken|digest", secret)


def feed_digest(secret):
    return vault.blind_index("exchange_feed|digest", secret)
