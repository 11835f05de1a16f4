"""Dated acts on an organisation beside merging, splitting and moving: 更名, 升格, 撤销, 成立, each with the number of its paper.

The row of the organisation goes on, so that its records stay where they are; what it was called and of which kind it was
on an earlier day is read from `OrgChange`. Backdating is allowed, the future is not.
Source: 《中国共产党支部工作条例（试行）》第二章：党支部的成立、调整、撤销由上级党组织决定.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from accounts import audit
from branches.actions import add_below
from branches.models import Branch, OrgChange, School, Succession
from members import structure
from members.models import Membership, Post
from members.structure import Change, Heads, Outcome
from members.structure_checks import LEAVES, Kind, at_work, closable, emptied, is_leaf, locked, open_act, upper

UPWARD = {  # of which kind to which
    Kind.BRANCH: (Kind.GENERAL, Kind.COMMITTEE),
    Kind.JOINT: (Kind.GENERAL, Kind.COMMITTEE),
    Kind.GENERAL: (Kind.COMMITTEE,),
}
BELOW = {  # which kinds a superior may have founded below it
    Kind.WORK_COMMITTEE: (Kind.COMMITTEE, Kind.GENERAL, Kind.BRANCH, Kind.JOINT, Kind.TEMPORARY),
    Kind.COMMITTEE: (Kind.GENERAL, Kind.BRANCH, Kind.JOINT, Kind.TEMPORARY),
    Kind.GENERAL: (Kind.BRANCH, Kind.JOINT, Kind.TEMPORARY),
}
LEAST_BELOW = 2  # an organisation of two levels has more than one below


@transaction.atomic
def rename(branch, name, *, since, number, by, on, reason=""):
    """Give it another name from the day `since`; papers about earlier days keep the old one, which stays findable."""
    open_act(by, since, on)
    (branch,) = locked([branch.pk])
    at_work(branch, since)
    name = "".join(name.split())
    if name == branch.name:
        raise ValidationError({"name": "新名称与现在的名称相同。"})
    _in_order(branch, Change.RENAMED, since)
    before, branch.name = branch.name, name
    branch.version += 1
    branch.full_clean(exclude=["path"])
    branch.save(update_fields=["name", "version"])
    structure.note(branch, Change.RENAMED, since, number, by, before=before, after=name, reason=reason)
    audit.record("branch.rename", branch, by=by, before=before, after=name, since=str(since), number=number)
    return branch


@transaction.atomic
def upgrade(branch, kind, *, since, number, by, on, parts=(), reason="", seen=None):
    """A 支部 becomes a 总支 or 党委, a 总支 a 党委: the same organisation with its terms, offices and records.

    Members belong to branches: those of a 支部 all go, on the same day, to the branches `parts` founded below it.
    `seen`: the digest of a rehearsal. Returns the `Outcome`.
    """
    open_act(by, since, on)
    (branch,) = locked([branch.pk])
    before = Kind(branch.kind)
    if kind not in UPWARD.get(before, ()):
        raise ValidationError(f"{branch}是{before.label}，只能由党支部升格为党总支、党委，由党总支升格为党委。")
    if kind not in BELOW[branch.parent.kind]:
        raise ValidationError(
            f"{branch}的上级是{branch.parent.get_kind_display()}，下面不能设{Kind(kind).label}；请先划转到合适的上级。"
        )
    at_work(branch, since)
    _in_order(branch, Change.UPGRADED, since)
    outcome, heads = Outcome(branch), structure.heads(since - structure.DAY, [branch])
    staying = _who_goes(branch, parts, since) if before in LEAVES else []
    branch.kind = kind
    branch.version += 1
    branch.full_clean(exclude=["path"])
    branch.save(update_fields=["kind", "version"])
    structure.note(branch, Change.UPGRADED, since, number, by, before=before, after=kind, reason=reason)
    if before in LEAVES:
        _part(branch, parts, staying, since, number, by, outcome)
        if structure.is_oversized(heads, branch, since):
            words = {"before": branch.name, "after": structure.together([part.branch for part in parts])}
            structure.note(branch, Change.OVERSIZED, since, number, by, reason=reason, **words)
    structure.finish([part.branch for part in parts], {}, since, outcome, seen)
    outcome.lines.insert(0, (branch, heads.get(branch.pk, Heads()), Heads()))
    audit.record(
        "branch.upgrade", branch, by=by, before=before, after=kind, parts=[part.branch.pk for part in parts],
        members=len(outcome.moves), since=str(since), number=number,
    )  # fmt: skip
    return outcome


@transaction.atomic
def dissolve(branch, *, since, number, by, on, reason=""):
    """It is no more from the day `since`: without members, without anything below it, with nothing left to be settled."""
    open_act(by, since, on)
    (branch,) = locked([branch.pk])
    if branch.parent_id is None:
        raise ValidationError("党工委不能在这里撤销。")
    at_work(branch, since)
    below = Branch.objects.filter(parent=branch).exclude(closed_on__lt=since).count()
    if below:
        raise ValidationError(f"{branch}下面还有 {below} 个党组织，请先划转到别的上级党组织，或者先撤销。")
    if members := Membership.objects.filter(branch=branch).exclude(ended_on__lt=since).count():
        raise ValidationError(f"{branch}还有党员 {members} 人，请先转出，或者改办合并，让党员随支部一起到新的党支部。")
    closable(branch, since)
    outcome = Outcome(branch)
    structure.close(branch, since, on, outcome)
    structure.note(branch, Change.DISSOLVED, since, number, by, before=branch.name, reason=reason)
    audit.record(
        "branch.dissolve", branch, by=by, posts=len(outcome.posts), accounts=outcome.accounts, since=str(since),
        number=number,
    )  # fmt: skip
    return outcome


@transaction.atomic
def found(branch, parent, *, since, number, by, on, schools=(), reason=""):
    """Insert a new organisation below `parent`, for the schools of these names; its members come by transfer or are entered."""
    open_act(by, since, on)
    (parent,) = locked([parent.pk])
    upper(parent, since)
    if branch.kind not in BELOW[parent.kind]:
        raise ValidationError(f"{parent.get_kind_display()}下面不能设{Kind(branch.kind).label}。")
    branch.name = "".join(branch.name.split())
    branch.founded_on, branch.parent = since, parent
    branch.order = (Branch.objects.aggregate(last=Max("order"))["last"] or 0) + 1
    branch.full_clean(exclude=["path"])
    add_below([(branch, parent)])
    School.objects.bulk_create([School(name=name) for name in schools], ignore_conflicts=True)
    branch.schools.add(*School.objects.filter(name__in=schools))
    structure.note(branch, Change.FOUNDED, since, number, by, after=branch.name, reason=reason)
    audit.record("branch.found", branch, by=by, parent=parent.pk, kind=branch.kind, since=str(since), number=number)
    return branch


def _in_order(branch, kind, since):
    """Acts of one kind follow one another, else an earlier day could not be read from them."""
    if later := branch.changes.filter(kind=kind, on__gte=since).order_by("on").first():
        raise ValidationError(
            {"since": f"{later.on:%Y-%m-%d} 已登记过{later.get_kind_display()}，生效日期应在这一天以后。"}
        )


def _who_goes(branch, parts, since):
    """The memberships of a 支部 that becomes a 总支; refused unless everybody has one place below it."""
    if len(parts) < LEAST_BELOW:
        raise ValidationError(f"升格以后党员要编入下面的党支部：请至少设 {LEAST_BELOW} 个党支部，并把每位党员分进去。")
    emptied(branch, since)
    placed = [pk for part in parts for pk in part.members]
    staying = structure.staying_in(branch, since)
    if sorted(placed) != sorted(row.member_id for row in staying):
        raise ValidationError("名单与现有党员不一致，请刷新后重新分配：每位党员都要分到下面的一个党支部。")
    return staying


def _part(branch, parts, staying, since, number, by, outcome):
    """Members to the branches below; offices of the leadership stay, 党小组 and their leaders end with the day before."""
    last = since - structure.DAY
    leaders = Post.objects.filter(term__branch=branch, office=Post.Office.GROUP_LEADER)
    structure.end_posts(leaders, last, outcome)
    structure.end_groups(branch, last, outcome)
    for part in parts:
        is_leaf(part.branch)
        structure.place(part, branch, branch, staying, since, outcome)
        structure.note(part.branch, Change.FOUNDED, since, number, by, after=part.branch.name)
    structure.succeed([(branch, part.branch) for part in parts], Succession.Kind.SPLIT, since, number, by)


def shown(changes):
    """Changes as rows of a page or a sheet: each with its words."""
    return [
        {"row": row, "branch": row.branch, "kind": row.get_kind_display(), "from": row.from_words, "to": row.to_words}
        for row in changes.select_related("branch")
    ]


def former_names(branch):
    """曾用名: what it was called before, the newest first, each with the last day of that name."""
    rows = branch.changes.filter(kind=OrgChange.Kind.RENAMED).order_by("-on")
    return [(row.before, row.on - structure.DAY) for row in rows]
