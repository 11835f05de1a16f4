"""Roads begun on paper, on their pages: gaps are told and nobody's to do, results of a notice are asked where they matter."""

from datetime import date

import pytest
import time_machine

from branches.rights import Role
from portal import waiting
from recruitment import facts, outlook, steps
from recruitment.cases import cases
from recruitment.models import Application, Publicity, RoadStep
from tests import factories
from tests.recruitment.sending import errors, send, url
from tests.recruitment.walks import TODAY, Site

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(f"{TODAY} 10:00+08:00", tick=False):
        yield


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def old(site):
    """A road as it came from a ledger that tells neither the talk nor the filing."""
    application = site.walk("assign_sponsors")
    RoadStep.objects.filter(step__in=["initial_talk", "activist_filing"]).delete()
    RoadStep.objects.update(is_imported=True)
    Application.objects.update(is_imported=True)
    return application


def page_of(client, application, user):
    client.force_login(user)
    return client.get(application.get_absolute_url())


# --- gaps


def test_a_gap_is_told_on_the_road_and_is_nobodys_to_do(site, old, client):
    page = page_of(client, old, site.secretary)
    lines = {line.step.key: line for part in page.context["parts"] for line in part.lines}

    assert {key for key, line in lines.items() if line.state == "gap"} == {"initial_talk", "activist_filing"}
    assert [part.is_done for part in page.context["parts"]][:2] == [True, True]
    assert page.context["here"].key == "prospect"
    assert page.content.decode().count("缺记录") == 2
    assert "已超期" not in page.content.decode()
    assert {each["law"].key for each in [page.context["next"], *page.context["others"]]} == {
        "assign_sponsors", "prospect_training"
    }  # fmt: skip
    assert "缺记录" in client.get(url("record", old.pk)).content.decode()


def test_neither_board_nor_desk_nor_a_reminder_calls_it_due(site, old, client):
    client.force_login(site.secretary)
    board = client.get(f"{url('board')}?tab=all").context
    lines = [line for column in board["columns"] for line in column["lines"]]

    assert [(line["say"], line["mark"].words) for line in lines] == [("确定入党介绍人", "可以办")]
    assert waiting.recruiting(site.secretary, TODAY) == (1, "1 件")
    assert list(facts.steps_due(TODAY, of="due_on", steps=["initial_talk", "activist_filing"])) == []


def test_a_gap_is_filled_from_an_old_paper_by_whoever_takes_the_step(site, old, client):
    page = page_of(client, old, site.upper)
    filled = {line.step.key: line.fill for part in page.context["parts"] for line in part.lines if line.fill}
    assert set(filled) == {"activist_filing"}
    assert "这一步缺记录" in client.get(filled["activist_filing"]).content.decode()

    assert send(site, client, old, "activist_filing", date(2024, 3, 26)).status_code == 302
    assert RoadStep.objects.filter(step="activist_filing").count() == 1


def test_a_gap_is_not_filled_with_a_day_after_what_rests_on_it(site, old, client):
    late = send(site, client, old, "initial_talk", date(2024, 3, 19))
    assert "晚于“推荐和确定入党积极分子”" in errors(late)["on"]
    assert send(site, client, old, "initial_talk", date(2023, 9, 20)).status_code == 302
    page = page_of(client, old, site.secretary).content.decode()
    assert page.count("缺记录") == 1


def test_past_a_gap_the_person_is_in_the_stage_that_was_reached(site, old):
    site.take(old, "assign_sponsors", date(2025, 4, 16))
    RoadStep.objects.filter(step="prospect_filing").delete()

    assert steps.where(cases([old])[old.pk]) == ("prospect", "assign_sponsors", date(2025, 4, 16))


# --- a vote of the past


def test_the_counts_of_an_imported_vote_are_told_to_whoever_may_see_votes(site, old, client):
    counts = {"entitled": 12, "present": 10, "in_favour": 8, "against": 1, "abstained": 1, "written": 0, "secret": True}
    factories.RoadStepFactory(
        application=old, step="branch_vote", on=date(2025, 7, 10), data={"vote": counts}, is_imported=True
    )
    inspector = factories.UserFactory(serving=site.committee, role=Role.INSPECTOR)
    for person, sees in ((site.secretary, True), (inspector, False)):
        assert ("应到 12 人，实到 10 人，赞成 8 票" in page_of(client, old, person).content.decode()) is sees


# --- a notice on record


def noticed(application, **fields):
    days = {"started_on": date(2027, 2, 22), "ended_on": date(2027, 2, 26)}
    return factories.PublicityFactory(application=application, **{**days, **fields})


def test_pages_and_reminders_say_the_same_first_day(site):
    application = site.walk("confirm_prospect")
    noticed(application, started_on=date(2027, 2, 25), ended_on=date(2027, 3, 3))
    road = outlook.road(application, site.secretary, TODAY)

    assert {each.step: each.earliest for each in road.following}["confirm_prospect"] == date(2027, 3, 4)
    ripe = list(facts.steps_due(TODAY, of="ripe_on", steps=["confirm_prospect"]))
    assert [row[2] for row in ripe] == [date(2027, 3, 4)]


@pytest.mark.parametrize(
    ("until", "wants"), [(None, True), (date(2027, 3, 2), False), (date(2027, 2, 25), True)],
    ids=["none yet", "still hangs", "was taken down too early"],
)  # fmt: skip
def test_another_notice_is_asked_for_where_none_stands(site, client, until, wants):
    application = site.walk("confirm_prospect")
    if until:
        noticed(application, started_on=date(2027, 2, 22), ended_on=until)
    page = page_of(client, application, site.secretary)
    said = {each["law"].key: each["notice"] for each in [page.context["next"], *page.context["others"]]}

    assert said["confirm_prospect"] is wants


def test_the_step_asks_what_came_in_while_the_notice_hung(site, client):
    application = site.walk("confirm_prospect")
    noticed(application)
    wants = send(site, client, application, "confirm_prospect", TODAY)
    assert errors(wants) == {"objections": "该字段是必填项。"}
    told = send(site, client, application, "confirm_prospect", TODAY, objections="1")
    assert "收到反映的，须写明调查核实的结论。" in str(errors(told))
    assert not RoadStep.objects.filter(step="confirm_prospect").exists()
    assert Publicity.objects.get().objections is None
    settled = {"objections": "1", "settled": "经核实不影响发展"}
    assert send(site, client, application, "confirm_prospect", TODAY, **settled).status_code == 302
    assert (Publicity.objects.get().objections, Publicity.objects.get().settled) == (1, "经核实不影响发展")


def test_what_was_done_before_the_edition_of_today_is_entered_as_of_then(site, client):
    application = site.walk("confirm_prospect")
    page = page_of(client, application, site.secretary)
    offered = {
        each["law"].key: each["past"] for each in [page.context["next"], *page.context["others"]] if each["past"]
    }

    assert offered == {"confirm_prospect": url("step", application.pk, "confirm_prospect")}
    assert "2026-05-11 施行现行细则以前已经办理的" in client.get(offered["confirm_prospect"]).content.decode()
    assert send(site, client, application, "confirm_prospect", date(2026, 5, 10)).status_code == 302


def test_a_step_that_is_refused_leaves_the_notice_as_it_was(site, client):
    application = site.walk("confirm_prospect")
    noticed(application, started_on=date(2027, 2, 23))  # four working days

    assert "五个工作日" in errors(send(site, client, application, "confirm_prospect", TODAY, objections="0"))["on"]
    assert Publicity.objects.get().objections is None


def test_an_imported_notice_says_not_filled_and_takes_the_result_once(site, old, client):
    notice = noticed(old, started_on=date(2025, 3, 27), ended_on=date(2025, 4, 2))
    page = page_of(client, old, site.secretary).content.decode()
    assert "反映情况未填" in page
    assert "补登结果" in page
    address = url("publicity", old.pk, "confirm_prospect")
    form = client.get(address).content.decode()
    assert "未填" in form
    assert "更正公示日期和地点" not in form
    sent = {"act": "result", "objections": "0", "settled": "", "version": notice.version}
    assert client.post(address, sent).status_code == 302
    notice.refresh_from_db()
    assert notice.objections == 0
    assert "不能再改" in client.get(address).content.decode()
    client.post(address, sent | {"objections": "3", "settled": "假", "version": notice.version})
    notice.refresh_from_db()
    assert notice.objections == 0


# --- beside the road


def test_the_last_places_are_told_on_the_page_of_the_pre_review_and_stop_nobody(site, client):
    application = site.walk("pre_review")
    client.force_login(site.upper)
    page = url("step_above", application.pk, "pre_review")
    assert "名额已用完" not in client.get(page).content.decode()
    factories.RecruitmentQuotaFactory(branch=site.committee, year=TODAY.year, planned=0, places=0, number="1号",
                                      issued_on=date(2027, 2, 1))  # fmt: skip
    assert "名额已用完" in client.get(page).content.decode()
    assert "名额已用完" in client.get(f"{url('batch_above')}?kind=pre_review").content.decode()
    assert send(site, client, application, "pre_review", TODAY).status_code == 302


def test_the_record_of_acts_names_the_step_and_the_papers_are_a_link_away(site, client):
    application = site.walk("confirm_activist")
    page = page_of(client, application, site.secretary).content.decode()

    assert "办理发展党员步骤：党组织派人谈话（2023-09-20）" in page
    assert f'href="{url("documents", application.pk)}"' in page
    assert f'href="{url("zip", application.pk)}"' in page
