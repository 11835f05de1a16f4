"""Titles due and 联系点 visited too seldom: who is told on which day, and when it stops."""

from datetime import date, timedelta

import pytest

from branches import dossier, titles
from branches.facts import contact_words, title_words
from branches.models import CatalogueEntry
from branches.rights import Role
from reminders import sweep
from reminders.models import Reminder
from tests.factories import BranchFactory, ContactPointFactory, ContactVisitFactory, TitleFactory, UserFactory
from tests.reminders.mornings import only
from tests.reminders.test_sweep import at, lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def branch():
    return BranchFactory(parent=BranchFactory(committee=True))


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


def sweep_days(rule, first, last):
    day = at(first)
    with only(rule):
        while day <= at(last):
            sweep.run(day)
            day += timedelta(days=1)


def told(user, rule):
    return [day for day, found, _ in lines(user) if found == rule]


def strive(branch, **fields):
    show = CatalogueEntry.objects.get(catalogue="title", label__contains="示范")
    return TitleFactory(branch=branch, entry=show, due_on=date(2025, 9, 30), **fields)


def test_what_is_due_is_called_out_to_the_branch_and_to_the_staff(branch, secretary, staff):
    strive(branch)
    upper = UserFactory(serving=branch.parent, role=Role.COMMITTEE)

    sweep_days("remind.titles", "08-25", "10-10")

    assert told(secretary, "remind.titles") == told(staff, "remind.titles") == ["08-29", "09-23", "09-30"]
    assert told(upper, "remind.titles") == []


def test_it_stops_when_it_was_handed_up(branch, secretary):
    title = strive(branch)
    sweep_days("remind.titles", "08-25", "09-01")
    boss = UserFactory(serving=branch.parent, role=Role.COMMITTEE)
    titles.move(title, "recommend", by=secretary, on=date(2025, 9, 2))
    titles.move(title, "report", by=boss, on=date(2025, 9, 3))

    sweep_days("remind.titles", "09-03", "10-05")

    assert told(secretary, "remind.titles") == ["08-29"]
    assert not Reminder.objects.filter(rule="remind.titles", cleared_at=None).exists()


def test_a_contact_visited_too_seldom_is_named_to_the_staff_in_the_last_quarter(branch, secretary, staff):
    leader = UserFactory()
    contact = ContactPointFactory(branch=branch, user=leader)
    ContactPointFactory(branch=branch, started_on=date(2025, 10, 8))  # too new to have been there twice
    ContactVisitFactory(contact=contact, visited_on=date(2025, 4, 8))

    sweep_days("remind.contact_visits", "09-25", "10-20")
    dossier.visit(contact, visited_on=date(2025, 10, 21), topic="讲党课", by=secretary, on=date(2025, 10, 21))
    sweep_days("remind.contact_visits", "10-21", "12-05")

    days = told(staff, "remind.contact_visits")
    assert len(days) == 1
    assert "10-01" <= days[0] <= "10-09"
    assert told(secretary, "remind.contact_visits") == told(leader, "remind.contact_visits") == []
    assert not Reminder.objects.filter(rule="remind.contact_visits", cleared_at=None).exists()


def test_both_name_the_matter_and_no_person(branch):
    title, contact = strive(branch), ContactPointFactory(branch=branch, name="何正东")

    of_title = title_words([title.pk], date(2025, 9, 30))
    of_contact = contact_words([contact.pk], date(2025, 10, 1))

    assert of_title[title.pk][0] == "上报县级党建示范创建"
    assert of_contact[contact.pk][0] == "联系点今年到点未满 2 次"
