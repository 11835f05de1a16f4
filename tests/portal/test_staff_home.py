"""The 工作台 of those above branches: whom to ring about what and when, what to take up first, what the rule says of the oldest."""

from collections import Counter
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from branches.actions import root
from branches.rights import Role
from members.models import Correction
from portal import panels, waiting
from portal.tally import Tally
from rulebook.book import value
from tests.factories import BranchFactory, DutyFactory, MemberFactory, RectificationFactory, UserFactory

FRIDAY, SUNDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 22), date(2026, 11, 23)
NAMES = {"theme_party_day": "主题党日", "party_lecture": "党课", "group_meeting": "党小组会"}


def overdue(*rows, offices=()):
    tally = Tally()
    tally.of["overdue"] = Counter(
        {(1, branch, name, rule, on.isoformat()): number for branch, name, rule, on, number in rows}
    )
    tally.rows["offices"] = list(offices)
    return tally


def test_a_call_says_what_it_is_about():
    far = MONDAY + timedelta(days=20)
    rows = [
        (5, "甲支部", rule, far, number)
        for number, rule in ((2, "theme_party_day"), (3, "party_lecture"), (1, "group_meeting"))
    ]
    [call] = panels.calls(overdue(*rows), MONDAY, NAMES)

    assert (call["name"], call["number"], call["matters"]) == ("甲支部", 6, "党课 3 件、主题党日 2 件等")


@pytest.mark.parametrize(
    ("today", "offices", "ends_on", "is_rung"),
    [
        (SUNDAY, [], MONDAY, False),
        (SUNDAY, [], SUNDAY, True),
        (SUNDAY, [["2026-11-22", True]], MONDAY + timedelta(days=20), True),
        (MONDAY, [], MONDAY + timedelta(days=20), True),
        (MONDAY, [["2026-11-23", False]], MONDAY + timedelta(days=20), False),
        (SUNDAY, [], FRIDAY, False),
    ],
    ids=["Sunday", "Sunday, the last day", "a Sunday worked", "Monday", "a holiday", "Sunday, lost already"],
)
def test_nobody_is_rung_on_a_day_off_about_what_can_wait(today, offices, ends_on, is_rung):
    tally = overdue((5, "甲支部", "theme_party_day", ends_on, 1), offices=offices)
    assert bool(panels.calls(tally, today, NAMES)) == is_rung


def line(name, since=None, in_bulk=False, words="2 件"):
    return {"label": name, "words": words, "since": since, "in_bulk": in_bulk}


def test_what_waited_longest_comes_first_and_what_is_settled_in_bulk_last():
    lines = [
        line("学时", date(2026, 1, 1), True),
        line("申请", FRIDAY),
        line("轮到您的", words="2 件，最近一件 12 月 8 日前"),
        line("整改", date(2026, 11, 2)),
    ]
    first, rest = waiting.in_turn(lines, SUNDAY)

    assert [each["label"] for each in first] == ["轮到您的", "整改", "申请", "学时"]
    assert [each["note"] for each in first] == [
        "最近一件 12 月 8 日前",
        "最早的已等 20 天",
        "最早的已等 2 天",
        "最早的已等 325 天，可以一批一批核实",
    ]
    assert {each["words"] for each in first} == {"2 件"}
    assert rest == []
    assert len(waiting.in_turn([line(str(number)) for number in range(9)], SUNDAY)[1]) == 9 - waiting.FIRST


@pytest.mark.django_db
def test_the_oldest_is_counted_with_the_rest():
    for days in (3, 8):
        found = Correction.objects.create(
            member=MemberFactory(), created_by=UserFactory(), field="name", said="甲", reason="写错"
        )
        Correction.objects.filter(pk=found.pk).update(created_at=timezone.now() - timedelta(days=days))
    tally = Tally()
    tally.oldest("corrections", Correction.objects.all(), "created_at")
    tally.oldest("none", Correction.objects.none(), "created_at")
    tally.ask()

    assert (tally["corrections"], tally.since["corrections"]) == (2, timezone.localdate() - timedelta(days=8))
    assert (tally["none"], tally.since["none"]) == (0, None)


@pytest.mark.django_db
@time_machine.travel("2025-11-20T10:00+08:00", tick=False)
def test_what_is_long_overdue_says_what_the_rule_asks(client):
    branch = BranchFactory(parent=BranchFactory(kind="committee"))
    client.force_login(UserFactory(serving=root(), role=Role.STAFF))
    DutyFactory(branch=branch)
    for days in (5, 95, 120):
        RectificationFactory(branch=branch, due_on=timezone.localdate() - timedelta(days=days))

    page = client.get("/")
    [worst] = page.context["ageing"]["steps"]  # what is late by days is reminded of without anybody's hand
    assert (worst["label"], worst["count"], worst["step"]) == (
        "超期 90 天以上",
        2,
        value("rectify.steps", on=timezone.localdate())[-1],
    )
    assert f"{worst['label']}的 2 件，可{worst['step']}" in page.content.decode()
    assert reverse("branches:talk_add") in page.content.decode()
