"""The pages of 整改: the ledger with its tiles, one item, raising, planning, handing in, accepting many at once."""

import io
from datetime import date, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import AuditEvent
from branches import rectifications
from branches.actions import root
from branches.models import Rectification
from branches.rights import Role
from tests.factories import (
    AppointmentFactory,
    BranchFactory,
    FindingFactory,
    InspectionFactory,
    RectificationFactory,
    RectificationStepFactory,
    UserFactory,
)
from tests.factories_files import photo

pytestmark = pytest.mark.django_db
ON = date(2025, 11, 20)
LIST = reverse("branches:rectifications")
State = Rectification.State


@pytest.fixture(autouse=True)
def _on_that_day():
    with time_machine.travel("2025-11-20T10:00+08:00", tick=False):
        yield


@pytest.fixture
def committee():
    return BranchFactory(kind="committee", name="第一教育集团党委")


@pytest.fixture
def branch(committee):
    return BranchFactory(parent=committee, name="第一小学党支部")


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch, role=Role.SECRETARY)


def due(branch, days, **fields):
    """An item whose last day was `days` ago."""
    return RectificationFactory(
        branch=branch, raised_on=ON - timedelta(days=days + 30), due_on=ON - timedelta(days=days), **fields
    )


def shown(client, query=""):
    return [row["item"] for row in client.get(f"{LIST}{query}").context["rows"]]


def test_the_tiles_count_each_item_once_by_how_long_it_is_overdue(client, branch, staff):
    for days in (-1, 0, 1, 30, 31, 60, 61, 90, 91, 400):
        due(branch, days)
    due(branch, 5, submitted=True)
    due(branch, 5, accepted=True)
    due(branch, 5, closed=True)
    due(branch, 45, state=State.RETURNED)
    client.force_login(staff)

    tiles = [(tile["label"], tile["value"]) for tile in client.get(LIST).context["tiles"]]

    assert tiles == [
        ("未到期", 2), ("超期 1–30 天", 2), ("超期 31–60 天", 3), ("超期 61–90 天", 2), ("超期 90 天以上", 2), ("待验收", 1),
        ("已验收、待销号", 1), ("已销号", 1),
    ]  # fmt: skip
    assert len(shown(client, "?at=late31")) == 3
    assert len(shown(client)) == 13
    assert len(shown(client, "?at=all")) == 14


def test_filters_and_search(client, branch, staff):
    other = BranchFactory(name="第二小学党支部")
    patrol = due(branch, 3, source="patrol", problem="台账不全")
    returned = due(other, 3, state=State.RETURNED, problem="换届超期")
    client.force_login(staff)

    assert shown(client, "?source=patrol") == [patrol]
    assert shown(client, "?state=returned") == [returned]
    assert shown(client, f"?branch={other.pk}") == [returned]
    assert shown(client, "?q=台账") == [patrol]
    assert shown(client, "?q=第二") == [returned]
    assert shown(client, "?year=2024") == []
    assert "没有符合条件" in client.get(f"{LIST}?year=2024").content.decode()


def test_each_sees_the_own_and_what_is_below(client, branch, secretary, committee):
    own, elsewhere = due(branch, 3), due(BranchFactory(), 3)
    client.force_login(secretary)
    assert shown(client) == [own]
    assert client.get(elsewhere.get_absolute_url()).status_code == 404
    client.force_login(UserFactory(serving=committee, role=Role.COMMITTEE))
    assert shown(client) == [own]
    client.force_login(UserFactory(serving=committee, role=Role.INSPECTOR))
    assert client.get(LIST).status_code == 403


def test_an_empty_ledger_says_what_to_do(client, secretary, staff):
    client.force_login(secretary)
    assert "上级提出问题以后" in client.get(LIST).content.decode()
    client.force_login(staff)
    assert reverse("branches:rectification_add") in client.get(LIST).content.decode()


def test_the_ledger_and_an_item_cost_the_same_at_any_length(client, branch, staff, count_queries):
    client.force_login(staff)
    item = due(branch, 1)
    due(BranchFactory(), 1, submitted=True)
    RectificationStepFactory(item=item)
    before = count_queries(LIST), count_queries(item.get_absolute_url())

    for number in range(10):
        due(BranchFactory(), number, submitted=bool(number % 2))
        RectificationStepFactory(item=item)

    assert (count_queries(LIST), count_queries(item.get_absolute_url())) == before


def test_the_branch_plans_and_hands_in_with_a_photo(client, branch, secretary, staff):
    item = rectifications.raise_items([{"branch": branch, "source": "patrol", "problem": "台账不全"}], by=staff, on=ON)[
        0
    ]
    client.force_login(secretary)

    page = client.get(item.get_absolute_url()).content.decode()
    assert "提交验收" in page
    plan = {"measure": "逐月对账", "owner": "周明", "due_on": "2025-12-01", "version": 1}
    client.post(reverse("branches:rectification_plan", args=[item.pk]), plan)
    upload = SimpleUploadedFile("台账.jpg", photo(), "image/jpeg")
    client.post(reverse("branches:rectification_submit", args=[item.pk]), {"done": "已对完", "files": [upload]})

    item.refresh_from_db()
    assert (item.state, item.measure, item.due_on, item.attachments.count()) == (
        "submitted",
        "逐月对账",
        date(2025, 12, 1),
        1,
    )
    page = client.get(item.get_absolute_url()).content.decode()
    assert "已对完" in page
    assert "台账.jpg" in page
    assert reverse("branches:file_add", args=["rectification", item.pk]) not in page


def test_the_second_editor_keeps_what_was_typed(client, branch, secretary):
    item = due(branch, -20, measure="甲", owner="甲")
    client.force_login(secretary)
    rectifications.plan(item, measure="乙", owner="乙", due_on=item.due_on, version=1, by=secretary, on=ON)

    url = reverse("branches:rectification_plan", args=[item.pk])
    typed = {"measure": "丙", "owner": "丙", "due_on": item.due_on.isoformat(), "version": 1}
    answer = client.post(url, typed)

    assert "刚被别人改过" in answer.content.decode()
    assert "丙" in answer.content.decode()
    assert {row["now"] for row in answer.context["stale"]["rows"]} == {"乙"}


def test_a_file_that_is_refused_keeps_the_item_at_the_branch(client, branch, secretary):
    item = due(branch, -20)
    client.force_login(secretary)
    wrong = SimpleUploadedFile("程序.exe", b"MZ\x90", "application/octet-stream")

    answer = client.post(reverse("branches:rectification_submit", args=[item.pk]), {"done": "改好", "files": [wrong]})

    item.refresh_from_db()
    assert item.state == State.OPEN
    assert "还没有提交" in answer.content.decode()
    assert "改好" in answer.content.decode()


@pytest.mark.parametrize(
    ("start", "act", "given", "end"),
    [
        ("submitted", "accept", {}, "accepted"), ("submitted", "return", {"words": "再补"}, "returned"),
        ("accepted", "close", {}, "closed"), ("closed", "reopen", {"words": "又缺", "due_on": "2025-12-31"}, "open"),
        ("open", "postpone", {"words": "等对账", "due_on": "2025-12-31"}, "open"),
    ],
)  # fmt: skip
def test_what_the_superior_does(client, branch, staff, start, act, given, end):
    item = due(branch, 3, **({start: True} if start != "open" else {}))
    client.force_login(staff)
    url = reverse("branches:rectification_step", args=[item.pk, act])

    assert client.get(url).status_code == 200
    if given:
        assert "有" in client.post(url, {}).content.decode()  # the form again
    assert client.post(url, given, follow=True).status_code == 200
    item.refresh_from_db()
    assert item.state == end
    answer = client.get(url, follow=True)
    assert act == "postpone" or "现在不能由您办理" in answer.content.decode()


def test_a_step_that_is_none_is_not_there(client, branch, staff):
    client.force_login(staff)

    assert client.get(reverse("branches:rectification_step", args=[due(branch, 1).pk, "plan"])).status_code == 404


def test_many_are_accepted_at_once_but_not_the_own(client, branch, staff):
    AppointmentFactory(user=staff, branch=root(), role=Role.EDITOR)
    mine = due(branch, 3, submitted=True, submitted_by=staff)
    others = [due(branch, 3, submitted=True) for _ in range(3)]
    client.force_login(staff)
    page = client.get(LIST).content.decode()
    assert page.count('name="pk"') == 3
    assert f'value="{mine.pk}" form="settle"' not in page

    keys = [item.pk for item in [mine, *others]]
    answer = client.post(reverse("branches:rectifications_settle"), {"act": "accept", "pk": keys}, follow=True)

    assert "已验收 3 件" in answer.content.decode()
    assert "1 件没有办：不能验收自己提交的整改" in answer.content.decode()
    client.post(reverse("branches:rectifications_settle"), {"act": "close", "pk": keys})
    assert Rectification.objects.filter(state=State.CLOSED).count() == 3
    assert "还没有选" in client.post(reverse("branches:rectifications_settle"), follow=True).content.decode()


def test_one_problem_for_several(client, branch, committee):
    other, foreign = BranchFactory(parent=committee), BranchFactory()
    upper = UserFactory(serving=committee, role=Role.COMMITTEE)
    client.force_login(upper)
    url = reverse("branches:rectification_add")
    given = {"source": "patrol", "source_number": "云巡〔2025〕3号", "problem": "台账不全", "due_on": "2025-12-20"}

    assert f'value="{branch.pk}" checked' in client.get(f"{url}?branch={branch.pk}").content.decode()
    assert "请勾选党组织" in client.post(url, given).content.decode()
    assert Rectification.objects.count() == 0
    client.post(url, {**given, "branches": [branch.pk, foreign.pk]})
    assert Rectification.objects.count() == 0
    client.post(url, {**given, "branches": [branch.pk, other.pk]})
    assert {item.branch for item in Rectification.objects.all()} == {branch, other}
    secret = client.post(url, {**given, "problem": "机密★", "branches": [branch.pk]})
    assert "密级标志" in secret.content.decode()


def test_the_source_is_a_link_only_for_whoever_sees_it(client, branch, secretary):
    visit = InspectionFactory(branch=branch)
    found = due(branch, 3, inspection=visit, source="inspection")
    finding = FindingFactory(branch=branch)
    said = due(branch, 3, origin_label="meetings.Finding", origin_id=finding.pk)
    client.force_login(secretary)

    assert visit.get_absolute_url() in client.get(found.get_absolute_url()).content.decode()
    assert finding.get_absolute_url() in client.get(said.get_absolute_url()).content.decode()
    said.origin_id = 999_999
    said.save()
    assert "看原来的记录" not in client.get(said.get_absolute_url()).content.decode()


def test_the_ledger_as_a_workbook(client, branch, staff, secretary):
    due(branch, 12, source="patrol", problem="=台账不全")
    due(branch, 12, closed=True)
    client.force_login(staff)

    answer = client.get(reverse("branches:rectifications_export") + "?source=patrol")

    sheet = load_workbook(io.BytesIO(answer.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][0] == "整改台账"
    assert "填报单位（盖章）" in rows[1][0]
    assert rows[2][0] == "范围：来源：巡察反馈"
    assert rows[4][:5] == [1, "第一小学党支部", "巡察反馈", None, "=台账不全"]
    assert rows[4][9] == 12
    assert len(rows) == 5
    assert AuditEvent.objects.get(action="report.export").detail["rows"] == 1
    client.force_login(secretary)
    assert client.get(reverse("branches:rectifications_export")).status_code == 403


def test_an_item_on_paper(client, branch, secretary):
    item = due(branch, 3, measure="逐月对账", closed=True)
    client.force_login(secretary)

    page = client.get(reverse("branches:rectification_print", args=[item.pk])).content.decode()

    assert "整改事项登记表" in page
    assert "逐月对账" in page


def test_a_year_shows_what_was_closed_in_it_and_a_single_branch_no_empty_tile(client, branch, secretary):
    closed = due(branch, 5, closed=True)
    client.force_login(secretary)

    assert shown(client) == []
    assert shown(client, "?year=2025") == [closed]
    assert [tile["label"] for tile in client.get(LIST).context["tiles"]] == ["已销号"]
    assert closed.held_on == closed.settled_on
