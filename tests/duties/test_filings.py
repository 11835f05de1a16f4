"""Duties met by a form alone: the forms as data, what they show, and who comes second."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from branches.actions import root
from branches.models import Notice
from branches.rights import Role
from duties import notices
from duties.actions import generate
from duties.models import Duty, Filing
from duties.periods import FILING
from duties.questions import BadForm, filings, questions
from rulebook.book import in_force
from rulebook.facts import resolve
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def branch():
    found = factories.BranchFactory(name="第一小学党支部", stage="primary")
    generate(2026, by=User.objects.system())
    return found


@pytest.fixture
def signed_in(client, branch):
    user = factories.UserFactory(serving=branch)
    client.force_login(user)
    return user


def page(branch, rule, period="2026-11"):
    return reverse("duties:filing", args=[Duty.objects.get(branch=branch, rule=rule, period=period).pk])


def test_each_filing_of_the_rulebook_has_its_form():
    book = in_force(on=TODAY)
    asked = {
        key.removeprefix("duty.")
        for key, rule in book.items()
        if key.startswith("duty.") and rule.value.get("by") == FILING
    }

    assert set(filings()) == asked
    for asks in filings().values():
        if asks.shows:
            resolve(asks.shows)


@pytest.mark.parametrize(
    "row",
    [
        {"key": "a", "label": "甲", "kind": "essay"},
        {"key": "a", "label": "甲", "kind": "choice"},
        {"key": "a", "label": "甲", "kind": "line", "options": {"x": "乙"}},
    ],
    ids=["unknown kind", "choice without options", "options without choice"],
)
def test_a_form_that_cannot_be_used_is_named(row):
    with pytest.raises(BadForm, match="甲表 a"):
        questions([row], "甲表")


def test_the_monthly_return_asks_for_a_choice_and_nothing_else(client, branch, signed_in):
    text = client.get(page(branch, "ideology_return")).content.decode()
    assert "textarea" not in text.split("<main")[1].split("</main>")[0]

    client.post(page(branch, "ideology_return"), {"risk": "none", "version": "0", "words": "具体情况"})
    assert Filing.objects.get().answers == {"risk": "none"}
    duty = Duty.objects.get(branch=branch, rule="ideology_return", period="2026-11")
    assert duty.state(TODAY) == "done"


def test_an_answer_that_is_no_choice_is_refused(client, branch, signed_in):
    answer = client.post(page(branch, "ideology_return"), {"risk": "maybe", "version": "0"})

    assert answer.status_code == 200
    assert not Filing.objects.exists()


def test_a_mark_of_secrecy_is_refused_before_anything_is_stored(client, branch, signed_in):
    answer = client.post(page(branch, "monthly_dispatch"), {"done": "机密★一年 已办", "next": "继续", "version": "0"})

    assert "严禁录入国家秘密" in answer.content.decode()
    assert not Filing.objects.exists()


def test_the_dispatch_shows_the_points_of_its_month(client, branch, signed_in):
    staff = factories.UserFactory(serving=root(), role=Role.STAFF)
    for month, body in ((10, "十月的要点"), (11, "十一月的要点")):
        notice = factories.NoticeFactory(
            branch=root(), kind=Notice.Kind.DISPATCH, month=date(2026, month, 1), body=body, created_by=staff
        )
        notices.issue(notice, by=staff, on=TODAY)

    text = client.get(page(branch, "monthly_dispatch")).content.decode()
    assert "十一月的要点" in text
    assert "十月的要点" not in text


def test_the_setting_check_shows_what_the_register_says(client, branch, signed_in):
    text = client.get(page(branch, "setting_check", "2026-Q4")).content.decode()

    assert "不足 3 人" in text


def test_who_comes_second_sees_what_the_first_wrote(client, branch, signed_in):
    client.post(page(branch, "monthly_dispatch"), {"done": "甲写的", "next": "继续", "version": "0"})
    answer = client.post(page(branch, "monthly_dispatch"), {"done": "乙写的", "next": "继续", "version": "0"})

    text = answer.content.decode()
    assert "甲写的" in text
    assert "乙写的" in text
    assert Filing.objects.get().answers["done"] == "甲写的"
    client.post(page(branch, "monthly_dispatch"), {"done": "乙写的", "next": "继续", "version": "1"})
    assert Filing.objects.get().answers["done"] == "乙写的"


def test_what_begins_later_cannot_be_filed_yet(client, branch, signed_in):
    assert client.get(page(branch, "ideology_return", "2026-12")).status_code == 302


def test_a_duty_met_otherwise_has_no_such_form(client, branch, signed_in):
    assert client.get(page(branch, "theme_party_day")).status_code == 404


class TestAnswers:
    def test_staff_read_the_answers_and_who_is_missing(self, client, branch):
        other = factories.BranchFactory(name="第二小学党支部")
        generate(2026, by=User.objects.system())
        client.force_login(factories.UserFactory(serving=branch))
        client.post(page(branch, "monthly_dispatch"), {"done": "已经办好", "next": "继续", "version": "0"})
        client.force_login(factories.UserFactory(serving=root(), role=Role.STAFF))

        answer = client.get(reverse("duties:answers"))
        assert answer.context["missing"] == [other]
        assert "已经办好" in answer.content.decode()
        assert "下发本月要点" in answer.content.decode()

    def test_it_costs_the_same_at_any_length(self, client, count_queries, branch):
        client.force_login(factories.UserFactory(serving=root(), role=Role.STAFF))
        duty = Duty.objects.get(branch=branch, rule="monthly_dispatch", period="2026-11")
        factories.FilingFactory(duty=duty, answers={"done": "x", "next": "y"})
        count_queries(reverse("duties:answers"))
        few = count_queries(reverse("duties:answers"))
        for _ in range(5):
            factories.BranchFactory()
        generate(2026, by=User.objects.system())
        for duty in Duty.objects.filter(rule="monthly_dispatch", period="2026-11", filing=None)[:4]:
            factories.FilingFactory(duty=duty, answers={"done": "x", "next": "y"})

        assert count_queries(reverse("duties:answers")) == few

    def test_a_branch_sees_its_own_alone(self, client, branch, signed_in):
        factories.BranchFactory(name="第二小学党支部")
        generate(2026, by=User.objects.system())

        assert client.get(reverse("duties:answers")).context["missing"] == [branch]
