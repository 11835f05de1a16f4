"""The round of a year, step by step: opened, self-checked, judged, reviewed, published, decided, final."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from accounts import audit
from assessment import canonical, results, scoring, sealing
from assessment.judging import TWO, content_of, kind_of, locked, manual_parts, schemes_of
from assessment.models import (
    Judgement,
    ManualScore,
    Objection,
    Reopening,
    Round,
    Scheme,
    Seal,
    SelfCheck,
    Verdict,
    Veto,
)
from branches.actions import root
from branches.models import Assignment, Branch
from branches.rights import Task, require
from files.secrecy import refuse_marked
from rulebook.book import named_days, value, working_day

State, Phase = Round.State, Objection.Phase
LONGEST_WINDOW = 60  # days: no holiday makes a window longer


@transaction.atomic
def open_round(year, *, self_check_until, judging_until, by, on):
    """Begin the assessment of a year by its published schemes; from now on they stay as they are."""
    require(by, "round.run", at=root())
    if year not in (on.year - 1, on.year):
        raise ValidationError({"year": f"现在只能启动 {on.year - 1} 或 {on.year} 年度的考核。"})
    found = Scheme.objects.select_for_update(of=("self",)).filter(year=year, state=Scheme.State.PUBLISHED)
    of_kind = {scheme.kind: scheme for scheme in found}
    if Scheme.Kind.BRANCH not in of_kind:
        raise ValidationError({"year": f"{year} 年度党支部考核方案还没有发布，请先发布方案。"})
    if Round.objects.filter(year=year).exists():
        raise ValidationError({"year": f"{year} 年度考核已经启动。"})
    if self_check_until < on:
        raise ValidationError({"self_check_until": "自查截止应在今天或以后。"})
    if judging_until < self_check_until:
        raise ValidationError({"judging_until": "评分截止不能早于自查截止。"})
    round = Round(
        year=year, scheme=of_kind[Scheme.Kind.BRANCH], committee_scheme=of_kind.get(Scheme.Kind.COMMITTEE), opened_on=on,
        self_check_until=self_check_until, judging_until=judging_until, opened_by=by,
    )  # fmt: skip
    round.full_clean()
    round.save()
    audit.record(
        "round.open", round, by=by, year=year, self_check_until=str(self_check_until), judging_until=str(judging_until)
    )
    return round


@transaction.atomic
def redate(year, *, self_check_until, judging_until, version, by, on):
    """Move the days that are still ahead; assessors who were sent until the old end stay until the new one."""
    round = locked(year, State.SELF_CHECK, State.JUDGING, State.REVIEW)
    require(by, "round.run", at=root())
    round.claim(version)
    before = round.judging_until
    if self_check_until != round.self_check_until and round.state != State.SELF_CHECK:
        raise ValidationError({"self_check_until": "自查已经结束，截止日期不再改。"})
    for name, old, new in (
        ("self_check_until", round.self_check_until, self_check_until), ("judging_until", before, judging_until),
    ):  # fmt: skip
        if new != old and new < on:
            raise ValidationError({name: "改后的日期应在今天或以后。"})
    if judging_until < self_check_until:
        raise ValidationError({"judging_until": "评分截止不能早于自查截止。"})
    round.self_check_until, round.judging_until = self_check_until, judging_until
    round.full_clean()
    round.save(update_fields=["self_check_until", "judging_until", "version"])
    if before != judging_until:
        running = Assignment.objects.filter(task=Task.GRADER, until=before, started_on__lte=judging_until)
        running.update(until=judging_until)
    audit.record("round.redate", round, by=by, self_check_until=str(self_check_until), judging_until=str(judging_until))
    return round


# ---- how far it is


@dataclass(frozen=True)
class Progress:
    """Counts of a round, all told by the database; none of them grows with the number of queries."""

    organisations: int
    submitted: int
    drafts: int  # begun or returned, not handed in
    needed: int  # (organisation, part) that people judge
    counted: int  # of these agreed or settled
    differences: int
    contests: int  # of the self-check, unanswered
    objections: int  # after publication, unanswered
    not_two: int  # organisations with fewer than two assessors

    @property
    def missing(self):
        return self.needed - self.counted - self.differences


def graded_of(round, kind, on):
    return scoring.graded(round.year, on=scoring.last_day(round.year, on), kind=kind)


def differences(round):
    """Judgements in pairs that lie too far apart and wait to be settled: rows (branch, part)."""
    counted = ManualScore.objects.filter(year=round.year, branch=OuterRef("branch"), part=OuterRef("part"))
    found = Judgement.objects.filter(~Exists(counted), year=round.year).order_by().values("branch", "part")
    return found.annotate(given=Count("pk")).filter(given=TWO)


def assessed(branches, on):
    """The organisations with how many assessors each has on that day: `sent`."""
    running = Q(assignments__task=Task.GRADER, assignments__started_on__lte=on, assignments__until__gte=on)
    return branches.annotate(sent=Count("assignments__user", filter=running, distinct=True))


def unjudged(round, reach, on):
    """[(organisation id, parts left)] of those in `reach` that are not judged by two yet, in 单位序."""
    done = defaultdict(int)
    rows = ManualScore.objects.filter(year=round.year, branch__in=reach.values("pk")).order_by().values_list("branch")
    done.update(dict(rows.annotate(Count("pk"))))
    for branch in differences(round).filter(branch__in=reach.values("pk")).values_list("branch", flat=True):
        done[branch] += 1
    found = []
    for kind, content in schemes_of(round):
        branches = graded_of(round, kind, on).filter(pk__in=reach.values("pk")).in_order()
        needed = {stage: len(manual_parts(content, stage)) for stage in [*Branch.Stage.values, ""]}
        for pk, stage in branches.values_list("pk", "stage"):
            if left := needed[stage] - done[pk]:
                found.append((pk, left))
    return found


def progress(round, on):
    organisations = needed = counted = apart = not_two = 0
    for kind, content in schemes_of(round):
        branches = graded_of(round, kind, on)
        stages = dict(branches.order_by().values_list("stage").annotate(Count("pk")))
        organisations += sum(stages.values())
        needed += sum(len(manual_parts(content, stage)) * count for stage, count in stages.items())
        keys = {part["key"] for _, part in manual_parts(content)}
        of_these = {"branch__in": branches.values("pk"), "part__in": keys}
        counted += ManualScore.objects.filter(year=round.year, **of_these).count()
        apart += differences(round).filter(**of_these).count()
        not_two += assessed(branches, on).order_by().exclude(sent=TWO).count() if keys else 0
    checks = dict(SelfCheck.objects.filter(round=round).order_by().values_list("state").annotate(Count("pk")))
    waiting = Objection.objects.filter(round=round, answered_at=None).order_by().values_list("phase")
    unanswered = dict(waiting.annotate(Count("pk")))
    submitted = checks.pop(SelfCheck.State.SUBMITTED, 0)
    return Progress(
        organisations, submitted, sum(checks.values()), needed, counted, apart, unanswered.get(Phase.SELF_CHECK, 0),
        unanswered.get(Phase.PUBLISHED, 0), not_two,
    )  # fmt: skip


def hindrances(round, on, found=None):
    """What keeps the round from its next step, each in words; an empty list when it may go on."""
    found = found or progress(round, on)
    words = []
    if round.state == State.SELF_CHECK and on <= round.self_check_until and found.submitted < found.organisations:
        words.append(
            f"自查到 {round.self_check_until:%Y-%m-%d} 截止，还有 {found.organisations - found.submitted} 个没有提交"
        )
    if round.state == State.JUDGING and on <= round.judging_until and found.missing:
        words.append(f"评分到 {round.judging_until:%Y-%m-%d} 截止，还有 {found.missing} 项没有评")
    if round.state == State.REVIEW:
        rows = (
            (found.missing, "项没有评完"), (found.differences, "项两人评分差距过大，还没有复核"),
            (found.contests, "条自查时的异议没有答复"),
        )  # fmt: skip
        words += [f"还有 {count} {what}" for count, what in rows if count]
    if round.state == State.PUBLISHED:
        if found.objections:
            words.append(f"还有 {found.objections} 条异议没有答复")
        if on <= round.objections_until:
            words.append(f"异议期到 {round.objections_until:%Y-%m-%d} 为止")
    if round.state == State.DECIDING:
        words += unsettled(round)
    return words


def unsettled(round):
    """What two persons have begun and must end before the year is decided, each in words."""
    vetoes = Veto.objects.filter(year=round.year, confirmed_at=None, lifted_at=None).count()
    found = [f"有 {vetoes} 条一票否决没有确认，由另一人确认或者收回以后再审定"] if vetoes else []
    if Reopening.objects.open().filter(round=round).exists():
        found.append("有一份改后重新公布的申请没有办结，先批准或者了结")
    return found


NEXT = {
    State.SELF_CHECK: (State.JUDGING, "开始评分"), State.JUDGING: (State.REVIEW, "转入复核"),
    State.PUBLISHED: (State.DECIDING, "拟定等次"),
}  # fmt: skip


@transaction.atomic
def move_on(year, *, version, by, on):
    """To the next step, as long as nothing hinders it; publication and the decision are acts of their own."""
    round = locked(year, *NEXT)
    require(by, "round.run", at=root())
    round.claim(version)
    if found := hindrances(round, on):
        raise ValidationError([f"{words}。" for words in found])
    before, (round.state, _) = round.state, NEXT[round.state]
    round.save(update_fields=["state", "version"])
    audit.record("round.move", round, by=by, before=before, after=round.state)
    return round


# ---- publication


def window(first, *, on=None):
    """The last day on which objections are received: so many working days after `first`, which does not count."""
    left, day = value("assessment.objection_days", on=on or first), first
    named = named_days(first.year) | named_days((first + timedelta(days=LONGEST_WINDOW)).year)
    while left:
        day, left = working_day(day + timedelta(days=1), named), left - 1
    return day


@transaction.atomic
def publish(year, *, version, by, on):
    """Seal what everybody got and tell it: from here on records change nothing, objections do."""
    round = locked(year, State.REVIEW)
    require(by, "round.run", at=root())
    round.claim(version)
    if found := hindrances(round, on):
        raise ValidationError([f"{words}。" for words in found])
    for kind, _ in schemes_of(round):
        sealing.seal(round, kind, Seal.Stage.PUBLISHED, by=by, on=scoring.last_day(year, on))
    round.state, round.published_on, round.objections_until = State.PUBLISHED, on, window(on)
    round.full_clean()
    round.save(update_fields=["state", "published_on", "objections_until", "version"])
    audit.record("round.publish", round, by=by, on=str(on), objections_until=str(round.objections_until))
    return round


def published(round, kind):
    """organisation id → (total, grade) as they were told at publication."""
    seal = sealing.latest(round, kind, Seal.Stage.PUBLISHED)
    found = {}
    for branch, words in seal.scores.values_list("branch", "result") if seal else ():
        told = canonical.data(words)
        found[branch] = (None if told["total"] is None else Decimal(told["total"]), told["grade"])
    return found


# ---- the decision


def labels(content):
    """The grades from the best to the worst, and the one outside them."""
    return [row["label"] for row in content["grades"]] + [content["undetermined"]["label"]]


def best_left(score):
    """The best grade that 一票否决 leaves to somebody, or "" where nothing limits it."""
    order = [row["label"] for row in score.content["grades"]]
    caps = [part.best for item in score.items for part in item.parts if part.best]
    return max(caps, key=order.index) if caps else ""


@transaction.atomic
def decide(year, branch, *, grade, reason, by):
    """The 工委会议 sets another grade than proposed, with its reason; the proposed one again takes that back."""
    round = locked(year, State.DECIDING)
    require(by, "round.final", at=root())
    kind = kind_of(branch, year)
    content = content_of(round, kind)
    score = next((each for each in results.proposed(round, kind=kind) if each.branch.pk == branch.pk), None)
    if content is None or score is None:
        raise ValidationError(f"{branch}没有公布的得分。")
    order = labels(content)
    if grade not in order:
        raise ValidationError({"grade": "方案中没有这个等次。"})
    known = Verdict.objects.select_for_update(of=("self",)).filter(round=round, branch=branch).first()
    if grade == score.grade:
        if known is None:
            raise ValidationError({"grade": f"拟定的就是{grade}，不用另定。"})
        audit.record("verdict.withdraw", known, by=by, year=year, branch=branch.pk)
        known.delete()
        return None
    best = best_left(score)
    if best and order.index(grade) < order.index(best):
        raise ValidationError({"grade": f"按一票否决条款，等次最高为{best}。"})
    refuse_marked(reason, "理由")
    row = known or Verdict(round=round, branch=branch)
    row.proposed, row.grade, row.reason, row.made_by = score.grade, grade, reason.strip(), by
    row.made_at = timezone.now()
    row.full_clean()
    row.save()
    audit.record("verdict.set", row, by=by, year=year, branch=branch.pk)
    return row


def overtaken(round):
    """The organisations whose proposed grade is no longer the one from which the 工委会议 departed: a veto or an adjustment came
    later."""
    departed_from = dict(Verdict.objects.filter(round=round).values_list("branch", "proposed"))
    if not departed_from:
        return []
    now = [score for kind, _ in schemes_of(round) for score in results.proposed(round, kind=kind)]
    return [score.branch for score in now if departed_from.get(score.branch.pk, score.grade) != score.grade]


def _refuse_above_veto(round):
    """A veto confirmed after the 工委会议 set a grade limits that grade as well."""
    set_otherwise = dict(Verdict.objects.filter(round=round).values_list("branch", "grade"))
    if not set_otherwise:
        return
    for kind, content in schemes_of(round):
        order = labels(content)
        for score in results.proposed(round, kind=kind):
            grade, best = set_otherwise.get(score.branch.pk), best_left(score)
            if grade and best and order.index(grade) < order.index(best):
                raise ValidationError(
                    f"{score.branch}：按一票否决条款，等次最高为{best}，另定的等次是{grade}，请先改过来。"
                )


@transaction.atomic
def finalise(year, *, meeting_on, minutes_number, version, by, on):
    """What the 工委会议 decided, by its day and number: sealed, the schemes closed. Nothing changes after that."""
    round = locked(year, State.DECIDING)
    require(by, "round.final", at=root())
    round.claim(version)
    if not round.objections_until < meeting_on <= on:
        raise ValidationError(
            {"meeting_on": f"会议日期应在异议期结束（{round.objections_until:%Y-%m-%d}）以后、今天或今天以前。"}
        )
    if found := unsettled(round):
        raise ValidationError([f"{words}。" for words in found])
    _refuse_above_veto(round)
    refuse_marked(minutes_number, "纪要号")
    round.meeting_on, round.minutes_number = meeting_on, minutes_number.strip()
    round.state, round.final_by, round.final_at = State.FINAL, by, timezone.now()
    round.full_clean()
    for kind, _ in schemes_of(round):
        sealing.seal(round, kind, Seal.Stage.FINAL, by=by, on=on)
    round.save(update_fields=["meeting_on", "minutes_number", "state", "final_by", "final_at", "version"])
    for scheme in filter(None, (round.scheme, round.committee_scheme)):
        scheme.state, scheme.closed_by, scheme.closed_at = Scheme.State.CLOSED, by, round.final_at
        scheme.full_clean()
        scheme.save(update_fields=["state", "closed_by", "closed_at"])
    audit.record(
        "round.final", round, by=by, meeting_on=str(meeting_on), number=round.minutes_number, scheme=round.scheme_id
    )
    return round
