"""The pages of roads: from the application to the archive by forms alone, who sees what, what is refused beside its field."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from branches.rights import Role
from meetings.models import MeetingKind
from members.models import Member
from recruitment import steps
from recruitment.models import Application, DepartmentReply, Publicity, RoadStep
from tests import factories
from tests.recruitment.walks import DAYS, TODAY, Site

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(f"{TODAY} 10:00+08:00", tick=False):
        yield


@pytest.fixture
def site():
    return Site()


def url(name, *args):
    return reverse(f"recruitment:{name}", args=args)


def errors(response):
    return {name: "".join(map(str, found)) for name, found in response.context["form"].errors.items()}


TYPED = {  # what a person types in each form beside the day
    "initial_talk": {"talker": "王伟"},
    "confirm_activist": {"recommended_by": "党员推荐"},
    "cultivate": {"words": "表现良好"},
    "confirm_prospect": dict.fromkeys(("opinion_group", "opinion_mentor", "opinion_members", "opinion_masses"), "同意"),
    "political_review": {"conclusion": "passed"},
    "prospect_training": {"days": "3", "hours": "24", "certificate": "2025-07", "passed": "on"},
    "pre_review": {"conclusion": "passed"},
    "fill_application_form": {"form_number": "530000001"},
    "superior_talk": {"talker": "李强"},
    "oath": {"place": "会议室"},
    "probation_review": {"words": "表现良好"},
}
BALLOT = {"entitled": "11", "present": "9", "in_favour": "9", "against": "0", "abstained": "0", "secret": "on"}


def send(site, client, application, key, on, **fields):
    """The step by its own form, by the right person."""
    data = {"on": str(on), **TYPED.get(key, {}), "explained": "补登", **fields}
    if key == "assign_mentor":
        data["guides"] = [site.members[0].pk]
    if key == "assign_sponsors":
        data["guides"] = [row.pk for row in site.members[:2]]
    if key in steps.VOTED:
        meeting = factories.MeetingFactory(
            branch=site.branch, held_on=on, accepted=True, kinds=[MeetingKind.Kind.MEMBERS_MEETING]
        )
        data |= BALLOT | {"meeting": f"m{meeting.pk}"}
    if key == "political_review":
        site.clear(application, date(2025, 4, 20))
    name = "step_review" if key == "political_review" else "step_above" if site.by(key) is site.upper else "step"
    client.force_login(site.by(key))
    assert client.get(url(name, application.pk, key)).status_code == 200
    return client.post(url(name, application.pk, key), data)


def test_from_the_application_to_the_archive_by_forms_alone(site, client):
    client.force_login(site.secretary)
    person = {"name": "何景明", "birth_on": "1995-05-17", "applied_on": "2023-09-01", "received_on": "2023-09-04"}
    answer = client.post(url("add"), {"branch": site.branch.pk, **person})
    application = Application.objects.get()

    assert answer.status_code == 302
    for key, on, _ in DAYS:
        answer = send(site, client, application, key, on)
        assert answer.status_code == 302, (key, answer.context and errors(answer))
        assert RoadStep.objects.filter(step=key, on=on).exists(), key
        assert client.get(application.get_absolute_url()).status_code == 200
    application.refresh_from_db()
    assert application.outcome == "admitted"
    page = client.get(url("record", application.pk)).content.decode()
    assert "材料归档" in page
    assert "2026-09-01" in page


# --- the road page


def test_the_road_says_what_comes_next_and_gives_one_button(site, client):
    application = site.walk("branch_vote", pre_review=date(2027, 2, 12), fill_application_form=date(2027, 2, 15))
    client.force_login(site.secretary)
    page = client.get(application.get_absolute_url())

    assert str(page.context["next"]["say"]) == "请在 3 月 12 日前 召开支部党员大会讨论何景明同志入党，今天起就可以开。"
    assert page.content.decode().count("btn-primary") == 1
    assert page.context["taken"] == 14
    assert [part.is_done for part in page.context["parts"]] == [True, True, True, False, False]


@pytest.mark.parametrize(
    "key", ["initial_talk", "activist_filing", "confirm_prospect", "pre_review", "committee_approval"]
)
def test_whose_turn_it_is(site, client, key):
    application = site.walk(key)
    for person in (site.secretary, site.upper):
        client.force_login(person)
        page = client.get(application.get_absolute_url())
        mine = {
            each["law"].key for each in [page.context["next"], *page.context["others"]] if each["url"] or each["notice"]
        }
        assert (key in mine) is (person is site.by(key))


def test_votes_and_reviews_show_their_day_alone_to_inspectors(site, client):
    application = site.walk("superior_talk")
    RoadStep.objects.filter(step="political_review").update(words="家庭情况清楚")
    inspector = factories.UserFactory(serving=site.committee, role=Role.INSPECTOR)
    for person, sees in ((inspector, False), (site.secretary, True), (site.upper, True)):
        client.force_login(person)
        for name in ("detail", "record"):
            page = client.get(url(name, application.pk)).content.decode()
            assert ("赞成 9 票" in page) is sees
            assert ("家庭情况清楚" in page) is sees
            assert "2025-05-20" in page
            assert "2025-07-10" in page
        assert ("未发现问题" in client.get(application.get_absolute_url()).content.decode()) is sees


def test_what_is_wrong_with_a_vote_or_a_review_is_not_told_to_whoever_may_not_see_it(site, client):
    application = factories.ApplicationFactory(branch=site.branch, is_imported=True)
    for key, data in (("apply", {"received_on": "2024-03-01"}), ("political_review", {"conclusion": "failed"})):
        factories.RoadStepFactory(application=application, step=key, data=data, is_imported=True)
    inspector = factories.UserFactory(serving=site.committee, role=Role.INSPECTOR)
    for person, sees in ((inspector, False), (site.upper, True)):
        client.force_login(person)
        assert ("政治审查不合格" in client.get(application.get_absolute_url()).content.decode()) is sees


def test_an_imported_road_shows_its_faults(site, client):
    application = factories.ApplicationFactory(branch=site.branch, is_imported=True)
    factories.RoadStepFactory(application=application, is_imported=True)
    factories.RoadStepFactory(
        application=application, step="initial_talk", on=date(2024, 5, 2), data={}, is_imported=True, explained="交接"
    )
    client.force_login(site.secretary)
    page = client.get(application.get_absolute_url())

    assert [(check.word, check.detail) for check in page.context["checks"] if check.state == "late"] == [
        ("已注明", "应为 2024-04-01，实为 2024-05-02，已附说明")
    ]
    assert "接续登记" in page.content.decode()


# --- forms


def test_too_early_is_refused_beside_the_day_with_everything_kept(site, client):
    application = site.walk("confirm_prospect")
    answer = send(site, client, application, "confirm_prospect", date(2025, 3, 17))

    assert "应为 2025-03-18" in errors(answer)["on"]
    assert 'value="同意"' in answer.content.decode()
    assert not RoadStep.objects.filter(step="confirm_prospect").exists()


def test_late_asks_why_and_is_kept_then(site, client):
    application = site.begin()
    answer = send(site, client, application, "initial_talk", date(2023, 10, 5), explained="")

    assert "一个月内派人谈话" in errors(answer)["explained"]
    assert send(site, client, application, "initial_talk", date(2023, 10, 5), explained="住院").status_code == 302


def test_a_vote_that_does_not_carry_is_told_at_the_meeting(site, client):
    application = site.walk("branch_vote")
    answer = send(site, client, application, "branch_vote", date(2025, 7, 10))
    assert answer.status_code == 302
    other = site.walk("branch_vote")
    meeting = factories.MeetingFactory(
        branch=site.branch, held_on=date(2025, 7, 10), accepted=True, kinds=["members_meeting"]
    )
    data = BALLOT | {"meeting": f"m{meeting.pk}", "in_favour": "5"}
    answer = client.post(url("step", other.pk, "branch_vote"), data)

    assert "没有通过" in errors(answer)["meeting"]
    assert (
        "请填写" in errors(client.post(url("step", other.pk, "branch_vote"), {"meeting": f"m{meeting.pk}"}))["entitled"]
    )


def test_what_cannot_come_now_leads_back_with_words(site, client):
    application = site.begin()
    client.force_login(site.secretary)
    answer = client.get(url("step", application.pk, "branch_vote"), follow=True)
    assert "要先办理“填写入党志愿书”" in answer.content.decode()
    site.take(application, "initial_talk", date(2023, 9, 20))
    answer = client.get(url("step", application.pk, "initial_talk"), follow=True)
    assert "“党组织派人谈话”已经办理" in answer.content.decode()
    assert client.get(url("step", application.pk, "nothing")).status_code == 404


def test_taking_back_says_what_falls_and_needs_a_reason(site, client):
    application = site.walk("activist_filing")
    client.force_login(site.secretary)
    page = url("undo", application.pk, "initial_talk")

    assert "推荐和确定入党积极分子" in client.get(page).content.decode()
    assert "words" in errors(client.post(page, {"on": str(TODAY), "words": ""}))
    assert client.post(page, {"on": str(TODAY), "words": "日期写错"}).status_code == 302
    application.refresh_from_db()
    assert application.step == "apply"


def test_a_branch_does_not_take_back_what_rests_with_those_above(site, client):
    application = site.walk("assign_sponsors")
    client.force_login(site.secretary)
    page = client.get(application.get_absolute_url())

    assert page.context["undo"] == {"cultivate"}  # the last of two reviews: nothing rests on it
    assert client.get(url("undo", application.pk, "confirm_prospect")).status_code == 302
    client.force_login(site.upper)
    assert "confirm_prospect" in client.get(application.get_absolute_url()).context["undo"]


# --- an applicant


def test_an_applicant_is_eighteen_to_the_day(site, client):
    client.force_login(site.secretary)
    person = {"name": "何景明", "branch": site.branch.pk, "applied_on": "2026-05-16", "received_on": "2026-05-16"}
    answer = client.post(url("add"), {**person, "birth_on": "2008-05-17"})

    assert "年满十八岁" in errors(answer)["applied_on"]
    assert Member.objects.filter(name="何景明").count() == 0
    assert client.post(url("add"), {**person, "birth_on": "2008-05-16"}).status_code == 302


def test_a_number_of_somebody_else_says_nothing_of_whose_it_is(site, client):
    number = factories.id_number(1, date(1995, 5, 17))
    factories.MemberFactory(branch=factories.BranchFactory(), name="赵国栋", id_number=number)
    client.force_login(site.secretary)
    person = {"name": "何景明", "branch": site.branch.pk, "applied_on": "2026-05-16", "received_on": "2026-05-16"}
    answer = client.post(url("add"), {**person, "birth_on": "1995-05-17", "id_number": number})

    assert "id_number" in errors(answer)
    assert "赵国栋" not in answer.content.decode()


def test_who_applied_before_is_linked_by_number(site, client):
    number = factories.id_number(1, date(1995, 5, 17))
    before = factories.ApplicationFactory(
        branch=site.branch, member__name="何景明", member__id_number=number, outcome="withdrawn", end_reason="本人申请",
        ended_on=date(2025, 1, 1),
    )  # fmt: skip
    client.force_login(site.secretary)
    person = {"branch": site.branch.pk, "applied_on": "2026-05-16", "received_on": "2026-05-16", "id_number": number}
    answer = client.post(url("add"), {**person, "name": "何景清", "birth_on": "1995-05-17"})
    assert "id_number" in errors(answer)
    assert client.post(url("add"), {**person, "name": "何景明", "birth_on": "1995-05-17"}).status_code == 302
    assert before.member.applications.count() == 2


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
