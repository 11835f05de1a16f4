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
from django.db.models import Count, DateField, Q, Value
from django.db.models.functions import Concat, Greatest, Substr

from accounts import audit
from branches.actions import add_below
from branches.models import (
    Appointment,
    Assignment,
    Branch,
    ContactPoint,
    Group,
    Instructor,
    OrgChange,
    Placement,
    Succession,
)
from files.secrecy import refuse_marked
from members.models import GroupMembership, Membership, Post
from members.structure_checks import (
    at_work,
    closable,
    is_leaf,
    locked,
    no_election,
    no_transfers,
    open_act,
    upper,
)
from rulebook.book import value

Change = OrgChange.Kind
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
    accounts: int = 0  # posts of accounts that ended
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
    """branch id → Place on that day: every organisation that existed then, below whom it stood and what it was called. Four queries.

    `branches`: only these, of which those without a superior among them have the superior of that day all the same.
    """
    chosen = (Branch.objects.all() if branches is None else branches).at_work(day)
    uppers = dict(Placement.objects.on(day).filter(branch__in=chosen).values_list("branch", "parent"))
    counted = heads(day, chosen)
    rows, names = chosen.values_list("pk", "name").order_by("order", "pk"), OrgChange.objects.names_on(day)
    return {pk: Place(uppers.get(pk), names.get(pk, name), counted.get(pk, Heads())) for pk, name in rows}


# --- acts


def rehearse(act, *args, **asked):
    """What an act would do; nothing of it is kept. Raises what the act would raise."""
    with transaction.atomic():
        outcome = act(*args, **asked)
        transaction.set_rollback(True)
    return outcome


@transaction.atomic
def merge(olds, *, into, since, number, by, on, parent=None, schools=(), reason="", seen=None):
    """Branches become one on the day `since`: `into` is a branch that goes on, or an unsaved one founded below `parent`.

    The old ones close the day before. The schools of all are the schools of the one, beside those in `schools`.
    `seen`: the digest of a rehearsal; raises `ValidationError` when somebody came or went in between.
    """
    open_act(by, since, on)
    olds = locked([branch.pk for branch in olds])
    if not olds:
        raise ValidationError("请选择要并入的党支部。")
    is_new = into.pk is None
    if not is_new:
        (into,) = locked([into.pk])
        if into in olds:
            raise ValidationError("接收的党支部不能同时列为并出的党支部。")
        at_work(into, since)
    elif len(olds) < 2:
        raise ValidationError("合并新设党支部，至少要有两个原党支部。")
    for branch in [*olds, into]:
        is_leaf(branch)
    for old in olds:
        closable(old, since)
    before = heads(since - DAY, [*olds, *([] if is_new else [into])])
    outcome = Outcome(into)
    units = {school for old in olds for school in old.schools.all()} | set(schools)
    for old in olds:
        close(old, since, on, outcome)
    if is_new:
        found(into, parent, since, like=olds)
    into.schools.add(*units)
    for old in olds:
        move_members(staying_in(old, since), into, since, old, outcome)
    succeed([(old, into) for old in olds], Succession.Kind.MERGED, since, number, by)
    for old in olds:
        note(old, Change.MERGED, since, number, by, before=old.name, after=into.name, reason=reason)
    finish([*olds, into], before, since, outcome, seen)
    audit.record(
        "branch.merge", into, by=by, olds=[old.pk for old in olds], members=len(outcome.moves), since=str(since),
        number=number, accounts=outcome.accounts,
    )  # fmt: skip
    return outcome


@transaction.atomic
def split(old, parts, *, since, number, by, on, keeps=False, reason="", seen=None):
    """One branch becomes several on the day `since`: each part is founded beside it; who is in no part stays if it `keeps` on.

    Without `keeps` the old branch closes the day before, and everybody has to be in a part.
    """
    open_act(by, since, on)
    (old,) = locked([old.pk])
    is_leaf(old)
    if not parts or (len(parts) < 2 and not keeps):
        raise ValidationError("拆分至少要分成两个党支部。")
    placed = [pk for part in parts for pk in part.members]
    if len(placed) != len(set(placed)):
        raise ValidationError("一位党员只能分到一个党支部。")
    at_work(old, since)
    if keeps:
        staying = [row for row in staying_in(old, since) if row.member_id in set(placed)]
        no_transfers(old, members=placed)
        no_election(old)
    else:
        closable(old, since)
        staying = staying_in(old, since)
    if {row.member_id for row in staying} != set(placed):
        raise ValidationError("名单与支部现有党员不一致，请刷新后重新分配：每位党员都要分到一个党支部。")
    before, outcome = heads(since - DAY, [old]), Outcome(old)
    if keeps:
        _leave(old, placed, since, outcome)
    else:
        close(old, since, on, outcome)
    for part in parts:
        is_leaf(part.branch)
        place(part, old, old.parent, staying, since, outcome)
    new = [part.branch for part in parts]
    succeed([(old, branch) for branch in new], Succession.Kind.SPLIT, since, number, by)
    paper = {"before": old.name, "after": together(new), "reason": reason}
    note(old, Change.SPLIT, since, number, by, **paper)
    if is_oversized(before, old, since):
        note(old, Change.OVERSIZED, since, number, by, **paper)
    finish([old, *new], before, since, outcome, seen)
    audit.record(
        "branch.split", old, by=by, parts=[part.branch.pk for part in parts], members=len(outcome.moves), keeps=keeps,
        since=str(since), number=number, accounts=outcome.accounts,
    )  # fmt: skip
    return outcome


@transaction.atomic
def move(branch, parent, *, since, number, by, on, reason=""):
    """Put an organisation, with all below it, under another superior from the day `since`. Rights follow at once."""
    open_act(by, since, on)
    branch, parent = (locked([each.pk])[0] for each in (branch, parent))
    if branch.parent_id is None:
        raise ValidationError("党工委没有上级党组织，不能划转。")
    if parent.path.startswith(branch.path):
        raise ValidationError("不能划到自己或自己的下级党组织下面。")
    if branch.parent_id == parent.pk:
        raise ValidationError("现在就在这个上级党组织下面。")
    at_work(branch, since)
    upper(parent, since)
    held = Placement.objects.select_for_update().get(branch=branch, ended_on=None)
    if held.started_on >= since:
        raise ValidationError(f"现在的隶属关系从 {held.started_on:%Y-%m-%d} 开始，生效日期应在这一天以后。")
    held.ended_on = since - DAY
    held.save(update_fields=["ended_on"])
    Placement.objects.create(branch=branch, parent=parent, started_on=since)
    old, new = branch.path, f"{parent.path}{branch.pk}/"
    was, branch.parent, branch.path = branch.parent, parent, new
    branch.version += 1
    branch.save(update_fields=["parent", "version"])
    Branch.objects.filter(path__startswith=old).update(path=Concat(Value(new), Substr("path", len(old) + 1)))
    note(branch, Change.MOVED, since, number, by, before=was.name, after=parent.name, reason=reason)
    audit.record("branch.move", branch, by=by, before=held.parent_id, after=parent.pk, since=str(since), number=number)
    return branch


# --- what is done


def staying_in(branch, since):
    """The memberships that go on over that day; locked, the persons' names with them."""
    rows = Membership.objects.select_for_update(of=("self",)).filter(branch=branch, started_on__lt=since, ended_on=None)
    return list(rows.select_related("member").order_by("member__strokes", "pk"))


def found(branch, parent, since, *, like):
    """Insert a new branch beside or instead of those it comes from; what they have in common it has too."""
    if parent is None:
        raise ValidationError("请选择新设党支部的上级党组织。")
    upper(parent, since)
    branch.founded_on, branch.order, branch.parent = since, min(old.order for old in like), parent
    for name in ("stage", "area", "nature"):
        common = {getattr(old, name) for old in like}
        if not getattr(branch, name) and len(common) == 1:
            setattr(branch, name, common.pop())
    branch.full_clean(exclude=["path"])
    add_below([(branch, parent)])


def close(branch, since, on, outcome):
    """The day before is its last, and that of all that hangs on it: offices, groups, accounts, tasks; its records stay."""
    last = since - DAY
    branch.closed_on = last
    branch.version += 1
    branch.save(update_fields=["closed_on", "version"])
    Placement.objects.filter(branch=branch, ended_on=None).update(ended_on=last)
    outcome.accounts += _end_accounts(branch, last, on)
    end_posts(Post.objects.filter(term__branch=branch), last, outcome)
    end_groups(branch, last, outcome)


def end_groups(branch, last, outcome):
    GroupMembership.objects.filter(group__branch=branch, ended_on=None).update(ended_on=last)
    groups = Group.objects.filter(branch=branch, ended_on=None)
    outcome.groups += [f"{branch}{group}" for group in groups.order_by("name")]
    groups.update(ended_on=last)


def _end_accounts(branch, last, on):
    """Rights in it end too; what began after that day, before anybody knew, on its own first day. Returns how many posts."""
    ends = Greatest("started_on", Value(last, DateField()))
    tasks = Assignment.objects.filter(branch=branch, until__gte=on)
    tasks.update(until=ends)
    for model in (ContactPoint, Instructor):
        model.objects.filter(branch=branch, ended_on=None).update(ended_on=ends)
    return Appointment.objects.filter(Q(ended_on=None) | Q(ended_on__gte=on), branch=branch).update(ended_on=ends)


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
    end_posts(posts, last, outcome)
    stays.update(ended_on=last)


def end_posts(posts, last, outcome):
    posts = posts.filter(ended_on=None)
    for post in posts.select_related("member", "term__branch").order_by("term__branch__order", "pk"):
        outcome.posts.append((post.member, post.get_office_display(), post.term.branch.name))
    posts.update(ended_on=last)


def place(part, old, parent, staying, since, outcome):
    """Found what comes out of `old` below `parent`, with its schools and those of `staying` that go there."""
    units = list(old.schools.all())
    found(part.branch, parent, since, like=[old])
    part.branch.schools.add(*(part.schools or units))
    chosen = set(part.members)
    move_members([row for row in staying if row.member_id in chosen], part.branch, since, old, outcome)


def move_members(rows, into, since, old, outcome):
    Membership.objects.filter(pk__in=[row.pk for row in rows]).update(
        ended_on=since - DAY, end_reason=Membership.End.ADJUSTED
    )
    Membership.objects.bulk_create(
        Membership(member=row.member, branch=into, kind=row.kind, started_on=since) for row in rows
    )
    outcome.moves += [(row.member, row.get_kind_display(), old.name, into.name) for row in rows]


def succeed(pairs, kind, since, number, by):
    rows = [Succession(old=old, new=new, on=since, kind=kind, number=number, created_by=by) for old, new in pairs]
    for row in rows:
        row.full_clean()
    Succession.objects.bulk_create(rows)


def note(branch, kind, since, number, by, **words):
    """Enter the act with the number of its paper (组织设置变动)."""
    for text, label in ((number, "批准文号"), (words.get("reason", ""), "原因"), (words.get("after", ""), "名称")):
        refuse_marked(text, label)
    row = OrgChange(branch=branch, kind=kind, on=since, number=number, created_by=by, **words)
    row.full_clean()
    row.save()


def together(branches):
    """The names in one line, or the first and how many when they are too long for one."""
    words, most = "、".join(branch.name for branch in branches), OrgChange._meta.get_field("after").max_length
    if len(words) <= most:
        return words
    tail = f"等 {len(branches)} 个党组织"
    return branches[0].name[: most - len(tail)] + tail


def is_oversized(before, branch, since):
    """Whether it had more members the day before than a branch should have: to part it is 化解大党支部."""
    return before[branch.pk].members > value("branch.max_members", on=since) if branch.pk in before else False


def finish(branches, before, since, outcome, seen):
    """Heads of both days side by side; a branch with too few full members is refused, a changed list too."""
    after, least = heads(since, branches), value("branch.min_full_members", on=since)
    for branch in branches:
        outcome.lines.append((branch, before.get(branch.pk, Heads()), after.get(branch.pk, Heads())))
        full = after.get(branch.pk, Heads()).full
        if branch.closed_on is None and full < least:
            raise ValidationError(f"{branch}只有正式党员 {full} 人，不足 {least} 人，不能单独成立党支部。")
    if seen is not None and seen != outcome.digest:
        raise ValidationError("预览以后名单有了变化，请重新核对。")
