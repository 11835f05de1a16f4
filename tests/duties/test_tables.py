"""Branches × duties on the page and in the workbooks: groups, parts of the year, subtrees, one rule by its months."""

import io
import zipfile
from datetime import date
from xml.sax.saxutils import unescape

import pytest
import time_machine
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import AuditEvent, User
from branches.actions import root
from branches.rights import Role
from duties import matrix
from duties.actions import generate
from duties.models import Duty
from meetings.actions import meet_again
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def upper():
    return factories.BranchFactory(name="城区学校党委", kind="committee", order=1)


@pytest.fixture
def branch(upper):
    """Two theme days of eleven, one of them late; the returns of two months."""
    found = factories.BranchFactory(name="第一小学党支部", parent=upper, order=2)
    for day in (date(2026, 3, 24), date(2026, 4, 29)):
        factories.MeetingFactory(branch=found, held_on=day, accepted=True)
    generate(2026, by=User.objects.system())
    meet_again(2026)
    return found


@pytest.fixture
def staff(client):
    found = factories.UserFactory(serving=root(), role=Role.STAFF)
    client.force_login(found)
    return found


def table(client, **query):
    return client.get(reverse("duties:list"), query).context


def names(context):
    return [row["name"] for row in context["rows"]]


@pytest.mark.parametrize(
    ("part", "periods"),
    [
        ("M03", {"2026-03"}),
        ("Q1", {"2026-01", "2026-02", "2026-03", "2026-Q1"}),
        ("H1", {f"2026-0{month}" for month in range(1, 7)} | {"2026-Q1", "2026-Q2", "2026-H1", "2026-T1"}),
    ],
)
def test_a_part_of_the_year_holds_the_periods_inside_it(branch, part, periods):
    found = set(Duty.objects.filter(matrix.inside(2026, part), branch=branch).values_list("period", flat=True))

    assert found == periods


def test_a_notice_belongs_to_the_month_of_its_deadline(branch):
    notice = factories.NoticeFactory(branch=root(), issued=True)
    days = dict.fromkeys(("target_on", "due_on", "ends_on", "locks_on"), date(2026, 3, 25))
    duty = Duty.objects.create(
        branch=branch,
        rule="notice",
        year=2026,
        period=f"N{notice.pk}",
        notice=notice,
        opens_on=date(2026, 2, 1),
        **days,
    )

    assert duty in Duty.objects.filter(matrix.inside(2026, "M03"))
    assert duty not in Duty.objects.filter(matrix.inside(2026, "M02"))


class TestPage:
    def test_each_group_shows_its_duties_and_those_who_owe_them(self, client, staff, upper, branch):
        life, ideology, work = (table(client, group=group) for group in ("life", "ideology", "work"))

        assert "主题党日" in life["columns"]
        assert "主题党日" not in ideology["columns"]
        assert "意识形态月报" in ideology["columns"]
        assert "一月一调度" in work["columns"]
        assert {upper.name, branch.name} <= set(names(life)), "党委 owe 民主生活会 and 书记讲党课"
        assert root().name not in names(ideology), "the 工委 owes no return"

    def test_both_figures_follow_the_choice(self, client, staff, branch):
        whole, march, april = (
            table(client, rule="theme_party_day", part=part)["totals"] for part in ("", "M03", "M04")
        )

        assert (whole["owed"], whole["met"], whole["late"], whole["missed"]) == (10, 2, 1, 8)
        assert (march["completeness"], march["timeliness"]) == (100, 100)
        assert (april["completeness"], april["timeliness"]) == (100, 0)

    def test_one_rule_by_its_months(self, client, staff, upper, branch):
        context = table(client, rule="theme_party_day", q="小学")
        row = context["rows"][0]

        assert context["columns"] == [f"{month} 月" for month in range(1, 13)]
        assert [cell["state"] for cell in row["cells"]] == ["miss", "miss", "done", "late"] + ["miss"] * 6 + [
            "wait",
            "na",
        ]
        assert row["cells"][2]["figure"] == "3.24"
        assert row["cells"][0]["url"]

    def test_only_those_below_the_chosen_committee(self, client, staff, upper, branch):
        other = factories.BranchFactory(name="别处党支部")
        generate(2026, by=User.objects.system())

        assert other.name in names(table(client))
        assert set(names(table(client, upper=upper.pk))) == {upper.name, branch.name}

    def test_those_with_something_late(self, client, staff, branch):
        factories.BranchFactory(name="别处党支部")
        generate(2026, by=User.objects.system())

        assert names(table(client, only="late")) == [branch.name]
        assert names(table(client, only="late", part="M03")) == []

    @pytest.mark.parametrize(
        "query", [{"year": "x"}, {"group": "x"}, {"part": "M13"}, {"rule": "x"}, {"upper": "x"}, {"page": "x"}]
    )
    def test_an_address_typed_wrong_shows_the_whole(self, client, staff, branch, query):
        assert branch.name in names(table(client, **query))

    def test_by_months_it_costs_the_same_at_any_length(self, client, staff, count_queries, branch):
        url = f"{reverse('duties:list')}?rule=theme_party_day"
        count_queries(url)
        few = count_queries(url)
        for _ in range(6):
            factories.BranchFactory()
        generate(2026, by=User.objects.system())

        assert count_queries(url) == few <= 15


class TestWorkbooks:
    def sheets(self, client, name, **query):
        answer = client.get(reverse(f"duties:{name}"), query)
        assert answer.status_code == 200
        return load_workbook(io.BytesIO(answer.content))

    def test_meetings_are_counted_marked_and_listed(self, client, staff, upper, branch):
        book = self.sheets(client, "export_meetings", year=2026)
        summary = [list(row) for row in book["完成统计"].iter_rows(values_only=True)]
        head = next(row for row in summary if row[0] == "序号")
        line = dict(zip(head, next(row for row in summary if row[1] == branch.name), strict=True))

        assert (line["主题党日应开"], line["主题党日实开"], line["逾期"]) == (10, 2, 1)
        assert line["出勤率（全年各类会议）"] == 0.9
        assert "填报单位（盖章）" in summary[1][0]
        assert "统计截止日：2026-11-20" in summary[1][0]
        marks = [list(row) for row in book["主题党日"].iter_rows(values_only=True)]
        assert next(row for row in marks if row[1] == branch.name)[2:6] == ["缺", "缺", "√", "迟"]
        listed = [
            row for row in book["明细"].iter_rows(values_only=True) if row[1] == branch.name and row[2] == "主题党日"
        ]
        assert len(listed) == 12
        assert book["完成统计"].page_setup.orientation == "landscape"
        assert book["主题党日"].print_title_rows

    def test_returns_show_what_was_answered(self, client, staff, branch):
        duty = Duty.objects.get(branch=branch, rule="ideology_return", period="2026-03")
        filing = factories.FilingFactory(duty=duty, answers={"risk": "reported"}, filed_on=date(2026, 3, 20))
        factories.FulfilmentFactory(duty=duty, label="duties.Filing", object_id=filing.pk, on=filing.filed_on)
        book = self.sheets(client, "export_ideology", year=2026)
        row = next(row for row in book["意识形态月报"].iter_rows(values_only=True) if row[1] == branch.name)

        assert row[2:5] == ("缺", "缺", "√ 有")

    def test_below_one_organisation_it_says_whose_it_is(self, client, staff, upper, branch):
        rows = self.sheets(client, "export_meetings", upper=upper.pk)["完成统计"].iter_rows(values_only=True)
        words = [row[0] for row in rows if isinstance(row[0], str)]

        assert f"范围：{upper.name}" in words

    def test_it_holds_what_is_filtered_and_in_scope(self, client, upper, branch):
        other = factories.BranchFactory(name="别处党支部")
        generate(2026, by=User.objects.system())
        client.force_login(factories.UserFactory(serving=upper, role=Role.COMMITTEE))
        for query, expected in (({}, {upper.name, branch.name}), ({"q": "小学"}, {branch.name})):
            rows = self.sheets(client, "export_meetings", **query)["完成统计"].iter_rows(values_only=True)
            assert {row[1] for row in rows if isinstance(row[0], (int, float))} == expected
        assert other.name not in expected
        event = AuditEvent.objects.filter(action="report.export").latest("pk")
        assert (event.detail["rows"], event.detail["report"]) == (1, "三会一课和主题党日完成统计表")

    @pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "-2+3", "＝1＋1"])
    def test_a_name_is_never_a_formula(self, client, staff, name):
        factories.BranchFactory(name=name)
        generate(2026, by=User.objects.system())
        for report in ("export_meetings", "export_ideology"):
            data = client.get(reverse(f"duties:{report}")).content
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                assert not any(
                    "<f>" in archive.read(part).decode() for part in archive.namelist() if "worksheets" in part
                )
                assert name in unescape(archive.read("xl/sharedStrings.xml").decode())

    def test_a_branch_exports_nothing(self, client, branch):
        client.force_login(factories.UserFactory(serving=branch))

        assert client.get(reverse("duties:export_meetings")).status_code == 403

    def test_a_year_without_such_duties_is_an_empty_table(self, client, staff, branch):
        assert self.sheets(client, "export_ideology", year=2024)
