"""The pages of whoever runs a class: board, screen, marks by hand, links."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from branches.rights import Role
from tests.factories import AppointmentFactory, EnrolmentFactory, SignInFactory, UserFactory
from tests.training.test_class_sign_in import Hall
from training import codes, sign_in
from training.models import ClassPass, SignIn, TrainingClass

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall():
    return Hall()


def browser_of(user):
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def staff(hall):
    return browser_of(hall.staff)


def text(response):
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def url(name, pk):
    return reverse(f"training:{name}", args=[pk])


class TestBoard:
    def test_names_who_is_there_by_branch(self, hall, staff):
        absent = EnrolmentFactory(training_class=hall.training_class, name="李未到")
        hall.sign()
        shown = text(staff.get(url("board", hall.training_class.pk)))

        assert all(word in shown for word in (hall.person.branch.name, absent.branch.name, "李未到"))
        assert re.search(r"应到.*?2.*?已签.*?1", shown, re.S)

    def test_a_branch_sees_its_own_people_only(self, hall):
        theirs = EnrolmentFactory(training_class=hall.training_class, name="王别处")
        branch = hall.person.branch
        branch.parent, branch.path = hall.training_class.branch, f"{hall.training_class.branch.path}{branch.pk}/"
        branch.save()
        secretary = UserFactory()
        AppointmentFactory(user=secretary, role=Role.SECRETARY, branch=branch)
        for person in (hall.person, theirs):
            hall.sign(person, device="one")
        browser = browser_of(secretary)
        shown = text(browser.get(url("board", hall.training_class.pk)))

        assert hall.person.name in shown
        assert "王别处" not in shown
        assert "同一部手机" not in shown
        assert browser.get(url("projector", hall.session.pk)).status_code == 403
        assert browser.post(url("marks", hall.session.pk)).status_code == 403

    def test_says_that_one_phone_signed_for_two(self, hall, staff):
        other = EnrolmentFactory(training_class=hall.training_class)
        for person in (hall.person, other):
            hall.sign(person, device="one")

        assert f"同一部手机签了 2 人：{hall.person}、{other}" in text(staff.get(url("board", hall.training_class.pk)))
        assert text(staff.get(url("marks", hall.session.pk))).count("与别人同一部手机") == 2

    def test_lists_who_did_not_answer_the_second_call(self, hall, staff):
        hall.sign()
        assert staff.post(url("call_again", hall.session.pk)).status_code == 302
        shown = text(staff.get(url("board", hall.training_class.pk)))

        assert '没有应答 <b class="num">1</b>' in shown
        hall.sign()
        assert '没有应答 <b class="num">0</b>' in text(staff.get(url("board", hall.training_class.pk)))

    def test_costs_the_same_for_one_and_for_eleven(self, hall, staff):
        page = url("board", hall.training_class.pk)
        hall.sign()

        def cost():
            with CaptureQueriesContext(connection) as queries:
                text(staff.get(page))
            return len(queries)

        cost()
        before = cost()
        for person in EnrolmentFactory.create_batch(10, training_class=hall.training_class):
            SignInFactory(session=hall.session, enrolment=person)
        assert cost() == before

    def test_the_live_part_alone_when_asked_by_htmx(self, hall, staff):
        part = text(staff.get(url("board", hall.training_class.pk), headers={"HX-Request": "true"}))

        assert part.lstrip().startswith('<div id="live"')
        assert part.strip() in text(staff.get(url("board", hall.training_class.pk))) or "<html" not in part

    def test_a_class_without_lessons_says_what_to_do(self, hall, staff):
        hall.session.delete()

        assert "先排好日程" in text(staff.get(url("board", hall.training_class.pk)))


class TestScreen:
    def test_shows_a_code_that_opens_the_door(self, hall, staff):
        shown = text(staff.get(url("projector", hall.session.pk)))
        session = hall.at_door()
        rule = sign_in.rule_of(session)
        number = codes.window(session.now, rule)

        assert any(codes.digits(session.row_key, each, rule) in shown for each in (number - 1, number))
        assert "data:image/svg+xml" in shown
        assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in shown

    @pytest.mark.parametrize("state", ["planned", "closing", "cancelled"])
    def test_shows_none_for_a_class_that_is_not_held(self, hall, staff, state):
        TrainingClass.objects.update(state=state, cancel_reason="x")

        shown = text(staff.get(url("projector", hall.session.pk)))
        assert "现在不在签到时间" in shown
        assert "data:image" not in shown

    def test_says_that_it_is_the_second_call(self, hall, staff):
        hall.sign()
        hall.call()

        assert "二次点名" in text(staff.get(url("projector", hall.session.pk), headers={"HX-Request": "true"}))


class TestMarks:
    def test_all_ticks_in_one_post(self, hall, staff):
        other = EnrolmentFactory(training_class=hall.training_class)
        page = url("marks", hall.session.pk)
        staff.post(page, {"what": "paper", "who": [hall.person.pk, other.pk, "x", "9" * 40]})

        assert SignIn.objects.filter(method="paper").count() == 2

    def test_what_was_ticked_is_kept_when_the_reason_is_missing(self, hall, staff):
        page = url("marks", hall.session.pk)
        shown = text(staff.post(page, {"what": "leave", "who": [hall.person.pk]}))

        assert "须写明原因" in shown
        assert re.search(rf'value="{hall.person.pk}" checked', shown)
        staff.post(page, {"what": "leave", "reason": "出差", "who": [hall.person.pk]})
        assert "请假（出差）" in text(staff.get(page))

    def test_a_mark_is_taken_back_with_a_reason(self, hall, staff):
        hall.sign()
        page = url("mark_undo", SignIn.objects.get().pk)

        assert "撤销后按未到算" in text(staff.get(page))
        text(staff.post(page, {"reason": ""}))
        assert SignIn.objects.exists()
        assert staff.post(page, {"reason": "登记错人"}).status_code == 302
        assert not SignIn.objects.exists()

    def test_of_an_archived_class_nothing_can_be_entered(self, hall, staff):
        TrainingClass.objects.update(state="archived", archived_by=hall.staff, archived_at=timezone.now())

        assert "不能再改签到" in text(staff.get(url("marks", hall.session.pk)))


class TestLinks:
    def test_are_shown_once_and_not_kept(self, hall, staff):
        page = url("passes", hall.training_class.pk)
        shown = text(staff.post(page, {"who": [hall.person.pk]}))
        token = re.search(r"/training/p/\?k=([\w-]+)", shown)[1]

        assert Client().post(reverse("training:open_pass"), {"k": token}).status_code == 302
        assert token not in text(staff.get(page))
        assert "已打开" in text(staff.get(page))

    def test_for_one_person_on_the_spot(self, hall, staff):
        EnrolmentFactory(training_class=hall.training_class, name="王别处")
        shown = text(staff.get(url("passes", hall.training_class.pk), {"who": hall.person.pk}))

        assert hall.person.name in shown
        assert "王别处" not in shown

    def test_a_branch_offers_its_own_people(self, hall):
        EnrolmentFactory(training_class=hall.training_class, name="王别处")
        branch, secretary = hall.person.branch, UserFactory()
        branch.parent, branch.path = hall.training_class.branch, f"{hall.training_class.branch.path}{branch.pk}/"
        branch.save()
        AppointmentFactory(user=secretary, role=Role.SECRETARY, branch=branch)
        browser, page = browser_of(secretary), url("passes", hall.training_class.pk)

        assert "王别处" not in text(browser.get(page))
        browser.post(page, {"who": list(hall.training_class.enrolments.values_list("pk", flat=True))})
        assert ClassPass.objects.get().enrolment == hall.person

    @pytest.mark.parametrize(("only", "is_there"), [("none", True), ("unopened", False), ("opened", False), ("", True)])
    def test_by_what_became_of_them(self, hall, staff, only, is_there):
        shown = text(staff.get(url("passes", hall.training_class.pk), {"only": only}))

        assert (f'value="{hall.person.pk}"' in shown) is is_there

    def test_nobody_chosen_is_said(self, hall, staff):
        answer = staff.post(url("passes", hall.training_class.pk), follow=True)

        assert "请先选中" in text(answer)


def test_the_restricted_kind_is_not_there_for_others(hall):
    TrainingClass.objects.update(kind="remedial")
    browser = browser_of(hall.staff)  # runs classes, but is not let in on this kind

    for name, pk in (
        ("board", hall.training_class.pk),
        ("passes", hall.training_class.pk),
        ("projector", hall.session.pk),
    ):
        assert browser.get(url(name, pk)).status_code == 404
