"""What somebody with the whole database and all the portal's memory finds out about who gave which answer, and how well that guesses.

Traces are every order and every number in which an answer may have been laid down: transactions, places on disk, keys,
sequences, hours, the record of acts, sessions, Redis. A guess puts the scores, in an order in which they can be read out
of the table, against the persons, in the order of a trace.
"""

import random

import time_machine
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse
from psycopg2 import sql

from accounts.models import User
from branches.actions import root
from tests import factories
from training.models import Enrolment
from training.views import answer as views

QUESTIONS = ["content", "arrangement", "service"]
SEED = 20250415


def ask_everybody(number, monkeypatch):
    """(survey, {person: score}, {person: remark}): known persons answer by the page, in an order that the dice say."""
    training_class = factories.TrainingClassFactory(branch=root(), state="running")
    questions = [{"key": key, "label": key} for key in QUESTIONS]
    survey = factories.SurveyFactory(
        training_class=training_class, questions={"of_class": questions, "of_session": [], "least": 5}
    )
    system, dice, here = User.objects.system(), random.Random(SEED), {}
    people = [outsider(training_class, unit=str(each), created_by=system) for each in range(number)]
    dice.shuffle(people)
    scores = {person.pk: dice.choice([1, 2, 3, 4, 5]) for person in people}
    remarks = {person.pk: "".join(dice.choices("安排多一点现场教学案例研讨", k=12)) for person in people}
    monkeypatch.setattr(views.passes, "person", lambda request, training_class: Enrolment.objects.get(pk=here["pk"]))
    url, browser = reverse("training:survey_answer", args=[training_class.pk]), Client()
    with time_machine.travel("2025-04-15 02:00:00+00:00"):
        for person in people:
            here["pk"] = person.pk
            given = {f"class-{key}": scores[person.pk] for key in QUESTIONS} | {"remark": remarks[person.pk]}
            assert browser.post(url, given).status_code == 302
    survey.refresh_from_db()
    return survey, scores, remarks


def outsider(training_class, **fields):
    return factories.EnrolmentFactory(training_class=training_class, member=None, branch=None, **fields)


def best_guess(survey, scores, remarks, *, rounds):
    """((hits, p) of the best of all guesses at scores, the same at remarks): p is how often blind guessing does as well."""
    lines = orders(Enrolment.objects.filter(training_class=survey.training_class))
    counts = survey.counts["class"]["content"]
    told = {}
    for what, ways, truth in (
        ("scores", readings(counts).values(), scores), ("remarks", [survey.remarks, survey.remarks[::-1]], remarks)
    ):  # fmt: skip
        guesses = [hits(order, way, truth) for order in lines.values() for way in ways]
        best = max(guesses)
        told[what] = best, chance(next(iter(ways)), truth, best, guesses=len(guesses), rounds=rounds)
    return told


def whole_database():
    """{table: [[each column as text, with the hidden ones xmin, xmax and ctid]]} of everything there is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        found = {}
        for table in tables:
            cursor.execute(
                sql.SQL("SELECT xmin::text, xmax::text, ctid::text, t::text FROM {} t").format(sql.Identifier(table))
            )
            found[table] = cursor.fetchall()
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'")
        return found | {"sequences": cursor.fetchall()}


def orders(enrolments):
    """{name of a trace: the persons' keys in its order}: every way to line the persons up that the rows of persons give."""
    keys = [row.pk for row in enrolments]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, xmin::text::bigint, (ctid::text::point)[0], (ctid::text::point)[1], name, row_key::text"
            " FROM training_enrolment WHERE id = ANY(%s)",
            [keys],
        )
        rows = cursor.fetchall()
    by = {
        "key": lambda row: row[0], "transaction": lambda row: row[1], "place": lambda row: row[2:4],
        "name": lambda row: row[4], "row key": lambda row: row[5],
    }  # fmt: skip
    found = {name: [row[0] for row in sorted(rows, key=key)] for name, key in by.items()}
    return found | {f"{name} backwards": order[::-1] for name, order in found.items()}


def readings(counts):
    """Ways to read a list of scores out of how many gave 1 to 5: rising, falling, and in turns."""
    rising = [score for score, times in enumerate(counts, 1) for _ in range(times)]
    left, turns = list(counts), []
    while any(left):
        for score in range(5):
            if left[score]:
                left[score] -= 1
                turns.append(score + 1)
    return {"rising": rising, "falling": rising[::-1], "in turns": turns}


def hits(order, scores, truth):
    """How many a guess gets right: the first person of `order` gave the first of `scores`, and so on."""
    return sum(truth[person] == score for person, score in zip(order, scores, strict=True))


def chance(scores, truth, best, *, guesses, rounds=2000, seed=6):
    """How often the best of so many blind guesses is as good as `best`: the p of a permutation test."""
    dice, persons, reached = random.Random(seed), list(truth), 0
    for _ in range(rounds):
        found = 0
        for _ in range(guesses):
            dice.shuffle(persons)
            found = max(found, hits(persons, scores, truth))
        reached += found >= best
    return (reached + 1) / (rounds + 1)


def tables_of_answers():
    """Names of models that hold a foreign key to a survey: there must be none."""
    survey = apps.get_model("training.Survey")
    return [relation.related_model._meta.label for relation in survey._meta.related_objects]
