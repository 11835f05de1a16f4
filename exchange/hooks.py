"""What is told to addresses outside: read from the chain of records in one place, and sent out one by one.

A message names the event, the kind and key of the object, the organisation and the hour. It names nobody and says nothing of
what was found; whoever may know asks the API by a token.
"""

import hmac
import time
from dataclasses import dataclass
from datetime import timedelta

from django.apps import apps
from django.db import transaction
from django.utils import timezone

import vault
from accounts.models import AuditLink
from branches.actions import root
from duties.models import Fulfilment
from exchange.models import Hook, HookDelivery
from jobs.fault import point
from reminders import net
from training.models import TrainingClass

State = HookDelivery.State
REMEDIAL = TrainingClass.Kind.REMEDIAL
DUTY_MET = "duty.met"
AT_ONCE = 2_000  # records of one hook in one tick; more wait for the next
LEASE = timedelta(minutes=2)  # after which a message being sent has lost its sender
PATIENCE = (1, 5, 20, 60, 180, 360, 720)  # minutes before the next attempt: 22 hours in all
ATTEMPTS = len(PATIENCE) + 1
BUDGET = 45  # seconds of one tick
TROUBLES = 3  # in a row: the other side is down, the rest waits


@dataclass(frozen=True)
class Event:
    """What happened, in words; the list of the API that holds the object; where the object says its organisation.

    `shut`: the kind of such objects of which nobody outside hears, not even that there is one.
    """

    label: str
    model: str
    kind: str
    branch: str = "branch"
    shut: str = ""


EVENTS = {
    DUTY_MET: Event("应办事项办结", "duties.Duty", "duties"),
    "meeting.submitted": Event("组织生活记录提交", "meetings.Meeting", "meetings"),
    "meeting.accepted": Event("组织生活记录审核通过", "meetings.Meeting", "meetings"),
    "meeting.returned": Event("组织生活记录退回", "meetings.Meeting", "meetings"),
    "notice.issued": Event("通知发出", "branches.Notice", "notices"),
    "rectification.accepted": Event("整改验收", "branches.Rectification", "rectifications"),
    "rectification.closed": Event("整改销号", "branches.Rectification", "rectifications"),
    "class.opened": Event("培训班开放报名", "training.TrainingClass", "training-classes", shut=REMEDIAL),
    "class.closed": Event("培训班结班", "training.TrainingClass", "training-classes", shut=REMEDIAL),
    "assessment.published": Event("年度考核公布", "assessment.Round", "rounds", ""),
    "assessment.final": Event("年度考核审定", "assessment.Round", "rounds", ""),
    "scheme.published": Event("考核方案发布", "assessment.Scheme", "schemes", ""),
}
ACTS = {  # the record's own name → the event
    "meeting.submit": "meeting.submitted", "meeting.accept": "meeting.accepted", "meeting.send_back": "meeting.returned",
    "notice.issue": "notice.issued", "rectify.accept": "rectification.accepted", "rectify.close": "rectification.closed",
    "training.open": "class.opened", "training.finish": "class.closed", "round.publish": "assessment.published",
    "round.final": "assessment.final", "scheme.publish": "scheme.published",
}  # fmt: skip


# --- from the chain of records to messages


def read(now):
    """Look at what was recorded since, for each hook; returns the number of messages made. Safe to run twice at once."""
    return sum(_read(pk, now) for pk in Hook.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))


def newest():
    """The place of the last record in the chain: what lies before it is not told to a hook that opens now."""
    return AuditLink.objects.order_by("-position").values_list("position", flat=True).first() or 0


@transaction.atomic
def _read(pk, now):
    hook = Hook.objects.select_for_update(of=("self",), skip_locked=True).select_related("branch").filter(pk=pk).first()
    if hook is None or not hook.is_active:
        return 0
    links = AuditLink.objects.filter(position__gt=hook.position).order_by("position")
    rows = list(
        links.values_list("position", "event", "event__action", "event__label", "event__object_id", "event__at")[
            :AT_ONCE
        ]
    )
    if not rows:
        return 0
    found = [*_by_act(rows), *_duties_met(rows)]
    wanted = [each for each in found if each[0] in hook.events]
    places = _places(wanted)
    fresh = [
        HookDelivery(
            hook=hook, record_id=record, event=event, kind=EVENTS[event].kind, object_id=key,
            branch_id=places[EVENTS[event].model, key][0], happened_at=at, next_at=now,
        )
        for event, record, key, at in wanted
        if places.get((EVENTS[event].model, key), (0, ""))[1].startswith(hook.branch.path)
    ]  # fmt: skip
    HookDelivery.objects.bulk_create(fresh, ignore_conflicts=True)  # the constraints drop what is already known
    Hook.objects.filter(pk=hook.pk).update(position=rows[-1][0])
    return len(fresh)


def _by_act(rows):
    """(event, record, key, hour) of the acts that are told."""
    for _, record, act, label, key, at in rows:
        event = ACTS.get(act)
        if event and label == EVENTS[event].model and key.isdecimal():
            yield event, record, int(key), at


def _duties_met(rows):
    """The same for duties that the records of these acts meet."""
    latest = {(label, int(key)): (record, at) for _, record, _, label, key, at in rows if key.isdecimal()}
    labels, keys = {label for label, _ in latest}, {key for _, key in latest}
    met = Fulfilment.objects.filter(label__in=labels, object_id__in=keys).order_by("pk")
    for label, key, duty in met.values_list("label", "object_id", "duty"):
        if (label, key) in latest:
            record, at = latest[label, key]
            yield DUTY_MET, record, duty, at


def _places(wanted):
    """(model, key) → (organisation, its path); what holds for the whole county belongs to its root."""
    asked, found, top = {}, {}, root()
    for event, _, key, _ in wanted:
        asked.setdefault(event, set()).add(key)
    for event, keys in asked.items():
        model, lookup = EVENTS[event].model, EVENTS[event].branch
        if lookup:
            rows = apps.get_model(model).objects.filter(pk__in=keys)
            rows = rows.exclude(kind=EVENTS[event].shut) if EVENTS[event].shut else rows
            rows = rows.values_list("pk", lookup, f"{lookup}__path")
            found |= {(model, key): (branch, path) for key, branch, path in rows}
        else:
            found |= {(model, key): (top.pk, top.path) for key in keys}
    return found


# --- out


def send_out(clock=timezone.now):
    """Send what is due, one by one, until nothing is left or time is up; a hook whose side is down waits."""
    recover(clock())
    end, troubles = time.monotonic() + BUDGET, {}
    while time.monotonic() < end:
        down = [hook for hook, count in troubles.items() if count >= TROUBLES]
        delivery = claim(clock(), but=down)
        if delivery is None:
            return
        outcome = call(delivery)
        point("hook-called")
        settle(delivery, outcome, clock())
        troubles[delivery.hook_id] = 0 if outcome.is_sent else troubles.get(delivery.hook_id, 0) + 1


def recover(now):
    """What was being sent when its worker died is sent again under the same key; at the end of patience it is unknown."""
    lost = HookDelivery.objects.filter(state=State.SENDING, claimed_at__lt=now - LEASE)
    lost.filter(attempts__lt=ATTEMPTS).update(state=State.WAITING, next_at=now)
    lost.filter(attempts__gte=ATTEMPTS).update(state=State.UNKNOWN, note="发送时程序中断", settled_at=now)


def claim(now, *, but=()):
    """Take the next message: `sending` is committed before anybody is called."""
    with transaction.atomic(durable=True):
        due = HookDelivery.objects.due(now).filter(hook__is_active=True).exclude(hook__in=but).order_by("next_at", "pk")
        delivery = due.select_for_update(skip_locked=True, of=("self",)).select_related("hook").first()
        if delivery is None:
            return None
        delivery.begin(now)
    return delivery


def body_of(delivery):
    """All that is told."""
    return {
        "id": str(delivery.key), "event": delivery.event, "object": delivery.kind, "object_id": delivery.object_id,
        "organisation_id": delivery.branch_id, "at": timezone.localtime(delivery.happened_at).isoformat(timespec="seconds"),
    }  # fmt: skip


def signature(secret, stamp, data):
    """The tag by which the other side knows that we sent it: over the hour and the body, so that neither can be exchanged."""
    return hmac.digest(secret.encode(), f"{stamp}.".encode() + data, "sha256").hex()


def call(delivery):
    secret = vault.reveal(delivery.hook, "secret")

    def sign(data):
        stamp = int(time.time())
        return {"X-Portal-Signature": f"t={stamp},sha256={signature(secret, stamp, data)}"}

    outcome, _ = net.post(delivery.hook.url, body_of(delivery), key=str(delivery.key), sign=sign)
    return outcome


def settle(delivery, outcome, now):
    """Write down how it ended. The key is always the same, so what nobody knows of is sent again as long as there is patience."""
    with transaction.atomic(durable=True):
        row = HookDelivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
        if row.attempts != delivery.attempts or row.state != State.SENDING:
            return
        row.settled_at, row.note = now, outcome.note
        if outcome.is_sent:
            row.state = State.SENT
        elif row.attempts < ATTEMPTS and (outcome.may_retry or outcome.is_sent is None):
            row.state, row.next_at = State.WAITING, now + timedelta(minutes=PATIENCE[row.attempts - 1])
        else:
            row.state = State.UNKNOWN if outcome.is_sent is None else State.FAILED
        row.save(update_fields=["state", "settled_at", "note", "next_at"])
