"""工作分析 and 月报: the same numbers as the lists behind them, in the reader's reach alone."""

import io
import json
import re
import zipfile
from datetime import date

import pytest
import time_machine
from django.urls import reverse

from branches import rights
from branches.actions import root
from branches.rights import Role
from duties.models import Duty, Fulfilment
from portal import analysis, tiles
from portal.monthly import Month, month_of
from recruitment import figures
from recruitment.models import Application
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)
BOARD, MONTH = reverse("portal:board"), reverse("portal:monthly", args=[2025, 10])


@pytest.fixture(autouse=True)
def _day():
    with time_machine.travel("2025-11-20 09:00", tick=False):
        yield


@pytest.fixture
def school():
    return factories.BranchFactory(kind="committee", name="中共青松中学委员会", area="town")


@pytest.fixture
def branches(school):
    return [
        factories.BranchFactory(parent=school, name=f"中共青松中学第{word}支部委员会", stage="junior")
        for word in "一二"
    ]


@pytest.fixture
def staff(client, school):
    user = factories.UserFactory(serving=school.parent, role=Role.STAFF)
    client.force_login(user)
    return user


def owe(branch, month, *, met=None, year=2025, rule="theme_party_day"):
    """A monthly duty of a branch that ended with the month; `met`: the day of the record."""
    days = {"opens_on": date(year, month, 1), "target_on": date(year, month, 25), "due_on": date(year, month, 27)}
    last = date(year, month, 28)
    duty = Duty.objects.create(
        branch=branch, rule=rule, year=year, period=f"{year}-{month:02}", ends_on=last, locks_on=last, **days
    )
    if met:
        Fulfilment.objects.create(duty=duty, label="meetings.Meeting", object_id=duty.pk, on=date(year, month, met))
    return duty


def chart(user, key, **asked):
    reach = analysis.Reach(user, asked.pop("year", 2025), TODAY, asked.pop("top", None))
    return next((each for each in analysis.charts(reach) if each.key == key), None)


def table(found):
    return {label: [cell.value for cell in cells] for label, cells in found.rows}


class TestCharts:
    def test_rates_by_the_month_and_the_duties_behind_each_figure(self, client, branches, staff):
        one, two = branches
        owe(one, 9, met=20), owe(two, 9, met=28), owe(one, 10, met=20), owe(two, 10)
        owe(two, 11)  # still open

        found = chart(staff, "rates")

        assert table(found) == {"9 月": [100.0, 50.0, 2, 0, 1], "10 月": [50.0, 50.0, 2, 1, 0]}
        assert found.say == "到今天该办 4 件：完成率 75.0%，及时率 50.0%。"
        for _, cells in found.rows:
            for cell in cells:
                if cell.url:
                    assert client.get(cell.url).context["page"].paginator.count == cell.value

    def test_what_the_picture_shows_is_what_the_table_says(self, client, branches, staff):
        owe(branches[0], 10), owe(branches[1], 10, met=3)
        page = client.get(BOARD)

        specs = json.loads(
            re.search(r'<script id="charts" type="application/json">(.*?)</script>', page.content.decode())[1]
        )
        for found in page.context["charts"]:
            if not found.rows:
                continue
            (spec,) = [spec for spec in specs if spec["key"] == found.key]
            assert spec["labels"] == [label for label, _ in found.rows]
            for place, series in zip(found.drawn, spec["series"], strict=True):
                assert series["values"] == [cells[place].value for _, cells in found.rows]

    def test_open_problems_by_age(self, client, branches, staff):
        for due in (date(2025, 12, 1), date(2025, 11, 19), date(2025, 3, 1)):
            factories.RectificationFactory(branch=branches[0], created_by=staff, raised_on=date(2025, 2, 1), due_on=due)

        found = chart(staff, "ageing")

        assert found.say == "没有销号的 3 件，其中超期 2 件。"
        assert sum(cells[0].value for _, cells in found.rows) == 3
        for _, (cell,) in found.rows:
            assert not cell.url or client.get(cell.url).context["page"].paginator.count == cell.value

    def test_the_road_counts_who_is_there_and_who_came_this_year(self, client, branches, staff):
        for applied in (date(2024, 5, 1), date(2025, 5, 1)):
            factories.ApplicationFactory(branch=branches[0], applied_on=applied)

        _, (now, new) = chart(staff, "funnel").rows[0]

        assert (now.value, new.value) == (2, 1)
        assert [client.get(cell.url).context["page"].paginator.count for cell in (now, new)] == [2, 1]
        assert figures.entered(Application.objects.all(), date(2025, 1, 1), TODAY) == dict.fromkeys(figures.IN_YEAR, 0)

    def test_party_school_by_the_kind_of_school(self, client, branches, staff):
        factories.MemberFactory.create_batch(3, branch=branches[0])

        ((label, (share, registered, left, _)),) = chart(staff, "trained").rows

        assert (label, share.value, registered.value, left.value) == ("初中", 0, 3, 3)
        assert client.get(left.url).context["page"].paginator.count == 3

    def test_grades_of_a_running_year_are_for_those_who_see_ranks(self, school, branches):
        assert chart(factories.UserFactory(serving=school, role=Role.COMMITTEE), "spread") is None
        assert chart(factories.UserFactory(serving=school.parent, role=Role.INSPECTOR), "spread") is not None

    def test_nothing_of_others_is_counted(self, school, branches):
        elsewhere = factories.BranchFactory()
        owe(elsewhere, 10), owe(branches[0], 10)
        reader = factories.UserFactory(serving=school, role=Role.COMMITTEE)

        assert table(chart(reader, "rates")) == {"10 月": [0.0, 0.0, 1, 1, 0]}
        assert chart(reader, "rates", top=elsewhere.pk).rows == chart(reader, "rates").rows

    def test_a_chosen_organisation_narrows_every_figure(self, client, school, branches, staff):
        owe(factories.BranchFactory(), 10), owe(branches[0], 10)

        page = client.get(BOARD, {"upper": school.pk})

        assert page.context["reach"].top == school
        assert table(page.context["charts"][0]) == {"10 月": [0.0, 0.0, 1, 1, 0]}


class TestMap:
    def test_one_tile_a_school_by_its_worst_state(self, school, branches, staff):
        owe(branches[0], 10, met=3), owe(branches[1], 10)
        lone = factories.BranchFactory(name="中共白岭小学支部委员会", area="village")
        owe(lone, 10, met=3)

        areas = tiles.of_reach(analysis.Reach(staff, 2025, TODAY))

        assert [(area["label"], [(tile["name"], tile["word"]) for tile in area["tiles"]]) for area in areas] == [
            ("镇区", [("青松中学", "缺 1")]), ("乡村", [("白岭小学", "全办")]),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("name", "above", "short"),
        [
            ("中共云岭县第一中学总支部委员会", "云岭县", "第一中学"), ("中共云岭县一中支部委员会", "云岭县", "一中"),
            ("中共白岭小学支部委员会", "云岭县", "白岭小学"), ("教体局机关支部", "云岭县", "教体局机关支部"),
            ("中共青松中学第二支部委员会", "青松中学", "第二支部"), ("中共青松中学离退休支部委员会", "", "青松中学离退休支部"),
            ("中共青松中学委员会", "", "青松中学"),
        ],
    )  # fmt: skip
    def test_short_names(self, name, above, short):
        assert tiles.short_name(name, above) == short

    @pytest.mark.parametrize(
        ("name", "county"), [("中共云岭县委教育体育工作委员会", "云岭县"), ("教育体育工作委员会", "")]
    )
    def test_the_county_in_the_name_of_its_work_committee(self, name, county):
        assert tiles.county_of(name) == county


class TestMonth:
    def test_a_month_beside_the_one_before_and_last_year(self, branches, staff):
        owe(branches[0], 10, met=3), owe(branches[1], 10), owe(branches[0], 9, met=3), owe(branches[0], 10, year=2024)

        life, missing = Month(staff, date(2025, 10, 1), TODAY).parts()[:2]

        assert [[cell.value for cell in row][1:3] for row in life.rows] == [[2, 50.0], [1, 100.0], [1, 0.0]]
        assert [[cell.said for cell in row] for row in missing.rows] == [["中共青松中学委员会", "2", "1"]]

    def test_each_figure_leads_to_its_duties(self, client, branches, staff):
        owe(branches[0], 10, met=3), owe(branches[1], 10)
        cells = [
            cell for part in client.get(MONTH).context["parts"] for row in part.rows for cell in row if cell.url
        ]  # fmt: skip

        assert cells
        assert all(client.get(cell.url).context["page"].paginator.count == cell.value for cell in cells)

    def test_each_number_of_a_sentence_leads_to_what_it_counts(self, client, branches, staff):
        october = date(2025, 10, 15)
        for due in (date(2025, 10, 20), date(2025, 12, 1)):
            factories.RectificationFactory(branch=branches[0], created_by=staff, raised_on=october, due_on=due)
        factories.ApplicationFactory(branch=branches[0], applied_on=october)
        owe(branches[0], 11)
        factories.ClassSessionFactory(training_class__branch=root(), held_on=october)
        factories.NoticeFactory(branch=root(), issued=True, issued_at="2025-10-15T02:00:00Z", created_by=staff)
        cells = [cell for part in client.get(MONTH).context["parts"] for cell in part.pieces if cell.url]

        told = {cell.url.split("?")[0].rstrip("/").split("/")[-2] for cell in cells if "/records/" in cell.url}
        assert told == {"raised", "unsettled", "overdue", "applied", "sessions", "told"}
        assert [cell.url for cell in cells if "rule=theme_party_day" in cell.url], "what falls due next"
        assert {cell.url: client.get(cell.url).context["page"].paginator.count for cell in cells} == {
            cell.url: cell.value for cell in cells
        }
        page = client.get(next(cell.url for cell in cells if "/raised/" in cell.url))
        assert all(client.get(row.url).status_code == 200 for row in page.context["rows"])

    def test_other_duties_lead_to_their_list_too(self, client, branches, staff):
        owe(branches[0], 2, year=2026, rule="ideology_return", met=5)
        owe(branches[1], 2, year=2026, rule="ideology_return")
        with time_machine.travel("2026-03-20 09:00", tick=False):
            client.force_login(staff)  # the session of November has ended
            page = client.get(reverse("portal:monthly", args=[2026, 2]))
            (part,) = [part for part in page.context["parts"] if part.title == "其他应办事项"]
            counts = [client.get(cell.url).context["page"].paginator.count for cell in part.pieces if cell.url]

        assert part.say == "意识形态到期 2 件、缺 1 件。"
        assert counts == [2, 1]

    def test_who_entered_a_step_is_listed_with_the_day(self, client, branches, staff):
        application = factories.ApplicationFactory(branch=branches[0], applied_on=date(2024, 10, 1))
        factories.ApplicationStayFactory(application=application)
        for step, day in (("apply", date(2024, 10, 1)), ("confirm_activist", date(2025, 10, 10))):
            factories.RoadStepFactory(application=application, step=step, on=day, created_by=staff)
        page = client.get(reverse("portal:month_records", args=[2025, 10, "confirmed"]))

        assert [(row.branch, row.on) for row in page.context["rows"]] == [(branches[0], date(2025, 10, 10))]

    @pytest.mark.parametrize(("matter", "status"), [("raised", 403), ("applied", 403), ("told", 200), ("nothing", 404)])
    def test_of_what_somebody_may_not_see_nothing_is_listed(
        self, client, school, branches, matter, status, monkeypatch
    ):
        reader = factories.UserFactory(serving=school, role=Role.COMMITTEE)
        kept = rights.ROLES[Role.COMMITTEE]
        monkeypatch.setitem(
            rights.ROLES,
            Role.COMMITTEE,
            {verb: kept[verb] for verb in kept if verb not in ("rectify.see", "recruit.see")},
        )
        client.force_login(reader)

        assert client.get(reverse("portal:month_records", args=[2025, 10, matter])).status_code == status

    def test_a_month_of_the_future_is_refused_kindly(self, client, staff):
        page = client.get(reverse("portal:monthly", args=[2025, 12]), follow=True)

        assert page.redirect_chain[-1][0] == reverse("portal:monthly", args=[2025, 11])
        assert "2025 年 12 月还没有到" in page.content.decode()

    @pytest.mark.parametrize(("year", "month"), [(2025, 13), (2025, 0), (1999, 1), (99999, 1)])
    def test_no_such_month(self, client, staff, year, month):
        assert client.get(reverse("portal:monthly", args=[year, month])).status_code == 404

    @pytest.mark.parametrize("text", ["", "2025-1", "2025-13", "20２5-01", "x", "2025-01-01"])
    def test_what_is_no_month(self, text):
        assert month_of(text) is None

    def test_the_paper_says_the_same(self, client, branches, staff):
        owe(branches[1], 10)
        page = client.get(reverse("portal:monthly_word", args=[2025, 10]))

        text = zipfile.ZipFile(io.BytesIO(page.content)).read("word/document.xml").decode()
        assert "2025年10月党建工作月报" in text
        assert "完成率 0.0%" in text
        assert "中共青松中学委员会" in text


@pytest.mark.parametrize("query", ["year=1", "year=x", "upper=0", "upper=x", "year=99999&upper=" + "9" * 40])
@pytest.mark.parametrize("page", [BOARD, MONTH, reverse("portal:fallen")])
def test_a_strange_address_shows_what_there_is(client, staff, page, query):
    assert client.get(f"{page}?{query}&month=2025-99&group=x&state=x").status_code == 200


def test_an_empty_county_says_what_to_do(client):
    client.force_login(factories.UserFactory(serving=factories.BranchFactory().parent, role=Role.STAFF))

    assert client.get(BOARD).status_code == 200
    assert client.get(MONTH).status_code == 200


@pytest.mark.parametrize(
    "page", [BOARD, MONTH, reverse("portal:fallen") + "?month=2025-10"], ids=["board", "month", "duties"]
)
def test_the_number_of_queries_does_not_grow(client, count_queries, staff, branches, page):
    def fill(branch):
        owe(branch, 10)
        factories.MemberFactory(branch=branch)
        factories.RectificationFactory(branch=branch, created_by=staff, due_on=date(2025, 12, 1))
        factories.ApplicationFactory(branch=branch)

    fill(branches[0])
    count_queries(page)
    before = count_queries(page)
    for _ in range(8):
        fill(factories.BranchFactory())

    assert count_queries(page) == before <= 15
