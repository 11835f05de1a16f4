"""Nobody learns from the database who gave which answer: after 200 answers no better than a blind guess.

Honest limits, which no table can take away: who watches the database row change with each single answer; versions of the row
that were replaced and not yet swept up by PostgreSQL, and its log of writes; answers that are all the same; and somebody who
gave an own answer of a wording that others know. Results therefore wait for the end and for five answers, and questions of
sessions that fewer than five attended are not asked.
"""

from datetime import date

import pytest
import redis
from django.contrib.sessions.models import Session
from django.db import connection

from accounts.models import AuditEvent, User
from branches.actions import root
from tests import factories
from tests.proofs.anonymity import (
    QUESTIONS,
    ask_everybody,
    best_guess,
    chance,
    hits,
    outsider,
    tables_of_answers,
    whole_database,
)
from training import surveys
from training.models import Survey

pytestmark = pytest.mark.django_db
ON = date(2025, 4, 15)
PEOPLE = 200


@pytest.fixture
def answered(monkeypatch):
    return ask_everybody(PEOPLE, monkeypatch)


def test_no_order_of_any_trace_tells_who_gave_what(answered, record_property):
    survey, scores, remarks = answered
    assert (survey.answered, sum(survey.counts["class"]["content"])) == (PEOPLE, PEOPLE)

    for what, (best, p) in best_guess(survey, scores, remarks, rounds=500).items():
        record_property(what, f"{best}/{PEOPLE}, p={p:.3f}")
        print(
            f"T-ANON: the best guess at {what} knows {best} of {PEOPLE}; blind guessing does as well with p = {p:.3f}"
        )

        assert p > 0.01


def test_the_adversary_does_find_what_is_laid_down_in_order(answered):
    """The same method, were each answer a row of its own with a key: it would know everybody."""
    _, truth, _ = answered
    order, scores = list(truth), list(truth.values())

    assert hits(order, scores, truth) == PEOPLE
    assert chance(scores, truth, PEOPLE, guesses=30, rounds=100) < 0.02


def test_there_is_one_row_and_nothing_else_changed(answered):
    survey, _, _ = answered
    assert tables_of_answers() == []
    assert Survey.objects.count() == 1
    assert Session.objects.count() == 0
    assert AuditEvent.objects.exclude(label="files.StoredFile").filter(action__startswith="survey").count() == 0
    before = whole_database()
    person = outsider(survey.training_class, unit="x")
    added = whole_database()

    surveys.answer(survey, person, scores={"class": dict.fromkeys(QUESTIONS, 3)}, remark="", on=ON)

    after = whole_database()
    changed = {table for table, rows in after.items() if rows != added[table]}
    assert changed == {"training_survey", "training_enrolment"}
    assert before["sequences"] != added["sequences"]
    assert after["sequences"] == added["sequences"]
    assert len(after["training_enrolment"]) == len(added["training_enrolment"])


def test_remarks_stand_in_the_order_of_their_letters(answered):
    survey, _, _ = answered

    assert survey.remarks == sorted(survey.remarks)
    assert len(survey.remarks) == PEOPLE


def test_neither_redis_nor_the_log_keeps_anything_of_an_answer(answered, caplog, settings):
    survey, _, _ = answered
    person = outsider(survey.training_class, unit="x")
    memory = redis.Redis.from_url(settings.REDIS_URL.replace("redis+socket:", "unix:"))
    before = {key: memory.type(key) for key in memory.keys("*")}

    surveys.answer(survey, person, scores={"class": dict.fromkeys(QUESTIONS, 3)}, remark="一条意见", on=ON)

    assert {key: memory.type(key) for key in memory.keys("*")} == before
    assert caplog.records == []


@pytest.mark.parametrize("number", [1, 4])
def test_of_fewer_than_five_nothing_is_left_once_it_is_closed(number):
    survey = factories.SurveyFactory(training_class__state="running", training_class__branch=root())
    for each in range(number):
        person = outsider(survey.training_class, unit=str(each))
        surveys.answer(survey, person, scores={"class": {"content": 2}}, remark="找得到的话", on=ON)

    surveys.close(survey, by=User.objects.system(), on=ON)

    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM training_survey t")
        (row,) = cursor.fetchone()
    assert "找得到的话" not in row
    assert 'content": [' not in row
