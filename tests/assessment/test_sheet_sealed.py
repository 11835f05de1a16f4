"""The score sheet of a year that is closed shows what was sealed, and says as of when; so does what a record earned."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from assessment import earned, forecast_sheet
from assessment.models import Forecast
from duties.models import Duty
from meetings.models import Meeting
from portal.actions import tend
from tests import factories
from tests.assessment.sealed import finalised, graded_year, sealed
from tests.assessment.year import OVER, YEAR, hold

pytestmark = pytest.mark.django_db
LATER = date(2026, 6, 1)


@pytest.fixture(autouse=True)
def outside(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    with time_machine.travel(f"{LATER}T10:00:00+08:00", tick=False):
        yield


@pytest.fixture
def seal():
    """Five branches: the first held all twelve months, each further one a month less."""
    return sealed(graded_year(5))


@pytest.fixture
def branch(seal):
    return seal.scores.order_by("pk")[2].branch


def page_of(client, branch):
    return client.get(reverse("assessment:sheet", args=[YEAR, branch.pk]))


def periods(page):
    items = {item["code"]: item for each in page.context["dimensions"] for item in each["items"]}
    return {row["label"]: row["state"] for part in items["AT1"]["evidence"] for row in part["periods"]}


def test_the_sheet_says_what_was_published_and_as_of_when(client, branch, secretary):
    page = page_of(client, branch)

    text = page.content.decode()
    assert "公布得分" in text
    assert "截至 2026 年 3 月 31 日" in text
    assert page.context["gains"] == []
    assert not Forecast.objects.exists()


def test_it_says_when_it_is_final(client, seal, branch, secretary):
    finalised(seal.round)

    assert "审定得分" in page_of(client, branch).content.decode()


def test_what_is_entered_afterwards_shows_neither_in_the_points_nor_in_the_periods(client, branch, secretary):
    before = page_of(client, branch)
    missed = next(label for label, state in periods(before).items() if state == "miss")
    hold(branch, "theme_party_day", (int(missed.split()[0]), 10))
    tend(YEAR, by=User.objects.system())
    assert Duty.objects.filter(branch=branch, year=YEAR, rule="theme_party_day", met_on=None).count() < 12

    after = page_of(client, branch)
    assert after.context["score"].total == before.context["score"].total
    assert periods(after) == periods(before)


def test_the_middle_of_the_group_is_of_the_seal(client, seal, branch, secretary):
    medians = page_of(client, branch).context["medians"]

    totals = sorted(line.total for line in _scores())
    assert medians["count"] == 5
    assert medians["lines"][0]["median"] == totals[2]
    assert forecast_sheet.medians_of_seal(seal, "", OVER) is None


def _scores():
    from assessment import results

    return results.standing(YEAR, on=LATER).scores


def test_staff_see_the_sealed_list_with_the_same_filters(client, seal):
    client.force_login(factories.UserFactory(serving=seal.scores.first().branch.parent, role="staff"))
    url = reverse("assessment:list")

    page = client.get(url, {"year": YEAR})
    assert [row["total"] for row in page.context["rows"]] == [score.total for score in _scores()]
    assert "公布结果，截至 2026 年 3 月 31 日，已封存" in page.content.decode()
    grade = page.context["rows"][0]["grade"]
    chosen = client.get(url, {"year": YEAR, "grade": grade, "order": "rank"}).context["rows"]
    assert chosen
    assert {row["grade"] for row in chosen} == {grade}
    assert client.post(reverse("assessment:renew"), {"year": YEAR}).status_code == 302  # nothing is graded anew
    assert not Forecast.objects.exists()


def test_what_a_record_earned_is_of_the_seal(branch, secretary):
    record = Meeting.objects.filter(branch=branch).earliest("held_on")
    hold(branch, "theme_party_day", (12, 28))
    tend(YEAR, by=User.objects.system())

    lines = {line["code"]: line for line in earned.found_for(secretary, "meetings.Meeting", record.pk, on=LATER)[1]}
    assert lines["AT1"]["stage"] == "公布"
    assert lines["AT1"]["points"] in (Decimal("0.66"), Decimal("0.67"))
    late = Meeting.objects.filter(branch=branch).latest("held_on")
    assert earned.found_for(secretary, "meetings.Meeting", late.pk, on=LATER)[1] == []


def test_of_a_year_sealed_before_its_end_nothing_can_still_be_had(client):
    seal = sealed(graded_year(2), on=date(2025, 9, 20))
    branch = seal.scores.latest("pk").branch
    client.force_login(factories.UserFactory(serving=branch))

    page = page_of(client, branch)
    text = page.content.decode()
    assert page.context["score"].total == next(score.total for score in _scores() if score.branch == branch)
    assert page.context["score"].still == 0
    assert "还可得" not in text
    assert "年底才能定" not in text
    assert "封存时没有到期" in text
    sums = page.context["balance"]
    assert sum(sums[name] for name in ("got", "still", "lost", "open")) == 100
