"""What every change of the organisation asks first: who acts, from which day, and whether something is still unsettled."""

from django.core.exceptions import ValidationError
from django.db.models import Q

from branches.actions import root
from branches.models import Branch, Group, Rectification, Term, WeakCase
from branches.rights import require
from members.models import Election, GroupMembership, Membership, Post, Transfer

Kind = Branch.Kind
LEAVES = (Kind.BRANCH, Kind.JOINT)
UPPERS = (Kind.WORK_COMMITTEE, Kind.COMMITTEE, Kind.GENERAL)


def open_act(by, since, on):
    Branch.objects.select_for_update(no_key=True).get(parent=None)
    require(by, "branch.restructure", at=root())
    if since > on:
        raise ValidationError({"since": "生效日期不能晚于今天，请在生效当天或以后办理。"})


def locked(pks):
    found = Branch.objects.select_for_update(of=("self",), no_key=True).select_related("parent").filter(pk__in=pks)
    return list(found.order_by("pk"))


def is_leaf(branch):
    if branch.kind not in LEAVES:
        raise ValidationError(f"{branch}是{branch.get_kind_display()}，只有党支部、联合党支部可以合并、拆分。")


def at_work(branch, since):
    if branch.closed_on:
        raise ValidationError(f"{branch}已于 {branch.closed_on:%Y-%m-%d} 撤销。")
    if branch.founded_on >= since:
        raise ValidationError(f"{branch}成立于 {branch.founded_on:%Y-%m-%d}，生效日期应在这一天以后。")


def upper(parent, since):
    if parent.kind not in UPPERS:
        raise ValidationError(f"{parent}是{parent.get_kind_display()}，下面不能再设党组织。")
    if parent.closed_on or parent.founded_on > since:
        raise ValidationError(f"{parent}在生效日期尚未成立或已经撤销。")


def closable(branch, since):
    """Nothing of the branch may reach the day from which it is no more: papers that came later are settled first."""
    emptied(branch, since)
    later = Q(started_on__gte=since) | Q(ended_on__gte=since)
    _nothing_later(
        branch, since,
        ("职务任免", Post.objects.filter(later, term__branch=branch)),
        ("换届", Term.objects.filter(branch=branch, started_on__gte=since)),
    )  # fmt: skip
    no_open_matters(branch)


def emptied(branch, since):
    """All its members can go on that day: none came, left or changed since, and no paper about one of them is under way."""
    at_work(branch, since)
    no_transfers(branch)
    no_election(branch)
    later = Q(started_on__gte=since) | Q(ended_on__gte=since)
    _nothing_later(
        branch, since,
        ("党员进出、转正", Membership.objects.filter(later, branch=branch)),
        ("党小组变动", Group.objects.filter(later, branch=branch)),
        ("党小组成员变动", GroupMembership.objects.filter(later, group__branch=branch)),
    )  # fmt: skip


def _nothing_later(branch, since, *kinds):
    for words, rows in kinds:
        if count := rows.count():
            raise ValidationError(
                f"{branch}在 {since:%Y-%m-%d} 及以后已登记{words} {count} 条。请核对，或者把生效日期改到它们之后。"
            )


def no_transfers(branch, members=None):
    rows = Transfer.objects.open().filter(Q(from_branch=branch) | Q(to_branch=branch))
    if members is not None:
        rows = rows.filter(member__in=members)
    if count := rows.count():
        raise ValidationError(f"{branch}还有 {count} 件组织关系转接没有办结，请先办结或撤销。")


def no_election(branch):
    if Election.objects.open().filter(branch=branch).exists():
        raise ValidationError(f"{branch}有一件换届选举没有办结，请先办结或终止。")


def no_open_matters(branch):
    """What others still expect of the organisation is settled before it is no more: afterwards nobody could."""
    for words, rows in (
        ("整改事项", Rectification.objects.unsettled()),
        ("整顿事项", WeakCase.objects.running()),
    ):
        if count := rows.filter(branch=branch).count():
            raise ValidationError(f"{branch}还有 {count} 件{words}没有办结，请先办结。")
