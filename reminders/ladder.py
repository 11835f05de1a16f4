"""提醒→通报→约谈→问责建议: what step comes next on whose matter, and what people did about it.

The portal proposes; a person takes each step. 问责 itself is decided by the competent body.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from branches.models import Branch
from branches.rights import may, require
from duties.models import Duty
from duties.periods import labels
from reminders.models import Bulletin, LadderStep
from rulebook.book import rule
from rulebook.facts import Fact

Level = LadderStep.Level
ORDER = list(Level)
NOTICES = "按期办理通知"  # what the duties made by notices are called together


@dataclass(frozen=True)
class Proposal:
    """The step that comes next on one matter of one organisation, with the days on which that rests."""

    branch: Branch
    subject: str
    label: str
    level: Level
    duties: tuple
    days: int
    last: LadderStep | None
    periods: str
    basis: str


def name_of(subject, names):
    return NOTICES if subject == "notice" else names.get(subject, subject)


def shown_from(user, book):
    """After how many days a reader sees what is overdue: the county last, the organisation itself at once."""
    if may(user, "ladder.act"):
        return book["county"]
    return book["upper"] if may(user, "reminder.see") else book["reminder"]


def proposals(branches, on, *, least=0):
    """What could be done next about what is overdue in `branches`, in 单位序. Four queries.

    A matter is proposed when it is overdue for the days of the next step, and the last step is some days past. What a
    closed step dealt with is not proposed again.
    """
    book = rule("ladder.days", on=on).value
    names, steps = labels(on), _steps(branches)
    overdue = defaultdict(list)
    for duty in _overdue(branches, on, book["back"]):
        overdue[duty.branch, duty.rule].append(duty)
    found = []
    for (branch, subject), duties in overdue.items():
        taken = steps.get((branch.pk, subject), [])
        dealt_with = {pk for step in taken if step.closed_at for pk in step.duties}
        duties = [duty for duty in duties if duty.pk not in dealt_with]
        about = {duty.pk for duty in duties}
        running = [step for step in taken if not step.closed_at and about & set(step.duties)]
        last = max(running, key=lambda step: ORDER.index(step.level), default=None)
        level = _next(last)
        if not duties or level is None:
            continue
        days = (on - duties[0].due_on).days
        if days < max(book[level], least) or (last and (on - last.on).days < book["answer"]):
            continue
        label = name_of(subject, names)
        periods = "、".join(duty.label for duty in duties)
        basis = _basis(duties[0].due_on, periods, label, last, on)
        keys = tuple(duty.pk for duty in duties)
        found.append(Proposal(branch, subject, label, level, keys, days, last, periods, basis))
    return found


def _steps(branches):
    found = defaultdict(list)
    for step in LadderStep.objects.filter(branch__in=branches).order_by("on", "pk"):
        found[step.branch_id, step.subject].append(step)
    return found


def _overdue(branches, on, back):
    """What is overdue and not done, the oldest of each organisation first."""
    overdue = Duty.objects.filter(
        branch__in=Branch.objects.at_work(on).filter(pk__in=branches, parent__isnull=False),
        due_on__range=(on - timedelta(days=back), on - timedelta(days=1)),
        met_on=None,
    )
    return overdue.select_related("branch", "notice").order_by("branch__order", "branch", "due_on", "pk")


def _next(last):
    if last is None:
        return ORDER[0]
    place = ORDER.index(last.level) + 1
    return ORDER[place] if place < len(ORDER) else None


def _basis(first, periods, label, last, on):
    """Why now, in words: which periods, how long, and what came of the step before."""
    text = f"截至 {_day(on)}，{label}（{periods}）没有办理，最早的一件 {_day(first)}到期，逾期 {(on - first).days} 天。"
    if last:
        came = "已作说明，事项仍未办理" if last.answered_at else "没有说明，事项仍未办理"
        text += f"{_day(last.on)}已{last.get_level_display()}，{came}。"
    return text


def _day(day):
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


# --- what people do


def take(branch, subject, level, *, by, on, parties=""):
    """Take the proposed step: the proposal must still stand, so that nobody is reminded of what is done."""
    return take_all(branch, [(subject, level)], by=by, on=on, parties=parties)[0]


@transaction.atomic
def take_all(branch, chosen, *, by, on, parties=""):
    """Take proposed steps of one organisation, (subject, level) each, all or none."""
    branch = Branch.objects.select_for_update(of=("self",)).get(pk=branch.pk)
    require(by, "ladder.act", at=branch)
    standing = {each.subject: each for each in proposals([branch.pk], on)}
    steps = []
    for subject, level in chosen:
        found = standing.get(subject)
        if found is None:
            matter = name_of(subject, labels(on))
            raise ValidationError(f"“{matter}”已经办理或者已经处理过，不需要再办这一步。")
        if found.level != level:
            raise ValidationError(f"“{found.label}”现在应当办理的是“{found.level.label}”，请核对后再办。")
        step = LadderStep(
            branch=branch, subject=subject, level=level, basis=found.basis, duties=list(found.duties), on=on,
            created_by=by, parties=parties.strip(), bulletin=_naming(branch) if level == Level.BULLETIN else None,
        )  # fmt: skip
        step.full_clean()
        step.save()
        audit.record("ladder.take", step, by=by, level=level, subject=subject, on=str(on))
        steps.append(step)
    return steps


def _naming(branch):
    """The newest 通报 that is out and names the organisation; None when there is none."""
    out = Bulletin.objects.filter(state=Bulletin.State.PUBLISHED, figures__criticism__contains=[{"branch": branch.pk}])
    return out.order_by("-ends_on", "-pk").first()


@transaction.atomic
def answer(step, *, text, by, version):
    """What the organisation itself says to a step."""
    step = _locked(step, "ladder.answer", by, version)
    if not text.strip():
        raise ValidationError("请写明情况：为什么没有办理，打算什么时候办好。")
    step.answer, step.answered_by, step.answered_at = text.strip(), by, timezone.now()
    return _saved(step, "answer", by)


@transaction.atomic
def hand(step, *, to, handed_on, by, on, version):
    """Record that a proposal for 问责 was handed to the body that may decide it."""
    step = _locked(step, "ladder.act", by, version)
    if handed_on > on:
        raise ValidationError("移交日期不能晚于今天。")
    step.handed_to, step.handed_on = to.strip(), handed_on
    return _saved(step, "hand", by)


@transaction.atomic
def close(step, *, outcome, by, version):
    """Say what came of a matter: this step and the open ones below it are closed with it."""
    step = _locked(step, "ladder.act", by, version)
    if not outcome.strip():
        raise ValidationError("请写明结果，如“已补办”“说明属实，不再推进”。")
    if step.level == Level.ACCOUNTABILITY and not step.handed_on:
        raise ValidationError("问责建议要先登记移交给谁、哪天移交，再登记结果。")
    lower = ORDER[: ORDER.index(step.level)]
    rest = LadderStep.objects.select_for_update().filter(
        branch=step.branch, subject=step.subject, level__in=lower, closed_at__isnull=True
    )
    for each in (*rest, step):
        if each.pk != step.pk:
            each.version += 1
        each.outcome, each.closed_by, each.closed_at = outcome.strip(), by, timezone.now()
        _saved(each, "close", by)
    return step


def _locked(step, verb, by, version):
    step = LadderStep.objects.select_for_update(of=("self",)).select_related("branch").get(pk=step.pk)
    require(by, verb, at=step.branch)
    if step.closed_at:
        raise ValidationError("这一环节已经了结，不能再改。")
    step.claim(version)
    return step


def _saved(step, act, by):
    step.full_clean()
    step.save()
    audit.record(f"ladder.{act}", step, by=by, level=step.level, subject=step.subject)
    return step


# --- for others to count


def taken(branches, period, *, level):
    """branch id → Fact: how many steps of that level were taken in the period, and which. One query."""
    rows = (
        LadderStep.objects.filter(branch__in=branches, level=level, on__range=(period.start, period.end))
        .order_by()
        .values_list("branch")
        .annotate(pks=ArrayAgg("pk"))
    )
    return {branch: Fact(Decimal(len(pks)), None, LadderStep._meta.label, tuple(sorted(pks))) for branch, pks in rows}


def is_done(step, met):
    """Whether all that a step is about has been done since; `met` are the keys of duties that are met."""
    return bool(step.duties) and set(step.duties) <= met
