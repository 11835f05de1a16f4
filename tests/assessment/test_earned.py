"""From a record to its points: the shares of a part's records are the part, and nobody reads more than both sides allow."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from assessment import earned, forecast
from branches.actions import root
from duties.models import Duty
from meetings.models import Meeting
from portal.actions import tend
from tests import factories
from tests.assessment.year import YEAR, hold

pytestmark = pytest.mark.django_db
ON = date(YEAR, 11, 20)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(f"{ON}T10:00:00+08:00", tick=False):
        yield


@pytest.fixture
def branch():
    """A branch that held ten days of its own, one late and one twice in a month, and two lectures."""
    found = factories.BranchFactory(committee=False)
    hold(found, "theme_party_day", *((month, 10) for month in range(1, 9)), (9, 30), (10, 10), (10, 24))
    hold(found, "party_lecture", (2, 20), (5, 20), attended=8)
    tend(YEAR, by=User.objects.system())
    return found


@pytest.fixture
def secretary(branch):
    return factories.UserFactory(serving=branch)


def score(branch):
    return forecast.score_of(forecast.latest(branch, YEAR, on=ON))


def lines(user, record, label="meetings.Meeting"):
    return {line["code"]: line for line in earned.found_for(user, label, record.pk, on=ON)[1]}


def meeting(branch, month, day):
    return Meeting.objects.get(branch=branch, held_on=date(YEAR, month, day))


def test_the_shares_of_all_records_of_a_part_are_the_part(branch):
    found = score(branch)
    parts = {part["key"]: part for item in found.content["items"] for part in item["parts"]}
    checked = 0
    for part in (part for item in found.items for part in item.parts if part.fact and part.fact.pks):
        options = parts[part.key].get("options", {})
        duties = Duty.objects.filter(branch=branch, year=YEAR, rule=options.get("rule")).prefetch_related("fulfilments")
        given = earned.shares(part, options, list(duties))
        assert set(given) == set(part.fact.pks)
        assert sum(given.values()) == part.points
        checked += 1
    assert checked >= 3


def test_a_record_of_one_period_has_what_the_period_gave(branch, secretary):
    line = lines(secretary, meeting(branch, 3, 10))["AT1"]

    assert line["points"] in (Decimal("0.66"), Decimal("0.67"))  # 8 points of twelve months
    assert (line["words"], line["year"], line["stage"]) == ("3 月", YEAR, "预估")
    assert "第十六条" in line["source"]


def test_a_late_record_has_less_and_says_so(branch, secretary):
    line = lines(secretary, meeting(branch, 9, 30))["AT1"]

    assert line["points"] in (Decimal("0.46"), Decimal("0.47"))
    assert line["words"] == "9 月，迟办"


def test_the_second_record_of_a_period_has_nothing_and_says_why(branch, secretary):
    line = lines(secretary, meeting(branch, 10, 24))["AT1"]

    assert line["points"] == 0
    assert line["words"] == "10 月已有更早的一条记录计分，这条不再计"


def test_what_counts_together_is_shared_and_said_in_words(branch, secretary):
    line = lines(secretary, meeting(branch, 2, 20))["AT5"]

    assert line["words"].startswith("与另外 12 条记录一起算")
    assert 0 < line["points"] < line["of"]


def test_a_draft_earned_nothing(client, branch, secretary):
    draft = factories.MeetingFactory(branch=branch, created_by=secretary)
    client.force_login(secretary)

    answer = client.get(reverse("assessment:earned", args=["meetings.Meeting", draft.pk]))
    assert "没有计入考核得分" in answer.content.decode()


def test_the_panel_and_the_page_say_the_same(client, branch, secretary):
    client.force_login(secretary)
    url = reverse("assessment:earned", args=["meetings.Meeting", meeting(branch, 3, 10).pk])

    page, panel = client.get(url).content.decode(), client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" in page
    assert "<html" not in panel
    assert panel.strip() in page


@pytest.mark.parametrize(("role", "has_code"), [("secretary", False), ("staff", True)])
def test_only_who_compares_organisations_reads_the_code_of_an_item(client, branch, secretary, role, has_code):
    client.force_login(secretary if role == "secretary" else factories.UserFactory(serving=root(), role=role))
    url = reverse("assessment:earned", args=["meetings.Meeting", meeting(branch, 3, 10).pk])
    text = client.get(url, headers={"HX-Request": "true"}).content.decode()

    assert "主题党日" in text
    assert ("AT1" in text) == has_code


def test_the_record_leads_to_it(client, branch, secretary):
    client.force_login(secretary)
    record = meeting(branch, 3, 10)

    assert (
        reverse("assessment:earned", args=["meetings.Meeting", record.pk])
        in client.get(record.get_absolute_url()).content.decode()
    )


@pytest.mark.parametrize("label", ["meetings.Meeting", "meetings.Meetings", "accounts.User", "assessment.Veto", "x"])
def test_a_stranger_and_a_wrong_name_find_nothing(client, branch, label):
    client.force_login(factories.UserFactory(serving=factories.BranchFactory()))

    assert client.get(reverse("assessment:earned", args=[label, meeting(branch, 3, 10).pk])).status_code == 404


def test_who_reads_the_record_but_not_the_score_finds_nothing(client, branch):
    client.force_login(factories.UserFactory(serving=branch, role="editor"))
    record = meeting(branch, 3, 10)

    assert client.get(reverse("assessment:earned", args=["meetings.Meeting", record.pk])).status_code == 403
    assert "计入考核的得分" not in client.get(record.get_absolute_url()).content.decode()
