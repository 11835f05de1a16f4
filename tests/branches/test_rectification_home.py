"""整改 on the 工作台: one line for the branch, the bars for those above it, at the same number of queries for any number."""

from datetime import date

import pytest
import time_machine

from branches.actions import root
from branches.rights import Role
from tests.factories import BranchFactory, DutyFactory, RectificationFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on_that_day():
    with time_machine.travel("2025-11-20T10:00+08:00", tick=False):
        yield


@pytest.fixture
def branch():
    return BranchFactory(parent=BranchFactory(kind="committee"))


def item(branch, due_on, **fields):
    return RectificationFactory(branch=branch, due_on=due_on, **fields)


def test_the_branch_reads_how_many_it_has_and_how_many_are_late(client, branch, count_queries):
    client.force_login(UserFactory(serving=branch, role=Role.SECRETARY))

    def told():
        return {row["label"]: row["words"] for row in client.get("/").context["persons"]}

    assert "整改" not in told()
    item(branch, date(2025, 12, 1))
    item(branch, date(2025, 11, 19))
    item(branch, date(2025, 11, 1), submitted=True)
    item(BranchFactory(), date(2025, 11, 1))

    assert told()["整改"] == "2 件，其中超期 1 件"
    before = count_queries("/")
    for _ in range(5):
        item(branch, date(2025, 11, 18))
        item(branch, date(2025, 12, 2))
    assert count_queries("/") == before


def test_those_above_see_its_ageing_and_what_waits_for_them(client, branch, count_queries):
    staff = UserFactory(serving=root(), role=Role.STAFF)
    client.force_login(staff)
    DutyFactory(branch=branch)  # a county that owes nothing has an empty page
    item(branch, date(2025, 11, 1))
    item(branch, date(2025, 11, 1), submitted=True)
    before = count_queries("/")
    for _ in range(5):
        item(BranchFactory(), date(2025, 8, 1))
        item(branch, date(2025, 8, 1), submitted=True)
    client.get("/")

    page = client.get("/")
    assert [line["value"] for line in page.context["ageing"]["lines"]] == [0, 1, 0, 0, 5, 6, 0]
    assert 'href="/branches/rectifications/?at=submitted"' in page.content.decode()
    assert "提交的整改，待验收" in page.content.decode()
    assert count_queries("/") == before


def test_who_may_not_see_them_sees_no_bar(client, branch):
    item(branch, date(2025, 11, 1))
    client.force_login(UserFactory(serving=root(), role=Role.INSPECTOR))

    assert client.get("/").context["ageing"] is None
