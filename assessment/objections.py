"""A branch's own voice in the round: its self-check, what it contests, the answers, and points put right after publication."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from assessment import results
from assessment.judging import content_of, graded, kind_of, locked, own_of
from assessment.models import Adjustment, Judgement, ManualScore, Objection, Round, SelfCheck
from branches.actions import root
from branches.rights import require
from files.secrecy import refuse_marked

State, Phase, Outcome = Round.State, Objection.Phase, Objection.Outcome
OPEN = (SelfCheck.State.DRAFT, SelfCheck.State.RETURNED)
NOT_CONTESTED = ("cap", "veto")  # what limits the grade is not a matter of points


def parts_of(content):
    """[(item, part)] that a branch may contest, in the order of the scheme."""
    return [(item, part) for item in content["items"] for part in item["parts"] if part["by"] not in NOT_CONTESTED]


def part_of(round, branch, key):
    """(item, part) of the scheme by which the organisation is graded."""
    content = content_of(round, kind_of(branch, round.year)) or {"items": []}
    for item, part in parts_of(content):
        if part["key"] == key:
            return item, part
    raise ValidationError({"part": "方案中没有这个评分点。"})


def _taking_part(round, branch, on):
    if not graded(round, on).filter(pk=branch.pk).exists():
        raise ValidationError(f"{branch}不在 {round.year} 年度考核的范围内。")


# ---- self-check


def is_checking(round, check, on):
    """Whether the branch may still write: until the day; one that was returned also while the assessors judge."""
    if check is not None and check.state == SelfCheck.State.RETURNED:
        return round.state in (State.SELF_CHECK, State.JUDGING)
    if check is not None and check.state == SelfCheck.State.SUBMITTED:
        return False
    return round.state == State.SELF_CHECK and on <= round.self_check_until


def _closed(round, check):
    if check is not None and check.state == SelfCheck.State.SUBMITTED:
        return "自查已经提交。要修改的，请工委退回以后再改。"
    if round.state == State.SELF_CHECK:
        return f"自查到 {round.self_check_until:%Y-%m-%d} 截止，现在不能再写。"
    return f"{round.year} 年度考核现在是“{round.get_state_display()}”，不再自查。"


@transaction.atomic
def save_self_check(year, branch, *, words, submits, version, by, on):
    """Keep what a branch says of its own year; handed in, it stays."""
    round = locked(year)
    require(by, "score.contest", at=branch)
    _taking_part(round, branch, on)
    check = SelfCheck.objects.select_for_update(of=("self",)).filter(round=round, branch=branch).first()
    if not is_checking(round, check, on):
        raise ValidationError(_closed(round, check))
    refuse_marked(words, "自查情况")
    if check is None:
        check = SelfCheck(round=round, branch=branch)
    else:
        check.claim(version or 0)
    check.words, check.submitted_by = words.strip(), by
    if submits:
        check.state = SelfCheck.State.SUBMITTED
    elif not check.pk:
        check.state = SelfCheck.State.DRAFT
    if submits and not check.words:
        raise ValidationError({"words": "请写明自查情况再提交，没有问题的也写一句。"})
    check.full_clean()
    check.save()
    audit.record("self_check.submit" if submits else "self_check.save", check, by=by, year=year, branch=branch.pk)
    return check


@transaction.atomic
def return_self_check(check, *, reason, by):
    """Staff ask for it to be written again; open to the branch until the review begins."""
    round = locked(check.round.year, State.SELF_CHECK, State.JUDGING)
    require(by, "round.run", at=root())
    check = SelfCheck.objects.select_for_update(of=("self",)).select_related("branch").get(pk=check.pk)
    if check.state != SelfCheck.State.SUBMITTED:
        raise ValidationError("支部还没有提交，不用退回。")
    refuse_marked(reason, "退回理由")
    check.state, check.return_reason = SelfCheck.State.RETURNED, reason.strip()
    check.returned_by, check.returned_at = by, timezone.now()
    check.version += 1
    check.full_clean()
    check.save(update_fields=["state", "return_reason", "returned_by", "returned_at", "version"])
    audit.record("self_check.return", check, by=by, year=round.year, branch=check.branch_id)
    return check


# ---- objections


def phase_of(round, check, on):
    """In which phase a branch may contest something today; None when it may not."""
    if round.state == State.PUBLISHED:
        return Phase.PUBLISHED if on <= round.objections_until else None
    if round.state == State.SELF_CHECK and on <= round.self_check_until:
        return Phase.SELF_CHECK  # handed in or not: what is contested stands beside the words
    return Phase.SELF_CHECK if check is not None and is_checking(round, check, on) else None


@transaction.atomic
def contest(year, branch, *, part, words, by, on):
    """One part that the branch holds for wrong, with its reasons; said again while it waits, the words are put in place."""
    round = locked(year)
    require(by, "score.contest", at=branch)
    _taking_part(round, branch, on)
    check = SelfCheck.objects.filter(round=round, branch=branch).first()
    phase = phase_of(round, check, on)
    if phase is None:
        raise ValidationError(_too_late(round))
    part_of(round, branch, part)
    refuse_marked(words, "异议和理由")
    waiting = Objection.objects.select_for_update(of=("self",)).filter(
        round=round, branch=branch, phase=phase, part=part, answered_at=None
    )
    row = waiting.first()
    if row is None:
        row = Objection(round=round, branch=branch, phase=phase, part=part, raised_on=on)
    else:
        row.version += 1
    row.words, row.raised_by = words.strip(), by
    row.full_clean()
    row.save()
    audit.record("objection.raise", row, by=by, year=year, branch=branch.pk, part=part, phase=phase)
    return row


def _too_late(round):
    if round.state == State.PUBLISHED:
        return f"异议到 {round.objections_until:%Y-%m-%d} 截止，现在不能再提。"
    if round.state == State.SELF_CHECK:
        return f"自查到 {round.self_check_until:%Y-%m-%d} 截止，公布以后还可以提出异议。"
    if round.state in (State.JUDGING, State.REVIEW):
        return "正在评分和复核，公布以后可以提出异议。"
    return f"{round.year} 年度考核现在是“{round.get_state_display()}”，不再受理异议。"


@transaction.atomic
def withdraw(objection, *, by, on):
    """The branch takes back what it contested in its self-check; after publication everything is answered."""
    round = locked(objection.round.year, State.SELF_CHECK, State.JUDGING)
    row = Objection.objects.select_for_update(of=("self",)).select_related("branch").get(pk=objection.pk)
    require(by, "score.contest", at=row.branch)
    if row.answered_at is not None:
        raise ValidationError("这条异议已经答复，不能再撤回。")
    if row.phase != Phase.SELF_CHECK:
        raise ValidationError("公布以后提出的异议都要答复，不能撤回。")
    audit.record("objection.withdraw", row, by=by, year=round.year, branch=row.branch_id, part=row.part)
    row.delete()


@transaction.atomic
def answer(objection, *, outcome, words, points=None, reason="", version, by, on):
    """Say what became of it, in words. What is upheld after publication comes with the points that are right."""
    round = locked(objection.round.year)
    require(by, "round.run", at=root())
    row = Objection.objects.select_for_update(of=("self",)).select_related("branch").get(pk=objection.pk)
    if row.answered_at is not None:
        raise ValidationError("这条异议已经答复过了。")
    row.claim(version)
    if words_against := barred(by, round, row.branch, row.part, on, objection=row):
        raise ValidationError(words_against)
    is_before = row.phase == Phase.SELF_CHECK
    if is_before and round.state not in (State.SELF_CHECK, State.JUDGING, State.REVIEW):
        raise ValidationError("考核已经公布，自查时的异议不再答复。")
    if not is_before and round.state != State.PUBLISHED:
        raise ValidationError("异议已经办结，不再答复。")
    refuse_marked(words, "答复")
    row.answer, row.outcome, row.answered_by, row.answered_at = words.strip(), outcome, by, timezone.now()
    if not row.answer:
        raise ValidationError({"words": "答复要写明理由，支部会看到。"})
    row.full_clean()
    row.save()
    if not is_before and outcome == Outcome.UPHELD:
        if points is None:
            raise ValidationError({"points": "采纳的，请填调整后的得分。"})
        _adjust(round, row.branch, row.part, points, reason or row.answer[:300], by, objection=row)
    audit.record("objection.answer", row, by=by, year=round.year, branch=row.branch_id, part=row.part, outcome=outcome)
    return row


# ---- points put right


@transaction.atomic
def adjust(year, branch, part, *, points, reason, by, on):
    """Staff found the mistake themselves: only while objections are received, so that the branch can still answer to it."""
    round = locked(year, State.PUBLISHED)
    require(by, "round.run", at=root())
    if on > round.objections_until:
        raise ValidationError(
            f"异议期到 {round.objections_until:%Y-%m-%d} 已满，支部不能再提意见，得分不再自行调整；确有错误的，申请改后重新公布。"
        )
    if words_against := barred(by, round, branch, part, on):
        raise ValidationError(words_against)
    part_of(round, branch, part)
    if Objection.objects.filter(
        round=round, branch=branch, part=part, phase=Phase.PUBLISHED, answered_at=None
    ).exists():
        raise ValidationError("支部对这一项提出的异议还没有答复，请在答复时一并调整。")
    return _adjust(round, branch, part, points, reason, by)


def barred(user, round, branch, part, on, *, objection=None):
    """Why this person has no say in a part of this organisation's year, in words; "" when nothing stands in the way.

    Whoever raised an objection, judged or settled the part, or has to do with the organisation leaves it to another.
    """
    if objection is not None and objection.raised_by_id == user.pk:
        return "提出异议的人不能自己答复，请由另一位同志办理。"
    of_part = {"year": round.year, "branch": branch, "part": part}
    if (
        Judgement.objects.filter(**of_part, assessor=user).exists()
        or ManualScore.objects.filter(**of_part, is_settled=True, judged_by=user).exists()
    ):
        return "这一项是您评定或者复核的，请由另一位同志办理。"
    if own_of(user, [branch], on):
        return f"{branch}是您任职或者组织关系所在的单位，请由另一位同志办理。"
    return ""


def _adjust(round, branch, key, points, reason, by, objection=None):
    _, part = part_of(round, branch, key)
    most = Decimal(str(part["points"]))
    if points > most:
        raise ValidationError({"points": f"这一项最多 {most} 分。"})
    before = standing_points(round, branch, key)
    if before == points:
        raise ValidationError({"points": f"与现在的 {before} 分相同，没有调整。"})
    refuse_marked(reason, "调整理由")
    row = Adjustment(
        round=round, branch=branch, part=key, before=before, points=points, reason=reason.strip(), objection=objection,
        made_by=by,
    )  # fmt: skip
    row.full_clean()
    row.save()
    audit.record(
        "adjustment.add",
        row,
        by=by,
        year=round.year,
        branch=branch.pk,
        part=key,
        before=str(before),
        points=str(points),
    )
    return row


def standing_points(round, branch, key):
    """What counts for a part now: as adjusted last, else as published; None where nothing was scored."""
    last = Adjustment.objects.filter(round=round, branch=branch, part=key).last()
    if last is not None:
        return last.points
    standing = results.standing(round.year, on=round.published_on, kind=kind_of(branch, round.year), only={branch.pk})
    score = next(iter(standing.scores), None)
    if score is None:
        raise ValidationError(f"{branch}没有公布的得分。")
    part = next(part for item in score.items for part in item.parts if part.key == key)
    return part.points if part.state == "scored" else None
