"""The pages of a survey: who opens, answers and reads, and that a page tells nothing too early."""

from datetime import date

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from branches.actions import root
from branches.rights import Role
from tests import factories
from training import surveys
from training.models import Enrolment, Survey
from training.views import answer as views

pytestmark = pytest.mark.django_db
ON = date(2025, 4, 15)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-04-15 02:00:00+00:00", tick=False):
        yield


@pytest.fixture
def held():
    """A survey with a session that six members attended; the first has an account."""
    training_class = factories.TrainingClassFactory(state="running", branch=root(), title="党务干部班")
    teacher = factories.TeacherFactory(name="杨树林")
    session = factories.ClassSessionFactory(training_class=training_class, teacher=teacher, topic="条例解读")
    survey = factories.SurveyFactory(training_class=training_class)
    branch = factories.BranchFactory()
    people = [factories.EnrolmentFactory(training_class=training_class, branch=branch) for _ in range(6)]
    for person in people:
        factories.SignInFactory(session=session, enrolment=person)
    people[0].member.user = factories.UserFactory(name=people[0].member.name)
    people[0].member.save(update_fields=["user"])
    return survey, session, people


def of(survey, name="survey"):
    return reverse(f"training:{name}", args=[survey.training_class_id])


def posted(session, **changes):
    return {"class-content": "5", f"{session.pk}-teaching": "4", "remark": "多安排研讨"} | changes


def told(survey, people, session, number=6):
    for person in people[:number]:
        scores = {"class": {"content": 5}, str(session.pk): {"teaching": 4}}
        surveys.answer(survey, person, scores=scores, remark="场地偏小", on=ON)
    survey.refresh_from_db()


def test_a_person_answers_once_on_the_own_account_and_finds_it_done(client, held):
    survey, session, people = held
    client.force_login(people[0].member.user)
    page = client.get(of(survey, "survey_answer")).content.decode()
    assert "条例解读" in page
    assert "杨树林同志" in page

    assert client.post(of(survey, "survey_answer"), posted(session)).status_code == 302
    survey.refresh_from_db()
    assert (survey.answered, survey.remarks) == (1, ["多安排研讨"])
    assert "已提交" in client.get(of(survey, "survey_answer")).content.decode()
    client.post(of(survey, "survey_answer"), posted(session))
    survey.refresh_from_db()
    assert survey.answered == 1


def test_an_answer_leaves_nothing_in_session_cookies_cache_or_record(client, held, caplog):
    survey, session, people = held
    client.force_login(people[0].member.user)
    client.get(of(survey, "survey_answer"))
    sessions = list(Session.objects.values_list("session_key", "session_data"))
    events, cookies = AuditEvent.objects.count(), set(client.cookies)
    cache.clear()

    client.post(of(survey, "survey_answer"), posted(session))
    client.get(of(survey, "survey_answer"))

    assert list(Session.objects.values_list("session_key", "session_data")) == sessions
    assert AuditEvent.objects.count() == events
    assert set(client.cookies) == cookies
    assert caplog.records == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"class-content": ""}, "请评这一项"), ({"class-content": "6"}, "五档里选"), ({"class-content": "0"}, "五档里选"),
        ({"class-content": "x"}, "五档里选"), ({"remark": "杨树林同志太快"}, "不指名"), ({"remark": "13812345678"}, "手机号"),
        ({"remark": "好" * 301}, "300"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_what_was_typed_stays(client, held, changes, words):
    survey, session, people = held
    client.force_login(people[0].member.user)

    page = client.post(of(survey, "survey_answer"), posted(session, **changes)).content.decode()

    assert words in page
    assert changes.get("remark", "多安排研讨") in page
    assert f'name="{session.pk}-teaching" value="4" checked' in page
    survey.refresh_from_db()
    assert (survey.answered, Enrolment.objects.filter(has_answered=True).count()) == (0, 0)


def test_keys_of_other_sessions_in_a_bent_form_count_for_nothing(client, held):
    survey, session, people = held
    other = factories.ClassSessionFactory()
    client.force_login(people[0].member.user)

    client.post(of(survey, "survey_answer"), posted(session) | {f"{other.pk}-teaching": "1", "x-teaching": "1"})

    survey.refresh_from_db()
    assert set(survey.counts) == {"class", str(session.pk)}


def test_a_session_is_judged_whole_or_not_at_all(client, held):
    survey, session, people = held
    two = [{"key": "teaching", "label": "授课质量"}, {"key": "use", "label": "帮助"}]
    Survey.objects.filter(pk=survey.pk).update(questions=survey.questions | {"of_session": two})
    client.force_login(people[0].member.user)

    assert "还有一项没有评" in client.post(of(survey, "survey_answer"), posted(session)).content.decode()
    without = posted(session)
    del without[f"{session.pk}-teaching"]
    assert client.post(of(survey, "survey_answer"), without).status_code == 302


def test_strangers_find_nothing_there_whether_it_is_or_not(client, held):
    survey, _, _ = held
    client.force_login(factories.UserFactory(serving=root(), role=Role.ADMIN))

    found = {
        browser.get(url).content
        for browser in (client, Client())
        for url in (of(survey, "survey_answer"), reverse("training:survey_answer", args=[99_999_999]))
    }

    assert len(found) == 1
    assert client.post(of(survey, "survey_answer"), {"class-content": "5"}).status_code == 404


def test_a_phone_with_a_pass_answers_without_an_account(held, monkeypatch):
    survey, session, people = held
    monkeypatch.setattr(views.passes, "person", lambda request, training_class: Enrolment.objects.get(pk=people[3].pk))
    browser = Client()

    assert browser.post(of(survey, "survey_answer"), posted(session)).status_code == 302
    assert "session" not in browser.cookies
    assert Session.objects.count() == 0


# --- for who runs the class, and for others


def test_staff_open_and_close_and_see_only_the_number_meanwhile(client, held):
    survey, session, people = held
    client.force_login(factories.UserFactory(serving=root(), role=Role.STAFF))
    told(survey, people, session)

    page = client.get(of(survey)).content.decode()
    assert "已收答卷" in page
    assert "场地偏小" not in page
    assert client.get(of(survey, "survey_export")).status_code == 302

    assert client.post(of(survey, "survey_close")).status_code == 302
    page = client.get(of(survey)).content.decode()
    assert "场地偏小" in page
    assert "5.00" in page
    assert client.get(of(survey, "survey_export")).headers["Content-Type"].endswith("sheet")
    assert "已经结束" in client.post(of(survey, "survey_close"), follow=True).content.decode()


def test_four_answers_show_nothing_on_any_page(client, held):
    survey, session, people = held
    client.force_login(factories.UserFactory(serving=root(), role=Role.STAFF))
    told(survey, people, session, 4)
    client.post(of(survey, "survey_close"))

    page = client.get(of(survey)).content.decode()

    assert "答卷不足 5 份，不显示结果" in page
    assert "场地偏小" not in page
    assert client.get(of(survey, "survey_export")).status_code == 302


def test_those_below_see_that_there_is_a_survey_but_not_what_came_of_it(client, held):
    survey, session, people = held
    told(survey, people, session)
    surveys.close_overdue(by=factories.UserFactory(serving=root(), role=Role.STAFF), on=date(2025, 5, 1))
    client.force_login(factories.UserFactory(serving=people[0].branch))

    page = client.get(of(survey)).content.decode()

    assert "结果由主办方掌握" in page
    assert "场地偏小" not in page
    for name in ("survey_open", "survey_close"):
        assert client.post(of(survey, name)).status_code == 403


def test_another_committee_finds_neither_the_class_nor_the_survey(client):
    training_class = factories.TrainingClassFactory(state="running", branch=factories.BranchFactory(committee=True))
    survey = factories.SurveyFactory(training_class=training_class)
    elsewhere = factories.BranchFactory(committee=True)
    client.force_login(factories.UserFactory(serving=elsewhere, role=Role.COMMITTEE))

    for name in ("survey", "survey_export"):
        assert client.get(of(survey, name)).status_code == 404
    assert client.post(of(survey, "survey_close")).status_code == 404


@pytest.mark.parametrize(("role", "code"), [(Role.STAFF, 200), (Role.INSPECTOR, 404)])
def test_the_restricted_kind_is_for_those_with_the_right_to_it(client, role, code):
    survey = factories.SurveyFactory(training_class__kind="remedial", training_class__branch=root())
    client.force_login(factories.UserFactory(serving=root(), role=role))

    assert client.get(of(survey)).status_code == code


def test_the_page_costs_the_same_for_one_session_and_ten(client, held, count_queries):
    survey, session, people = held
    told(survey, people, session)
    client.force_login(factories.UserFactory(serving=root(), role=Role.STAFF))
    client.post(of(survey, "survey_close"))
    client.get(of(survey))
    before = count_queries(of(survey))

    for _ in range(10):
        factories.ClassSessionFactory(training_class=survey.training_class, teacher=factories.TeacherFactory())

    assert count_queries(of(survey)) == before


def test_what_waits_for_a_person_is_listed(client, held):
    survey, _, people = held
    exam = factories.ExamFactory(training_class=survey.training_class, state="open", title="结业考试")
    factories.ExamFactory(training_class=survey.training_class, title="还没有开的考试")
    url = reverse("training:own_papers")
    assert "还不知道您是谁" in client.get(url).content.decode()

    client.force_login(people[0].member.user)

    page = client.get(url).content.decode()
    assert of(survey, "survey_answer") in page
    assert reverse("training:sit", args=[exam.pk]) in page
    assert "还没有开的考试" not in page


def test_the_own_papers_list_what_is_to_be_answered_and_no_more(client, held):
    survey, session, people = held
    client.force_login(people[0].member.user)
    factories.EnrolmentFactory(training_class__title="往年的班", member=people[0].member, branch=people[0].branch)
    page = client.get(reverse("training:own_papers")).content.decode()
    assert "答满意度测评" in page
    assert "往年的班" not in page

    client.post(of(survey, "survey_answer"), posted(session))
    page = client.get(reverse("training:own_papers")).content.decode()
    assert "现在没有要答的测评和考试" in page
    assert "回工作台" in page
