"""What becomes of a class: planned, opened for enrolment, begun, finished, cancelled; taken back from the archive."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from branches import names
from branches.actions import root
from branches.models import Branch
from branches.rights import require
from files.secrecy import refuse_marked
from training import passes
from training.models import ClassFile, ClassQuota, ClassSession, SignIn, TrainingClass

State = TrainingClass.State
AT_WORK = (State.PLANNED, State.OPEN, State.RUNNING, State.CLOSING)  # what may still be changed
OPENED = (State.OPEN, State.RUNNING, State.CLOSING)
OWNERS = (Branch.Kind.WORK_COMMITTEE, Branch.Kind.COMMITTEE, Branch.Kind.GENERAL)
ROAD = {  # `archive` is done in training/archive.py, where the 六个有 are
    State.PLANNED: {"open": State.OPEN, "cancel": State.CANCELLED},
    State.OPEN: {"begin": State.RUNNING, "cancel": State.CANCELLED},
    State.RUNNING: {"finish": State.CLOSING, "cancel": State.CANCELLED},
    State.CLOSING: {"reopen": State.RUNNING, "archive": State.ARCHIVED},
    State.ARCHIVED: {"take_back": State.CLOSING},
    State.CANCELLED: {},
}
LONGEST = timedelta(days=731)  # of a class: beyond it somebody mistyped the year
TEXTS = (
    ("title", "班次名称"), ("number", "通知文号"), ("organiser", "承办单位"), ("place", "地点"), ("team", "宣讲团队"),
    ("topic", "主题"), ("plan", "培训方案"),
)  # fmt: skip
TOLD = ("starts_on", "ends_on", "enrols_until", "place")  # what those enrolled are told of when it changes


def named(classes, word, *, sessions):
    """The classes that `word` finds: in the title or the number of the paper, or by who taught in one of `sessions`."""
    taught = sessions.filter(teacher__name__contains=word).order_by()
    tests = Q(title__contains=word) | Q(number__contains=word) | Q(pk__in=taught.values("training_class"))
    if names.is_initials(word):
        titles = classes.order_by().values_list("pk", "title")
        tests |= Q(pk__in=[pk for pk, title in titles if word.lower() in names.initials(title)])
    return classes.filter(tests)


def lock(training_class, *, by, states=AT_WORK, verb="training.run"):
    """The class, locked for an act of whoever runs it. Raises when the act does not fit its state."""
    row = TrainingClass.objects.select_for_update(of=("self",)).select_related("branch").get(pk=training_class.pk)
    require(by, verb, at=row.branch)
    if row.is_restricted:
        require(by, "training.closed", at=row.branch)
    if row.state not in states:
        raise ValidationError(f"这个班次{row.get_state_display()}，不能再这样办理。")
    return row


def turn(row, act, *, by, **detail):
    """Take a locked class one step along `ROAD` and record it; whoever has opened it for editing is told of it."""
    before = State(row.state)
    if act not in ROAD[before]:
        raise ValidationError(f"这个班次{before.label}，不能这样办理。")
    row.state = ROAD[before][act]
    row.claim(row.version)
    row.full_clean()
    row.save()
    audit.record(f"training.{act}", row, by=by, before=before, after=row.state, **detail)
    return row


def owners_of(found):
    """The organisations that hold these classes, in 单位序."""
    return Branch.objects.filter(pk__in=found.order_by().values("branch")).in_order()


def _from(act):
    return tuple(state for state, acts in ROAD.items() if act in acts)


# --- planning


@transaction.atomic
def save(training_class, *, version=None, like=None, by):
    """Write a class down, or change one that is at work. `like`: a former class whose timetable and quotas it takes over."""
    if training_class.pk:
        known = lock(training_class, by=by)
        known.claim(version or 0)
        for name in ("version", "state", "branch", "kind", "summary", "cancel_reason", "gap_reason"):
            setattr(training_class, name, getattr(known, name))
    else:
        known = None
        require(by, "training.run", at=training_class.branch)
        if training_class.is_restricted:
            require(by, "training.closed", at=training_class.branch)
        if training_class.branch.kind not in OWNERS:
            raise ValidationError({"branch": "培训班由工委、党委、党总支主办。"})
        training_class.created_by = by
    _check(training_class)
    training_class.full_clean()
    training_class.save()
    if known is None:
        audit.record("training.add", training_class, by=by, kind=training_class.kind)
        if like is not None:
            _take_over(training_class, like, by=by)
    else:
        changes = {
            name: [_shown(getattr(known, name)), _shown(getattr(training_class, name))]
            for name in TOLD
            if getattr(known, name) != getattr(training_class, name)
        }
        if "ends_on" in changes:
            passes.prolong(training_class)
        audit.record("training.edit", training_class, by=by, state=known.state, changes=changes)
    return training_class


def _shown(value):
    return "" if value is None else str(value)


def _check(training_class):
    for name, label in TEXTS:
        try:
            refuse_marked(getattr(training_class, name), label)
        except ValidationError as error:
            raise ValidationError({name: error.messages}) from None
    starts_on, ends_on = training_class.starts_on, training_class.ends_on
    if ends_on - starts_on > LONGEST:
        raise ValidationError({"ends_on": "从开班到结班超过两年，请核对年份。"})
    if training_class.pk:
        outside = training_class.sessions.exclude(held_on__range=(starts_on, ends_on)).first()
        if outside:
            day = outside.held_on
            raise ValidationError(f"日程里 {day.month} 月 {day.day} 日的课不在起止日期内，请先改日程再改日期。")


def _take_over(training_class, like, *, by):
    """Timetable and quotas of a former class: the days are shifted by as much as the class, and kept within it."""
    shift = training_class.starts_on - like.starts_on
    for session in like.sessions.select_related("teacher"):
        teacher = session.teacher if session.teacher and not session.teacher.is_retired else None
        ClassSession.objects.create(
            training_class=training_class, held_on=min(session.held_on + shift, training_class.ends_on),
            begins=session.begins, ends=session.ends, topic=session.topic, form=session.form, place=session.place,
            teacher=teacher, hours=session.hours, is_signed=session.is_signed,
        )  # fmt: skip
    quotas = like.quotas.filter(branch__closed_on=None, branch__path__startswith=training_class.branch.path)
    ClassQuota.objects.bulk_create(
        ClassQuota(training_class=training_class, branch_id=branch, places=places)
        for branch, places in quotas.values_list("branch", "places")
    )
    audit.record("training.take_over", training_class, by=by, like=like.pk)


# --- the road


def lacking(training_class):
    """What a class still lacks before it can be opened, in words."""
    words = []
    files = training_class.files.filter(role=ClassFile.Role.PLAN, removed_at=None)
    if not training_class.plan.strip() and not files.exists():
        words.append("培训方案")
    if not training_class.sessions.exists():
        words.append("教学日程（至少一次课）")
    return words


@transaction.atomic
def open_(training_class, *, by):
    """Open a planned class for enrolment: from now on those whom it is for see it."""
    row = lock(training_class, by=by, states=_from("open"))
    if words := lacking(row):
        raise ValidationError(f"还缺{'、'.join(words)}，补上后再开放报名。")
    return turn(row, "open", by=by)


@transaction.atomic
def begin(training_class, *, by, on):
    """The class begins, by hand or with the first who signs in. What has begun stays as it is."""
    row = lock(training_class, by=by, states=(*_from("begin"), State.RUNNING))
    if row.state == State.RUNNING:
        return row
    if on < row.starts_on:
        raise ValidationError(f"开班日期是 {row.starts_on.month} 月 {row.starts_on.day} 日，还没有到。")
    return turn(row, "begin", by=by, on=str(on))


def last_end(training_class):
    """When its last session ends, as an aware instant; None without a timetable."""
    last = training_class.sessions.order_by("-held_on", "-ends").values_list("held_on", "ends").first()
    return timezone.make_aware(datetime.combine(*last)) if last else None


@transaction.atomic
def finish(training_class, *, by, at):
    """The class is over, at the earliest when its last session ends. What never was begun by hand is begun with it."""
    row = lock(training_class, by=by, states=(State.OPEN, *_from("finish")))
    end = last_end(row)
    if end is None:
        raise ValidationError("还没有排课，不能结班。")
    if at < end:
        last = timezone.localtime(end)
        raise ValidationError(f"最后一次课到 {last.month} 月 {last.day} 日 {last:%H:%M} 才结束，还不能结班。")
    if row.state == State.OPEN:
        row = begin(row, by=by, on=timezone.localtime(at).date())
    return turn(row, "finish", by=by)


@transaction.atomic
def cancel(training_class, *, reason, by):
    """The class will not be held. Refused once somebody was there."""
    row = lock(training_class, by=by, states=_from("cancel"))
    if SignIn.objects.filter(session__training_class=row, mark=SignIn.Mark.PRESENT).exists():
        raise ValidationError("已经有学员签到，这个班次不能取消；提前结束的，改日程后结班。")
    row.cancel_reason = _reason(reason)
    return turn(row, "cancel", by=by)


@transaction.atomic
def reopen(training_class, *, reason, by):
    """A class that was finished too early runs on."""
    row = lock(training_class, by=by, states=_from("reopen"))
    return turn(row, "reopen", by=by, reason=_reason(reason))


@transaction.atomic
def take_back(training_class, *, reason, by):
    """Open an archived class once more, by staff of 工委 alone: what was put right in it shows in the record."""
    row = lock(training_class, by=by, states=_from("take_back"))
    require(by, "training.run", at=root())
    row.archived_by = row.archived_at = None
    row.gap_reason = ""
    return turn(row, "take_back", by=by, reason=_reason(reason))


def _reason(text):
    text = text.strip()
    if not text:
        raise ValidationError({"reason": "请写明原因，一句话即可。"})
    refuse_marked(text, "原因")
    return text
