"""What was asked of the classes and in them: surveys as sums alone, the question bank, exams with their results."""

from datetime import timedelta
from decimal import Decimal

from branches.demo import WEAK
from duties.demo.moments import at
from jobs.copying import insert
from rulebook.book import value
from training import exams, questions
from training.models import Enrolment, Exam, ExamQuestion, ExamResult, Question, SignIn, Survey, TrainingClass

State = TrainingClass.State
REMARKS = [
    "案例讲得透，回去就能用。", "内容多、时间紧，建议分两天讲。", "希望多安排几次现场观摩。", "分组研讨收获大。",
    "课件能不能提前发一份？", "下午场有些疲劳，建议穿插讨论。", "结合学校实际讲得好。",
]  # fmt: skip
WEIGHTS = (1, 2, 8, 34, 55)
LINES, POINTS, PASS = 10, 10, 60


def build(county, rng, held):
    bank = _bank(county)
    for course in held:
        if course.answers:
            _survey(county, rng, course)
        if course.has_exam:
            _exam(county, rng, course, bank)
    _asking(county, held)


def _sums(rng, asked, answers):
    sums = {question["key"]: [0] * len(WEIGHTS) for question in asked}
    for given in sums.values():
        for score in rng.choices(range(len(WEIGHTS)), WEIGHTS, k=answers):
            given[score] += 1
    return sums


def _survey(county, rng, course):
    """As `surveys.close` leaves it: of fewer answers than the rule asks for nothing but their number."""
    last = course.ends_on
    rule = value("training.survey", on=last)
    people = [row for row, _ in course.people]
    answers = min(course.answers, len(people))
    counts, remarks = {}, []
    if answers >= rule["least"]:
        counts = {"class": _sums(rng, rule["of_class"], answers)}
        counts |= {str(session.pk): _sums(rng, rule["of_session"], answers) for session in course.sessions}
        remarks = sorted(rng.sample(REMARKS, min(4, answers // 4 + 1)))
    closed_on = min(last + timedelta(days=rule["days"]), county.today)
    survey = Survey.objects.create(
        training_class=course.row, state=Survey.State.CLOSED, until_on=closed_on, answered=answers, counts=counts,
        questions={name: rule[name] for name in ("of_class", "of_session", "grades", "least")}, remarks=remarks,
        created_by=county.users["gongwei"], closed_at=at(closed_on, 20),
    )  # fmt: skip
    Survey.objects.filter(pk=survey.pk).update(created_at=at(last, 17))
    Enrolment.objects.filter(pk__in=[row.pk for row in people[:answers]]).update(has_answered=True)


def _asking(county, held):
    """The night school of the running year is being asked; nothing is told of it but how many answered."""
    course = next(course for course in held if course.state == State.RUNNING and course.who == "below")
    rule = value("training.survey", on=county.today)
    survey = Survey.objects.create(
        training_class=course.row, until_on=course.ends_on + timedelta(days=rule["days"]),
        questions={name: rule[name] for name in ("of_class", "of_session", "grades", "least")},
        created_by=course.row.created_by,
    )  # fmt: skip
    Survey.objects.filter(pk=survey.pk).update(created_at=at(county.today - timedelta(days=1), 20))


def _bank(county):
    """The questions that come with the portal."""
    rows = questions.samples()
    for row in rows:
        row.branch, row.created_by = county.top.branch, county.users["gongwei"]
    insert(rows)
    Question.objects.update(created_at=at(county.today.replace(month=1, day=1), 9))
    return rows


def _wrong(question):
    """An option that is not right, or none at all where all are."""
    return [place for place in range(len(question.options)) if place not in question.answer][:1]


def _exam(county, rng, course, bank):
    """结业考试 of ten questions, sat on the last day by whoever was there; two or three did not pass."""
    staff, last = county.users["gongwei"], course.ends_on
    exam = Exam.objects.create(
        training_class=course.row, title="结业考试", minutes=60, pass_points=PASS, state=Exam.State.CLOSED,
        created_by=staff, closed_at=at(last, 18),
    )  # fmt: skip
    Exam.objects.filter(pk=exam.pk).update(created_at=at(last - timedelta(days=5), 10))
    chosen = sorted(bank[:LINES], key=lambda question: exams.ORDER[question.kind])
    lines = insert(
        ExamQuestion(exam=exam, question=question, position=place, points=POINTS)
        for place, question in enumerate(chosen, 1)
    )
    final = course.sessions[-1]
    there = set(SignIn.objects.filter(session=final, mark=SignIn.Mark.PRESENT).values_list("enrolment", flat=True))
    results = []
    for number, (row, manner) in enumerate(course.people):
        if row.pk not in there:
            continue
        right = rng.randint(4, 7) if manner == WEAK or number % 11 == 4 else rng.randint(7, LINES)
        begun = at(last, 17) + timedelta(seconds=rng.randint(0, 90))
        results.append(
            ExamResult(
                exam=exam, enrolment=row, points=Decimal(right * POINTS), started_at=begun,
                submitted_at=begun + timedelta(minutes=rng.randint(12, 40)),
                answers={
                    str(line.pk): line.question.answer if place < right else _wrong(line.question)
                    for place, line in enumerate(lines)
                },
            )
        )  # fmt: skip
    insert(results)
