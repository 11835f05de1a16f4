"""党籍: 停止党籍 and its end, leaving the Party or dying, coming back; 失联, 流动, 出国（境）; 党纪处分.

Nothing here acts by itself: what the rules foresee after a time is said as a hint (系统只提示).
"""

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from branches.models import Branch, Term
from branches.rights import require
from files.secrecy import refuse_marked
from members.actions import require_home
from members.models import (
    CommunityLink,
    Exemption,
    GroupMembership,
    LeadingCadre,
    Member,
    Membership,
    Post,
    Sanction,
    Standing,
    Transfer,
    Whereabouts,
)
from rulebook.book import in_force, value

End, Kind = Membership.End, Whereabouts.Kind
GONE = "已不在本支部"  # why, only for those who deal with it
WAYS_OUT = {  # who is on probation is not expelled or struck off, but loses the candidature
    Membership.Kind.FULL: (End.DIED, End.RESIGNED, End.STRUCK, End.EXPELLED),
    Membership.Kind.PROBATIONARY: (End.DIED, End.RESIGNED, End.CANCELLED),
}


def _home(member):
    """The membership of today, the person's row locked, so that two do not decide about the same person at once."""
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    home = Membership.objects.filter(member=member, ended_on=None).select_related("branch").first()
    if home is None:
        raise ValidationError("这位同志现在不在任何支部。")
    return home


def _not_ahead(day, on, name, label):
    if day and day > on:
        raise ValidationError({name: f"{label}不能晚于今天。"})


def _stayed(member, day, name):
    if not Membership.objects.filter(member=member).on(day).exists():
        raise ValidationError({name: "这一天这位同志不在任何支部，请核对日期。"})


# --- 停止党籍


@transaction.atomic
def suspend(row, *, by, on):
    """停止党籍 from a day on, with the reason and the paper it rests on."""
    require(by, "standing.edit", at=_home(row.member).branch)
    for name, label in (("reason", "原因"), ("basis", "依据文号")):
        if not getattr(row, name).strip():
            raise ValidationError({name: f"停止党籍要写明{label}。"})
        refuse_marked(getattr(row, name), label)
    _not_ahead(row.started_on, on, "started_on", "起日")
    _stayed(row.member, row.started_on, "started_on")
    row.created_by = by
    row.full_clean()
    row.save()
    audit.record("standing.suspend", row.member, by=by, since=str(row.started_on))
    return row


@transaction.atomic
def resume(row, *, last, by, on):
    """恢复党籍: the last day of the suspension."""
    require(by, "standing.edit", at=_home(row.member).branch)
    row = Standing.objects.select_for_update(of=("self",)).select_related("member").get(pk=row.pk)
    if row.ended_on:
        raise ValidationError("已经恢复党籍。")
    _end(row, last, on)
    audit.record("standing.resume", row.member, by=by, last=str(last))
    return row


def _end(row, last, on):
    _not_ahead(last, on, "last", "最后一天")
    if last < row.started_on:
        raise ValidationError({"last": f"最后一天不能早于起日 {row.started_on:%Y-%m-%d}。"})
    row.ended_on = last
    row.full_clean()
    row.save(update_fields=["ended_on"])


# --- leaving and coming back


@transaction.atomic
def leave(member, *, reason, last, basis, by, on):
    """End the time in the Party on its last day: with it end offices, 党小组 and all that is kept by days."""
    home = _home(member)
    require(by, "standing.edit", at=home.branch)
    if reason not in WAYS_OUT[home.kind]:
        raise ValidationError({"reason": f"{home.get_kind_display()}不能按“{End(reason).label}”办理。"})
    if not basis.strip() and reason != End.DIED:
        raise ValidationError({"basis": "请填写批准的文号或者支部大会决议的日期。"})
    refuse_marked(basis, "依据")
    _not_ahead(last, on, "last", "最后一天")
    if last < home.started_on:
        raise ValidationError({"last": f"这位同志的现有登记从 {home.started_on:%Y-%m-%d} 起，日期不能更早。"})
    if Transfer.objects.open().filter(member=member).exists():
        raise ValidationError("这位同志有一件没有办结的组织关系转接，办结或撤销以后才能办。")
    for post in Post.objects.filter(member=member).exclude(ended_on__lte=last).select_related("term"):
        if post.office == Post.Office.SECRETARY:
            Term.objects.filter(pk=post.term_id, secretary_name=member.name).update(secretary_name="")
    for model in (Post, GroupMembership, Exemption, LeadingCadre, Standing, Whereabouts, CommunityLink):
        held = model.objects.filter(member=member).exclude(ended_on__lte=last)
        if later := held.filter(started_on__gt=last).first():
            raise ValidationError({
                "last": f"“{model._meta.verbose_name}”有一项从 {later.started_on:%Y-%m-%d} 起，晚于最后一天，请先核对。"
            })  # fmt: skip
        held.update(ended_on=last)
    home.ended_on, home.end_reason, home.end_basis = last, reason, basis.strip()
    home.full_clean()
    home.save(update_fields=["ended_on", "end_reason", "end_basis"])
    audit.record("member.leave", member, by=by, last=str(last))
    return home


@transaction.atomic
def restore(member, *, branch, since, basis, by, on):
    """恢复党籍 of somebody who had left: a new membership; the old one stays as it was."""
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    last = Membership.objects.filter(member=member).select_related("branch").order_by("-started_on").first()
    if last is None or last.end_reason not in Membership.LEAVING or last.end_reason == End.DIED:
        raise ValidationError("这位同志没有可以恢复的党籍。")
    require(by, "standing.edit", at=last.branch)
    require(by, "standing.edit", at=branch)
    if branch.closed_on or branch.kind not in (Branch.Kind.BRANCH, Branch.Kind.JOINT):
        raise ValidationError({"branch": "应编入还在的党支部。"})
    if not basis.strip():
        raise ValidationError({"basis": "请填写恢复党籍的文号。"})
    refuse_marked(basis, "依据文号")
    _not_ahead(since, on, "since", "恢复日期")
    if since <= last.ended_on:
        raise ValidationError({"since": f"恢复日期应晚于 {last.ended_on:%Y-%m-%d}。"})
    row = Membership(member=member, branch=branch, kind=last.kind, started_on=since)
    row.full_clean()
    row.save()
    audit.record("member.restore", member, by=by, branch=branch.pk, since=str(since), basis=basis.strip())
    return row


# --- 失联, 流动, 出国（境）


@transaction.atomic
def miss(row, *, by, on):
    """Enter that a member is 失联, 流动 or abroad since a day."""
    require_home(row.member, by, on)
    _not_ahead(row.started_on, on, "started_on", "起日")
    _stayed(row.member, row.started_on, "started_on")
    _not_ahead(row.contacted_on, on, "contacted_on", "联系日期")
    refuse_marked(row.destination, "去向")
    row.created_by = by
    row.full_clean()
    row.save()
    audit.record("whereabouts.enter", row.member, by=by, kind=row.kind, since=str(row.started_on))
    return row


@transaction.atomic
def contact(row, *, day, by, on):
    """The branch was in touch with somebody away or abroad; who is lost and was reached is no longer lost."""
    row = _open_whereabouts(row, by, on)
    if row.kind == Kind.LOST:
        raise ValidationError("已经联系上的，请登记“结束”，最后一天填联系上的前一天。")
    _not_ahead(day, on, "last", "联系日期")
    if day < row.started_on or (row.contacted_on and day < row.contacted_on):
        raise ValidationError(
            {"last": f"联系日期不能早于 {max(filter(None, (row.started_on, row.contacted_on))):%Y-%m-%d}。"}
        )
    row.contacted_on = day
    row.full_clean()
    row.save(update_fields=["contacted_on"])
    audit.record("whereabouts.contact", row.member, by=by, on=str(day))
    return row


@transaction.atomic
def found(row, *, last, by, on):
    """The last day of it: the member is in touch, back or transferred."""
    row = _open_whereabouts(row, by, on)
    _end(row, last, on)
    audit.record("whereabouts.end", row.member, by=by, last=str(last))
    return row


def _open_whereabouts(row, by, on):
    row = Whereabouts.objects.select_for_update(of=("self",)).select_related("member").get(pk=row.pk)
    require_home(row.member, by, on)
    if row.ended_on:
        raise ValidationError("已经登记了结束日期。")
    return row


def overdue(row, on, suspended_since=None, *, book=None):
    """(what the rules foresee now, their source), or None: a hint for the branch, decided by people.

    `book`: the rules in force, where many rows are asked for at once.
    """
    book = in_force(on=on) if book is None else book

    def after(key, unit, since):
        found = book[key]
        return found if on >= since + relativedelta(**{unit: found.value}) else None

    if row.kind == Kind.LOST and suspended_since:
        if each := after("lost.strike_years", "years", suspended_since):
            return f"停止党籍满 {each.value} 年仍失去联系，可按自行脱党提请支部大会讨论除名", each.source
        return None
    if row.kind == Kind.LOST:
        if each := after("lost.suspend_months", "months", row.contacted_on or row.started_on):
            return f"失去联系满 {each.value} 个月，可研究停止党籍，报上级党组织", each.source
        return None
    if row.kind == Kind.AWAY:
        if each := after("away.months", "months", row.started_on):
            return f"外出满 {each.value} 个月，应转接组织关系，或者发流动党员活动证并按流动党员管理", each.source
        return None
    if each := after("abroad.contact_months", "months", row.contacted_on or row.started_on):
        return f"已满 {each.value} 个月没有联系，应与本人联系一次", each.source
    return None


def suspended(members, on):
    """member id → since when 停止党籍, of those who are on that day. One query."""
    rows = Standing.objects.filter(member__in=members, kind=Standing.Kind.SUSPENDED).on(on)
    return dict(rows.values_list("member", "started_on"))


# --- 党纪处分: the record of the act names neither the matter nor the kind nor the member, for others read it too


@transaction.atomic
def impose(row, *, by, on):
    """Enter a 党纪处分: kind, days and number."""
    require(by, "sanction.edit", at=_home(row.member).branch)
    refuse_marked(row.number, "决定文号")
    _not_ahead(row.started_on, on, "started_on", "决定日期")
    if row.kind == Sanction.Kind.PROBATION and not row.ended_on:
        raise ValidationError({"ended_on": "留党察看要填察看期满的日期，到这一天为止没有表决权。"})
    years = value("sanction.probation_years", on=on)
    if row.kind == Sanction.Kind.PROBATION and row.ended_on > row.started_on + relativedelta(years=years):
        raise ValidationError({"ended_on": f"留党察看最长不超过 {years} 年。"})
    row.created_by = by
    row.full_clean()
    row.save()
    audit.record("sanction.enter", by=by, row=row.pk)
    return row


@transaction.atomic
def shorten(row, *, last, by, on):
    """Set or move the day on which a sanction's time is over (期满、延长、恢复权利)."""
    require(by, "sanction.edit", at=_home(row.member).branch)
    row = Sanction.objects.select_for_update(of=("self",)).select_related("member").get(pk=row.pk)
    if last < row.started_on:
        raise ValidationError({"last": f"期满日期不能早于决定日期 {row.started_on:%Y-%m-%d}。"})
    years = value("sanction.probation_years", on=on)
    if last > row.started_on + relativedelta(years=years):
        raise ValidationError({"last": f"影响期、察看期最长不超过 {years} 年。"})
    row.ended_on = last
    row.full_clean()
    row.save(update_fields=["ended_on"])
    audit.record("sanction.end", by=by, row=row.pk)
    return row
