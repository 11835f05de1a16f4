"""What people do with their reminders and with the ways by which these leave the portal."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from branches.models import Branch
from branches.rights import require
from reminders import net
from reminders.models import PERSON_KINDS, Channel, Contact, Delivery, Digest, Kind

SCHEMES = {Kind.EMAIL: ("smtps",)}  # the others speak http
State = Delivery.State
ROAD = {  # what a person may decide about a message, and where it leads
    "retry": {State.FAILED: State.WAITING, State.UNKNOWN: State.WAITING},
    "arrived": {State.UNKNOWN: State.SENT},
}


def read(user, *, until, at):
    """The person has seen every digest up to the one with that key."""
    return Digest.objects.filter(user=user, pk__lte=until, read_at__isnull=True).update(read_at=at)


@transaction.atomic
def set_contact(user, kind, address, *, by):
    """Where the person is reached by that kind of channel; without an address no longer."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # sent twice at once it is still one address
    known = Contact.objects.select_for_update().filter(user=user, kind=kind).first()
    if not address:
        if known:
            audit.record("contact.forget", known, by=by, kind=kind)
            known.delete()
        return None
    contact = known or Contact(user=user, kind=kind)
    contact.address = address
    contact.save()
    audit.record("contact.set", contact, by=by, kind=kind)
    return contact


@transaction.atomic
def open_channel(form, address, *, by):
    """Open a way out for an organisation; it begins as a trial that sends nothing."""
    channel = form.instance
    require(by, "reminder.manage", at=channel.branch)
    Branch.objects.select_for_update(no_key=True).get(pk=channel.branch_id)  # two at once: the second is told
    try:
        net.target(address, SCHEMES.get(channel.kind, ("https", "http")))
    except net.Refused as reason:
        raise ValidationError({"new_address": str(reason)}) from None
    channel.address = address
    channel.is_test = True
    channel.full_clean(exclude=["address"])
    return audit.save(form, by=by)


@transaction.atomic
def switch(channel, name, on, *, version, by):
    """Turn one of the channel's switches: `is_active`, `is_test`."""
    channel = Channel.objects.select_for_update(of=("self",)).select_related("branch").get(pk=channel.pk)
    require(by, "reminder.manage", at=channel.branch)
    channel.claim(version)
    setattr(channel, name, on)
    channel.full_clean(exclude=["address"])
    channel.save(update_fields=[name, "version"])
    audit.record("channel.switch", channel, by=by, switch=name, on=on)
    return channel


@transaction.atomic
def try_out(channel, *, by, on):
    """Send one message on trial: to the group, or to the person who asks."""
    require(by, "reminder.manage", at=channel.branch)
    if not channel.is_active:
        raise ValidationError("这条渠道已停用，先启用再试发。")
    if channel.kind in PERSON_KINDS and not Contact.objects.filter(user=by, kind=channel.kind).exists():
        raise ValidationError(f"试发的消息发给您本人：请先在提醒设置里填写您的{channel.get_kind_display()}接收地址。")
    now = timezone.now()
    delivery = Delivery.objects.create(
        channel=channel, kind=channel.kind, on=on, next_at=now, asked_by=by, asked_at=now
    )
    audit.record("channel.try", channel, by=by)
    return delivery


@transaction.atomic
def decide(delivery, act, *, by, on):
    """What staff found out about a message that failed or whose end is unknown: send it again, or it did arrive."""
    delivery = Delivery.objects.select_for_update(of=("self",)).select_related("channel__branch").get(pk=delivery.pk)
    require(by, "reminder.manage", at=delivery.channel.branch)
    following = ROAD[act].get(delivery.state)
    if following is None:
        raise ValidationError("这条消息已经有了结果，不用再处理。")
    if act == "retry" and delivery.on != on:
        raise ValidationError("只能重发当天的消息；以前没办完的事，会写进新的提醒。")
    before, delivery.state = delivery.state, following
    if act == "retry":
        delivery.next_at, delivery.attempts = timezone.now(), 0
    delivery.save(update_fields=["state", "next_at", "attempts"])
    audit.record(f"delivery.{act}", delivery, by=by, before=before)
    return delivery


@transaction.atomic
def print_calls(branches, *, reason, by):
    """The record that telephone numbers of these organisations' secretaries were printed in full, and why."""
    for branch in branches:
        require(by, "reminder.call", at=branch)
    audit.record("reminder.call", by=by, reason=reason, branches=[branch.pk for branch in branches])
