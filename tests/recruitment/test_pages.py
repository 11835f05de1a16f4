"""The pages of roads: from the application to the archive by forms alone, who sees what, what is refused beside its field."""

from datetime import date

import pytest
import time_machine

from branches.rights import Role
from members.models import Member
from recruitment.models import Application, RoadStep
from tests import factories
from tests.recruitment.sending import BALLOT, errors, send, url
from tests.recruitment.walks import DAYS, TODAY, Site

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(f"{TODAY} 10:00+08:00", tick=False):
        yield


@pytest.fixture
def site():
    return Site()


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
        found = [page.context["next"], *page.context["others"]]
        mine = {each["law"].key for each in found if each["url"] or each["notice"] or each["past"]}
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


def test_the_birth_is_told_to_the_day_only_to_those_who_act(site, client):
    """security §4: the year, unless more is needed."""
    application = site.walk("initial_talk")
    inspector = factories.UserFactory(serving=site.committee, role=Role.INSPECTOR)
    for person, sees in ((inspector, False), (site.secretary, True), (site.upper, True)):
        client.force_login(person)
        page = client.get(application.get_absolute_url()).content.decode()
        assert ("1995-05-17" in page) is sees
        assert "周岁" in page


def test_who_talks_with_an_applicant_is_chosen_from_the_full_members_there(site, client):
    application = site.walk("initial_talk")
    here, elsewhere = factories.MemberFactory(branch=site.branch), factories.MemberFactory()
    client.force_login(site.secretary)

    page = client.get(url("step", application.pk, "initial_talk")).content.decode()

    assert 'list="talkers"' in page
    assert f'<option value="{here.name}"></option>' in page
    assert f'<option value="{elsewhere.name}"></option>' not in page


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


def test_after_the_longest_time_the_form_says_what_is_left_to_do(site, client):
    application = site.walk("committee_approval")
    client.force_login(site.upper)
    page = client.get(url("step_above", application.pk, "committee_approval"))

    assert page.context["form"].initial["on"] == date(2026, 1, 10)
    assert "最长期限（2026-01-10）已过" in page.content.decode()
    answer = client.post(
        url("step_above", application.pk, "committee_approval"), {"on": "2026-01-11", "explained": "x"}
    )
    assert "最长不得超过六个月" in errors(answer)["on"]

    page = client.get(application.get_absolute_url())
    assert page.context["next"]["url"] == ""  # what nobody may do any more has no button
    assert page.context["next"]["past"] == url("step_above", application.pk, "committee_approval")
    body = page.content.decode()
    assert "期限以内已经办的，补登" in body
    assert "已过最长期限 <b>2026 年 1 月 10 日</b>" in body


def test_a_course_that_was_completed_is_chosen_by_the_branch_itself(site, client):
    application = site.walk("prospect_training")
    client.force_login(site.secretary)
    assert client.get(url("step", application.pk, "prospect_training")).status_code == 302
    course = factories.TrainingClassFactory(
        kind="candidate", branch=site.committee, enrols_until=date(2025, 6, 1), starts_on=date(2025, 6, 10),
        ends_on=date(2025, 6, 12),
    )  # fmt: skip
    enrolment = factories.EnrolmentFactory(
        training_class=course, member=application.member, branch=site.branch, outcome="completed"
    )
    for day in (10, 11, 12):
        session = factories.ClassSessionFactory(training_class=course, held_on=date(2025, 6, day), hours=8)
        factories.SignInFactory(session=session, enrolment=enrolment)
    page = client.get(application.get_absolute_url())
    assert any(
        each["law"].key == "prospect_training" and each["url"]
        for each in page.context["others"] + [page.context["next"]]
    )
    sent = {"on": "2025-06-13", "enrolment": enrolment.pk, "explained": "补登"}
    assert client.post(url("step", application.pk, "prospect_training"), sent).status_code == 302


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
