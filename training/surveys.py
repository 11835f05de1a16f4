"""满意度测评: opened, answered, closed and read. An answer becomes sums at once and is nowhere a row of its own.

Nothing is told of an open survey but how many have answered, and it is never opened again: whoever read the sums before
and after one answer would know that answer. What fewer than `least` gave is thrown away when it closes.
"""

import re
import unicodedata
from collections import defaultdict
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from accounts import audit
from files.secrecy import refuse_marked
from rulebook.book import value
from training import classes, passes
from training.models import ClassSession, Enrolment, SignIn, Survey, Teacher, TrainingClass

CLASS = "class"
SCORES = (1, 2, 3, 4, 5)
CONTENT = 4  # from this score on somebody is satisfied
HUNDREDTH = Decimal("0.01")
State = Survey.State
ROAD = {State.OPEN: State.CLOSED}
HELD = (TrainingClass.State.RUNNING, TrainingClass.State.CLOSING)
NAMED = "意见里有人名，请改成不指名的说法。"
NUMBERED = "意见里有手机号或身份证号，请去掉后再提交。"
LONGEST = 300


class Line(NamedTuple):
    """What was given to one question: `counts` how many gave 1, 2, 3, 4, 5."""

    label: str
    counts: list
    number: int
    mean: Decimal
    satisfied: Decimal  # share of 4 and 5


# --- opening and closing


@transaction.atomic
def open_survey(training_class, *, by, on):
    """Ask everybody on the roll, with the questions of the rules of this day, until some days after the class."""
    training_class = classes.lock(training_class, by=by, states=HELD)
    if Survey.objects.filter(training_class=training_class).exists():
        raise ValidationError("这个班次已经发起过测评，一个班次只测评一次。")
    if not Enrolment.objects.filter(training_class=training_class).on_roll().exists():
        raise ValidationError("名册上还没有学员，先把学员编进名册再发起测评。")
    rule = value("training.survey", on=on)
    survey = Survey(
        training_class=training_class, until_on=max(training_class.ends_on, on) + timedelta(days=rule["days"]),
        questions={name: rule[name] for name in ("of_class", "of_session", "grades", "least")}, created_by=by,
    )  # fmt: skip
    survey.full_clean()
    survey.save()
    passes.prolong(training_class)
    audit.record("survey.open", training_class, by=by, until=str(survey.until_on))
    return survey


@transaction.atomic
def close(survey, *, by, on):
    """End a survey by hand before its day."""
    training_class = classes.lock(survey.training_class, by=by)
    survey = Survey.objects.select_for_update().get(pk=survey.pk)
    survey.training_class = training_class
    return _close(survey, by=by, on=on)


def close_overdue(*, by, on):
    """End every survey whose last day is over. Safe to run twice or late; returns how many it ended."""
    ended = 0
    for pk in Survey.objects.filter(state=State.OPEN, until_on__lt=on).values_list("pk", flat=True):
        with transaction.atomic():
            survey = Survey.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=pk, state=State.OPEN)
            if found := survey.select_related("training_class").first():
                _close(found, by=by, on=on)
                ended += 1
    return ended


def _close(survey, *, by, on):
    if survey.state not in ROAD:
        raise ValidationError("这次测评已经结束。")
    survey.state, survey.closed_at = ROAD[survey.state], timezone.now()
    least = least_of(survey)
    if survey.answered < least:
        survey.counts, survey.remarks = {}, []
    survey.counts = {
        part: found for part, found in survey.counts.items() if max(map(sum, found.values()), default=0) >= least
    }
    survey.full_clean()
    survey.save()
    audit.record("survey.close", survey.training_class, by=by, on=str(on), answered=survey.answered)
    return survey


def least_of(survey):
    """How many answers it takes before anything is shown: as it stood when the survey was opened."""
    found = survey.questions.get("least")
    return found or value("training.survey", on=timezone.localtime(survey.created_at).date())["least"]


def grades_of(survey):
    """The words for 1 to 5."""
    found = survey.questions.get("grades")
    return found or value("training.survey", on=timezone.localtime(survey.created_at).date())["grades"]


# --- answering


def of_class(key):
    """The survey of a class by the key of the class, for somebody who has no post: who may answer is for the caller to ask."""
    return Survey.objects.select_related("training_class").filter(training_class=key).first()


def is_open(survey, *, on):
    return (
        survey.state == State.OPEN
        and on <= survey.until_on
        and survey.training_class.state != TrainingClass.State.CANCELLED
    )


def taught(survey, enrolment, *, on):
    """The sessions that this person is asked about: those attended, and those of which nobody's sign-in was entered.

    Not asked is what fewer than `least` persons attended: the sums of so few would be known to whoever reads the table.
    """
    held = ClassSession.objects.filter(training_class=survey.training_class_id, held_on__lte=on)
    there = Count("sign_ins", filter=Q(sign_ins__mark=SignIn.Mark.PRESENT))
    mine = Count("sign_ins", filter=Q(sign_ins__mark=SignIn.Mark.PRESENT, sign_ins__enrolment=enrolment))
    rows = held.select_related("teacher").annotate(there=there, mine=mine, marked=Count("sign_ins"))
    least, asked = least_of(survey), []
    on_roll = Enrolment.objects.filter(training_class=survey.training_class_id).on_roll().count()
    for row in rows.order_by("held_on", "begins", "pk"):
        listened = row.mine if row.marked else True
        if listened and (row.there if row.marked else on_roll) >= least:
            asked.append(row)
    return asked


def answer(survey, enrolment, *, scores, remark, on):
    """Add one person's answer to the sums: {"class" or session key: {question: 1…5}} and a remark.

    Every part of `scores` is checked here as well, so that a bent form changes nothing. There is no record of this act:
    neither an event nor an hour of it is kept.
    """
    remark = _plain(remark)
    with transaction.atomic():
        survey = Survey.objects.select_for_update(of=("self",)).select_related("training_class").get(pk=survey.pk)
        _refuse(survey, enrolment, on)
        sessions = {str(row.pk) for row in taught(survey, enrolment, on=on)}
        _check(survey, scores, sessions)
        screen(survey, remark)
        told = Enrolment.objects.filter(
            pk=enrolment.pk, training_class=survey.training_class_id, has_answered=False, withdrawn_on=None
        ).update(has_answered=True)
        if not told:
            raise ValidationError("您已经答过这次测评，每人只答一次。", code="answered")
        for part, given in scores.items():
            sums = survey.counts.setdefault(part, {})
            for key, score in given.items():
                sums.setdefault(key, [0] * len(SCORES))[score - 1] += 1
        survey.answered += 1
        survey.remarks = sorted([*survey.remarks, remark]) if remark else survey.remarks
        survey.save(update_fields=["counts", "answered", "remarks"])


def _refuse(survey, enrolment, on):
    if survey.training_class.state == TrainingClass.State.CANCELLED:
        raise ValidationError("这个班次已取消，不再测评。")
    if survey.state != State.OPEN or on > survey.until_on:
        raise ValidationError("这次测评已经结束。")
    if enrolment.training_class_id != survey.training_class_id or enrolment.withdrawn_on:
        raise ValidationError("您不在这个班次的名册上。")


def _check(survey, scores, sessions):
    if set(scores) - {CLASS, *sessions} or CLASS not in scores:
        raise ValidationError("请只评自己参加过的课。")
    for part, given in scores.items():
        asked = survey.questions["of_class" if part == CLASS else "of_session"]
        if set(given) != {question["key"] for question in asked}:
            raise ValidationError("还有没评的项目，请评完再提交。")
        if not all(type(score) is int and score in SCORES for score in given.values()):
            raise ValidationError("评分只能从 1 到 5。")


def _plain(remark):
    text = "".join(char for char in str(remark or "") if char in "\n" or unicodedata.category(char)[0] != "C")
    text = re.sub(r"\n{2,}", "\n", text).strip()
    if len(text) > LONGEST:
        raise ValidationError({"remark": f"意见最多 {LONGEST} 字，现在有 {len(text)} 字。"})
    return text


def screen(survey, remark):
    """Refuse a remark that names somebody of the class, or bears a number that belongs to somebody."""
    if not remark:
        return
    try:
        refuse_marked(remark, "意见")
    except ValidationError as error:
        raise ValidationError({"remark": error}) from error
    text = "".join(unicodedata.normalize("NFKC", remark).split())
    if re.search(r"\d{11}|\d{17}[\dXx]", re.sub(r"[-—_.·]", "", text)):
        raise ValidationError({"remark": NUMBERED})
    known = set(Enrolment.objects.filter(training_class=survey.training_class_id).values_list("name", flat=True))
    known |= set(
        Teacher.objects.filter(sessions__training_class=survey.training_class_id).values_list("name", flat=True)
    )
    bare = re.sub(r"[^\w]|_", "", text)
    if any(name in bare for name in map(_bare, known) if len(name) > 1):
        raise ValidationError({"remark": NAMED})


def _bare(name):
    return re.sub(r"[^\w]|_", "", unicodedata.normalize("NFKC", name))


# --- reading


def results(survey):
    """{"lines", "sessions": [(session, lines or None)], "remarks", "satisfied"} of a closed survey, or None when too few answered.

    One query for the timetable. A session that fewer than `least` rated stands there without lines.
    """
    least = least_of(survey)
    if survey.state != State.CLOSED or survey.answered < least:
        return None
    lines = _lines(survey, CLASS, survey.questions.get("of_class", ()), least) or []
    sessions = ClassSession.objects.filter(training_class=survey.training_class_id).select_related("teacher")
    asked = survey.questions.get("of_session", ())
    return {
        "lines": lines,
        "sessions": [(row, _lines(survey, str(row.pk), asked, least)) for row in sessions],
        "remarks": survey.remarks,
        "satisfied": _satisfied([line.counts for line in lines]),
    }


def _lines(survey, part, questions, least):
    counts = survey.counts.get(part) or {}
    found = [
        Line(question["label"], given, sum(given), _mean(given), _satisfied([given]))
        for question in questions
        if sum(given := counts.get(question["key"]) or [0]) >= least
    ]
    return found or None


def _mean(counts):
    total = sum(score * times for score, times in zip(SCORES, counts, strict=True))
    return (Decimal(total) / sum(counts)).quantize(HUNDREDTH, ROUND_HALF_UP)


def _satisfied(many):
    """The share of 4 and 5 in several lists of counts, or None of nothing."""
    total = sum(map(sum, many))
    return Decimal(sum(sum(counts[CONTENT - 1 :]) for counts in many)) / total if total else None


def satisfaction(training_classes):
    """{class key: share of 4 and 5 in what was given to the class as a whole, or None}. One query."""
    found = dict.fromkeys((row.pk for row in training_classes), None)
    for survey in Survey.objects.filter(training_class__in=found, state=State.CLOSED):
        if survey.answered >= least_of(survey):
            found[survey.training_class_id] = _satisfied(list((survey.counts.get(CLASS) or {}).values()))
    return found


def of_teachers(teachers):
    """{teacher key: (mean of all that their sessions were given, answers)} from closed surveys. One query.

    Sessions of the restricted kind stay out: their ratings are for those alone who may see the class.
    """
    held = ClassSession.objects.filter(
        teacher__in=[teacher.pk for teacher in teachers], training_class__survey__state=State.CLOSED
    ).exclude(training_class__kind=TrainingClass.Kind.REMEDIAL)
    sums = defaultdict(lambda: [[0] * len(SCORES), 0])
    for session in held.select_related("training_class__survey"):
        survey = session.training_class.survey
        least = least_of(survey)
        given = [counts for counts in (survey.counts.get(str(session.pk)) or {}).values() if sum(counts) >= least]
        if survey.answered >= least and given:
            into = sums[session.teacher_id]
            into[0] = [sum(column) for column in zip(into[0], *given, strict=True)]
            into[1] += max(map(sum, given))
    return {pk: (_mean(counts), answers) for pk, (counts, answers) in sums.items()}
