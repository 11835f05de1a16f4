"""The list of 预估得分 for staff, the county's target, the course of the year, and what a branch sees of the others."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent, User
from assessment import forecast, forecast_sheet
from assessment import scheme as schemes
from assessment.models import Forecast
from branches.actions import root
from branches.rights import Role
from jobs.models import Job
from portal.actions import tend
from tests import factories
from tests.assessment.year import YEAR, hold

pytestmark = pytest.mark.django_db
ON = date(YEAR, 11, 20)
LIST = reverse("assessment:list")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(f"{ON}T10:00:00+08:00", tick=False):
        yield


@pytest.fixture
def staff(client):
    user = factories.UserFactory(serving=root(), role=Role.STAFF)
    client.force_login(user)
    return user


def kept(branch, total, grade, **fields):
    """A row of today's pass."""
    row = {"group": "小学", "still": 5, "lost": 10, "rank": 1, "ranked_at": f"{ON}T01:00Z", "month": date(YEAR, 11, 1), "on": ON,
           "computed_at": f"{ON}T01:00Z", "seen": 10**9} | fields  # fmt: skip
    dimensions = [
        {"key": key, "label": label, "points": str(Decimal(total) * weight / 100)}
        for key, label, weight in (("attendance", "考勤", 30), ("performance", "实绩", 50), ("excellence", "创优", 20))
    ]
    return factories.ForecastFactory(
        branch=branch, year=YEAR, total=total, grade=grade, content={"why": "", "dimensions": dimensions}, **row
    )


@pytest.fixture
def rows():
    """Four branches: one is good, one is below the target and may still leave it, one cannot any more, one is of another group."""
    names = ("甲", "乙", "丙", "丁")
    found = [factories.BranchFactory(name=f"{name}支部", committee=False) for name in names]
    kept(found[0], 90, "优秀", rank=1)
    kept(found[1], 58, "不合格", rank=2)  # 58 + 5 reaches 60
    kept(found[2], 40, "不合格", rank=3)
    kept(found[3], 75, "合格", group="幼儿园", rank=4)
    return found


def names(client, **query):
    return [row["name"] for row in client.get(LIST, query).context["rows"]]


# --- the list


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "甲乙丙丁"),
        ({"group": "幼儿园"}, "丁"),
        ({"grade": "不合格"}, "乙丙"),
        ({"target": "below"}, "乙丙"),
        ({"target": "beyond"}, "丙"),
        ({"q": "甲"}, "甲"),
        ({"q": "没有这个"}, ""),
        ({"order": "rank"}, "甲乙丙丁"),
        ({"page": "99", "grade": "x"}, ""),
    ],
    ids=str,
)
def test_staff_choose_what_the_list_shows(client, staff, rows, query, found):
    assert names(client, **query) == [f"{name}支部" for name in found]


def test_the_target_is_what_the_rulebook_says(client, staff, rows):
    goal = client.get(LIST).context["goal"]

    assert (goal["grades"], goal["floor"]) == (["不合格"], Decimal(60))
    below = client.get(LIST).context["below"]
    assert (below["count"], below["beyond"]) == (2, 1)


@pytest.mark.parametrize(("total", "beyond"), [("54.99", 1), ("55.00", 0)], ids=["a cent short", "to the cent"])
def test_who_can_still_reach_the_target_is_told_to_the_cent(client, staff, total, beyond):
    kept(factories.BranchFactory(committee=False), Decimal(total), "不合格")  # 5 points can still be had

    assert client.get(LIST).context["below"]["beyond"] == beyond


def test_each_group_has_its_grades(client, staff, rows):
    spread = {line["group"]: [cell["count"] for cell in line["cells"]] for line in client.get(LIST).context["spread"]}

    assert spread == {"小学": [1, 0, 0, 2, 0], "幼儿园": [0, 1, 0, 0, 0]}


def test_the_year_has_its_course(client, staff, rows):
    for branch, total in zip(rows, (40, 20, 10, 30), strict=True):
        kept(branch, total, "不合格", month=date(YEAR, 6, 1), ranked_at=None)

    page = client.get(LIST)
    assert [(row["month"].month, row["mean"], row["below"]) for row in page.context["course"]] == [
        (6, Decimal("25.00"), 4), (11, Decimal("65.75"), 2),
    ]  # fmt: skip
    assert page.context["picture"] == "M0.00 29.50L100.00 15.64"
    assert "逐月走势" in page.content.decode()


def test_the_queries_of_the_list_stay_under_fifteen_and_do_not_grow(client, staff, rows):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        return len(queries)

    cost()
    few = cost()
    for branch in factories.BranchFactory.create_batch(8, committee=False):
        kept(branch, 66, "合格")
    assert cost() == few
    assert few <= 15


def test_the_list_says_when_something_was_recorded_since(client, staff, rows):
    assert "以后又有记录变动" not in client.get(LIST).content.decode()

    AuditEvent.objects.create(pk=10**9 + 1, by=staff, action="honour.enter")
    assert "以后又有记录变动" in client.get(LIST).content.decode()


def test_staff_grade_anew_on_the_spot(client, staff, rows):
    tend(YEAR, by=User.objects.system())

    answer = client.post(reverse("assessment:renew"), {"year": YEAR})
    assert answer["Location"] == f"{LIST}?year={YEAR}"
    assert Forecast.objects.get(branch=rows[0]).total != 90
    assert AuditEvent.objects.filter(action="forecast.run", by=staff).exists()


def test_a_large_county_is_graded_by_the_worker(client, staff, rows, monkeypatch):
    monkeypatch.setattr("assessment.views.score.AT_ONCE", 3)
    monkeypatch.setattr("jobs.actions.kick", lambda: None)

    answer = client.post(reverse("assessment:renew"), {"year": YEAR})
    job = Job.objects.get(kind="assessment.forecast")
    assert answer["Location"] == reverse("portal:job", args=[job.pk])
    assert client.post(reverse("assessment:renew"), {"year": YEAR})["Location"] == answer["Location"]


def test_a_year_without_a_branch_says_what_to_do(client, staff):
    assert "有了组织生活记录，这里就有得分" in client.get(LIST).content.decode()


@pytest.mark.parametrize(
    "query", [{"year": "99999"}, {"year": "abc"}, {"page": "x"}, {"kind": "x"}, {"order": "'"}], ids=str
)
def test_a_crooked_address_is_no_fault_of_ours(client, staff, rows, query):
    assert client.get(LIST, query).status_code == 200


def test_committees_are_the_second_tab(client, staff, rows):
    assert client.get(LIST).context["tabs"] == []

    committee = factories.BranchFactory(kind="committee", committee=False)
    assert [tab["label"] for tab in client.get(LIST).context["tabs"]] == ["党支部", "党委、党总支"]
    page = client.get(LIST, {"kind": "committee"})
    assert [row["name"] for row in page.context["rows"]] == [committee.name]
    assert client.get(reverse("assessment:sheet", args=[YEAR, committee.pk])).status_code == 200


# --- what a branch sees of the others


def sheet(client, branch):
    return client.get(reverse("assessment:sheet", args=[YEAR, branch.pk]))


def group_of(count):
    found = factories.BranchFactory.create_batch(count, committee=False)
    for branch in found:
        hold(branch, "theme_party_day", (3, 10))
    tend(YEAR, by=User.objects.system())
    for number, branch in enumerate(found):
        kept(branch, 50 + 10 * number, "基本合格", rank=None)
    return found


@pytest.mark.parametrize(("count", "shown"), [(4, False), (5, True)], ids=["too few to hide anybody", "from five on"])
def test_the_middle_of_the_group_is_shown_from_five_on(client, count, shown):
    branches = group_of(count)
    client.force_login(factories.UserFactory(serving=branches[0]))

    medians = sheet(client, branches[0]).context["medians"]
    assert bool(medians) == shown
    if shown:
        assert medians["lines"][0]["median"] == Decimal("70.00")
        assert [line["median"] for line in medians["lines"][1:]] == [
            Decimal("21.00"),
            Decimal("35.00"),
            Decimal("14.00"),
        ]


def test_the_median_of_an_even_group_is_between_the_two_in_the_middle():
    told = [(Decimal(total), {"a": Decimal(total)}) for total in ("60", "70.01", "70.04", "80", "81", "20")]

    assert forecast_sheet.medians(told, "小学", ON)["total"] == Decimal("70.03")  # 70.025, half up


def test_a_dimension_that_few_have_scored_shows_no_median():
    told = [(Decimal(total), {"a": Decimal(total), "b": Decimal(9) if total < 3 else None}) for total in range(6)]

    found = forecast_sheet.medians(told, "小学", ON)
    assert set(found["dimensions"]) == {"a"}


def test_a_branch_sees_no_rank_and_nobody_elses_sheet(client):
    branches = group_of(5)
    client.force_login(factories.UserFactory(serving=branches[0]))

    page = sheet(client, branches[0]).content.decode()
    assert "名" not in page.split("预排等次")[1][:200]
    assert not any(branch.name in page for branch in branches[1:])
    assert sheet(client, branches[1]).status_code == 404


# --- the branch's own page


def test_what_is_lost_stands_beside_what_can_be_had(client):
    branch = group_of(1)[0]
    client.force_login(factories.UserFactory(serving=branch))

    page = sheet(client, branch)
    words = {row["words"]: row["why"] for row in page.context["losses"]}
    assert words["主题党日"].startswith("缺：1 月、2 月、4 月")
    assert "已经补不回来的" in page.content.decode()
    assert next(gain for gain in page.context["gains"] if "主题党日" in gain["words"])["until"] == date(YEAR, 11, 28)


def test_the_sheet_is_what_the_records_give_now(client):
    branch = group_of(1)[0]
    client.force_login(factories.UserFactory(serving=branch))
    row = forecast.latest(branch, YEAR, on=ON)

    assert sheet(client, branch).context["score"].total == Decimal(row.content["own"]["total"])
    assert schemes.in_force(YEAR)["title"] in sheet(client, branch).context["scheme"]["title"]


@pytest.mark.parametrize("name", ["q", "group", "grade", "target", "order"])
def test_what_no_database_takes_is_left_out_of_the_search(client, staff, name):
    factories.BranchFactory(founded_on=date(2020, 1, 1))

    assert client.get(LIST, {name: "党\0建"}).status_code == 200


def test_an_organisation_that_came_after_the_pass_is_in_the_list_at_once(client, staff):
    factories.BranchFactory(name="老支部")
    tend(YEAR, by=User.objects.system())
    forecast.run(YEAR, on=ON)
    fresh = factories.BranchFactory(name="新月学校支部")
    factories.AuditEventFactory(label="branches.Branch", object_id=str(fresh.pk))

    page = client.get(LIST, {"q": "新月"}).content.decode()

    assert "新月学校支部" in page
