"""Several answer at one moment: nobody twice, and no answer is lost."""

import threading
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accounts.models import User
from branches.actions import root
from tests import factories
from training import exams, surveys
from training.models import Enrolment, Exam, ExamQuestion, ExamResult, Question, Survey, TrainingClass

ON = date(2025, 4, 15)
PHONES = (0, 0, 0, 1, 2)  # whose phone sends: the first has three


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    """Rows that other connections see, cleared by hand: nothing here is put on the record of events, which takes no TRUNCATE."""
    with django_db_blocker.unblock():
        yield
        for model in (Survey, ExamResult, ExamQuestion, Exam, Question, Enrolment, TrainingClass):
            model.objects.all().delete()
        connection.close()


def at_once(people, act):
    """What each phone was told: "" or the code of the refusal."""
    gate, told = threading.Barrier(len(PHONES)), []

    def send(person):
        gate.wait()
        try:
            act(person)
            told.append("")
        except ValidationError as error:
            told.append(error.messages[0])
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(people[number],)) for number in PHONES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


def roll(training_class, system):
    return [
        factories.EnrolmentFactory(
            training_class=training_class, member=None, branch=None, unit=str(number), created_by=system
        )
        for number in range(3)
    ]


def test_nobody_answers_twice_and_no_answer_is_lost(committed):
    system = User.objects.system()
    training_class = factories.TrainingClassFactory(branch=root(), state="running", created_by=system)
    survey = factories.SurveyFactory(training_class=training_class, created_by=system)
    people = roll(training_class, system)

    told = at_once(
        people, lambda person: surveys.answer(survey, person, scores={"class": {"content": 5}}, remark="", on=ON)
    )

    survey.refresh_from_db()
    assert (survey.answered, survey.counts) == (3, {"class": {"content": [0, 0, 0, 0, 3]}})
    assert told == ["", "", "", *["您已经答过这次测评，每人只答一次。"] * 2]


def test_nobody_sits_twice(committed):
    system = User.objects.system()
    training_class = factories.TrainingClassFactory(branch=root(), state="running", created_by=system)
    exam = factories.ExamFactory(training_class=training_class, state="open", created_by=system)
    question = factories.QuestionFactory(branch=root(), created_by=system)
    line = factories.ExamQuestionFactory(exam=exam, question=question)
    people = roll(training_class, system)

    at_once(people, lambda person: exams.begin(exam, person))
    told = at_once(people, lambda person: exams.keep(exam, person, {str(line.pk): [0]}, is_last=True))

    assert exam.results.count() == 3
    assert told == ["", "", "", *["您已交卷，不能再改。"] * 2]
