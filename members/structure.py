"""Organisations that merge, split and move: members, posts and groups go with a day, and nothing before that day is touched.

Each act is one transaction under one lock of the county's top, so that two never cross. A rehearsal is the act itself,
taken back at its end: what the page shows before one agrees is what will be done.
Source: 《中国共产党支部工作条例（试行）》第六条、第七条: the superior decides, the members are assigned anew.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q, Value
from django.db.models.functions import Concat, Substr

from accounts import audit
from branches.actions import add_below, root
from branches.models import Branch, Group, Placement, Succession, Term
from branches.rights import require
from members.models import Election, GroupMembership, Membership, Post, Transfer
from rulebook.book import value

Kind = Branch.Kind
LEAVES = (Kind.BRANCH, Kind.JOINT)
UPPERS = (Kind.WORK_COMMITTEE, Kind.COMMITTEE, Kind.GENERAL)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Heads:
    """Members of one organisation on one day."""

    full: int = 0
    probationary: int = 0

    @property
    def members(self):
        return self.full + self.probationary


@dataclass(frozen=True)
class Place:
    """One organisation as it stood on a day: below whom, and how many members it had itself."""

    parent: int | None
    name: str
    heads: Heads


@dataclass
class Part:
    """What comes out of a split: an unsaved organisation with the keys of those who go there."""

    branch: Branch
    members: list
    schools: list = field(default_factory=list)


@dataclass
class Outcome:
    """What an act did: lines (organisation, heads the day before, heads on the day), who goes where, what ended."""

    branch: Branch
    lines: list = field(default_factory=list)
    moves: list = field(default_factory=list)  # (Member, kind, name of the old, name of the new)
    posts: list = field(default_factory=list)
    groups: list = field(default_factory=list)

    @property
    def digest(self):
        """A mark of who goes where, by which a change since the rehearsal is noticed."""
        rows = sorted(f"{member.pk} {kind} {old} {new}" for member, kind, old, new in self.moves)
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]


# --- the tree of any day


def heads(day, branches=None):
    """branch id → Heads on that day. One query."""
    rows = Membership.objects.on(day).order_by()
    if branches is not None:
        rows = rows.filter(branch__in=branches)
    of_kind = {kind: Count("pk", filter=Q(kind=kind)) for kind in Membership.Kind.values}
    return {row["branch"]: Heads(row["full"], row["probationary"]) for row in rows.values("branch").annotate(**of_kind)}


def tree(day, branches=None):
    """branch id → Place on that day: every organisation that existed then, below whom it stood then. Three queries.

    `branches`: only these, of which those without a superior among them have the superior of that day all the same.
    """
    chosen = (Branch.objects.all() if branches is None else branches).at_work(day)
    uppers = dict(Placement.objects.on(day).filter(branch__in=chosen).values_list("branch", "parent"))
    counted = heads(day, chosen)
    rows = chosen.values_list("pk", "name").order_by("order", "pk")
    return {pk: Place(uppers.get(pk), name, counted.get(pk, Heads())) for pk, name in rows}


# --- acts


def rehearse(act, *args, **asked):
    """What an act would do; nothing of it is kept. Raises what the act would raise."""
    with transaction.atomic():
        outcome = act(*args, **asked)
        transaction.set_rollback(True)
    return outcome


@transaction.atomic
def merge(olds, *, into, since, number, by, on, parent=None, schools=(), seen=None):
    """Branches become one on the day `since`: `into` is a branch that goes on, or an unsaved one founded below `parent`.

    The old ones close the day before. The schools of all are the schools of the one, beside those in `schools`.
    `seen`: the digest of a rehearsal; raises `ValidationError` when somebody came or went in between.
    """
    _open_act(by, since, on)
    olds = _locked([branch.pk for branch in olds])
    if not olds:
        raise ValidationError("请选择要并入的党支部。")
    is_new = into.pk is None
    if not is_new:
        (into,) = _locked([into.pk])
        if into in olds:
            raise ValidationError("接收的党支部不能同时列为并出的党支部。")
        _at_work(into, since)
    elif len(olds) < 2:
        raise ValidationError("合并新设党支部，至少要有两个原党支部。")
    for branch in [*olds, into]:
        _is_leaf(branch)
    for old in olds:
        _closable(old, since)
    before = heads(since - DAY, [*olds, *([] if is_new else [into])])
    outcome = Outcome(into)
    units = {school for old in olds for school in old.schools.all()} | set(schools)
    for old in olds:
        _close(old, since, outcome)
    if is_new:
        _found(into, parent, since, like=olds)
    into.schools.add(*units)
    for old in olds:
        _move_members(_staying(old, since), into, since, old, outcome)
    _succeed([(old, into) for old in olds], Succession.Kind.MERGED, since, number, by)
    _finish([*olds, into], before, since, outcome, seen)
    audit.record(
        "branch.merge", into, by=by, olds=[old.pk for old in olds], members=len(outcome.moves), since=str(since),
        number=number,
    )  # fmt: skip
    return outcome


@transaction.atomic
def split(old, parts, *, since, number, by, on, keeps=False, seen=None):
    """One branch becomes several on the day `since`: each part is founded beside it; who is in no part stays if it `keeps` on.

    Without `keeps` the old branch closes the day before, and everybody has to be in a part.
    """
    _open_act(by, since, on)
    (old,) = _locked([old.pk])
    _is_leaf(old)
    if not parts or (len(parts) < 2 and not keeps):
        raise ValidationError("拆分至少要分成两个党支部。")
    placed = [pk for part in parts for pk in part.members]
    if len(placed) != len(set(placed)):
        raise ValidationError("一位党员只能分到一个党支部。")
    _at_work(old, since)
    if keeps:
        staying = [row for row in _staying(old, since) if row.member_id in set(placed)]
        _no_transfers(old, members=placed)
        _no_election(old)
    else:
        _closable(old, since)
        staying = _staying(old, since)
    if {row.member_id for row in staying} != set(placed):
        raise ValidationError("名单与支部现有党员不一致，请刷新后重新分配：每位党员都要分到一个党支部。")
    before, outcome = heads(since - DAY, [old]), Outcome(old)
    if keeps:
        _leave(old, placed, since, outcome)
    else:
        _close(old, since, outcome)
    units = list(old.schools.all())
    for part in parts:
        _is_leaf(part.branch)
        _found(part.branch, old.parent, since, like=[old])
        part.branch.schools.add(*(part.schools or units))
        chosen = set(part.members)
        _move_members([row for row in staying if row.member_id in chosen], part.branch, since, old, outcome)
    _succeed([(old, part.branch) for part in parts], Succession.Kind.SPLIT, since, number, by)
    _finish([old, *(part.branch for part in parts)], before, since, outcome, seen)
    audit.record(
        "branch.split", old, by=by, parts=[part.branch.pk for part in parts], members=len(outcome.moves), keeps=keeps,
        since=str(since), number=number,
    )  # fmt: skip
    return outcome


@transaction.atomic
def move(branch, parent, *, since, number, by, on):
    """Put an organisation, with all below it, under another superior from the day `since`. Rights follow at once."""
    _open_act(by, since, on)
    branch, parent = (_locked([each.pk])[0] for each in (branch, parent))
    if branch.parent_id is None:
        raise ValidationError("党工委没有上级党组织，不能划转。")
    if parent.path.startswith(branch.path):
        raise ValidationError("不能划到自己或自己的下级党组织下面。")
    if branch.parent_id == parent.pk:
        raise ValidationError("现在就在这个上级党组织下面。")
    _at_work(branch, since)
    _upper(parent, since)
    held = Placement.objects.select_for_update().get(branch=branch, ended_on=None)
    if held.started_on >= since:
        raise ValidationError(f"现在的隶属关系从 {held.started_on:%Y-%m-%d} 开始，生效日期应在这一天以后。")
    held.ended_on = since - DAY
    held.save(update_fields=["ended_on"])
    Placement.objects.create(branch=branch, parent=parent, started_on=since)
    old, new = branch.path, f"{parent.path}{branch.pk}/"
    branch.parent, branch.path = parent, new
    branch.version += 1
    branch.save(update_fields=["parent", "version"])
    Branch.objects.filter(path__startswith=old).update(path=Concat(Value(new), Substr("path", len(old) + 1)))
    audit.record("branch.move", branch, by=by, before=held.parent_id, after=parent.pk, since=str(since), number=number)
    return branch


# --- what is asked first


def _open_act(by, since, on):
    Branch.objects.select_for_update(no_key=True).get(parent=None)
    require(by, "branch.restructure", at=root())
    if since > on:
        raise ValidationError({"since": "生效日期不能晚于今天，请在生效当天或以后办理。"})


def _locked(pks):
    found = Branch.objects.select_for_update(of=("self",), no_key=True).select_related("parent").filter(pk__in=pks)
    return list(found.order_by("pk"))


def _is_leaf(branch):
    if branch.kind not in LEAVES:
        raise ValidationError(f"{branch}是{branch.get_kind_display()}，只有党支部、联合党支部可以合并、拆分。")


def _at_work(branch, since):
    if branch.closed_on:
        raise ValidationError(f"{branch}已于 {branch.closed_on:%Y-%m-%d} 撤销。")
    if branch.founded_on >= since:
        raise ValidationError(f"{branch}成立于 {branch.founded_on:%Y-%m-%d}，生效日期应在这一天以后。")


def _upper(parent, since):
    if parent.kind not in UPPERS:
        raise ValidationError(f"{parent}是{parent.get_kind_display()}，下面不能再设党组织。")
    if parent.closed_on or parent.founded_on > since:
        raise ValidationError(f"{parent}在生效日期尚未成立或已经撤销。")


def _closable(branch, since):
    """Nothing of the branch may reach the day from which it is no more: papers that came later are settled first."""
    _at_work(branch, since)
    _no_transfers(branch)
    _no_election(branch)
    later = Q(started_on__gte=since) | Q(ended_on__gte=since)
    for words, rows in (
        ("党员进出、转正", Membership.objects.filter(later, branch=branch)),
        ("职务任免", Post.objects.filter(later, term__branch=branch)),
        ("换届", Term.objects.filter(branch=branch, started_on__gte=since)),
        ("党小组变动", Group.objects.filter(later, branch=branch)),
        ("党小组成员变动", GroupMembership.objects.filter(later, group__branch=branch)),
    ):
        if count := rows.count():
            raise ValidationError(
                f"{branch}在 {since:%Y-%m-%d} 及以后已登记{words} {count} 条。请核对，或者把生效日期改到它们之后。"
            )


def _no_transfers(branch, members=None):
    rows = Transfer.objects.open().filter(Q(from_branch=branch) | Q(to_branch=branch))
    if members is not None:
        rows = rows.filter(member__in=members)
    if count := rows.count():
        raise ValidationError(f"{branch}还有 {count} 件组织关系转接没有办结，请先办结或撤销。")


def _no_election(branch):
    if Election.objects.open().filter(branch=branch).exists():
        raise ValidationError(f"{branch}有一件换届选举没有办结，请先办结或终止。")


# --- what is done


def _staying(branch, since):
    """The memberships that go on over that day; locked, the persons' names with them."""
    rows = Membership.objects.select_for_update(of=("self",)).filter(branch=branch, started_on__lt=since, ended_on=None)
    return list(rows.select_related("member").order_by("member__strokes", "pk"))


def _found(branch, parent, since, *, like):
    """Insert a new branch beside or instead of those it comes from; what they have in common it has too."""
    if parent is None:
        raise ValidationError("请选择新设党支部的上级党组织。")
    _upper(parent, since)
    branch.founded_on, branch.order, branch.parent = since, min(old.order for old in like), parent
    for name in ("stage", "area", "nature"):
        common = {getattr(old, name) for old in like}
        if not getattr(branch, name) and len(common) == 1:
            setattr(branch, name, common.pop())
    branch.full_clean(exclude=["path"])
    add_below([(branch, parent)])


def _close(branch, since, outcome):
    last = since - DAY
    branch.closed_on = last
    branch.version += 1
    branch.save(update_fields=["closed_on", "version"])
    Placement.objects.filter(branch=branch, ended_on=None).update(ended_on=last)
    _end_posts(Post.objects.filter(term__branch=branch), last, outcome)
    GroupMembership.objects.filter(group__branch=branch, ended_on=None).update(ended_on=last)
    groups = Group.objects.filter(branch=branch, ended_on=None)
    outcome.groups += [f"{branch}{group}" for group in groups.order_by("name")]
    groups.update(ended_on=last)


def _leave(branch, members, since, outcome):
    """Some go and the branch goes on: their posts and places in groups end, all else stays."""
    last = since - DAY
    posts = Post.objects.filter(term__branch=branch, member__in=members)
    stays = GroupMembership.objects.filter(group__branch=branch, member__in=members, ended_on=None)
    for rows in (posts.filter(ended_on=None), stays):
        if rows.filter(started_on__gte=since).exists():
            raise ValidationError(
                "划出的党员在生效日期及以后有新的职务或党小组登记，请核对，或者把生效日期改到它们之后。"
            )
    _end_posts(posts, last, outcome)
    stays.update(ended_on=last)


def _end_posts(posts, last, outcome):
    posts = posts.filter(ended_on=None)
    for post in posts.select_related("member", "term__branch").order_by("term__branch__order", "pk"):
        outcome.posts.append((post.member, post.get_office_display(), post.term.branch.name))
    posts.update(ended_on=last)


def _move_members(rows, into, since, old, outcome):
    Membership.objects.filter(pk__in=[row.pk for row in rows]).update(
        ended_on=since - DAY, end_reason=Membership.End.ADJUSTED
    )
    Membership.objects.bulk_create(
        Membership(member=row.member, branch=into, kind=row.kind, started_on=since) for row in rows
    )
    outcome.moves += [(row.member, row.get_kind_display(), old.name, into.name) for row in rows]


def _succeed(pairs, kind, since, number, by):
    rows = [Succession(old=old, new=new, on=since, kind=kind, number=number, created_by=by) for old, new in pairs]
    for row in rows:
        row.full_clean()
    Succession.objects.bulk_create(rows)


def _finish(branches, before, since, outcome, seen):
    """Heads of both days side by side; a branch with too few full members is refused, a changed list too."""
    after, least = heads(since, branches), value("branch.min_full_members", on=since)
    for branch in branches:
        outcome.lines.append((branch, before.get(branch.pk, Heads()), after.get(branch.pk, Heads())))
        full = after.get(branch.pk, Heads()).full
        if branch.closed_on is None and full < least:
            raise ValidationError(f"{branch}只有正式党员 {full} 人，不足 {least} 人，不能单独成立党支部。")
    if seen is not None and seen != outcome.digest:
        raise ValidationError("预览以后名单有了变化，请重新核对。")
