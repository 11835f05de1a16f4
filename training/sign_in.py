"""Who was there: by the code on the screen, on paper, afterwards with a reason, on leave. All count the same."""

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now, TruncDate
from django.utils import timezone

import vault
from accounts import audit
from accounts.models import User
from files.secrecy import refuse_marked
from rulebook import book as rulebook
from training import classes, codes
from training.models import ClassSession, Enrolment, SignIn, TrainingClass

Mark, Method, State = SignIn.Mark, SignIn.Method, TrainingClass.State
SCANNED = (State.OPEN, State.RUNNING)  # a code counts
BY_HAND = (State.OPEN, State.RUNNING, State.CLOSING)  # a mark may be made or undone
KEPT = (
    600  # seconds for which a scan is good in the browser that made it: to type a password, to wait for the beginning
)
EARLY, NOW, OVER = "early", "now", "over"


def rule_of(session):
    return rulebook.value("training.sign_in", on=session.held_on)


def begins_at(session):
    return timezone.make_aware(datetime.combine(session.held_on, session.begins))


def hours_of(session, rule):
    """From when to when a code of the session counts."""
    ends_at = timezone.make_aware(datetime.combine(session.held_on, session.ends))
    return begins_at(session) - timedelta(minutes=rule["early"]), ends_at + timedelta(minutes=rule["late"])


def gate(session, at, rule):
    """Whether it is too early to sign, time, or over."""
    opens_at, closes_at = hours_of(session, rule)
    return EARLY if at < opens_at else NOW if at <= closes_at else OVER


def is_calling_again(session, at):
    return session.called_again_at is not None and session.called_again_at <= at <= session.called_again_until_at


# --- at the door


def at_door():
    """Sessions that are signed for, each with its class and `now`, the database's clock."""
    found = ClassSession.objects.select_related("training_class").annotate(now=Now())
    return found.filter(is_signed=True, training_class__state__in=SCANNED)


def scanned(text):
    """The session whose code of now was scanned; None for an old one, one of another session, an invented one."""
    found = codes.read(text)
    session = found and at_door().filter(pk=found[0]).first()
    return session if session and codes.is_right(session.row_key, found[1], session.now, rule_of(session)) else None


def of_today(classes):
    """The sessions of today, by the database's clock, of these classes."""
    return at_door().filter(training_class__in=classes, held_on=TruncDate(Now())).order_by("begins", "pk")


def typed(digits, sessions):
    """The first of these sessions whose code of now was typed."""
    return next((each for each in sessions if codes.are_right(each.row_key, digits, each.now, rule_of(each))), None)


class Receipt(NamedTuple):
    """What the browser keeps of a right code, signed by whoever sends it: which session, when, how, when one may sign."""

    session: int
    seen: int  # seconds of the database's clock
    method: str
    opens: int
    closes: int

    def is_fresh(self, at):
        return 0 <= at.timestamp() - self.seen <= KEPT


def receipt(session, method):
    opens_at, closes_at = hours_of(session, rule_of(session))
    seen, opens, closes = (int(each.timestamp()) for each in (session.now, opens_at, closes_at))
    return Receipt(session.pk, seen, str(method), opens, closes)


def redeemed(kept):
    """The session of a receipt that is young enough; None without."""
    session = kept and at_door().filter(pk=kept.session).first()
    return session if session and kept.is_fresh(session.now) else None


def device(row_key, secret):
    """What is kept of the random number in a browser: the same for two who sign with one phone, another in another session."""
    return vault.blind_index("training_signin|device", f"{row_key}|{secret}")[:32]


class Visit(NamedTuple):
    """A person at the door of a session."""

    pk: int
    name: str
    training_class: int
    now: datetime
    row_of: uuid.UUID
    called_at: datetime | None
    until: datetime | None
    topic: str
    state: str
    title: str
    mark: str | None
    mark_pk: int | None
    signed_at: datetime | None
    answered_at: datetime | None


_VISIT = """
    SELECT e.id, e.name, e.training_class_id, statement_timestamp(), s.row_key, s.called_again_at, s.called_again_until_at,
           s.topic, c.state, c.title, m.mark, m.id, m.signed_at, m.answered_at
      FROM training_enrolment e
      JOIN training_classsession s ON s.training_class_id = e.training_class_id
      JOIN training_trainingclass c ON c.id = e.training_class_id
      LEFT JOIN training_classpass p ON p.enrolment_id = e.id AND p.id = ANY(%(passes)s) AND p.revoked_at IS NULL
           AND p.ends_on >= (statement_timestamp() AT TIME ZONE %(zone)s)::date
      LEFT JOIN training_signin m ON m.session_id = s.id AND m.enrolment_id = e.id
     WHERE (e.id = ANY(%(enrolments)s) OR e.member_id = (SELECT id FROM members_member WHERE user_id = %(user)s))
       AND (p.id IS NOT NULL OR e.member_id = (SELECT id FROM members_member WHERE user_id = %(user)s))
       AND e.withdrawn_on IS NULL AND s.id = %(session)s AND s.is_signed AND c.state = ANY(%(states)s)
     ORDER BY p.used_at DESC NULLS LAST, e.id DESC LIMIT 1
"""


def visit(session, held, *, user=None):
    """Everything that signing asks about, by one statement: whose browser it is, the mark there is, the hour.

    The same rule as `passes.people`, written out because a thousand phones ask it in one minute. None for nobody on the
    roll, and for a class that is not held.
    """
    asked = {
        "session": session, "passes": [row.key for row in held], "enrolments": [row.enrolment for row in held], "user": user,
        "states": list(SCANNED), "zone": settings.TIME_ZONE,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_VISIT, asked)
        row = cursor.fetchone()
    return Visit(*row) if row else None


@dataclass(frozen=True)
class Outcome:
    """What became of a try to sign: `signed`, `again` (already there since `at`) or `answered` (the second call)."""

    kind: str
    at: datetime


def sign(visit, kept, *, device):
    """One row for one person and session, however often and from however many windows at once. Raises ValidationError.

    The row is the record: it names the person and the hour itself, so no event is written beside it.
    """
    at = visit.now
    if not kept.opens <= at.timestamp() <= kept.closes:
        opens_at, closes_at = (datetime.fromtimestamp(each, tz=timezone.get_current_timezone()) for each in kept[3:])
        raise ValidationError(f"签到时间是 {opens_at:%H:%M} 到 {closes_at:%H:%M}，现在不能签到。")
    # A scan kept from before the call answers nothing: the person may have left since.
    is_called = visit.called_at is not None and visit.called_at <= at <= visit.until
    answers = at if is_called and kept.seen >= int(visit.called_at.timestamp()) else None
    if visit.mark_pk is None:
        row = SignIn(
            session_id=kept.session,
            enrolment_id=visit.pk,
            method=kept.method,
            signed_at=at,
            device=device,
            answered_at=answers,
        )
        SignIn.objects.bulk_create([row], ignore_conflicts=True)
        if visit.state == State.OPEN:
            _begin(visit)
        return Outcome("signed", at)
    if visit.mark == Mark.LEAVE:
        _came_after_all(visit.mark_pk, method=kept.method, at=at, device=device, answers=answers)
        return Outcome("signed", at)
    asked = Q(answered_at=None) | Q(answered_at__lt=F("session__called_again_at"))
    if answers and SignIn.objects.filter(asked, pk=visit.mark_pk).update(answered_at=answers):
        return Outcome("answered", at)
    return Outcome("again", visit.signed_at)


def _begin(visit):
    try:
        on = timezone.localtime(visit.now).date()
        classes.begin(TrainingClass(pk=visit.training_class), by=User.objects.system(), on=on)
    except ValidationError:
        return  # finished or cancelled at this very moment


@transaction.atomic
def _came_after_all(pk, *, method, at, device, answers):
    """Somebody on leave is there: what was entered by hand gives way to it, and stays in the record."""
    row = SignIn.objects.select_for_update(of=("self",)).select_related("session").get(pk=pk)
    audit.record("training.came_after_all", row.session, by=User.objects.system(), **_kept_of(row))
    row.mark, row.method, row.signed_at, row.device, row.answered_at = Mark.PRESENT, method, at, device, answers
    row.reason, row.entered_by, row.entered_at = "", None, None
    row.full_clean()
    row.save()


def _kept_of(row):
    """What the record keeps of a mark that is gone."""
    return {
        "enrolment": row.enrolment_id, "mark": row.mark, "method": row.method, "signed_at": row.signed_at.isoformat(),
        "why": row.reason,
    }  # fmt: skip


# --- by hand


@transaction.atomic
def enter(session, keys, *, what, reason="", by, at):
    """Mark several persons at once: `paper` as the list was signed, `later` (补签) and `leave` with a reason.

    Returns how many were marked; who already has a mark keeps it.
    """
    row = classes.lock(session.training_class, by=by, states=BY_HAND)
    reason = reason.strip()
    refuse_marked(reason, "原因")
    if what != Method.PAPER and not reason:
        raise ValidationError({"reason": "补签、请假须写明原因。"})
    if what != Mark.LEAVE and at < begins_at(session) - timedelta(minutes=rule_of(session)["early"]):
        raise ValidationError("课还没有开始，只能登记请假。")
    people = Enrolment.objects.on_roll().filter(training_class=row, pk__in=keys)
    people = people.exclude(sign_ins__session=session)
    made = [
        SignIn(
            session=session, enrolment=person, entered_by=by, entered_at=at,
            mark=Mark.LEAVE if what == Mark.LEAVE else Mark.PRESENT, method="" if what == Mark.LEAVE else what,
            signed_at=begins_at(session) if what == Method.PAPER else at, reason="" if what == Method.PAPER else reason,
        )
        for person in people
    ]  # fmt: skip
    if not made:
        raise ValidationError("没有选中还没有签到的学员。")
    for mark in made:
        mark.clean_fields()
    SignIn.objects.bulk_create(made, ignore_conflicts=True)  # somebody may sign with the phone at this very moment
    if what != Mark.LEAVE and row.state == State.OPEN:
        classes.begin(row, by=by, on=timezone.localtime(at).date())
    people = [mark.enrolment_id for mark in made]
    audit.record("training.mark", session, by=by, what=str(what), people=people, why=reason)
    return len(made)


@transaction.atomic
def undo(mark, *, reason, by):
    """Take a wrong mark away: the person counts as absent again. What it was stays in the record."""
    classes.lock(mark.session.training_class, by=by, states=BY_HAND)
    row = SignIn.objects.select_for_update(of=("self",)).filter(pk=mark.pk).first()
    if row is None:
        raise ValidationError("这条签到已经撤销。")
    reason = reason.strip()
    refuse_marked(reason, "原因")
    if not reason:
        raise ValidationError({"reason": "请写明为什么撤销，例如“二次点名不在”。"})
    audit.record("training.unmark", row.session, by=by, because=reason, **_kept_of(row))
    row.delete()


@transaction.atomic
def call_again(session, *, by):
    """二次点名: for some minutes those who signed show once more that they are there, by the code of that moment."""
    classes.lock(session.training_class, by=by, states=SCANNED)
    row = at_door().select_for_update(of=("self",)).filter(pk=session.pk).first()
    if row is None:
        raise ValidationError("这次课不签到。")
    rule = rule_of(row)
    if not begins_at(row) <= row.now <= hours_of(row, rule)[1]:
        raise ValidationError("上课时才能二次点名。")
    if is_calling_again(row, row.now):
        raise ValidationError("二次点名正在进行。")
    row.called_again_at = row.now
    row.called_again_until_at = row.now + timedelta(minutes=rule["second_call"])
    row.full_clean()
    row.save(update_fields=["called_again_at", "called_again_until_at"])
    audit.record("training.call_again", row, by=by, until=row.called_again_until_at.isoformat())
    return row


# --- for the sheet


def table(training_class, *, enrolments=None):
    """Rows of the sign-in sheet: (enrolment, {session pk: SignIn}, hours attended, hours owed), by 单位序. Three queries.

    `enrolments` narrows it to what the reader may see. Owed are the hours of the sessions that are signed for.
    """
    found = Enrolment.objects.all() if enrolments is None else enrolments
    people = found.on_roll().filter(training_class=training_class).select_related("branch", "member")
    people = list(people.order_by("branch__order", "branch", "pk"))
    hours = dict(training_class.sessions.filter(is_signed=True).values_list("pk", "hours"))
    signed = defaultdict(dict)
    for row in SignIn.objects.filter(session__training_class=training_class):
        signed[row.enrolment_id][row.session_id] = row
    owed = sum(hours.values(), Decimal(0))
    return [
        (
            person, signed[person.pk],
            sum((hours.get(pk, 0) for pk, row in signed[person.pk].items() if row.mark == Mark.PRESENT), Decimal(0)),
            owed,
        )
        for person in people
    ]  # fmt: skip
