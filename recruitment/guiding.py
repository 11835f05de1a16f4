"""Who looks after a person on the road: 培养联系人 (one or two), 入党介绍人 (two); full members of the person's branch."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from branches.rights import require
from files.secrecy import refuse_marked
from members.models import Membership, Sanction, Standing
from recruitment.models import Application, Guide

Role = Guide.Role
STEPS = {"assign_mentor": Role.MENTOR, "assign_sponsors": Role.SPONSOR}
MOST = 2
UNFIT = "须为本支部正式党员，并且具备担任条件，请另选。"  # why somebody may not is for those who deal with it


def running(application, role, on):
    """Who holds the office on that day."""
    rows = application.guides.filter(role=role, started_on__lte=on)
    return rows.exclude(ended_on__lt=on).select_related("member")


def check(members, application, branch, role, on, words=""):
    """Full members of the branch on that day with all their rights; a mentor of another branch only with words why."""
    if len({member.pk for member in members}) != len(members):
        raise ValidationError(f"{Role(role).label}不能重复。")
    full = dict(
        Membership.objects.filter(member__in=members, kind=Membership.Kind.FULL).on(on).values_list("member", "branch")
    )
    barred = set(
        Sanction.objects.filter(member__in=members, kind=Sanction.Kind.PROBATION)
        .on(on)
        .values_list("member", flat=True)
    )
    barred |= set(
        Standing.objects.filter(member__in=members, kind=Standing.Kind.SUSPENDED)
        .on(on)
        .values_list("member", flat=True)
    )
    for member in members:
        if member.pk == application.member_id or member.pk not in full or member.pk in barred:
            raise ValidationError(f"{member}不能担任{Role(role).label}：{UNFIT}")
        if full[member.pk] != branch.pk and (role == Role.SPONSOR or not words.strip()):
            why = "入党介绍人须为本支部正式党员。" if role == Role.SPONSOR else "不是本支部党员的，请写明原因。"
            raise ValidationError(f"{member}不在本支部，{why}")


def appoint(members, application, role, on, by, words=""):
    """Rows from that day on, of members who were checked."""
    for member in members:
        row = Guide(
            application=application, member=member, role=role, started_on=on, words=words.strip(), created_by=by
        )  # fmt: skip
        row.full_clean()
        row.save()


@transaction.atomic
def replace(guide, *, last, member=None, words="", by, on):
    """One leaves with that day; the one who comes in begins the day after. A sponsor is never left without a successor."""
    application = Application.objects.select_for_update(of=("self",)).select_related("branch").get(
        pk=guide.application_id
    )  # fmt: skip
    require(by, "recruit.edit", at=application.branch)
    guide = Guide.objects.select_for_update(of=("self",)).select_related("member").get(pk=guide.pk)
    if application.outcome:
        raise ValidationError("档案已办结，不能再改。")
    if guide.ended_on:
        raise ValidationError("这位同志已经不再担任。")
    refuse_marked(words, "说明")
    _day(guide.started_on, last, on)
    others = running(application, guide.role, last + timedelta(days=1)).exclude(pk=guide.pk)
    if member is None and (guide.role == Role.SPONSOR or not others.exists()):
        raise ValidationError(f"请同时确定接替的{guide.get_role_display()}。")
    guide.ended_on = last
    guide.full_clean()
    guide.save(update_fields=["ended_on"])
    if member is not None:
        first = last + timedelta(days=1)
        if first > on:
            raise ValidationError({"last": "接替的同志从第二天起担任，最后一天应早于今天。"})
        check([member], application, application.branch, guide.role, first, words)
        appoint([member], application, guide.role, first, by, words)
    audit.record(
        "recruit.replace_guide", application, by=by, role=guide.role, last=str(last), member=guide.member_id,
        by_member=member.pk if member else None,
    )  # fmt: skip
    return guide


@transaction.atomic
def add(application, member, role, *, since, words="", by, on):
    """One more where fewer than two serve: after a move to another branch, or on a road that began outside the portal."""
    application = Application.objects.select_for_update(of=("self",)).select_related("branch").get(pk=application.pk)
    require(by, "recruit.edit", at=application.branch)
    if application.outcome:
        raise ValidationError("档案已办结，不能再改。")
    refuse_marked(words, "说明")
    step = next(key for key, found in STEPS.items() if found == role)
    begun = application.steps.filter(step=step, is_undone=False).order_by("-pk").first()
    if begun is None or since < begun.on:
        raise ValidationError(f"请先办理“{'指定培养联系人' if role == Role.MENTOR else '确定入党介绍人'}”。")
    _day(begun.on, since, on)
    later = application.guides.filter(role=role).exclude(ended_on__lt=since)
    if later.count() >= MOST:
        raise ValidationError(f"{Role(role).label}已有两名。")
    if later.filter(member=member).exists():
        raise ValidationError("这位同志已经担任。")
    check([member], application, application.branch, role, since, words)
    appoint([member], application, role, since, by, words)
    audit.record("recruit.add_guide", application, by=by, role=role, since=str(since), member=member.pk)
    return application


def _day(first, day, on):
    if not first <= day <= on:
        raise ValidationError({"last": f"日期应在 {first:%Y-%m-%d} 和今天之间。"})
