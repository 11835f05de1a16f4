"""Exams of a class: the paper drawn up, opened, sat on screen with every step kept, marked by itself; or points from paper.

How many minutes are left is said by the clock of the database alone. Points are shown to those who sat once it is closed.
"""

import random
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Now
from django.utils import timezone

from accounts import audit
from rulebook.book import value
from training import classes
from training.models import Enrolment, Exam, ExamQuestion, ExamResult, Question, Survey, TrainingClass

State = Exam.State
ROAD = {State.DRAFT: State.OPEN, State.OPEN: State.CLOSED}
HELD = (TrainingClass.State.RUNNING, TrainingClass.State.CLOSING)
ORDER = {Question.Kind.SINGLE: 0, Question.Kind.MULTIPLE: 1, Question.Kind.JUDGE: 2}
TENTH = Decimal("0.1")
MOST = 200  # questions of a paper
OVER = "考试时间已到，已按最后保存的答案交卷。"


# --- the paper


def lock(exam, *, by, states, version=None, of_class=classes.AT_WORK):
    """The exam and its class, locked for an act of whoever runs the class. Raises when it does not fit their states."""
    training_class = classes.lock(exam.training_class, by=by, states=of_class)
    row = Exam.objects.select_for_update(of=("self",)).get(pk=exam.pk)
    row.training_class = training_class
    if row.state not in states:
        raise ValidationError(f"这场考试{row.get_state_display()}，不能再这样办理。")
    if version is not None:
        row.claim(version)
    return row


@transaction.atomic
def save(exam, *, version=None, by):
    """Begin a paper, or change its name, minutes and pass mark while it is being drawn up."""
    if exam.pk is None:
        exam.training_class = classes.lock(exam.training_class, by=by)
        exam.created_by = by
    else:
        known = lock(exam, by=by, states=[State.DRAFT], version=version or 0)
        exam.version, exam.training_class, exam.state = known.version, known.training_class, known.state
    is_new = exam.pk is None
    exam.full_clean()
    exam.save()
    audit.record(
        "exam.add" if is_new else "exam.edit", exam, by=by, minutes=exam.minutes, pass_points=str(exam.pass_points)
    )
    return exam


def total(exam):
    """The points of the whole paper."""
    return exam.lines.aggregate(points=Sum("points"))["points"] or Decimal(0)


@transaction.atomic
def choose(exam, questions, *, points, by):
    """Put these questions on a paper: `points` of each, or by kind. Those on it already stay; returns how many came."""
    exam = lock(exam, by=by, states=[State.DRAFT])
    lines = list(exam.lines.select_related("question"))
    on_it = {line.question_id for line in lines}
    new = [question for question in questions if question.pk not in on_it]
    if any(question.is_retired for question in new):
        raise ValidationError("选中的题里有已停用的，请重新选。")
    worth = points if isinstance(points, dict) else dict.fromkeys(ORDER, points)
    _put(exam, [(line.question, line.points) for line in lines] + [(row, worth[row.kind]) for row in new])
    audit.record("exam.choose", exam, by=by, questions=[question.pk for question in new])
    return len(new)


def draw(bank, wanted, *, seed):
    """`wanted` {(document, kind): how many} drawn from the questions of `bank`: the same seed, the same questions.

    Raises ValidationError naming what the bank has too few of.
    """
    dice, found, faults = random.Random(seed), [], []
    pools = {}
    for question in bank.filter(is_retired=False).order_by("pk"):
        pools.setdefault((question.document, question.kind), []).append(question)
    for key, number in sorted(wanted.items()):
        pool = pools.get(key, [])
        if number > len(pool):
            faults.append((key, number, len(pool)))
        else:
            found += dice.sample(pool, number)
    if faults:
        raise ValidationError(
            [
                f"{Question.Kind(kind).label}题要抽 {number} 道，题库里只有 {there} 道可用。"
                for (_, kind), number, there in faults
            ]
        )
    return found


@transaction.atomic
def set_points(exam, points, *, by):
    """The points of each line of a paper, {line key: points}; None takes the line off."""
    exam = lock(exam, by=by, states=[State.DRAFT])
    lines = list(exam.lines.select_related("question"))
    kept = [(line.question, points.get(line.pk, line.points)) for line in lines]
    _put(exam, [(question, worth) for question, worth in kept if worth is not None])
    audit.record("exam.points", exam, by=by, lines=len(lines), total=str(total(exam)))
    return exam


def _put(exam, lines):
    """Write a paper anew: single, multiple, judge, each in the order in which they came."""
    if len(lines) > MOST:
        raise ValidationError(f"一份试卷最多 {MOST} 道题。")
    lines = sorted(lines, key=lambda line: ORDER[line[0].kind])
    rows = [
        ExamQuestion(exam=exam, question=question, position=number, points=points)
        for number, (question, points) in enumerate(lines, 1)
    ]
    for row in rows:
        row.full_clean(validate_unique=False, validate_constraints=False)
        if row.points <= 0:
            raise ValidationError("每道题的分值须大于 0。")
    exam.lines.all().delete()
    ExamQuestion.objects.bulk_create(rows)


@transaction.atomic
def open_exam(exam, *, by):
    """Let those on the roll sit; from now on the paper is fixed."""
    exam = lock(exam, by=by, states=[State.DRAFT], of_class=HELD)
    lines = exam.lines.all()
    if not lines.exists():
        raise ValidationError("试卷上还没有题，先选题再开考。")
    if lines.filter(question__is_retired=True).exists():
        raise ValidationError("试卷上有已停用的题，先换掉再开考。")
    if (worth := total(exam)) < exam.pass_points:
        raise ValidationError(f"合格线 {exam.pass_points} 分高于满分 {worth} 分，请改合格线或分值。")
    return _move(exam, "exam.open", by, total=str(worth))


@transaction.atomic
def close(exam, *, by):
    """End an exam: whoever has not handed in is marked by what was kept."""
    exam = lock(exam, by=by, states=[State.OPEN])
    now = _now(exam)
    lines = paper(exam)
    waiting = exam.results.select_for_update(of=("self",)).filter(submitted_at=None, started_at__isnull=False)
    for result in waiting:
        _hand_in(exam, result, lines, at=min(now, _ends(exam, result)))
    exam.closed_at = now
    return _move(exam, "exam.close", by, results=exam.results.count())


def _move(exam, act, by, **detail):
    exam.state = ROAD[State(exam.state)]
    exam.version += 1
    exam.full_clean()
    exam.save()
    audit.record(act, exam, by=by, **detail)
    return exam


@transaction.atomic
def drop(exam, *, by):
    """Throw away a paper that was never opened."""
    exam = lock(exam, by=by, states=[State.DRAFT])
    audit.record("exam.drop", exam, by=by, title=exam.title)
    exam.lines.all().delete()
    exam.delete()


# --- on screen


def of_key(key):
    """An exam with its class, for somebody who has no post: who may sit is for the caller to ask."""
    return Exam.objects.select_related("training_class").filter(pk=key).exclude(state=State.DRAFT).first()


def waiting(people, *, on):
    """[(enrolment, survey to answer or None, exams not drafts)] of the persons of one browser. Two queries."""
    keys = [person.training_class_id for person in people]
    asked = {
        row.training_class_id: row
        for row in Survey.objects.filter(training_class__in=keys, state=Survey.State.OPEN, until_on__gte=on)
    }
    papers = {}
    for exam in Exam.objects.filter(training_class__in=keys).exclude(state=State.DRAFT):
        papers.setdefault(exam.training_class_id, []).append(exam)
    return [
        (
            person,
            None if person.has_answered else asked.get(person.training_class_id),
            papers.get(person.training_class_id, []),
        )
        for person in people
    ]


def told(exam, enrolment):
    """What the person is told: the row with points, and once the exam is closed each line with the right answer. None of nobody."""
    result = ExamResult.objects.filter(exam=exam, enrolment=enrolment).exclude(points=None).first()
    if result is None:
        return None
    is_closed = exam.state == State.CLOSED
    part = Decimal(str(_rule(exam)["multiple_part"]))
    lines = [
        {"line": line, "chosen": (chosen := result.answers.get(str(line.pk)) or []), "points": mark(line, chosen, part)}
        for line in (paper(exam) if is_closed and result.started_at else ())
    ]
    return {
        "result": result if is_closed else None, "passed": is_closed and result.points >= exam.pass_points,
        "lines": lines, "by_hand": result.entered_by_id is not None,
    }  # fmt: skip


@dataclass(frozen=True)
class Sitting:
    """How it stands with somebody who sits: the row, and the seconds left by the clock of the database."""

    result: ExamResult
    seconds: int

    @property
    def is_over(self):
        return self.result.submitted_at is not None


def paper(exam):
    """The lines of a paper with their questions, in order."""
    return list(exam.lines.select_related("question").order_by("position"))


def seat(exam, enrolment):
    """The `Sitting` of somebody, or None of who has not begun. One query."""
    result = ExamResult.objects.filter(exam=exam, enrolment=enrolment, started_at__isnull=False)
    result = result.annotate(now=Now()).first()
    return result and Sitting(result, max(0, int((_ends(exam, result) - result.now).total_seconds())))


def begin(exam, enrolment):
    """Start the clock of somebody on the roll, once: who comes back goes on."""
    with transaction.atomic():
        exam = _sat(exam, enrolment)
        if exam.results.filter(enrolment=enrolment, entered_by__isnull=False).exists():
            raise ValidationError("您的成绩已按纸质试卷登记，不用再答。")
        ExamResult.objects.get_or_create(exam=exam, enrolment=enrolment, defaults={"started_at": _now(exam)})
    return seat(exam, enrolment)


def keep(exam, enrolment, answers, *, is_last=False):
    """Keep the answers of one step, {line key: [options]}, and with `is_last` hand in. What comes too late is not kept.

    Returns what is to be said about it: nothing, or that the time was over.
    """
    with transaction.atomic():
        exam = _sat(exam, enrolment)
        result = (
            exam.results.select_for_update(of=("self",)).filter(enrolment=enrolment, started_at__isnull=False).first()
        )
        if result is None:
            raise ValidationError("您还没有开始答题。")
        if result.submitted_at:
            raise ValidationError("您已交卷，不能再改。")
        lines, now = paper(exam), _now(exam)
        ends = _ends(exam, result)
        if now > ends + timedelta(minutes=float(_rule(exam)["grace"])):
            _hand_in(exam, result, lines, at=ends)
            return OVER
        known = {str(line.pk): line.question for line in lines}
        for key, chosen in answers.items():
            if key not in known or any(index not in range(len(known[key].options)) for index in chosen):
                raise ValidationError("答案与试卷对不上，请刷新页面再答。")
            result.answers[key] = sorted(set(chosen))
        if is_last:
            _hand_in(exam, result, lines, at=min(now, ends))
        else:
            result.save(update_fields=["answers"])
    return ""


def _sat(exam, enrolment):
    """An open exam of the class that somebody is on the roll of, locked so that nobody closes it meanwhile."""
    row = Exam.objects.select_for_update(of=("self",), no_key=True).select_related("training_class").get(pk=exam.pk)
    if row.state != State.OPEN:
        raise ValidationError("考试还没有开始。" if row.state == State.DRAFT else "考试已经结束。")
    if row.training_class.state == TrainingClass.State.CANCELLED:
        raise ValidationError("这个班次已取消，不再考试。")
    if enrolment.training_class_id != row.training_class_id or enrolment.withdrawn_on:
        raise ValidationError("您不在这个班次的名册上。")
    return row


def _ends(exam, result):
    return result.started_at + timedelta(minutes=exam.minutes)


def _now(exam):
    """The hour of the database, so that no server's wrong clock gives or takes minutes."""
    return Exam.objects.filter(pk=exam.pk).values_list(Now(), flat=True).get()


def _rule(exam):
    """The rule of the day on which the paper was drawn up holds for all who sit it."""
    return value("training.exam", on=timezone.localtime(exam.created_at).date())


def _hand_in(exam, result, lines, *, at):
    part = Decimal(str(_rule(exam)["multiple_part"]))
    result.points = sum((mark(line, result.answers.get(str(line.pk)) or [], part) for line in lines), Decimal(0))
    result.submitted_at = max(at, result.started_at)
    result.save(update_fields=["points", "submitted_at", "answers"])


def mark(line, chosen, part):
    """Points of one answer: all right full, of several some right and none wrong a `part`, else nothing."""
    right, given = set(line.question.answer), set(chosen)
    if given == right:
        return line.points
    if line.question.kind == Question.Kind.MULTIPLE and given and given < right:
        return (line.points * part).quantize(TENTH, ROUND_HALF_UP)
    return Decimal(0)


# --- on paper, and what came of it


@transaction.atomic
def enter(exam, points, *, by, at):
    """Points of a paper exam, {enrolment key: points or None to take back}, in one go. Who sat on screen keeps those points."""
    exam = lock(exam, by=by, states=[State.OPEN, State.CLOSED])
    most, changed = total(exam), 0
    people = {row.pk for row in Enrolment.objects.filter(training_class=exam.training_class).on_roll()}
    there = {row.enrolment_id: row for row in exam.results.select_for_update(of=("self",))}
    for key, worth in points.items():
        row = there.get(key)
        if key not in people or (worth is not None and not 0 <= worth <= most):
            raise ValidationError(f"得分应在 0 至 {most} 之间，只登记名册上的学员。")
        if (row.points if row else None) == worth:
            continue
        if row is not None and row.started_at:
            raise ValidationError("有学员已在线作答，成绩由系统评定，不能另行登分。")
        if worth is None:
            row.delete()
        else:
            ExamResult.objects.update_or_create(
                exam=exam, enrolment_id=key, defaults={"points": worth, "entered_by": by, "entered_at": at}
            )
        changed += 1
    if changed:
        audit.record("exam.enter", exam, by=by, people=changed)
    return changed


def standing(exam, results):
    """{"total", "sat", "passed", "rate"} of these results: who has points."""
    marked = [row for row in results if row.points is not None]
    passed = sum(row.points >= exam.pass_points for row in marked)
    return {"sat": len(marked), "passed": passed, "rate": Decimal(passed) / len(marked) if marked else None}


def passed(training_class):
    """{enrolment key: whether the best of the closed exams reached its pass mark}, or None of a class without one. One query."""
    closed = ExamResult.objects.filter(exam__training_class=training_class, exam__state=State.CLOSED)
    rows = closed.exclude(points=None).values_list("enrolment", "points", "exam__pass_points")
    found = {}
    for enrolment, points, pass_points in rows:
        found[enrolment] = found.get(enrolment, False) or points >= pass_points
    return found or (
        None if not Exam.objects.filter(training_class=training_class, state=State.CLOSED).exists() else {}
    )
