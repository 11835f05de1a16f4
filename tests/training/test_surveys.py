"""满意度测评: who may answer what, what is kept of it, and from when anything is shown."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent, User
from branches.actions import root
from branches.rights import Role
from tests import factories
from training import surveys
from training.models import Enrolment, Survey, TrainingClass

pytestmark = pytest.mark.django_db
TODAY = date(2025, 4, 15)
State = TrainingClass.State
CLASS = {"class": {"content": 5}}


def held(people=5, *, state="open", **fields):
    """A survey of a running class with one session that everybody attended."""
    training_class = factories.TrainingClassFactory(state="running", branch=root())
    session = factories.ClassSessionFactory(
        training_class=training_class, teacher=factories.TeacherFactory(name="杨树林")
    )
    survey = factories.SurveyFactory(training_class=training_class, state=state, **fields)
    branch = factories.BranchFactory()
    rows = [factories.EnrolmentFactory(training_class=training_class, branch=branch) for _ in range(people)]
    for row in rows:
        factories.SignInFactory(session=session, enrolment=row)
    return survey, session, rows


def answer(survey, enrolment, scores=None, remark="", on=TODAY):
    surveys.answer(survey, enrolment, scores=scores or CLASS, remark=remark, on=on)
    survey.refresh_from_db()


def closed(survey, on=TODAY):
    return surveys.close(survey, by=User.objects.system(), on=on)


# --- opened and closed


@pytest.mark.parametrize("state", [each for each in State if each not in ("running", "closing")])
def test_a_survey_is_opened_while_the_class_is_held_only(state):
    extra = {"archived": {"archived": True}, "cancelled": {"state": state, "cancel_reason": "改期"}}
    training_class = factories.TrainingClassFactory(**extra.get(state, {"state": state}))
    factories.EnrolmentFactory(training_class=training_class)

    with pytest.raises(ValidationError, match=state.label):
        surveys.open_survey(training_class, by=User.objects.system(), on=TODAY)


@pytest.mark.parametrize(
    ("on", "until"), [(date(2025, 4, 14), date(2025, 4, 18)), (date(2025, 5, 1), date(2025, 5, 4))]
)
def test_a_survey_lasts_three_days_after_the_class_and_keeps_the_questions_of_its_day(on, until):
    training_class = factories.TrainingClassFactory(state="running")
    factories.EnrolmentFactory(training_class=training_class)

    survey = surveys.open_survey(training_class, by=User.objects.system(), on=on)

    assert survey.until_on == until
    assert [row["key"] for row in survey.questions["of_class"]] == ["content", "arrangement", "service"]
    assert survey.questions["least"] == 5
    with pytest.raises(ValidationError, match="只测评一次"):
        surveys.open_survey(training_class, by=User.objects.system(), on=on)


def test_nobody_is_asked_before_somebody_is_on_the_roll():
    with pytest.raises(ValidationError, match="名册"):
        surveys.open_survey(factories.TrainingClassFactory(state="running"), by=User.objects.system(), on=TODAY)


def test_only_who_runs_the_class_opens_and_closes():
    survey, _, rows = held()
    branch = factories.UserFactory(serving=rows[0].branch)

    with pytest.raises(PermissionDenied):
        surveys.close(survey, by=branch, on=TODAY)
    with pytest.raises(PermissionDenied):
        surveys.open_survey(factories.TrainingClassFactory(state="running"), by=branch, on=TODAY)


def test_a_restricted_class_asks_for_the_right_to_it():
    committee = factories.BranchFactory(committee=True)
    training_class = factories.TrainingClassFactory(state="running", kind="remedial", branch=committee)
    factories.EnrolmentFactory(training_class=training_class)

    with pytest.raises(PermissionDenied):
        surveys.open_survey(training_class, by=factories.UserFactory(serving=committee, role=Role.COMMITTEE), on=TODAY)


def test_a_closed_survey_is_not_closed_or_answered_again():
    survey, _, rows = held()
    closed(survey)

    with pytest.raises(ValidationError, match="已经结束"):
        closed(survey)
    with pytest.raises(ValidationError, match="已经结束"):
        answer(survey, rows[0])


@pytest.mark.parametrize(("on", "ended"), [(date(2025, 4, 18), 0), (date(2025, 4, 19), 1)], ids=["last day", "after"])
def test_it_ends_by_itself_after_its_last_day(on, ended):
    survey, _, rows = held()

    if ended:
        with pytest.raises(ValidationError, match="已经结束"):
            answer(survey, rows[0], on=on)
    else:
        answer(survey, rows[0], on=on)
    assert surveys.close_overdue(by=User.objects.system(), on=on) == ended
    assert surveys.close_overdue(by=User.objects.system(), on=on) == 0
    survey.refresh_from_db()
    assert survey.state == ("closed" if ended else "open")


# --- answering


def test_an_answer_becomes_sums_and_leaves_no_other_trace():
    survey, session, rows = held()
    key = str(session.pk)
    before = AuditEvent.objects.count()

    answer(survey, rows[0], {"class": {"content": 5}, key: {"teaching": 4}}, "多安排一些研讨")
    answer(survey, rows[1], {"class": {"content": 2}}, "场地偏小")

    assert survey.answered == 2
    assert survey.counts == {"class": {"content": [0, 1, 0, 0, 1]}, key: {"teaching": [0, 0, 0, 1, 0]}}
    assert survey.remarks == sorted(["多安排一些研讨", "场地偏小"])
    assert AuditEvent.objects.count() == before
    rows[0].refresh_from_db()
    assert (rows[0].has_answered, rows[0].version) == (True, 1)


def test_each_answers_once():
    survey, _, rows = held()
    answer(survey, rows[0])

    with pytest.raises(ValidationError, match="每人只答一次"):
        answer(survey, rows[0])
    survey.refresh_from_db()
    assert survey.answered == 1


@pytest.mark.parametrize("score", [0, 6, -1, 3.5, "5", True, None])
def test_a_score_is_one_to_five(score):
    survey, _, rows = held()

    with pytest.raises(ValidationError, match="从 1 到 5"):
        answer(survey, rows[0], {"class": {"content": score}})
    assert not Enrolment.objects.get(pk=rows[0].pk).has_answered


def test_a_session_of_another_class_or_not_attended_is_refused():
    survey, session, rows = held()
    absent = factories.EnrolmentFactory(training_class=survey.training_class, branch=rows[0].branch)
    other = factories.ClassSessionFactory()

    for person, key in [(rows[0], other.pk), (absent, session.pk), (rows[0], "x")]:
        with pytest.raises(ValidationError, match="自己参加过的课"):
            answer(survey, person, {"class": {"content": 5}, str(key): {"teaching": 5}})
    assert surveys.taught(survey, absent, on=TODAY) == []


@pytest.mark.parametrize("scores", [{"class": {}}, {"class": {"content": 5, "more": 5}}, {}])
def test_every_question_and_no_other_is_answered(scores):
    survey, _, rows = held()

    with pytest.raises(ValidationError):
        surveys.answer(survey, rows[0], scores=scores, remark="", on=TODAY)


@pytest.mark.parametrize(("there", "asked"), [(4, 0), (5, 1)])
def test_a_session_that_too_few_attended_is_not_asked_about(there, asked):
    survey, _, rows = held(there)

    assert len(surveys.taught(survey, rows[0], on=TODAY)) == asked


def test_before_the_paper_list_is_entered_everybody_is_asked_and_a_session_to_come_nobody():
    survey, _, rows = held()
    unlisted = factories.ClassSessionFactory(training_class=survey.training_class, is_signed=False)
    factories.ClassSessionFactory(training_class=survey.training_class, held_on=TODAY + timedelta(days=1))

    assert unlisted in surveys.taught(survey, rows[0], on=TODAY)
    assert len(surveys.taught(survey, rows[0], on=TODAY)) == 2


def test_who_left_the_roll_or_is_of_another_class_does_not_answer():
    survey, _, _ = held()
    gone = factories.EnrolmentFactory(training_class=survey.training_class, withdrawn_on=TODAY, withdrawn_why="出差")

    for person in (gone, factories.EnrolmentFactory()):
        with pytest.raises(ValidationError, match="名册"):
            answer(survey, person)


def test_a_cancelled_class_asks_nobody():
    survey, _, rows = held()
    TrainingClass.objects.filter(pk=survey.training_class_id).update(state="cancelled", cancel_reason="改期")

    with pytest.raises(ValidationError, match="已取消"):
        answer(survey, rows[0])


def test_an_outsider_answers_too():
    survey, session, _ = held()
    outsider = factories.EnrolmentFactory(
        training_class=survey.training_class, member=None, branch=None, name="外来学员"
    )
    factories.SignInFactory(session=session, enrolment=outsider)

    answer(survey, outsider, {"class": {"content": 3}, str(session.pk): {"teaching": 3}})

    assert survey.answered == 1


@pytest.mark.parametrize(
    ("remark", "words"),
    [
        ("王建国同志讲得不好", "人名"), ("王 建 国讲得不好", "人名"), ("王.建国太慢", "人名"), ("杨树林老师很好", "人名"),
        ("打我电话１３８１２３４５６７８", "手机号"), ("138-1234-5678", "手机号"), ("53010219800517001X", "手机号"),
        ("机密★一年", "密级"), ("好" * 301, "最多 300 字"),
    ],
)  # fmt: skip
def test_a_remark_names_nobody(remark, words):
    survey, _, rows = held()
    Enrolment.objects.filter(pk=rows[1].pk).update(name="王建国")

    with pytest.raises(ValidationError, match=words) as refusal:
        answer(survey, rows[0], remark=remark)
    assert "remark" in refusal.value.error_dict
    survey.refresh_from_db()
    assert (survey.answered, survey.remarks) == (0, [])


@pytest.mark.parametrize("remark", ["好" * 300, "5 天太长，2025 年安排 3 天", ""])
def test_an_ordinary_remark_is_kept(remark):
    survey, _, rows = held()

    answer(survey, rows[0], remark=remark)

    assert survey.remarks == ([remark] if remark else [])


# --- reading


@pytest.mark.parametrize(("number", "shown"), [(4, False), (5, True)])
def test_nothing_is_shown_and_nothing_kept_of_fewer_than_five(number, shown):
    survey, session, rows = held()
    for row in rows[:number]:
        answer(survey, row, {"class": {"content": 5}, str(session.pk): {"teaching": 4}}, "课时合适")

    survey = closed(survey)

    told = surveys.results(survey)
    assert bool(told) == shown
    if shown:
        assert told["lines"][0][1:] == ([0, 0, 0, 0, 5], 5, Decimal("5.00"), Decimal(1))
        assert told["sessions"][0][1][0].mean == Decimal("4.00")
    else:
        assert (survey.counts, survey.remarks, survey.answered) == ({}, [], 4)


def test_an_open_survey_shows_nothing_however_many_answered():
    survey, _, rows = held(6)
    for row in rows:
        answer(survey, row)

    assert surveys.results(survey) is None


def test_a_session_that_too_few_rated_is_thrown_away_at_closing():
    survey, session, rows = held(6)
    for number, row in enumerate(rows):
        answer(survey, row, CLASS | ({str(session.pk): {"teaching": 1}} if number < 4 else {}))

    survey = closed(survey)

    assert list(survey.counts) == ["class"]
    assert surveys.results(survey)["sessions"] == [(session, None)]


def test_mean_and_share_are_of_what_was_given():
    survey, _, _ = held(
        state="closed", closed_at=factories.NOW, answered=8, counts={"class": {"content": [1, 0, 1, 2, 4]}}
    )

    line = surveys.results(survey)["lines"][0]

    assert (line.number, line.mean, line.satisfied) == (8, Decimal("4.00"), Decimal("0.75"))
    assert surveys.satisfaction([survey.training_class]) == {survey.training_class_id: Decimal("0.75")}


def test_teachers_are_told_by_closed_surveys_with_enough_ratings_and_not_by_the_restricted_kind(
    django_assert_num_queries,
):
    teachers = [factories.TeacherFactory() for _ in range(4)]
    enough, few = {"teaching": [0, 0, 0, 1, 5]}, {"teaching": [0, 0, 0, 0, 4]}
    for teacher, counts, fields in [
        (teachers[0], enough, {}), (teachers[1], few, {}), (teachers[2], enough, {"training_class__kind": "remedial"}),
        (teachers[3], enough, {"state": "open", "closed_at": None}),
    ]:  # fmt: skip
        survey = factories.SurveyFactory(**{"state": "closed", "closed_at": factories.NOW, "answered": 6} | fields)
        session = factories.ClassSessionFactory(training_class=survey.training_class, teacher=teacher)
        Survey.objects.filter(pk=survey.pk).update(counts={str(session.pk): counts}, questions={"least": 5})

    with django_assert_num_queries(1):
        found = surveys.of_teachers(teachers)

    assert found == {teachers[0].pk: (Decimal("4.83"), 6)}


def test_satisfaction_of_open_or_small_surveys_is_nothing():
    small = factories.SurveyFactory(state="closed", closed_at=factories.NOW, answered=4, questions={"least": 5})
    unasked = factories.TrainingClassFactory()

    assert surveys.satisfaction([small.training_class, unasked]) == {small.training_class_id: None, unasked.pk: None}
