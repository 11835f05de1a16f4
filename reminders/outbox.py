"""Messages that leave the portal: each claimed before the call, so that a worker killed in between never sends it twice."""

import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

import vault
from branches.models import Appointment
from jobs.fault import point
from reminders import letters, net
from reminders.models import Channel, Contact, Delivery, Kind
from reminders.net import Outcome
from rulebook.book import portal_name

State = Delivery.State
LEASE = timedelta(minutes=2)  # after which a message being sent has lost its sender; a call takes seconds
ATTEMPTS = 5
PATIENCE = (1, 5, 20, 60)  # minutes before the next attempt
BUDGET = 45  # seconds for one round of one channel, so that a slow one keeps nobody waiting
TROUBLES = 3  # in a row: the other side is down, the round ends


def recover(now):
    """What was being sent when its worker died: asked again where keys are known, otherwise unknown for good."""
    lost = Delivery.objects.filter(state=State.SENDING, claimed_at__lt=now - LEASE)
    again = Q(channel__has_key=True, attempts__lt=ATTEMPTS)
    pks = list(lost.filter(again).values_list("pk", flat=True))
    lost.filter(pk__in=pks).update(state=State.WAITING, next_at=now)
    return lost.exclude(pk__in=pks).update(state=State.UNKNOWN, note="发送时程序中断", settled_at=now)


def due(now):
    """The channels with something to send."""
    waiting = Delivery.objects.due(now).filter(channel__is_active=True)
    return list(waiting.order_by("channel").values_list("channel", flat=True).distinct())


def drain(channel, clock=timezone.now):
    """Send what waits on one channel, one by one, until nothing is due, time is up, or the other side is down."""
    end, troubles = time.monotonic() + BUDGET, 0
    while time.monotonic() < end and troubles < TROUBLES:
        delivery = claim(channel, clock())
        if delivery is None:
            return
        outcome = call(delivery, clock())
        point("deliver-called")
        settle(delivery, outcome, clock())
        point("deliver-settled")
        troubles = 0 if outcome is None or outcome.is_sent else troubles + 1


def claim(channel, now):
    """Take the next message: `sending` is committed before anybody is called. None when there is none for today."""
    on = timezone.localtime(now).date()
    point("deliver-begin")
    with transaction.atomic(durable=True):
        channel = Channel.objects.select_for_update(of=("self",)).filter(pk=channel, is_active=True).first()
        if channel is None:
            return None
        used = Delivery.objects.filter(channel=channel, claimed_at__gte=_midnight(on)).count()
        if used >= channel.daily_limit:
            return None
        waiting = Delivery.objects.due(now).filter(channel=channel).order_by("next_at", "pk")
        delivery = waiting.select_for_update(skip_locked=True, of=("self",)).first()
        if delivery is None:
            return None
        delivery.begin(now)
        point("deliver-claimed-uncommitted")
    point("deliver-claimed")
    delivery.channel = channel
    return delivery


def _midnight(on):
    return timezone.make_aware(datetime.combine(on, datetime.min.time()))


def call(delivery, now):
    """Put the message together and hand it over. None when there is nothing, or nobody, left to tell."""
    on = timezone.localtime(now).date()
    if delivery.on < on:
        return None  # what was for yesterday is in today's digest, or done
    body = _body(delivery, on)
    if body is None:
        return None
    to, text = body
    point("deliver-composed")
    if delivery.channel.is_test:
        return Outcome(True, "只试不发，没有向外发出")
    address = vault.reveal(delivery.channel, "address")
    key = str(delivery.key)
    if delivery.kind == Kind.EMAIL:
        return net.mail(address, to, f"{portal_name(on=on)}提醒", text, key=key)
    payload = {"phone": to, "text": text, "key": key}
    if delivery.kind in (Kind.WECOM, Kind.DINGTALK):
        payload = {"msgtype": "text", "text": {"content": text}}
    outcome, answer = net.post(address, payload, key=key)
    if outcome.is_sent and answer.get("errcode"):
        return Outcome(False, f"对方拒收（{answer['errcode']}）"[:60])
    return outcome


def _body(delivery, on):
    """(address of the person or "", the words), or None."""
    user = delivery.asked_by or (delivery.digest and delivery.digest.user)
    to = ""
    if user is not None:
        if not user.is_active or not Appointment.objects.serving(on).filter(user=user).exists():
            return None
        contact = Contact.objects.filter(user=user, kind=delivery.kind).first()
        if contact is None and delivery.kind in (Kind.EMAIL, Kind.SMS):
            return None
        to = vault.reveal(contact, "address") if contact else ""
    if delivery.asked_by_id:
        return to, f"【提醒】{portal_name(on=on)}：这是一条试发的消息，收到即表示渠道可用。"
    if delivery.digest_id:
        text = letters.personal(delivery.digest, on, is_short=delivery.kind == Kind.SMS)
    else:
        text = letters.group(delivery.channel.branch, on)
    return (to, text) if text else None


def settle(delivery, outcome, now):
    """Write down how it ended; a later finding of the same attempt never overwrites a better one."""
    with transaction.atomic(durable=True):
        row = Delivery.objects.select_for_update(of=("self",)).select_related("channel").get(pk=delivery.pk)
        if row.attempts != delivery.attempts or row.state not in (State.SENDING, State.UNKNOWN):
            return
        is_left = row.attempts < ATTEMPTS
        row.settled_at, row.note = now, outcome.note if outcome else "没有要提醒的了"
        if outcome is None:
            row.state = State.DROPPED
        elif outcome.is_sent:
            row.state = State.SENT
        elif is_left and (outcome.may_retry or (outcome.is_sent is None and row.channel.has_key)):
            row.state = State.WAITING
            row.next_at = now + timedelta(minutes=PATIENCE[min(row.attempts, len(PATIENCE)) - 1])
        else:
            row.state = State.UNKNOWN if outcome.is_sent is None else State.FAILED
        row.save(update_fields=["state", "settled_at", "note", "next_at"])
        point("deliver-settled-uncommitted")
