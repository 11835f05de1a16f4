"""Notices between organisations: issued, signed for, answered; a deadline becomes a duty of those who received it."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Stale
from branches.models import Branch, Notice, Receipt
from branches.rights import require
from duties.actions import meet
from duties.models import Duty, Fulfilment, Unlock
from rulebook.book import value

State = Notice.State
FARTHEST = timedelta(days=731)  # of a deadline: beyond it somebody mistyped the year
ROAD = {State.DRAFT: {"issue": State.ISSUED}, State.ISSUED: {"withdraw": State.WITHDRAWN}}


@transaction.atomic
def save_draft(form, *, version, by):
    """Write a draft of a notice from its form. Raises `Stale` when somebody saved it in between."""
    notice = form.instance
    require(by, "notice.issue", at=notice.branch)
    if notice.kind == Notice.Kind.CALL:
        raise ValidationError("要收表的，请在“临时收表”里发起。")
    if notice.kind == Notice.Kind.BULLETIN and notice.branch.parent_id is None:
        raise ValidationError("工委的通报在“通报和约谈”里起草，由另一位同志签发后发出。")
    if notice.pk:
        locked = Notice.objects.select_for_update(of=("self",)).select_related("branch").get(pk=notice.pk)
        require(by, "notice.issue", at=locked.branch)
        if locked.state != State.DRAFT:
            raise ValidationError("通知已经发出，不能再改；要更正的，请撤回后重发。")
        locked.claim(version)
        notice.version = locked.version
        if notice.kind != locked.kind and (locked.commended_visits.exists() or locked.criticised_visits.exists()):
            raise ValidationError({"kind": "这份通报是从督导检查起草的，种类不能改。"})
    else:
        notice.created_by = by
    return audit.save(form, by=by)


@transaction.atomic
def issue(notice, *, by, on, verb=None, version=None):
    """Send a draft out: everybody addressed gets a receipt to sign and, with a deadline, a duty. Returns the notice.

    A 通报批评 is signed as it was read (`version`): by somebody who may sign, and who neither drafted nor changed it.
    """
    new = {"issued_by": by, "issued_at": timezone.now()}
    notice = _move(notice, "issue", verb or issuing(notice), by=by, version=version, **new)
    if notice.kind == Notice.Kind.CRITICISM and by.pk in authors(notice):
        raise ValidationError("起草或修改过通报批评的同志不能签发，请由另一位有签发权的同志签发。")
    branches = list(notice.addressed_to.all()) or list(
        Branch.objects.at_work(on).filter(path__startswith=notice.branch.path).exclude(pk=notice.branch_id)
    )
    if any(not branch.path.startswith(notice.branch.path) for branch in branches):
        raise ValidationError("主送范围里有不属于本级以下的党组织，请核对。")
    if not branches:
        raise ValidationError("没有可以收到这份通知的党组织，请核对主送范围。")
    if notice.deadline_on and notice.deadline_on < on:
        raise ValidationError("办理期限早于今天，请改期后再发出。")
    if notice.deadline_on and notice.deadline_on > on + FARTHEST:
        raise ValidationError("办理期限在两年以后，请核对年份。")
    Receipt.objects.bulk_create(Receipt(notice=notice, branch=branch) for branch in branches)
    if notice.deadline_on:
        locks_on = notice.deadline_on + timedelta(days=value("duty.late_window", on=on)["days"])
        days = dict.fromkeys(("target_on", "due_on", "ends_on"), notice.deadline_on) | {"locks_on": locks_on}
        Duty.objects.bulk_create(
            Duty(
                branch=branch, rule="notice", year=notice.deadline_on.year, period=f"N{notice.pk}", notice=notice,
                opens_on=on, **days,
            )
            for branch in branches
        )  # fmt: skip
    return notice


def issuing(notice):
    """The verb that sends such a notice out."""
    return "bulletin.sign" if notice.kind == Notice.Kind.CRITICISM else "notice.issue"


def withdrawing(notice):
    """The verb that takes such a notice back."""
    return "bulletin.sign" if notice.kind in (Notice.Kind.BULLETIN, Notice.Kind.CRITICISM) else "notice.issue"


def authors(notice):
    """Keys of the people who wrote the draft or changed it."""
    edits = audit.of(notice).filter(action="branches.notice.edit").values_list("by", flat=True)
    return {notice.created_by_id, *edits}


@transaction.atomic
def withdraw(notice, *, by):
    """Take a notice back: nobody owes it any longer; the receipts stay as the record of who had it.

    A 通报 was signed, so only those who may sign take it back.
    """
    if notice.kind == Notice.Kind.CALL:
        raise ValidationError("临时收表的通知不能撤回；不再需要的，请在“临时收表”里结束收表。")
    notice = _move(notice, "withdraw", withdrawing(notice), by=by)
    duties = Duty.objects.filter(notice=notice)
    Unlock.objects.filter(duty__in=duties).delete()  # leave to make good what nobody owes any longer
    Fulfilment.objects.filter(duty__in=duties).delete()
    duties.delete()
    return notice


def _move(notice, act, verb, *, by, version=None, **fields):
    notice = Notice.objects.select_for_update(of=("self",)).select_related("branch").get(pk=notice.pk)
    require(by, verb, at=notice.branch)
    before = State(notice.state)
    if act not in ROAD.get(before, {}):
        raise ValidationError(f"这份通知现在是“{before.label}”，不能这样办理。")
    for name, new in fields.items():
        setattr(notice, name, new)
    notice.state = ROAD[before][act]
    notice.claim(notice.version if version is None else version)
    notice.full_clean()
    notice.save()
    audit.record(f"notice.{act}", notice, by=by, before=before, after=notice.state)
    return notice


@transaction.atomic
def receive(receipt, *, by, on, answer=None, seen=""):
    """Sign for a notice and, when it asks for one, answer it. A notice that needs no answer is done when signed for.

    `seen`: when the answer was given that the writer had before them; a newer one of somebody else is not overwritten.
    """
    receipt = Receipt.objects.select_for_update(of=("self",)).select_related("notice", "branch").get(pk=receipt.pk)
    require(by, "notice.receive", at=receipt.branch)
    if receipt.notice.state != State.ISSUED:
        raise ValidationError("这份通知已经撤回，不需要再办理。")
    now = timezone.now()
    if not receipt.received_at:
        receipt.received_by, receipt.received_at = by, now
    if answer is not None:
        if receipt.notice.kind == Notice.Kind.CALL:
            raise ValidationError("这份表在“临时收表”里填报，报送后自动记为已办。")
        if not answer.strip():
            raise ValidationError("请写明办理情况，一两句话即可。")
        if receipt.answered_at and receipt.answered_by_id != by.pk and mark_of(receipt) != seen:
            raise Stale(f"{receipt.answered_by}刚刚答复过，请先看上面的答复；需要改写的，再提交一次。", code="stale")
        receipt.answer, receipt.answered_by, receipt.answered_at = answer.strip(), by, now
    receipt.full_clean()
    receipt.save()
    if receipt.answered_at or not receipt.notice.needs_answer:
        for duty in Duty.objects.filter(notice=receipt.notice, branch=receipt.branch):
            meet(duty, receipt, on=on)
    audit.record("notice.answer" if answer is not None else "notice.receive", receipt.notice, by=by, receipt=receipt.pk)
    return receipt


def mark_of(receipt):
    """What tells one answer of a receipt from the next; empty before the first."""
    return receipt.answered_at.isoformat() if receipt.answered_at else ""


@transaction.atomic
def mark(notice, marks, *, by):
    """Who of those called came: `marks` receipt pk → `Receipt.Mark` or "". Leave granted counts as attended."""
    notice = Notice.objects.select_for_update(of=("self",)).select_related("branch").get(pk=notice.pk)
    require(by, "notice.issue", at=notice.branch)
    if notice.kind != Notice.Kind.MEETING:
        raise ValidationError("只有会议通知需要登记参会情况。")
    changed = []
    for receipt in notice.receipts.filter(pk__in=marks):
        receipt.mark = marks[receipt.pk]
        receipt.full_clean()
        changed.append(receipt)
    Receipt.objects.bulk_update(changed, ["mark"])
    audit.record("notice.mark", notice, by=by, marked=len(changed))
    return notice
