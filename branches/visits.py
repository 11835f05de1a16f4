"""The visit to a branch: what the assessor judges, handing it in, and the approval of the class by somebody else."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from branches.models import Screening, ScreeningCampaign, ScreeningMark, StandardItem
from branches.rights import require
from branches.screenings import class_of, label_of
from files.secrecy import refuse_marked

State = Screening.State
ROAD = {  # which acts lead where; what was approved can be sent back until the letter is out
    State.WAITING: {"start": State.JUDGING},
    State.JUDGING: {"mark": State.JUDGING, "submit": State.SUBMITTED},
    State.SUBMITTED: {"send_back": State.RETURNED, "approve": State.APPROVED},
    State.RETURNED: {"start": State.JUDGING},
    State.APPROVED: {"send_back": State.RETURNED, "issue": State.ISSUED},
    State.ISSUED: {},
}
WORDS = {"start": "开始研判", "mark": "评分", "submit": "提交", "send_back": "退回", "approve": "审定", "issue": "反馈"}
STEP = Decimal("0.05")
OWN_JUDGING = "研判人不能审定自己的研判，请由另一位同志审定。"


@dataclass(frozen=True)
class Judgement:
    """What the assessor says of one item; without points and applicable it is not judged yet."""

    points: Decimal | None = None
    is_applicable: bool = True
    words: str = ""
    problem: str = ""
    due_on: date | None = None


# --- by the assessor


@transaction.atomic
def start(screening, *, by):
    """Begin to judge, or begin again what was sent back. Items without a line get one."""
    screening = locked(screening, "start", "screening.judge", by=by)
    known = set(screening.marks.values_list("item", flat=True))
    items = StandardItem.objects.filter(group__standard=screening.campaign.standard_id).exclude(pk__in=known)
    ScreeningMark.objects.bulk_create(ScreeningMark(screening=screening, item=item) for item in items)
    take(screening)
    return moved(screening, "start", by=by)


@transaction.atomic
def mark(screening, judgements, *, visited_on, advice=None, version, by, on):
    """Keep what is judged so far: mark pk → Judgement. Half a visit may be kept; what stands there must be right.

    Raises ValidationError with a dict {"<mark pk>-<field>": words}; an empty `advice` is kept, None leaves it alone.
    """
    screening = locked(screening, "mark", "screening.judge", by=by)
    screening.claim(version)
    faults = defaultdict(list)
    if fault := _day_fault(screening, visited_on, on):
        faults["visited_on"].append(fault)
    changed = []
    marks = ScreeningMark.objects.select_for_update(of=("self",)).select_related("item")
    for row in marks.filter(screening=screening, pk__in=judgements):
        said = judgements[row.pk]
        if said == told(row):
            continue
        for name, words in _faults(row, said, on):
            faults[f"{row.pk}-{name}"].append(words)
        changed.append(_judged(row, said, by))
    if advice is not None:
        try:
            refuse_marked(advice, "整改意见")
        except ValidationError as error:
            faults["advice"] += error.messages
        screening.advice = advice.strip()
    if faults:
        raise ValidationError(dict(faults))
    ScreeningMark.objects.bulk_update(
        changed, ["points", "is_applicable", "words", "problem", "due_on", "seen", "marked_by", "marked_at"]
    )
    screening.visited_on = visited_on
    screening.save(update_fields=["visited_on", "advice", "version"])
    audit.record("screening.mark", screening, by=by, items=len(changed))
    return screening


def told(row):
    """A line as a Judgement."""
    return Judgement(row.points, row.is_applicable, row.words, row.problem, row.due_on)


def filled(row):
    """(points, applicable) as the records filled them in, however the assessor changed them; None for what they did not."""
    if not row.is_filled:
        return None
    kept = row.seen.get("filled")
    if kept is None:
        return row.points, row.is_applicable
    return (None if kept["points"] is None else Decimal(kept["points"])), kept["is_applicable"]


def _day_fault(screening, day, on):
    if day is None:
        return ""
    if day > on:
        return "到校日期在今天以后，去了再填。"
    first = screening.first
    if first and first.visited_on and day < first.visited_on:
        return f"回头看不能早于过筛子的到校日期 {first.visited_on:%Y-%m-%d}。"
    if day < screening.campaign.screens_from:
        return f"研判从 {screening.campaign.screens_from:%Y-%m-%d} 开始，请核对到校日期。"
    return ""


def _faults(row, said, on):
    """What is wrong with a judgement: pairs (field, words)."""
    most = row.item.points
    if said.points is not None and not 0 <= said.points <= most:
        yield "points", f"得分应在 0 至 {plain(most)} 分之间。"
    was = filled(row)
    known = {row.points, was[0] if was else None}  # the records are reckoned to the cent
    if said.points is not None and 0 <= said.points <= most and said.points not in known and said.points % STEP:
        yield "points", "得分以 0.05 分为一档。"
    if was and (said.points, said.is_applicable) != was and not said.words:
        yield "words", "与记录得出的不同，请写明改动的理由。"
    elif not was and not said.is_applicable and not said.words:
        yield "words", "不适用的，请写明原因。"
    if said.problem and (not said.is_applicable or said.points is None or said.points >= most):
        yield "problem", "没有失分的项目，不转为整改事项。"
    if said.due_on and said.due_on < on and said.due_on != row.due_on:
        yield "due_on", "整改期限已经过去，请改期。"
    for name, text in (("words", said.words), ("problem", said.problem)):
        try:
            refuse_marked(text, ScreeningMark._meta.get_field(name).verbose_name)
        except ValidationError as error:
            yield name, "；".join(error.messages)


def _judged(row, said, by):
    was = filled(row)
    if was and row.marked_by_id is None:
        row.seen = row.seen | {"filled": {"points": None if was[0] is None else str(was[0]), "is_applicable": was[1]}}
    row.points, row.is_applicable = (said.points if said.is_applicable else None), said.is_applicable
    row.words, row.problem, row.due_on = said.words, said.problem, said.due_on if said.problem else None
    by_hand = (said.points, said.is_applicable) != was if was else said.points is not None or not said.is_applicable
    row.marked_by, row.marked_at = (by, timezone.now()) if by_hand else (None, None)
    return row


def is_judged(row):
    return row.points is not None or not row.is_applicable


@transaction.atomic
def submit(screening, *, by, version=None):
    """Hand the judgement in: every item judged, the day of the visit known. The class follows from the points."""
    screening = locked(screening, "submit", "screening.judge", by=by)
    take(screening, version)
    rows = list(screening.marks.select_related("item"))
    left = sum(not is_judged(row) for row in rows)
    if left or not rows:
        raise ValidationError(f"还有 {left} 项没有判，判完再提交。" if left else "这个标准还没有项目，不能提交。")
    if screening.visited_on is None:
        raise ValidationError({"visited_on": "请填到校日期。"})
    points, whole = totals(rows)
    if not whole:
        raise ValidationError("所有项目都不适用，没有可以计分的，请核对。")
    screening.points, screening.whole = points, whole
    screening.computed_class = class_of(screening.campaign.scale, points, whole)
    screening.submitted_by, screening.submitted_at, screening.return_reason = by, timezone.now(), ""
    return moved(screening, "submit", by=by)


def totals(rows):
    """(points, whole) of lines that apply."""
    applied = [row for row in rows if row.is_applicable]
    points = sum((row.points for row in applied if row.points is not None), Decimal(0))
    return points, sum((row.item.points for row in applied), Decimal(0))


def rank(campaign, key):
    """The place of a class from the best, 0, down; None for none."""
    return next((place for place, row in enumerate(campaign.scale) if row["key"] == key), None)


# --- by somebody else


@transaction.atomic
def approve(screening, *, by, chosen="", reason="", seen=None):
    """Fix the class. `chosen`: another than follows from the points, with a `reason`; `seen`: the version looked at."""
    screening = _for_approval(screening, "approve", by, seen)
    chosen = chosen or screening.computed_class
    if not label_of(screening.campaign.scale, chosen):
        raise ValidationError({"chosen": "请选一个类别。"})
    reason = reason.strip()
    if chosen != screening.computed_class and not reason:
        raise ValidationError({"reason": "审定的类别与分数得出的不同，请写明理由。"})
    refuse_marked(reason, "理由")
    screening.approved_class = chosen
    screening.class_reason = reason if chosen != screening.computed_class else ""
    screening.approved_by, screening.approved_at = by, timezone.now()
    return moved(screening, "approve", by=by)


@transaction.atomic
def send_back(screening, *, reason, by, seen=None):
    """To be judged again; says why. What was approved is no longer."""
    screening = _for_approval(screening, "send_back", by, seen)
    if Screening.objects.filter(first=screening).exists():
        raise ValidationError("这个党组织的回头看已经开始，第一次研判不能再退回。")
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": "请写明退回的原因。"})
    refuse_marked(reason, "退回原因")
    screening.return_reason = reason
    screening.approved_class = screening.class_reason = ""
    screening.approved_by = screening.approved_at = None
    return moved(screening, "send_back", by=by)


def _for_approval(screening, act, by, seen):
    screening = locked(screening, act, "screening.approve", by=by)
    take(screening, seen)
    has_judged = by.pk in (screening.assessor_id, screening.submitted_by_id)
    if has_judged or screening.marks.filter(marked_by=by.pk).exists():  # of a judge before the last one too
        raise ValidationError(OWN_JUDGING)
    return screening


# --- every act


def locked(screening, act, verb, *, by):
    """The row, locked, when `by` may take this act now; else a refusal that names the state it is in."""
    rows = Screening.objects.select_for_update(of=("self",)).select_related("branch", "campaign", "first")
    screening = rows.get(pk=screening.pk)
    require(by, verb, at=screening.branch)
    if verb == "screening.judge" and screening.assessor_id != by.pk:
        raise PermissionDenied("这个党组织分给了别的研判人。")
    state = State(screening.state)
    if act not in ROAD[state]:
        raise ValidationError(f"这个党组织的研判现在是“{state.label}”，不能{WORDS[act]}。")
    if act != "issue" and screening.campaign.state != ScreeningCampaign.State.OPEN:
        raise ValidationError(f"“{screening.campaign}”不在进行中，不能{WORDS[act]}。")
    return screening


def take(screening, version=None):
    """The next version; when the one looked at is named, it must be the newest."""
    screening.claim(screening.version if version is None else version)


def moved(screening, act, *, by):
    """Take the act: the record keeps the way, never points or class, which are not for everybody who reads it."""
    before = screening.state
    screening.state = ROAD[State(before)][act]
    screening.full_clean(exclude=["created_by"])
    screening.save()
    audit.record(f"screening.{act}", screening, by=by, before=before, after=screening.state)
    return screening


def plain(number):
    """1.50 → 1.5, 30.00 → 30."""
    return f"{Decimal(number).quantize(Decimal('0.01')).normalize():f}"
