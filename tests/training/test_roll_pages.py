"""The pages of the roll: by role, with one row and with ten, lists read and lists taken along."""

from datetime import date

import pytest
import time_machine

from branches.actions import root
from branches.rights import Role
from tests.factories import (
    BranchFactory,
    ClassQuotaFactory,
    ClassSessionFactory,
    EnrolmentFactory,
    MemberFactory,
    PostFactory,
    SignInFactory,
    TermFactory,
    TrainingClassFactory,
    UserFactory,
)
from tests.training.scene import page, text_of
from training.models import Enrolment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _day():
    with time_machine.travel("2025-04-08T02:00:00Z", tick=False):
        yield


# --- who sees whom


def test_each_organisation_sees_its_own_people_and_the_holder_all(client, held, branch, upper, staff):
    beside = BranchFactory(parent=BranchFactory(parent=root(), committee=True))
    own, other = (EnrolmentFactory(training_class=held, branch=each, name=name) for each, name in
                  ((branch, "李桂兰"), (beside, "王建国")))  # fmt: skip
    outsider = EnrolmentFactory(training_class=held, branch=None, member=None, name="外来人", unit="县医院")
    for user, seen in (
        (UserFactory(serving=branch), {own}), (UserFactory(serving=upper, role=Role.COMMITTEE), {own}),
        (UserFactory(serving=beside), {other}), (staff, {own, other, outsider}),
    ):  # fmt: skip
        client.force_login(user)
        body = text_of(client.get(page("roll", held)))
        assert {row for row in (own, other, outsider) if f"{row.name}同志" in body} == seen
        for row in (own, other, outsider):
            assert client.get(row.get_absolute_url()).status_code == (200 if row in seen else 404)


def test_the_closed_kind_is_there_for_those_who_may_alone(client, branch, upper, staff):
    held = TrainingClassFactory(branch=upper, kind="remedial", state="open")
    row = EnrolmentFactory(training_class=held, branch=branch)
    for user, code in (
        (UserFactory(serving=branch), 404),
        (UserFactory(serving=upper, role=Role.COMMITTEE), 404),
        (staff, 200),
    ):
        client.force_login(user)
        assert client.get(page("roll", held)).status_code == code
        assert client.get(row.get_absolute_url()).status_code == code


def test_a_class_of_elsewhere_is_not_there(client, branch):
    held = TrainingClassFactory(branch=BranchFactory(parent=root(), committee=True), state="open")
    client.force_login(UserFactory(serving=branch))
    for name in ("roll", "roll_enrol", "roll_export", "sign_in_sheet"):
        assert client.get(page(name, held)).status_code == 404


def test_the_roll_costs_the_same_at_any_length(client, held, branch, staff, count_queries):
    client.force_login(staff)
    for each in (branch, BranchFactory(parent=branch.parent)):
        ClassQuotaFactory(training_class=held, branch=each)
        EnrolmentFactory(training_class=held, branch=each)
    before = count_queries(page("roll", held))
    for _ in range(9):
        each = BranchFactory(parent=branch.parent)
        ClassQuotaFactory(training_class=held, branch=each)
        EnrolmentFactory(training_class=held, branch=each)
    assert count_queries(page("roll", held)) == before


def test_filters_stay_in_the_address_and_gone_people_are_a_filter(client, held, branch, staff):
    EnrolmentFactory(training_class=held, branch=branch, name="李桂兰")
    EnrolmentFactory(
        training_class=held, branch=branch, name="王建国", withdrawn_on=date(2025, 4, 7), withdrawn_why="生病"
    )
    client.force_login(staff)

    body, gone = (text_of(client.get(page("roll", held) + query)) for query in ("", "?state=gone"))

    assert "李桂兰" in body and "王建国" not in body  # noqa: PT018
    assert "王建国" in gone and "生病" in gone  # noqa: PT018
    assert "没有符合条件的学员" in text_of(client.get(page("roll", held) + "?q=赵"))


# --- enrolling


def test_a_secretary_ticks_and_sees_what_is_left(client, held, branch):
    ClassQuotaFactory(training_class=held, branch=branch, places=2)
    member = MemberFactory(branch=branch, name="李桂兰")
    client.force_login(UserFactory(serving=branch))

    assert "还可报 2 人" in text_of(client.get(page("roll_enrol", held)))
    client.post(page("roll_enrol", held), {"members": [member.pk]})

    body = text_of(client.get(page("roll", held)))
    assert "已报 1 人，还可报 1 人" in body
    assert Enrolment.objects.get().member == member
    EnrolmentFactory(training_class=held, branch=branch)
    response = client.get(page("roll", held))
    assert not response.context["may_enrol"]
    assert "要换人的，4 月 10 日前点开那位同志办理" in text_of(response)


def test_a_refusal_keeps_what_was_ticked(client, held, branch):
    ClassQuotaFactory(training_class=held, branch=branch, places=1)
    members = [MemberFactory(branch=branch) for _ in range(2)]
    client.force_login(UserFactory(serving=branch))

    response = client.post(page("roll_enrol", held), {"members": [member.pk for member in members]})

    assert "名额只有 1 个，已报满" in text_of(response)
    assert text_of(response).count(" checked") == 2
    assert not Enrolment.objects.exists()


def test_after_the_last_day_a_secretary_is_sent_to_the_holder(client, held, branch):
    with time_machine.travel("2025-04-11T02:00:00Z", tick=False):
        client.force_login(UserFactory(serving=branch))
        response = client.get(page("roll_enrol", held), follow=True)

    assert "报名已截止" in text_of(response)
    assert "联系主办单位" in text_of(response)


def test_the_holder_chooses_the_organisation_first(client, held, branch, staff):
    member = MemberFactory(branch=branch)
    client.force_login(staff)

    assert f"?branch={branch.pk}" in text_of(client.get(page("roll_add", held)))
    client.post(f"{page('roll_add', held)}?branch={branch.pk}", {"members": [member.pk]})
    assert client.get(f"{page('roll_add', held)}?branch=999999").status_code == 404

    assert Enrolment.objects.get().member == member


def test_outsiders(client, held, staff):
    client.force_login(staff)
    client.post(page("roll_outsider", held), {"name": "王建国", "unit": "县医院"})

    row = Enrolment.objects.get()
    assert (row.member, row.branch, row.unit) == (None, None, "县医院")
    assert client.get(row.get_absolute_url()).status_code == 200


def test_withdrawing_and_sending_another(client, held, branch):
    first = EnrolmentFactory(training_class=held, branch=branch)
    member = MemberFactory(branch=branch)
    client.force_login(UserFactory(serving=branch))

    response = client.post(
        page("enrolment_substitute", first), {"member": member.pk, "reason": "临时有课"}, follow=True
    )
    second = Enrolment.objects.on_roll().get()
    client.post(page("enrolment_withdraw", second), {"reason": "生病"})

    assert "已换人" in text_of(response)
    assert second.member == member
    assert not Enrolment.objects.on_roll().exists()


def test_only_the_holder_changes_it_as_holder(client, held, branch, staff):
    row = EnrolmentFactory(training_class=held, branch=branch)
    client.force_login(UserFactory(serving=branch.parent, role=Role.COMMITTEE))
    assert client.get(page("enrolment_remove", row)).status_code == 404
    assert client.get(page("enrolment_withdraw", row)).status_code == 404
    client.force_login(staff)
    assert client.get(page("enrolment_replace", row)).status_code == 200


# --- by rule


def test_by_rule_shows_first_and_enters_what_was_shown(client, held, branch, staff):
    member = MemberFactory(branch=branch, name="李桂兰")
    PostFactory(term=TermFactory(branch=branch), member=member)
    client.force_login(staff)
    url = f"{page('roll_rule', held)}?rule=secretaries"

    body = client.get(page("roll_rule", held))
    shown = client.get(url)
    client.post(url, {"shown": shown.context["shown"]})

    assert "入党积极分子" in dict(body.context["form"].fields["rule"].choices).values()
    assert "李桂兰同志" in text_of(shown)
    assert Enrolment.objects.get().source == "rule"


def test_what_moved_since_is_shown_again(client, held, branch, staff):
    PostFactory(term=TermFactory(branch=branch), member=MemberFactory(branch=branch))
    client.force_login(staff)
    url = f"{page('roll_rule', held)}?rule=secretaries"
    shown = client.get(url).context["shown"]
    other = BranchFactory(parent=branch.parent)
    PostFactory(term=TermFactory(branch=other), member=MemberFactory(branch=other))

    response = client.post(url, {"shown": shown})

    assert "按现在的情况再核对一遍" in text_of(response)
    assert response.context["shown"] != shown
    assert not Enrolment.objects.exists()


# --- who is still to enrol


def test_whom_to_urge_and_the_words_to_paste(client, held, branch, upper, staff):
    other = BranchFactory(parent=root())
    for each in (branch, other):
        ClassQuotaFactory(training_class=held, branch=each)
    EnrolmentFactory(training_class=held, branch=other)
    client.force_login(staff)

    response = client.get(page("roll", held))

    assert response.context["missing"] == [branch]
    assert "请于 4 月 10 日前" in response.context["urge"]
    assert f"1. {branch}" in response.context["urge"]


# --- one person


def test_one_person_in_a_class(client, held, branch):
    session = ClassSessionFactory(training_class=held, hours=4)
    ClassSessionFactory(training_class=held, hours=2)
    row = EnrolmentFactory(training_class=held, branch=branch)
    SignInFactory(session=session, enrolment=row)
    client.force_login(UserFactory(serving=branch))

    body = text_of(client.get(row.get_absolute_url()))

    assert "4／6" in body
    assert "退出名册" not in body
    assert "已签（扫码）" in body
