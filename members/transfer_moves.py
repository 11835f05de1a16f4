"""What a transfer moves: the time in the old branch ends the day before the new one begins, in one transaction."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from branches.models import Term
from members.models import GroupMembership, Membership, Post, Transfer
from members.transfers import begin, end, lock, still_there

Direction = Transfer.Direction


@transaction.atomic
def receive(transfer, *, received_on, by, on):
    """The branch accepts the member, who belongs to it from that day on and to the old one until the day before."""
    transfer = begin(transfer, "receive", by)
    _check_arrival(transfer, received_on, on)
    if received_on > transfer.valid_until:
        raise ValidationError({
            "received_on": f"介绍信有效期至 {transfer.valid_until:%Y-%m-%d}，已经过期，请开出方换开以后再接收。"
        })  # fmt: skip
    branch = transfer.to_branch
    if received_on < branch.founded_on or (branch.closed_on and branch.closed_on < received_on):
        raise ValidationError({"received_on": "转入支部在这一天还没有成立或者已经撤销。"})
    if transfer.direction == Direction.INSIDE:
        transfer.kind = _leave(transfer, received_on).kind
    else:
        lock(transfer.member)
    _join(transfer.member, branch, transfer.kind, received_on)
    transfer.received_on = received_on
    return end(transfer, "receive", by=by, day=received_on, received_on=str(received_on))


@transaction.atomic
def settle(transfer, *, received_on, receipt_on, by, on):
    """The 回执 of a place outside has come: the member belonged here until the day before he was received there."""
    transfer = begin(transfer, "settle", by)
    _check_arrival(transfer, received_on, on)
    _check_receipt(received_on, receipt_on, on)
    transfer.kind = _leave(transfer, received_on).kind
    transfer.received_on, transfer.receipt_on = received_on, receipt_on
    return end(transfer, "settle", by=by, day=receipt_on, received_on=str(received_on))


@transaction.atomic
def confirm(transfer, *, receipt_on, by, on):
    """The body above the new branch confirms; the 回执 goes back and the matter is closed."""
    transfer = begin(transfer, "confirm", by)
    _check_receipt(transfer.received_on, receipt_on, on)
    transfer.receipt_on = receipt_on
    return end(transfer, "confirm", by=by, day=receipt_on)


def _check_arrival(transfer, received_on, on):
    if received_on > on:
        raise ValidationError({"received_on": "接收日期不能晚于今天。"})
    if received_on < transfer.issued_on:
        raise ValidationError({"received_on": f"接收日期不能早于介绍信开出日期 {transfer.issued_on:%Y-%m-%d}。"})


def _check_receipt(received_on, receipt_on, on):
    if receipt_on > on:
        raise ValidationError({"receipt_on": "回执日期不能晚于今天。"})
    if receipt_on < received_on:
        raise ValidationError({"receipt_on": f"回执日期不能早于接收日期 {received_on:%Y-%m-%d}。"})


def _leave(transfer, first_day_elsewhere):
    """End the time in the old branch, with the offices and the group that hang on it. Exemptions and accounts stay."""
    home = still_there(transfer)
    if first_day_elsewhere <= home.started_on:
        raise ValidationError({
            "received_on": f"这位同志的现有登记从 {home.started_on:%Y-%m-%d} 起，接收日期应当更晚。"
        })  # fmt: skip
    last = first_day_elsewhere - timedelta(days=1)
    _lay_down(transfer.member, transfer.from_branch, transfer.to_branch, last)
    home.ended_on, home.end_reason = last, Membership.End.TRANSFERRED
    home.save(update_fields=["ended_on", "end_reason"])
    return home


def _lay_down(member, old, new, last):
    """End the offices in organisations that he leaves behind, and the group; a secretary's name is taken off the term."""
    for post in offices(member, old, new, last):
        if post.started_on > last:
            raise ValidationError(
                f"这位同志的{post.get_office_display()}职务从 {post.started_on:%Y-%m-%d} 起，请先办理免职。"
            )
        post.ended_on = last
        post.save(update_fields=["ended_on"])
        if post.office == Post.Office.SECRETARY:
            Term.objects.filter(pk=post.term_id, secretary_name=member.name).update(secretary_name="")
    for group in GroupMembership.objects.filter(member=member, group__branch=old).exclude(ended_on__lte=last):
        if group.started_on > last:
            raise ValidationError("这位同志编入党小组的日期晚于离开的日期，请先调整党小组。")
        group.ended_on = last
        group.save(update_fields=["ended_on"])


def offices(member, old, new, last):
    """The offices that end with a move: of the old branch and of what stands above it but not above the new one;
    without `last` those held now."""
    held = Post.objects.filter(member=member)
    held = held.filter(ended_on=None) if last is None else held.exclude(ended_on__lte=last)
    stays = new.path if new else ""
    return [
        post
        for post in held.select_related("term__branch")
        if old.path.startswith(post.term.branch.path) and not stays.startswith(post.term.branch.path)
    ]


def _join(member, branch, kind, day):
    membership = Membership(member=member, branch=branch, kind=kind, started_on=day)
    membership.full_clean()
    membership.save()


@transaction.atomic
def refuse(transfer, *, reason, returned_on, by, on):
    """The body above the new branch does not confirm: from that day on the member is back in the old branch.

    What lay between stays as it was, for rolls rest on it; offices that ended are not given back by themselves.
    """
    transfer = begin(transfer, "refuse", by)
    now = lock(transfer.member)
    if now is None or now.branch_id != transfer.to_branch_id:
        raise ValidationError("这位同志已经不在转入支部，不能退回。")
    if returned_on > on:
        raise ValidationError({"returned_on": "退回日期不能晚于今天。"})
    is_same_day = returned_on == now.started_on == transfer.received_on
    if returned_on <= now.started_on and not is_same_day:
        raise ValidationError({"returned_on": f"退回日期应晚于 {now.started_on:%Y-%m-%d}。"})
    last = returned_on - timedelta(days=1)
    _lay_down(transfer.member, transfer.to_branch, transfer.from_branch, last)
    old, kind = transfer.from_branch, now.kind
    if is_same_day:
        now.delete()  # a day's mistake: he never was there
    else:
        now.ended_on, now.end_reason = last, Membership.End.TRANSFERRED
        now.save(update_fields=["ended_on", "end_reason"])
    if old and is_same_day:
        Membership.objects.filter(member=transfer.member, branch=old, ended_on=last).update(
            ended_on=None, end_reason=""
        )
    elif old:
        _join(transfer.member, old, kind, returned_on)
    transfer.refusal = reason
    return end(transfer, "refuse", by=by, day=returned_on, note=reason, returned_on=str(returned_on))


def offices_left(transfer):
    """The offices that end with this move, or ended by it: [(organisation, office, whether the secretary's)]."""
    if transfer.from_branch_id is None:
        return []
    old, new = transfer.from_branch, transfer.to_branch
    if transfer.received_on is None:
        posts = offices(transfer.member, old, new, None) if transfer.state in Transfer.OPEN else []
    else:
        last = transfer.received_on - timedelta(days=1)
        posts = Post.objects.filter(member=transfer.member, ended_on=last).select_related("term__branch")
    return [(post.term.branch.name, post.get_office_display(), post.office == Post.Office.SECRETARY) for post in posts]
