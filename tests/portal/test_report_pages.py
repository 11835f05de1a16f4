"""The twenty reports on a small county: each opens as a page and as a file, adds up live, shows only what lies in reach."""

import io
import re
from datetime import date

import openpyxl
import pytest
import time_machine
from django.urls import reverse

from branches.actions import root
from branches.rights import Role
from portal.reports import making
from portal.reports.catalogue import BY_KEY, REPORTS
from portal.reports.sheet import FIRST
from tests.factories import BranchFactory, MemberFactory, UserFactory

TODAY = date(2025, 11, 20)
MADE = [report for report in REPORTS if report.build]
HEAD = ("填报单位（盖章）：", "统计截止日：2025-11-20", "制表人：", "审核人：", "联系电话：")


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel("2025-11-20T02:00:00Z", tick=False):
        yield


def opened(client, key, **asked):
    response = client.get(reverse("portal:report_file", args=[key]), asked)
    assert response.status_code == 200, response
    return response.content


def book(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def words(data):
    return [
        str(cell)
        for sheet in book(data)
        for row in sheet.iter_rows(values_only=True)
        for cell in row
        if cell is not None
    ]


@pytest.mark.parametrize("report", MADE, ids=lambda report: report.key)
class TestReport:
    def test_it_opens_as_a_page_and_as_a_workbook_with_the_head_that_is_signed(self, county, client, report):
        client.force_login(county.people["staff"])

        page = client.get(reverse("portal:report", args=[report.key]))
        found = book(opened(client, report.key))

        assert page.status_code == 200
        assert all(part in page.content.decode() for part in HEAD)
        for sheet in found:
            assert all(part in sheet["A2"].value for part in HEAD), sheet.title
            assert sheet["A4"].value == "序号"
            assert sheet.page_setup.orientation == "landscape"
            assert sheet.print_title_rows == "$4:$4"

    def test_the_same_question_gives_the_same_bytes(self, county, client, report):
        client.force_login(county.people["staff"])

        assert opened(client, report.key) == opened(client, report.key)

    def test_the_sums_shown_are_those_of_the_rows(self, county, client, report):
        client.force_login(county.people["staff"])
        data = opened(client, report.key)
        shown, formulas = openpyxl.load_workbook(io.BytesIO(data), data_only=True), book(data)

        for sheet in formulas:
            cells = [cell for row in sheet.iter_rows(min_row=FIRST) for cell in row if cell.data_type == "f"]
            for cell in cells:
                if found := re.fullmatch(r"=(SUM|COUNT)\(([A-Z]+)(\d+):\2(\d+)\)", cell.value):
                    name, letter, first, last = found.groups()
                    column = [shown[sheet.title][f"{letter}{row}"].value for row in range(int(first), int(last) + 1)]
                    numbers = [value for value in column if isinstance(value, (int, float))]
                    told = shown[sheet.title][cell.coordinate].value
                    assert told == pytest.approx(sum(numbers) if name == "SUM" else len(numbers)), cell.coordinate
                    assert first == str(FIRST)
                    assert sheet.cell(int(last) + 1, 1).value == "合计"

    def test_a_secretary_sees_only_what_lies_below(self, county, client, report):
        """Canary: the names of branches and persons of the other committee."""
        client.force_login(county.people["committee a"])
        others = {county.branches[name].name for name in ("b", "b1", "b2", "b3", "alone", "c1")}
        others |= {member.name for name in ("b1", "b2", "c1") for member in county.members[name]} - {county.moved.name}

        page = client.get(reverse("portal:report", args=[report.key]))
        if page.status_code == 403:  # the matter is closed to this post
            return
        told = set(words(opened(client, report.key))) | set(re.findall(r"<td>([^<]*)</td>", page.content.decode()))

        assert told & others == set()

    def test_the_number_of_queries_does_not_grow(self, client, count_queries, report, db):
        client.force_login(UserFactory(serving=root(), role=Role.STAFF))
        url = reverse("portal:report", args=[report.key])
        _people(1)
        client.get(url)
        few = count_queries(url)
        _people(6)

        assert count_queries(url) <= few


def _people(count):
    for _ in range(count):
        MemberFactory(branch=BranchFactory())


def test_a_person_without_the_right_is_refused(county, client):
    client.force_login(county.people["secretary a1"])

    assert client.get(reverse("portal:reports")).status_code == 403
    assert client.get(reverse("portal:report", args=["roster"])).status_code == 403


def test_a_report_that_is_not_there_is_not_found(county, client):
    client.force_login(county.people["staff"])

    assert client.get("/reports/nothing/").status_code == 404
    assert client.get("/reports/assessment/").status_code == 404  # it is made elsewhere


def test_the_catalogue_lists_each_of_the_twenty_once():
    numbers = [report.number for report in REPORTS]

    assert numbers == list(range(1, 21))
    assert len(set(BY_KEY)) == len(REPORTS)
    assert all(report.columns and report.purpose for report in REPORTS)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"on": "2025-11-21"}, "统计截止日不能晚于今天。"),
        ({"on": "2024-12-31", "year": "2025"}, "统计截止日在 2025 年以前"),
        ({"on": "昨天"}, "请按 2026-11-22 的样子填写日期。"),
        ({"branch": "999999999"}, "没有这个党组织，或者不在您的范围内"),
        ({"part": "Q9"}, "Q9"),
    ],
    ids=["after today", "before the year", "no day", "a stranger's organisation", "no such part"],
)
def test_what_cannot_be_asked_is_said_beside_the_field_and_stays(county, client, asked, words):
    client.force_login(county.people["staff"])

    page = client.get(reverse("portal:report", args=["meetings"]), asked)

    assert page.status_code == 422
    assert words in page.content.decode()
    assert f'value="{asked["on"]}"' in page.content.decode() if "on" in asked else True
    assert client.get(reverse("portal:report_file", args=["meetings"]), asked).status_code == 302


def test_over_many_organisations_the_file_is_made_in_the_background(county, client, monkeypatch):
    monkeypatch.setattr(making, "LARGE", 3)
    client.force_login(county.people["staff"])

    page = client.get(reverse("portal:report", args=["organisations"])).content.decode()
    away = client.get(reverse("portal:report_file", args=["organisations"]))

    assert "在后台生成 Excel" in page
    assert "本页只汇总前 50 个党组织" in page
    assert away.status_code == 302


def test_what_is_made_elsewhere_is_linked_year_by_year(db, client):
    client.force_login(UserFactory(serving=root(), role=Role.STAFF))

    page = client.get(reverse("portal:reports")).content.decode()

    assert f'href="{reverse("assessment:workbook", args=[2025])}"' in page
    assert f'href="{reverse("assessment:secretary_review_export")}?year=2025"' in page


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("year_figures", "2025年度党建工作数据.xlsx"),
        ("dues", "2025年党费收缴情况表和公示表.xlsx"),
        ("roster", "党员花名册.xlsx"),
    ],
    ids=["a name that begins with the year", "a report of a year", "a report of a day"],
)
def test_a_file_is_named_as_an_office_names_it(db, key, name):
    by = UserFactory(serving=root(), role=Role.STAFF)
    report = BY_KEY[key]

    assert making.file_of(report, making.ask_of(report, {}, user=by, today=TODAY), making.XLSX, by=by)[0] == name
