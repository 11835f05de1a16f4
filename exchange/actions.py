"""What people do with the addresses that are told."""

import secrets

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from branches.models import Branch
from branches.rights import require
from exchange import hooks
from exchange.models import MANAGE, Hook, HookDelivery
from reminders import net

State = HookDelivery.State


@transaction.atomic
def open_hook(form, *, by):
    """A new address that is told from now on. Returns (row, the key of its signatures), which is shown once."""
    hook = form.instance
    require(by, MANAGE, at=hook.branch)
    Branch.objects.select_for_update(no_key=True).get(pk=hook.branch_id)  # two at once: the second is told
    try:
        net.target(hook.url)
    except net.Refused as reason:
        raise ValidationError({"url": str(reason)}) from None
    secret = secrets.token_urlsafe(32)
    hook.secret, hook.created_by, hook.position = secret, by, hooks.newest()
    hook.full_clean(exclude=["secret"])
    return audit.save(form, by=by), secret


@transaction.atomic
def switch(hook, is_active, *, version, by):
    """Stop telling, or begin again; what happened in between is not told."""
    hook = Hook.objects.select_for_update(of=("self",)).select_related("branch").get(pk=hook.pk)
    require(by, MANAGE, at=hook.branch)
    hook.claim(version)
    if is_active and not hook.is_active:
        hook.position = hooks.newest()
    hook.is_active = is_active
    hook.save(update_fields=["is_active", "position", "version"])
    audit.record("hook.switch", hook, by=by, on=is_active)
    return hook


@transaction.atomic
def send_again(delivery, *, by):
    """Once more under the same key: the other side knows whether it had it."""
    delivery = HookDelivery.objects.select_for_update(of=("self",)).select_related("hook__branch").get(pk=delivery.pk)
    require(by, MANAGE, at=delivery.hook.branch)
    if not delivery.hook.is_active:
        raise ValidationError("这个数据推送已停用，先启用再重发。")
    if delivery.state in (State.WAITING, State.SENDING):
        raise ValidationError("这一条正等着发送，不用重发。")
    before, delivery.state = delivery.state, State.WAITING
    delivery.attempts, delivery.next_at = 0, timezone.now()
    delivery.save(update_fields=["state", "attempts", "next_at"])
    audit.record("hook.send_again", delivery.hook, by=by, delivery=delivery.pk, before=before)
    return delivery
