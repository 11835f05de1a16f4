"""The 100 points add up on the page; what can still be had stands by its day, with the way there or who does it."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
import time_machine
from django.db.models import F
from django.urls import reverse

from accounts.models import User
from assessment import balance, forecast, scoring
from assessment.models import Forecast
from assessment.result import Dimension, Item, Part, Score
from branches.actions import root
from branches.rights import Role
from portal.actions import tend
from rulebook.facts import Fact
from tests import factories
from tests.assessment.year import OVER, YEAR, hold

pytestmark = pytest.mark.django_db
ON = date(YEAR, 11, 20)
HUNDRED = Decimal(100)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(f"{ON}T10:00:00+08:00", tick=False):
        yield


@pytest.fixture
def branch():
    found = factories.BranchFactory(committee=False)
    for month in range(1, 11):
        hold(found, "theme_party_day", (month, 10 if month % 3 else 29), attended=8)
    tend(YEAR, by=User.objects.system())
    return found


@pytest.fixture
def sheet(client, branch):
    """sheet() → the answer of the branch's sheet for its secretary, or for whom it is asked."""

    def read(user=None):
        client.force_login(user or factories.UserFactory(serving=branch))
        return client.get(reverse("assessment:sheet", args=[YEAR, branch.pk]))

    return read


def four(parts):
    return parts["got"] + parts["still"] + parts["lost"] + parts["open"]


# --- the figures


@pytest.mark.parametrize("on", [date(YEAR, 3, 1), ON, date(YEAR + 1, 1, 1), OVER], ids=str)
def test_the_four_figures_are_the_full_hundred(branch, on):
    factories.ManualScoreFactory(branch=branch, year=YEAR, part="PF1.3", points=1)
    factories.ManualScoreFactory(branch=branch, year=YEAR, part="B1", points=2)
    (score,) = scoring.grade(YEAR, on=on)

    parts = balance.of_score(score, *balance.short(score, on))

    assert four(parts) == HUNDRED
    assert (parts["got"], parts["extra"]) == (score.total - 2, 2)
    assert parts["open"] >= 0 <= parts["lost"]
    assert sum(row["points"] for row in balance.left_out(score)) == HUNDRED - score.judged


@pytest.mark.parametrize("short", ["fact", "judged", "none"])
def test_the_cent_that_is_over_goes_where_something_is_short(short):
    most = [Decimal(7), Decimal(7), Decimal(7)]
    points = most if short == "none" else [Decimal("4.66"), Decimal("4.66"), Decimal(7)]
    fact = Fact(Decimal(2), Decimal(3), "meetings.Meeting", (1,)) if short == "fact" else None
    parts = tuple(
        Part(f"P{number}", "甲", each, "scored", got, Decimal(0), "", fact)
        for number, (each, got) in enumerate(zip(most, points, strict=True))
    )
    items = tuple(Item(part.key, "甲", "d", part.most, "", "", (part,)) for part in parts)
    content = {"year": YEAR, "items": [{"parts": [{"key": part.key, "fact": "duties.facts.met"}]} for part in parts]}
    score = Score(SimpleNamespace(pk=1), (Dimension("d", "考勤", HUNDRED, items),), (), content=content)

    told = balance.of_score(score, *balance.short(score, ON))

    assert four(told) == HUNDRED
    assert {name for name in ("lost", "open") if told[name]} == {"fact": {"lost"}, "judged": {"open"}, "none": set()}[
        short
    ]


def test_the_page_says_them_in_words(sheet):
    page = sheet()

    text = page.content.decode()
    for word, name in (("已得", "got"), ("还可得", "still"), ("补不回来", "lost"), ("年底才能定", "open")):
        assert f"{word} <b>{page.context['balance'][name]}</b>" in text
    assert "＝ <span>100 分</span>" in text
    assert {row["words"] for row in page.context["unsure"]} == {"到会率"}
    assert "质量（组织生活会和民主评议）" in text


def test_a_row_of_an_earlier_form_is_made_anew(branch):
    row = forecast.latest(branch, YEAR, on=ON)
    old = {name: value for name, value in row.content["own"].items() if name not in ("form", "balance")}
    Forecast.objects.update(content={**row.content, "own": old}, seen=F("seen") + 10**6)

    assert (
        four(
            {
                name: Decimal(each)
                for name, each in forecast.latest(branch, YEAR, on=ON).content["own"]["balance"].items()
            }
        )
        == 100
    )


# --- what can still be had


def test_what_ends_first_stands_first_and_the_red_button_leads_there(sheet):
    gains = sheet().context["gains"]

    now = [gain for gain in gains if not gain["is_later"]]
    assert gains[: len(now)] == now
    assert [gain["until"] for gain in now] == sorted(gain["until"] for gain in now)
    assert [gain["words"] for gain in gains if gain.get("is_first")] == [now[0]["words"]]
    assert now[0]["url"]
    assert "主题党日" in now[0]["words"]


def test_a_year_that_earns_points_until_march_says_by_which_rule(sheet):
    gain = next(gain for gain in sheet().context["gains"] if "组织生活会" in gain["words"])

    assert gain["until"] == date(YEAR + 1, 3, 31)
    assert gain["hint"] == "次年 3 月底前召开的计入上一考核年度（《中国共产党支部工作条例（试行）》第十七条）"


def test_what_cannot_be_done_yet_says_from_when(sheet, branch):
    hold(branch, "theme_party_day", (11, 10))
    tend(YEAR, by=User.objects.system())
    page = sheet()

    gain = next(gain for gain in page.context["gains"] if "主题党日" in gain["words"])
    assert (gain["is_later"], gain["url"]) == (True, "")
    assert "12 月 1 日起，12 月 28 日前" in page.content.decode()


def test_without_a_duty_there_is_a_day_and_the_way_there(sheet, branch):
    member = factories.MembershipFactory(branch=branch, started_on=date(2020, 1, 1)).member
    factories.DuesPaymentFactory(member=member, branch=branch, month=date(YEAR, 1, 1))
    page = sheet()

    gain = next(gain for gain in page.context["gains"] if gain["words"] == "党费按时交纳")
    assert gain["until"] == date(YEAR, 12, 31)
    assert gain["url"] == reverse("members:dues_month", args=[branch.pk, YEAR, 11])


def test_who_may_not_do_it_reads_who_does(sheet):
    gains = sheet(factories.UserFactory(serving=root(), role=Role.INSPECTOR)).context["gains"]

    assert {gain["hint"] for gain in gains if "主题党日" in gain["words"]} == {"由支部登记"}
    assert not [gain for gain in gains if gain["url"]]


def test_only_those_who_know_the_scheme_by_heart_read_its_codes(sheet):
    assert "<small>AT1</small>" not in sheet().content.decode()
    assert "<small>AT1</small>" in sheet(factories.UserFactory(serving=root(), role=Role.STAFF)).content.decode()


# --- on the home of the branch


def test_the_home_marks_each_line_with_what_it_earns_and_lists_the_rest(client, branch):
    client.force_login(factories.UserFactory(serving=branch))
    page = client.get(reverse("portal:home"))
    score, text = page.context["score"], page.content.decode()

    lines = {line["rule"]: line for group in page.context["groups"] for line in group["lines"]}
    points = {gain["rule"]: gain["points"] for gain in score["gains"]}
    assert lines["theme_party_day"]["gain"] == f"2 期共 +{points['theme_party_day']} 分"
    assert not [gain for gain in score["more"] if "主题党日" in gain["words"]]
    assert text.index(f"<b>{score['total']}</b>") < text.index("本月应办")
    assert four(score["sums"]) == HUNDRED
