"""Pages beside one person's steps: notices, departments, several at once, files that move or end, boards and lists."""

from datetime import date

import pytest
import time_machine

from branches.rights import Role
from recruitment.models import DepartmentReply, Publicity, RoadStep
from tests import factories
from tests.recruitment.roads import ROAD
from tests.recruitment.sending import errors, url
from tests.recruitment.walks import TODAY, Site

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(f"{TODAY} 10:00+08:00", tick=False):
        yield


@pytest.fixture
def site():
    return Site()


# --- beside the steps


def test_a_notice_is_suggested_entered_and_settled(site, client):
    application = site.walk("confirm_prospect")
    client.force_login(site.secretary)
    page = url("publicity", application.pk, "confirm_prospect")
    seen = client.get(page)

    assert seen.context["form"].initial["ended_on"] >= date(2027, 3, 5)
    short = {"started_on": "2027-02-22", "ended_on": "2027-02-25", "place": "校务公开栏"}
    assert "不少于 5 个工作日" in errors(client.post(page, short))["ended_on"]
    assert client.post(page, short | {"ended_on": "2027-02-26"}).status_code == 302
    notice = Publicity.objects.get()
    result = {"act": "result", "objections": "0", "settled": "", "version": notice.version}
    assert client.post(page, result).status_code == 302
    notice.refresh_from_db()
    assert notice.objections == 0
    road = client.get(application.get_absolute_url()).context["road"]
    assert next(each for each in road.following if each.step == "confirm_prospect").earliest == date(2027, 2, 27)


def test_departments_are_asked_and_answer_in_one_table(site, client):
    application = site.walk("political_review")
    client.force_login(site.secretary)
    page = url("review", application.pk)
    client.post(page, {"act": "ask", "departments": ["公安", "法院"], "asked_on": "2025-04-20"})
    rows = list(DepartmentReply.objects.order_by("pk"))
    sent = {"act": "answer"} | {f"version-{row.pk}": row.version for row in rows}
    answer = client.post(page, sent | {f"conclusion-{rows[0].pk}": "clear"})

    assert "回复日期" in answer.content.decode()
    assert rows[0].conclusion == ""
    both = {f"conclusion-{row.pk}": "clear" for row in rows} | {f"replied_on-{row.pk}": "2025-04-25" for row in rows}
    assert client.post(page, sent | both).status_code == 302
    assert set(DepartmentReply.objects.values_list("conclusion", flat=True)) == {"clear"}
    client.force_login(factories.UserFactory(serving=site.branch, role=Role.EDITOR))
    assert client.get(page).status_code == 403


def test_one_meeting_on_several_all_or_none(site, client):
    first, second = site.walk("branch_vote"), site.walk("branch_vote")
    meeting = site.vote(date(2025, 7, 10)).meeting
    client.force_login(site.secretary)
    page = f"{url('batch')}?kind=branch_vote&branch={site.branch.pk}"
    assert "支部大会讨论" in client.get(url("batch")).content.decode()
    sent = {"meeting": str(meeting.pk), "entitled": "11", "present": "9", "secret": "on", "explained": "补登"}
    for row, count in ((first, 9), (second, 5)):
        sent |= {f"take-{row.pk}": "on", f"in_favour-{row.pk}": count}
    answer = client.post(page, sent)

    assert f"{second.member}：" in "".join(answer.context["form"].non_field_errors())
    assert not RoadStep.objects.filter(step="branch_vote").exists()
    assert client.post(page, sent | {f"in_favour-{second.pk}": 8}).status_code == 302
    assert sorted(RoadStep.objects.filter(step="branch_vote").values_list("vote__in_favour", flat=True)) == [8, 9]


def test_a_file_moves_ends_and_is_not_taken(site, client):
    other = factories.BranchFactory(parent=site.committee)
    application = site.walk("cultivate")
    client.force_login(site.upper)
    assert client.post(url("transfer", application.pk), {"branch": other.pk, "since": "2027-02-01"}).status_code == 302
    application.refresh_from_db()
    assert application.branch == other
    second = site.begin()
    client.force_login(site.secretary)
    assert client.get(url("decline", second.pk)).status_code == 403
    ended = {"outcome": "withdrawn", "on": str(TODAY), "reason": "本人申请"}
    assert client.post(url("close", second.pk), ended).status_code == 302
    assert "本人撤回申请" in client.get(second.get_absolute_url()).content.decode()


def test_the_probation_is_extended_by_a_vote_and_an_approval(site, client):
    application = site.walk("transfer_apply")
    meeting = factories.MeetingFactory(
        branch=site.branch, held_on=date(2026, 8, 1), accepted=True, kinds=["members_meeting"]
    )
    client.force_login(site.secretary)
    sent = {
        "meeting": str(meeting.pk),
        "months": "6",
        "entitled": "11",
        "present": "9",
        "in_favour": "9",
        "words": "还需考察",
    }
    assert client.post(url("propose", application.pk, "extension"), sent).status_code == 302
    client.force_login(site.upper)
    assert "等上级党委批准" in client.get(application.get_absolute_url()).content.decode()
    assert client.post(url("decide", application.pk), {"on": "2026-08-10"}).status_code == 302
    application.refresh_from_db()
    assert application.extended_months == 6


# --- boards and lists


def test_the_board_shows_whose_turn_it_is_first(site, client):
    talk, filing = site.begin(), site.walk("activist_filing")
    client.force_login(site.secretary)
    page = client.get(url("board"))
    assert page.context["tab"] == "mine"
    shown = {line["application"].pk for column in page.context["columns"] for line in column["lines"]}
    assert talk.pk in shown
    client.force_login(site.upper)
    page = client.get(url("board"))
    shown = {line["application"].pk for column in page.context["columns"] for line in column["lines"]}
    assert shown == {filing.pk}
    client.force_login(factories.UserFactory(serving=site.committee, role=Role.INSPECTOR))
    page = client.get(url("board"))
    assert (page.context["tab"], page.context["all"]) == ("all", 2)


def test_what_is_elsewhere_is_nowhere(site, client):
    application = factories.ApplicationFactory()
    client.force_login(site.secretary)

    assert client.get(url("list")).context["total"] == 0
    assert client.get(application.get_absolute_url()).status_code == 404
    assert "还没有发展党员档案" in client.get(url("board")).content.decode()


@pytest.mark.parametrize("name", ["board", "list", "batch"])
def test_a_page_costs_the_same_at_any_length(site, client, count_queries, name):
    site.begin()
    client.force_login(site.secretary)
    before = count_queries(f"{url(name)}?tab=all")
    for _ in range(10):
        site.begin()
    assert count_queries(f"{url(name)}?tab=all") == before


def test_a_long_road_costs_hardly_more_than_a_short_one(site, client, count_queries):
    client.force_login(site.secretary)
    costs = []
    for length in (2, 8, len(ROAD)):
        application = factories.ApplicationFactory(branch=site.branch, is_imported=True)
        for act in ROAD[:length]:
            data = {"received_on": "2023-09-04"} if act.step == "apply" else {}
            factories.RoadStepFactory(application=application, step=act.step, on=act.on, data=data)
        costs.append(count_queries(application.get_absolute_url()))

    assert max(costs) <= min(costs) + 3  # who guides, whom the notice and the probation wait for
