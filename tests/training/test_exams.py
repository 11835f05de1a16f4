"""Exams: what each state allows, what an answer is worth, the clock, points from paper."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models.functions import Now

from accounts.models import AuditEvent, User
from branches.actions import root
from tests import factories
from training import exams
from training.models import Exam, ExamQuestion, ExamResult, Question, TrainingClass

pytestmark = pytest.mark.django_db
ON = date(2025, 4, 15)
AT = datetime(2025, 4, 16, 2, tzinfo=UTC)
State = Exam.State


def system():
    return User.objects.system()


def drawn(state="open", kinds=("single",), points=10, **fields):
    """An exam of a running class with one question of each kind, and somebody on the roll."""
    training_class = factories.TrainingClassFactory(state="running", branch=root())
    fields = {"pass_points": 6, "closed_at": AT if state == "closed" else None} | fields
    exam = factories.ExamFactory(training_class=training_class, state=state, **fields)
    for number, kind in enumerate(kinds, 1):
        answer = {"single": [0], "multiple": [0, 1, 2], "judge": [1]}[kind]
        options = ["正确", "错误"] if kind == "judge" else ["甲", "乙", "丙", "丁"]
        factories.ExamQuestionFactory(
            exam=exam, position=number, points=points,
            question=factories.QuestionFactory(branch=root(), kind=kind, answer=answer, options=options),
        )  # fmt: skip
    return exam, factories.EnrolmentFactory(training_class=training_class)


def began(exam, enrolment, minutes_ago):
    """Somebody who began so many minutes ago by the clock of the database."""
    exams.begin(exam, enrolment)
    result = ExamResult.objects.get(exam=exam, enrolment=enrolment)
    ExamResult.objects.filter(pk=result.pk).update(started_at=Now() - timedelta(minutes=minutes_ago))
    return result


# --- drawing up


def test_a_paper_goes_single_multiple_judge_each_in_the_order_chosen():
    exam, _ = drawn("draft", kinds=())
    bank = [
        factories.QuestionFactory(branch=root(), kind=kind, answer=[0])
        for kind in ("judge", "single", "multiple", "single")
    ]

    assert exams.choose(exam, bank[:2], points=Decimal(2), by=system()) == 2
    assert exams.choose(exam, bank, points=Decimal("3.5"), by=system()) == 2

    lines = exams.paper(exam)
    assert [(line.question, line.position, line.points) for line in lines] == [
        (bank[1], 1, 2), (bank[3], 2, Decimal("3.5")), (bank[2], 3, Decimal("3.5")), (bank[0], 4, 2)
    ]  # fmt: skip


def test_the_same_seed_draws_the_same_questions_and_what_the_bank_lacks_is_said():
    for number in range(12):
        factories.QuestionFactory(branch=root(), document="constitution" if number % 2 else "discipline")
    bank, wanted = Question.objects.all(), {("constitution", "single"): 3, ("discipline", "single"): 2}

    first, second = exams.draw(bank, wanted, seed=7), exams.draw(bank, wanted, seed=7)

    assert first == second
    assert {exam.document for exam in first[:3]} == {"constitution"}
    assert len(set(first)) == 5
    assert any(exams.draw(bank, wanted, seed=seed) != first for seed in range(8, 12))
    with pytest.raises(ValidationError, match="要抽 7 道，题库里只有 6 道"):
        exams.draw(bank, {("discipline", "single"): 7}, seed=7)


def test_retired_questions_are_neither_drawn_nor_chosen():
    exam, _ = drawn("draft")
    retired = factories.QuestionFactory(branch=root(), is_retired=True)

    with pytest.raises(ValidationError, match="已停用"):
        exams.choose(exam, [retired], points=Decimal(2), by=system())
    with pytest.raises(ValidationError, match="只有 1 道"):
        exams.draw(Question.objects.all(), {("constitution", "single"): 2}, seed=1)


def test_points_are_changed_and_lines_taken_off():
    exam, _ = drawn("draft", kinds=("single", "judge"))
    first, second = exams.paper(exam)

    exams.set_points(exam, {first.pk: None, second.pk: Decimal("7.5")}, by=system())

    assert [(line.question_id, line.position, line.points) for line in exams.paper(exam)] == [
        (second.question_id, 1, Decimal("7.5"))
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "还没有题"),
        ({"question": {"is_retired": True}}, "已停用的题"),
        ({"question": {}, "pass_points": Decimal("10.1")}, "高于满分"),
    ],
    ids=["no question", "a retired one", "pass mark out of reach"],
)
def test_what_keeps_a_paper_from_being_opened(change, words):
    exam, _ = drawn("draft", kinds=(), pass_points=change.get("pass_points", 6))
    if "question" in change:
        factories.ExamQuestionFactory(
            exam=exam, question__branch=root(), **{f"question__{k}": v for k, v in change["question"].items()}
        )

    with pytest.raises(ValidationError, match=words):
        exams.open_exam(exam, by=system())


@pytest.mark.parametrize("state", ["planned", "open", "archived", "cancelled"])
def test_an_exam_is_held_while_the_class_is(state):
    exam, _ = drawn("draft")
    extra = {"archived": {"archived_by": system(), "archived_at": AT}, "cancelled": {"cancel_reason": "改期"}}
    TrainingClass.objects.filter(pk=exam.training_class_id).update(state=state, **extra.get(state, {}))

    with pytest.raises(ValidationError, match="不能再这样办理"):
        exams.open_exam(exam, by=system())


ACTS = {
    "save": (lambda exam: exams.save(exam, version=exam.version, by=system()), {"draft"}),
    "choose": (lambda exam: exams.choose(exam, [], points=Decimal(1), by=system()), {"draft"}),
    "set_points": (lambda exam: exams.set_points(exam, {}, by=system()), {"draft"}),
    "drop": (lambda exam: exams.drop(exam, by=system()), {"draft"}),
    "open": (lambda exam: exams.open_exam(exam, by=system()), {"draft"}),
    "close": (lambda exam: exams.close(exam, by=system()), {"open"}),
    "enter": (lambda exam: exams.enter(exam, {}, by=system(), at=AT), {"open", "closed"}),
}


@pytest.mark.parametrize("state", [*State])
@pytest.mark.parametrize("act", ACTS)
def test_each_act_in_each_state(act, state):
    exam, _ = drawn(state)
    do, allowed = ACTS[act]

    if state in allowed:
        do(exam)
    else:
        with pytest.raises(ValidationError, match=f"这场考试{state.label}"):
            do(exam)


@pytest.mark.parametrize("state", [*State])
def test_nobody_sits_but_in_an_open_exam(state):
    exam, enrolment = drawn(state)

    for act in (lambda: exams.begin(exam, enrolment), lambda: exams.keep(exam, enrolment, {})):
        if state == State.OPEN:
            act()
        else:
            with pytest.raises(ValidationError, match="还没有开始" if state == State.DRAFT else "已经结束"):
                act()


def test_every_act_asks_for_the_right_at_the_owner():
    exam, enrolment = drawn("draft")
    branch = factories.UserFactory(serving=enrolment.branch)

    for act in (exams.open_exam, exams.drop, exams.close):
        with pytest.raises(PermissionDenied):
            act(exam, by=branch)
    assert AuditEvent.objects.filter(action__startswith="exam.").count() == 0


# --- what an answer is worth


@pytest.mark.parametrize(
    ("kind", "chosen", "points"),
    [
        ("single", [0], 5), ("single", [1], 0), ("single", [], 0), ("judge", [1], 5), ("judge", [0], 0),
        ("multiple", [0, 1, 2], 5), ("multiple", [2, 1, 0, 0], 5), ("multiple", [0, 1], Decimal("2.5")), ("multiple", [1], Decimal("2.5")),
        ("multiple", [0, 1, 2, 3], 0), ("multiple", [0, 3], 0), ("multiple", [3], 0), ("multiple", [], 0),
    ],
)  # fmt: skip
def test_what_an_answer_is_worth(kind, chosen, points):
    exam, _ = drawn(kinds=(kind,), points=5)

    assert exams.mark(exams.paper(exam)[0], chosen, Decimal("0.5")) == points


# --- sitting


def test_each_step_is_kept_and_who_comes_back_goes_on():
    exam, enrolment = drawn(kinds=("single", "multiple", "judge"))
    first, second, third = (str(line.pk) for line in exams.paper(exam))
    start = exams.begin(exam, enrolment).result.started_at

    exams.keep(exam, enrolment, {first: [0]})
    exams.keep(exam, enrolment, {second: [0, 1], first: [1]})
    seat = exams.begin(exam, enrolment)

    assert (seat.result.started_at, seat.is_over) == (start, False)
    assert seat.result.answers == {first: [1], second: [0, 1]}
    exams.keep(exam, enrolment, {third: [1], first: [0]}, is_last=True)
    result = ExamResult.objects.get(exam=exam)
    assert result.points == 25
    assert result.submitted_at >= start
    with pytest.raises(ValidationError, match="已交卷"):
        exams.keep(exam, enrolment, {first: [0]})


@pytest.mark.parametrize(
    ("minutes", "kept"), [(59.9, True), (60.9, True), (61.1, False)], ids=["in time", "grace", "late"]
)
def test_the_clock_of_the_database_ends_it_with_one_minute_of_grace(minutes, kept):
    exam, enrolment = drawn(kinds=("single", "judge"))
    first, second = (str(line.pk) for line in exams.paper(exam))
    result = began(exam, enrolment, minutes)
    ExamResult.objects.filter(pk=result.pk).update(answers={second: [1]})

    said = exams.keep(exam, enrolment, {first: [0]}, is_last=True)

    result.refresh_from_db()
    assert (said, result.points) == (("", 20) if kept else (exams.OVER, 10))
    assert result.submitted_at <= result.started_at + timedelta(minutes=60)


@pytest.mark.parametrize("answers", [{"0": [0]}, {"line": [9]}, {"line": [-1]}])
def test_answers_that_are_not_of_the_paper_are_refused(answers):
    exam, enrolment = drawn()
    exams.begin(exam, enrolment)
    key = str(exams.paper(exam)[0].pk)

    with pytest.raises(ValidationError, match="对不上"):
        exams.keep(exam, enrolment, {key if name == "line" else name: chosen for name, chosen in answers.items()})
    assert ExamResult.objects.get().answers == {}


def test_only_who_is_on_the_roll_sits():
    exam, _ = drawn()
    gone = factories.EnrolmentFactory(training_class=exam.training_class, withdrawn_on=ON, withdrawn_why="出差")

    for person in (gone, factories.EnrolmentFactory()):
        with pytest.raises(ValidationError, match="名册"):
            exams.begin(exam, person)


def test_closing_marks_what_was_kept_and_only_then_the_person_is_told():
    exam, enrolment = drawn(kinds=("single", "judge"))
    first, _ = (str(line.pk) for line in exams.paper(exam))
    began(exam, enrolment, 10)
    exams.keep(exam, enrolment, {first: [0]})
    assert exams.told(exam, enrolment) is None

    exam = exams.close(exam, by=system())

    told = exams.told(exam, enrolment)
    assert (told["result"].points, told["passed"]) == (10, True)
    assert [(row["chosen"], row["points"]) for row in told["lines"]] == [([0], 10), ([], 0)]


def test_who_handed_in_is_told_nothing_before_the_end():
    exam, enrolment = drawn()
    exams.begin(exam, enrolment)
    exams.keep(exam, enrolment, {}, is_last=True)

    assert exams.told(exam, enrolment) == {"result": None, "passed": False, "lines": [], "by_hand": False}


# --- on paper


@pytest.mark.parametrize(("points", "allowed"), [("0", True), ("10", True), ("10.1", False), ("-0.1", False)])
def test_points_from_paper_lie_within_the_paper(points, allowed):
    exam, enrolment = drawn()

    if allowed:
        exams.enter(exam, {enrolment.pk: Decimal(points)}, by=system(), at=AT)
        assert exam.results.get().points == Decimal(points)
    else:
        with pytest.raises(ValidationError, match="0 至 10"):
            exams.enter(exam, {enrolment.pk: Decimal(points)}, by=system(), at=AT)


def test_points_from_paper_are_corrected_and_taken_back_and_not_put_over_what_was_sat_on_screen():
    exam, enrolment = drawn()
    other = factories.EnrolmentFactory(training_class=exam.training_class)
    exams.begin(exam, other)

    assert exams.enter(exam, {enrolment.pk: Decimal(8), other.pk: None}, by=system(), at=AT) == 1
    assert exams.enter(exam, {enrolment.pk: Decimal(9)}, by=system(), at=AT) == 1
    with pytest.raises(ValidationError, match="在线作答"):
        exams.enter(exam, {other.pk: Decimal(8)}, by=system(), at=AT)
    with pytest.raises(ValidationError, match="名册"):
        exams.enter(exam, {factories.EnrolmentFactory().pk: Decimal(8)}, by=system(), at=AT)
    with pytest.raises(ValidationError, match="按纸质试卷登记"):
        exams.begin(exam, enrolment)
    exams.enter(exam, {enrolment.pk: None}, by=system(), at=AT)
    assert not exam.results.filter(enrolment=enrolment).exists()


# --- what came of it


@pytest.mark.parametrize(("points", "passed"), [("5.9", False), ("6", True)])
def test_passing_is_reaching_the_mark_in_any_closed_exam(points, passed):
    exam, enrolment = drawn("closed")
    factories.ExamResultFactory(exam=exam, enrolment=enrolment, points=Decimal(points))
    still = factories.ExamFactory(training_class=exam.training_class, state="open")
    factories.ExamResultFactory(exam=still, enrolment=enrolment, points=100)

    assert exams.passed(exam.training_class) == {enrolment.pk: passed}
    assert exams.standing(exam, exam.results.all()) == {"sat": 1, "passed": int(passed), "rate": int(passed)}
    assert exams.passed(factories.TrainingClassFactory()) is None


def test_a_draft_is_dropped_with_its_lines_and_not_with_the_questions():
    exam, _ = drawn("draft")

    exams.drop(exam, by=system())

    assert (Exam.objects.count(), ExamQuestion.objects.count(), Question.objects.count()) == (0, 0, 1)
