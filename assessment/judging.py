"""The points that no record can tell: two assessors for each organisation, who judge without seeing each other.

What counts is a `ManualScore`: the mean of two who are near each other, else what a third person settles.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import or_

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from accounts import audit
from assessment import scoring
from assessment.models import Judgement, ManualScore, Round, Scheme
from assessment.result import cents
from branches import assignments
from branches.models import Appointment, Assignment, Branch, OrgChange
from branches.rights import Task, require
from files.secrecy import refuse_marked
from members.models import Membership
from rulebook.book import value

State = Round.State
JUDGING = (State.JUDGING, State.REVIEW)
TWO = 2  # who judge each organisation


def kinds_of(branches, year):
    """organisation id → by which scheme the year grades it: by what it was at the year's end, whatever 升格 made of it since.

    One query at most: nothing becomes a plain branch by 升格.
    """
    committees, branches = (Branch.Kind.COMMITTEE, Branch.Kind.GENERAL), list(branches)
    raised = any(branch.kind in committees for branch in branches)
    then = OrgChange.objects.kinds_on(date(year, 12, 31)) if raised else {}
    return {
        branch.pk: Scheme.Kind.COMMITTEE if then.get(branch.pk, branch.kind) in committees else Scheme.Kind.BRANCH
        for branch in branches
    }


def kind_of(branch, year):
    """`kinds_of` for one organisation."""
    return kinds_of([branch], year)[branch.pk]


def content_of(round, kind):
    """The scheme of the round for one kind of organisation; None where that kind is not graded."""
    scheme = round.scheme if kind == Scheme.Kind.BRANCH else round.committee_scheme
    return scheme.content if scheme else None


def schemes_of(round):
    """[(kind, content)] of what the round grades."""
    return [(kind, content) for kind in Scheme.Kind if (content := content_of(round, kind))]


def manual_parts(content, stage=None):
    """[(item, part)] that people judge; with a stage only those that hold for it."""
    return [
        (item, part)
        for item in content["items"]
        for part in item["parts"]
        if part["by"] == "manual" and (stage is None or not part.get("stages") or stage in part["stages"])
    ]


def title_of(item, part):
    """The item's name, with the part where only a part of it is meant."""
    return item["label"] if len(item["parts"]) == 1 else f"{item['label']}（{part['label']}）"


def part_of(content, branch, key):
    """(item, part) to judge in this organisation; `ValidationError` when its scheme has no such part."""
    for item, part in manual_parts(content or {"items": []}, branch.stage):
        if part["key"] == key:
            return item, part
    raise ValidationError(f"{branch.name}：方案中没有这个评定项。")


def tolerance(round, most):
    """How far two assessors may lie apart: a share of the part's points, as it stood when the round opened."""
    return most * Decimal(str(value("assessment.tolerance", on=round.opened_on)["share"]))


def locked(year, *states):
    """The year's round, locked; `ValidationError` in words when there is none or it is not so far."""
    found = Round.objects.select_for_update(of=("self",)).select_related("scheme", "committee_scheme")
    round = found.filter(year=year).first()
    if round is None:
        raise ValidationError(f"{year} 年度考核还没有启动。")
    if states and round.state not in states:
        raise ValidationError(f"{year} 年度考核现在是“{round.get_state_display()}”，不能这样办理。")
    return round


def own_of(user, branches, on):
    """Those of `branches` that `user` has to do with: a post in it, above or below it (but not in 工委), or a membership."""
    posts = Appointment.objects.serving(on).filter(user=user).exclude(branch__kind=Branch.Kind.WORK_COMMITTEE)
    stays = Membership.objects.on(on).filter(member__user=user)
    served, home = [list(rows.values_list("branch__path", flat=True)) for rows in (posts, stays)]
    return [
        branch
        for branch in branches
        if any(branch.path.startswith(path) or path.startswith(branch.path) for path in served)
        or any(path.startswith(branch.path) for path in home)
    ]


# ---- who judges


def graded(round, on):
    """All organisations that the round grades, of both kinds, in 单位序."""
    day = scoring.last_day(round.year, on)
    kinds = [scoring.graded(round.year, on=day, kind=kind).values("pk") for kind, _ in schemes_of(round)]
    return Branch.objects.filter(reduce(or_, [Q(pk__in=keys) for keys in kinds])).in_order()


def judged(round, on):
    """Those of them that have a part which people judge."""
    day = scoring.last_day(round.year, on)
    keys = [
        scoring.graded(round.year, on=day, kind=kind).values("pk")
        for kind, content in schemes_of(round)
        if manual_parts(content)
    ]
    return Branch.objects.filter(reduce(or_, [Q(pk__in=each) for each in keys], Q(pk__in=[]))).in_order()


def graders(branches, on):
    """organisation id → [User] who are to judge it, in one query."""
    found = defaultdict(list)
    rows = Assignment.objects.running(on).filter(task=Task.GRADER, branch__in=branches).select_related("user")
    for row in rows.order_by("started_on", "pk"):
        found[row.branch_id].append(row.user)
    return found


@transaction.atomic
def assign(year, user, branches, *, until, group="", by, on):
    """Send somebody to judge organisations: never the own ones, never as a third."""
    round = locked(year, State.SELF_CHECK, *JUDGING)
    branches = list(branches)
    if own := own_of(user, branches, on):
        raise ValidationError(
            f"{user}在{own[0]}或者它的上级、下级任职，或者组织关系在那里，不能评自己的单位，请另派一位同志。"
        )
    known = graders(branches, on)
    full = [branch for branch in branches if user not in known[branch.pk] and len(known[branch.pk]) >= TWO]
    if full:
        raise ValidationError(
            f"{full[0]}已经派了 {TWO} 位（{'、'.join(str(each) for each in known[full[0].pk])}），要换人的，请先收回一位。"
        )
    refuse_marked(group, "组别")
    number = assignments.assign(user, branches, Task.GRADER, until=until, group=group, by=by, on=on)
    audit.record("round.assign", round, by=by, user=user.pk, branches=len(branches), until=str(until))
    return number


@transaction.atomic
def release(year, user, branches, *, by, on):
    """Take organisations out of somebody's hands. What was not agreed yet is judged anew by whoever comes; the rest stays."""
    round = locked(year, State.SELF_CHECK, *JUDGING)
    branches = list(branches)
    number = assignments.release(user, branches, Task.GRADER, by=by, on=on)
    if not number:
        raise ValidationError("没有可以收回的党组织。")
    counted = set(ManualScore.objects.filter(year=year, branch__in=branches).values_list("branch", "part"))
    open_ones = [
        row.pk
        for row in Judgement.objects.filter(year=year, assessor=user, branch__in=branches)
        if (row.branch_id, row.part) not in counted
    ]
    Judgement.objects.filter(pk__in=open_ones).delete()
    audit.record("round.release", round, by=by, user=user.pk, branches=number, judgements=len(open_ones))
    return number


# ---- judging


@transaction.atomic
def judge(year, entries, *, by, on):
    """Write what one assessor judged: `entries` are (organisation, part, points or None, reason, version or None).

    None takes the judgement back. Raises `Stale` when the same person saved another page in between. Where two have judged
    and lie near each other their mean counts at once.
    """
    round, entries = locked(year, *JUDGING), list(entries)
    branches = list({branch.pk: branch for branch, *_ in entries}.values())
    for branch in branches:
        require(by, "score.judge", at=branch)
    if own := own_of(by, branches, on):
        raise ValidationError(f"{own[0]}是您任职或者组织关系所在的单位，不能由您来评，请告诉工委改派。")
    rows = Judgement.objects.select_for_update(of=("self",)).filter(year=year, branch__in=branches)
    mine, others = {}, defaultdict(int)
    for row in rows:
        if row.assessor_id == by.pk:
            mine[row.branch_id, row.part] = row
        else:
            others[row.branch_id, row.part] += 1
    settled = set(
        ManualScore.objects.filter(year=year, branch__in=branches, is_settled=True).values_list("branch", "part")
    )
    touched, kinds = set(), kinds_of(branches, year)
    for branch, key, points, reason, version in entries:
        pair = (branch.pk, key)
        row = mine.get(pair)
        most = Decimal(str(part_of(content_of(round, kinds[branch.pk]), branch, key)[1]["points"]))
        if (row is not None and (row.points, row.reason) == (points, reason)) or (row is None and points is None):
            continue
        if pair in settled:
            raise ValidationError(f"{branch.name}：这一项已经复核确定，不再改。")
        if row is None and others[pair] >= TWO:
            raise ValidationError(f"{branch.name}：这一项已有 {TWO} 位评过，不再评。")
        _write(row, branch, key, points, reason, version, most, year, by)
        touched.add(pair)
    _agree(round, touched, by)
    return len(touched)


def _write(row, branch, key, points, reason, version, most, year, by):
    if row is not None:
        row.claim(version or 0)
    if points is None:
        row.delete()
        audit.record("score.clear", branch, by=by, year=year, part=key)
        return
    if points > most:
        raise ValidationError(f"{branch.name}：最多 {most} 分。")
    refuse_marked(reason, "评定依据")
    row = row or Judgement(year=year, branch=branch, part=key, assessor=by)
    row.points, row.reason = points, reason
    row.full_clean()
    row.save()
    audit.record(
        "score.judge", branch, by=by, year=year, part=key
    )  # without the points: the other assessor may read it


def _agree(round, pairs, by):
    """Work out anew what counts for these pairs: the mean of two who are near each other, else nothing."""
    branches, parts = {branch for branch, _ in pairs}, {part for _, part in pairs}
    given = defaultdict(list)
    rows = Judgement.objects.filter(year=round.year, branch__in=branches, part__in=parts).select_related("branch")
    for row in rows.order_by("pk"):
        given[row.branch_id, row.part].append(row)
    counted = {
        (row.branch_id, row.part): row
        for row in ManualScore.objects.select_for_update(of=("self",)).filter(
            year=round.year, branch__in=branches, part__in=parts
        )
    }
    kinds = kinds_of({row.branch_id: row.branch for rows in given.values() for row in rows}.values(), round.year)
    for pair in sorted(pairs):
        row, two = counted.get(pair), given[pair]
        if not is_near(round, two, kinds.get(pair[0])):
            if row is not None:
                row.delete()
            continue
        row = row or ManualScore(year=round.year, branch_id=pair[0], part=pair[1])
        row.version += 1 if row.pk else 0
        row.points, row.judged_by = cents(sum(each.points for each in two) / TWO), by
        row.reason = "；".join(dict.fromkeys(each.reason for each in two))
        row.full_clean()
        row.save()


def is_near(round, two, kind):
    """Whether these judgements of one part, in an organisation of this kind, are two and lie within the tolerance."""
    if len(two) != TWO:
        return False
    branch = two[0].branch
    _, part = part_of(content_of(round, kind), branch, two[0].part)
    return abs(two[0].points - two[1].points) <= tolerance(round, Decimal(str(part["points"])))


@transaction.atomic
def settle(year, branch, key, *, points, reason, version, by, on):
    """A third person says what counts where two assessors lie apart; `version` that of an earlier settlement, if any."""
    round = locked(year, *JUDGING)
    require(by, "score.settle", at=branch)
    _, part = part_of(content_of(round, kind_of(branch, year)), branch, key)
    two = list(Judgement.objects.filter(year=year, branch=branch, part=key).select_related("branch"))
    if by.pk in {row.assessor_id for row in two}:
        raise ValidationError("您评过这一项，请由另一位同志复核。")
    if own_of(by, [branch], on):
        raise ValidationError(f"{branch}是您任职或者组织关系所在的单位，请由另一位同志复核。")
    row = ManualScore.objects.select_for_update(of=("self",)).filter(year=year, branch=branch, part=key).first()
    if row is None and len(two) < TWO:
        raise ValidationError(f"这一项还没有 {TWO} 位评过，不能复核。")
    if row is not None and not row.is_settled:
        raise ValidationError("两位考评组成员的评分在允许的差距以内，按平均分计，不用复核。")
    if row is not None:
        row.claim(version or 0)
    most = Decimal(str(part["points"]))
    if points > most:
        raise ValidationError({"points": f"最多 {most} 分。"})
    refuse_marked(reason, "复核意见")
    row = row or ManualScore(year=year, branch=branch, part=key)
    row.points, row.reason, row.is_settled, row.judged_by = points, reason, True, by
    row.full_clean()
    row.save()
    audit.record("score.settle", branch, by=by, year=year, part=key, points=str(points))
    return row
