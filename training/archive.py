"""The end of a class: its figures, who completed it (结业), its summary, and its way into the archive."""

import re
from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from accounts import audit
from branches.models import Branch
from files.secrecy import refuse_marked
from office.paper import official_date
from rulebook.book import value
from training import classes, six_haves, surveys
from training.models import ClassFile, ClassSession, Enrolment, Exam, ExamResult, SignIn, Survey, TrainingClass

State, Outcome = TrainingClass.State, Enrolment.Outcome
HELD = (State.RUNNING, State.CLOSING)  # when there is something to sum up
ENTIRE = Decimal(100)
TENTH = Decimal("0.1")
PARTS = re.compile(r"(.*)\{number[^}]*\}(.*)\{serial[^}]*\}.*")  # what stands before the number, and after it


# --- figures


@dataclass(frozen=True)
class Figures:
    """What a class came to. `there`: persons who came at least once; `called`: signatures owed; `present`: given."""

    sessions: int = 0
    hours: Decimal = Decimal(0)
    people: int = 0
    there: int = 0
    called: int = 0
    present: int = 0
    satisfaction: Decimal | None = None
    sat: int = 0
    passed: int = 0
    has_exam: bool = False

    @property
    def attendance(self):
        return Decimal(self.present) / self.called if self.called else None

    @property
    def pass_rate(self):
        return Decimal(self.passed) / self.sat if self.sat else None


def percent(share):
    """A share as it stands in a text: 91.7%; without one nothing."""
    if share is None:
        return ""
    return f"{(share * ENTIRE).quantize(TENTH, ROUND_HALF_UP).normalize():f}%"


def figures(rows, *, on):
    """class pk → Figures, as far as the class has gone by that day: a constant number of queries."""
    rows = list(rows)
    pks = [row.pk for row in rows]
    found = defaultdict(dict)
    held = Q(is_signed=True, held_on__lte=on)
    sessions = ClassSession.objects.filter(training_class__in=pks).order_by().values("training_class")
    signed = {}
    for row in sessions.annotate(n=Count("pk"), sum=Sum("hours"), signed=Count("pk", filter=held)):
        found[row["training_class"]] |= {"sessions": row["n"], "hours": row["sum"]}
        signed[row["training_class"]] = row["signed"]
    people = Enrolment.objects.filter(training_class__in=pks).on_roll().order_by().values("training_class")
    for row in people.annotate(n=Count("pk")):
        key = row["training_class"]
        found[key] |= {"people": row["n"], "called": row["n"] * signed.get(key, 0)}
    present = SignIn.objects.filter(
        session__training_class__in=pks, mark=SignIn.Mark.PRESENT, enrolment__withdrawn_on=None
    ).order_by()
    counted = Count("pk", filter=Q(session__is_signed=True, session__held_on__lte=on))
    for row in present.values("session__training_class").annotate(n=counted, there=Count("enrolment", distinct=True)):
        found[row["session__training_class"]] |= {"present": row["n"], "there": row["there"]}
    scanned = ClassFile.objects.filter(training_class__in=pks, role=ClassFile.Role.SIGN_IN, removed_at=None)
    for key in scanned.values_list("training_class", flat=True).order_by().distinct():
        if not found[key].get("there"):  # kept on paper alone: who is on the roll was there, as far as is known
            found[key] |= {"there": found[key].get("people", 0), "called": 0}
    for key, (sat, passed) in _examined(pks).items():
        found[key] |= {"sat": sat, "passed": passed, "has_exam": True}
    content = surveys.satisfaction(rows) if rows else {}
    return {pk: Figures(**found[pk], satisfaction=content.get(pk)) for pk in pks}


def _examined(pks):
    """class pk → (who sat a closed exam, who passed one)."""
    exams = Exam.objects.filter(training_class__in=pks, state=Exam.State.CLOSED).values_list(
        "training_class", flat=True
    )
    found = dict.fromkeys(exams, (0, 0))
    results = ExamResult.objects.filter(
        exam__training_class__in=found,
        exam__state=Exam.State.CLOSED,
        points__isnull=False,
        enrolment__withdrawn_on=None,
    ).order_by()
    passed = Count("enrolment", distinct=True, filter=Q(points__gte=F("exam__pass_points")))
    for row in results.values("exam__training_class").annotate(sat=Count("enrolment", distinct=True), passed=passed):
        found[row["exam__training_class"]] = (row["sat"], row["passed"])
    return found


# --- 结业


@dataclass(frozen=True)
class Line:
    """One person against the rule of completion. `why` says what is lacking."""

    enrolment: Enrolment
    attended: Decimal
    owed: Decimal
    points: Decimal | None
    why: tuple

    @property
    def outcome(self):
        return Outcome.INCOMPLETE if self.why else Outcome.COMPLETED

    @property
    def outcome_words(self):
        return Outcome(self.outcome).label


def lines(training_class, people, *, on):
    """A `Line` for each of `people` (a queryset of the roll): attended hours of the sessions that are signed, and the exam."""
    least = Decimal(str(value("training.completion", on=on)["attended"]))
    sessions = training_class.sessions.filter(is_signed=True)
    owed = sessions.aggregate(sum=Sum("hours"))["sum"] or Decimal(0)
    present = SignIn.objects.filter(session__in=sessions, mark=SignIn.Mark.PRESENT).order_by()
    attended = dict(present.values_list("enrolment").annotate(sum=Sum("session__hours")))
    exams = set(training_class.exams.filter(state=Exam.State.CLOSED).values_list("pk", flat=True))
    points, passed = {}, set()
    results = ExamResult.objects.filter(exam__in=exams, points__isnull=False).order_by("points")
    for enrolment, got, line in results.values_list("enrolment", "points", "exam__pass_points"):
        points[enrolment] = got
        if got >= line:
            passed.add(enrolment)
    found = []
    for row in people.on_roll().select_related("branch", "member").order_by("branch__path", "member__initials", "pk"):
        hours = attended.get(row.pk, Decimal(0))
        why = []
        if hours < owed * least:
            why.append(f"到课 {hours.normalize():f} 学时，不到应到 {owed.normalize():f} 学时的 {percent(least)}")
        if exams and row.pk not in passed:
            why.append("考试没有合格" if row.pk in points else "没有参加考试")
        found.append(Line(row, hours, owed, points.get(row.pk), tuple(why)))
    return found


def certifies(training_class, *, on):
    """Whether whoever completes a class of this kind gets a number without being asked for it."""
    return training_class.kind in value("training.certificate", on=on)["kinds"]


@transaction.atomic
def settle(training_class, *, certify=False, by, on):
    """结业: say of everybody on the roll by the rule whether the class was completed. Returns the lines.

    A certificate keeps its number; `certify` gives one to everybody who completed the class and has none.
    """
    row = classes.lock(training_class, by=by, states=(State.CLOSING,))
    if certify and row.is_restricted:
        raise ValidationError("这类班次不发结业证书。")
    found = lines(row, Enrolment.objects.filter(training_class=row), on=on)
    if not found:
        raise ValidationError("名册上还没有人，不用办结业。")
    if not found[0].owed:
        raise ValidationError("日程里没有要签到的课次，不能按出勤办结业。")
    return _settle(row, found, certify=certify, by=by, on=on)


def _settle(row, found, *, certify, by, on):
    changed = []
    for line in found:
        certificate = line.enrolment.certificate if not line.why else ""
        if (line.enrolment.outcome, line.enrolment.certificate) != (line.outcome, certificate):
            line.enrolment.outcome, line.enrolment.certificate = line.outcome, certificate
            changed.append(line.enrolment)
    if certify:
        changed = _number(row, found, changed, on=on)
    for enrolment in changed:
        enrolment.version += 1
    Enrolment.objects.bulk_update(changed, ["outcome", "certificate", "version"], batch_size=1000)
    completed = sum(not line.why for line in found)
    audit.record(
        "training.settle", row, by=by, completed=completed, incomplete=len(found) - completed,
        certificates=sum(bool(line.enrolment.certificate) for line in found),
    )  # fmt: skip
    return found


def _number(row, found, changed, *, on):
    """Numbers for those who completed the class and have none: the class's own if it has one, else the next of the year."""
    due = [line.enrolment for line in found if not line.why and not line.enrolment.certificate]
    if not due:
        return changed
    Branch.objects.select_for_update(no_key=True).get(parent=None)  # two classes get their numbers one after the other
    pattern, year = value("training.certificate", on=on)["pattern"], row.ends_on.year
    parts = PARTS.fullmatch(pattern)
    if parts is None:
        raise ValidationError("规则“结业证书”的编号写法要先有 {number}，后有 {serial}，请先改规则。")
    prefix, joint = (part.format(year=year) for part in parts.groups())
    given = Enrolment.objects.filter(certificate__startswith=prefix).values_list("training_class", "certificate")
    numbers, serials = {}, [0]
    for key, certificate in given:
        number, _, serial = certificate.removeprefix(prefix).partition(joint)
        if number.isdecimal() and serial.isdecimal():
            numbers[key] = int(number)
            serials += [int(serial)] if key == row.pk else []
    number = numbers.get(row.pk) or max(numbers.values(), default=0) + 1
    for serial, enrolment in enumerate(due, max(serials) + 1):
        enrolment.certificate = pattern.format(year=year, number=number, serial=serial)
    return list({enrolment.pk: enrolment for enrolment in [*changed, *due]}.values())


# --- the summary


def draft(training_class, *, on):
    """A summary made of the figures, to be worked over; what is not known stays blank."""
    told = figures([training_class], on=on)[training_class.pk]
    first, last = training_class.starts_on, training_class.ends_on
    days = official_date(first) if first == last else f"{official_date(first)}至{official_date(last)}"
    where = f"在{training_class.place}" if training_class.place else "在______"
    organiser = f"，{training_class.organiser}承办" if training_class.organiser else ""
    hours = f"{told.hours.normalize():f}" if told.hours else "____"
    text = [
        f"一、基本情况\n{days}，{training_class.branch}{where}举办{training_class.title}{organiser}。"
        f"共安排 {told.sessions} 次课、{hours} 学时，参训 {told.there or told.people} 人。",
        f"二、组织情况\n学员名册共 {told.people} 人，到课率 {percent(told.attendance) or '____'}"
        + (f"；考试 {told.sat} 人，合格率 {percent(told.pass_rate) or '____'}" if told.has_exam else "") + "。",
        f"三、培训效果\n满意度 {percent(told.satisfaction) or '____'}。学员反映：____________。",
        "四、存在问题和下步打算\n____________。",
    ]  # fmt: skip
    return "\n".join(text)


@transaction.atomic
def write_summary(training_class, text, *, version, by):
    """Write down what the class came to; that is one of the six."""
    row = classes.lock(training_class, by=by, states=HELD)
    row.claim(version or 0)
    try:
        refuse_marked(text, "总结")
    except ValidationError as error:
        raise ValidationError({"summary": error.messages}) from None
    row.summary = text.strip()
    row.full_clean()
    row.save(update_fields=["summary", "version"])
    audit.record("training.summary", row, by=by, signs=len(row.summary))
    return row


# --- the archive


def unfinished(training_class):
    """Sentences for what must be brought to an end before the archive; an open survey is ended by the archive itself."""
    words = {Exam.State.DRAFT: "还在组卷，请开考或者删去", Exam.State.OPEN: "还没有结束，请先结束考试"}
    exams = training_class.exams.exclude(state=Exam.State.CLOSED)
    return [f"考试“{exam}”{words[exam.state]}。" for exam in exams]


@transaction.atomic
def archive(training_class, *, gap_reason="", by, at):
    """Close a class for good: all six are there, or staff say why not. Who has not been told yet is told who completed it."""
    row = classes.lock(training_class, by=by, states=(State.CLOSING,))
    if words := unfinished(row):
        raise ValidationError(words)
    gap_reason = gap_reason.strip()
    missing = six_haves.missing(six_haves.state([row])[row.pk])
    if missing and not gap_reason:
        raise ValidationError({"gap_reason": f"六个有还缺{'、'.join(missing)}。补齐再归档；确实补不上的，写明理由。"})
    refuse_marked(gap_reason, "理由")
    on = timezone.localtime(at).date()
    people = Enrolment.objects.filter(training_class=row)
    was_signed = SignIn.objects.filter(
        session__training_class=row, session__is_signed=True, mark=SignIn.Mark.PRESENT
    ).exists()
    if was_signed and people.on_roll().filter(outcome="").exists():
        _settle(row, lines(row, people, on=on), certify=certifies(row, on=on) and not row.is_restricted, by=by, on=on)
    for survey in Survey.objects.filter(training_class=row, state=Survey.State.OPEN):
        surveys.close(survey, by=by, on=on)
    row.gap_reason = gap_reason if missing else ""
    row.archived_by, row.archived_at = by, at
    detail = {} if row.is_restricted else {"missing": missing, "reason": row.gap_reason}
    return classes.turn(row, "archive", by=by, **detail)
