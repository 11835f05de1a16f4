"""A round of 2025 taken to where a test needs it, by its own acts."""

from datetime import date
from decimal import Decimal

import time_machine

from assessment import judging, rounds
from assessment.models import Round
from branches.actions import root
from branches.rights import Role
from tests.factories import SchemeFactory, UserFactory

YEAR = 2025
OPENED, CHECKED, JUDGED = date(2025, 12, 1), date(2025, 12, 20), date(2026, 1, 8)
AFTER_CHECK = date(2025, 12, 22)
PUBLISHED = date(2026, 1, 12)  # a Monday
LAST_DAY = date(2026, 1, 19)  # the fifth working day after it
MEETING = date(2026, 1, 22)
KEYS = ("PF1.3", "PF10", "EX2.2", "B1")


class People:
    """Who acts in a round: two of the staff, an administrator, two assessors."""

    def __init__(self):
        self.staff = UserFactory(name="李雪", serving=root(), role=Role.STAFF)
        self.other = UserFactory(name="王宁", serving=root(), role=Role.STAFF)
        self.admin = UserFactory(name="赵岚", serving=root(), role=Role.ADMIN)
        self.first = UserFactory(name="周明远", serving=root(), role=Role.LEADER)
        self.second = UserFactory(name="陈静", serving=root(), role=Role.LEADER)


def fresh(user):
    """The same person in another request: what may be done is read anew."""
    user.__dict__.pop("held_today", None)
    return user


def open_round(people, **scheme):
    SchemeFactory(year=YEAR, **scheme)
    return rounds.open_round(YEAR, self_check_until=CHECKED, judging_until=JUDGED, by=people.staff, on=OPENED)


def send(people, branches, on=OPENED):
    for person in (people.first, people.second):
        judging.assign(YEAR, person, branches, until=JUDGED, by=people.staff, on=on)
        fresh(person)


def at(state):
    """The round put to a state without its acts: for tests of what may be done there."""
    Round.objects.filter(year=YEAR).update(state=state)
    return Round.objects.get(year=YEAR)


def judge(branch, points, by, *, key="PF10", reason="查看材料", version=None, on=AFTER_CHECK):
    points = None if points is None else Decimal(str(points))
    with time_machine.travel(on, tick=False):  # the task of an assessor runs out with the time of judging
        return judging.judge(YEAR, [(branch, key, points, reason, version)], by=fresh(by), on=on)


def judge_all(people, branch, points="1", on=AFTER_CHECK):
    for person in (people.first, people.second):
        for key in KEYS:
            judge(branch, points, person, key=key, on=on)


def move(people, on):
    return rounds.move_on(YEAR, version=Round.objects.get(year=YEAR).version, by=people.staff, on=on)


def publish(people, on=PUBLISHED):
    return rounds.publish(YEAR, version=Round.objects.get(year=YEAR).version, by=people.staff, on=on)


def to_review(people, branches):
    """Opened, two sent, self-check over, all judged, in review."""
    open_round(people)
    send(people, branches)
    move(people, AFTER_CHECK)
    for branch in branches:
        judge_all(people, branch)
    return move(people, AFTER_CHECK)


def to_publication(people, branches):
    to_review(people, branches)
    return publish(people)
