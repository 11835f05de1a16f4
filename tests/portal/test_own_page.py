"""The member's own rights: the own record, who looked, corrections with an answer, a copy of all of it (T-PRIV-5)."""

import io
import json
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

import vault
from accounts.models import AuditEvent
from accounts.policy import PUBLIC, SIGNED_IN
from branches.actions import root
from branches.rights import Role
from members import own
from members.models import Correction, Member
from tests import factories
from tests.factories import BranchFactory, CorrectionFactory, MemberFactory, SecondFactorFactory, UserFactory
from tests.routes import routes

pytestmark = pytest.mark.django_db
NOON = datetime(2025, 11, 20, 4, 0, tzinfo=UTC)
TODAY = date(2025, 11, 20)
OPEN, DONE, REFUSED = Correction.State.OPEN, Correction.State.DONE, Correction.State.REFUSED


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def member(client, branch):
    member = MemberFactory(branch=branch, user=UserFactory(), address="云岭县春晖路 8 号", name="周明远")
    client.force_login(member.user)
    return member


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch, name="高雪梅")


def test_the_own_record_is_shown_masked(client, member):
    shown = client.get("/me/").content.decode()

    assert "周明远" in shown
    assert str(member.memberships.get().branch) in shown
    for name in own.SEALED:
        assert vault.reveal(member, name) not in shown
    assert "保存了什么，为什么" in shown
    for name in ("scan", "own_papers", "handouts"):  # what somebody with an account does in a class begins here
        assert f'href="{reverse(f"training:{name}")}"' in shown


def test_an_account_without_a_member_sees_what_to_do(client):
    client.force_login(UserFactory())

    assert "还没有关联党员" in client.get("/me/").content.decode()
    answers = client.get("/me/correct/"), client.post("/me/archive/"), client.post("/me/reveal/phone/")
    assert [answer["Location"] for answer in answers] == ["/me/"] * 3


@pytest.mark.parametrize("field", own.SEALED)
def test_the_own_value_is_opened_with_a_fresh_password_and_told_as_ones_own(client, member, field):
    assert vault.reveal(member, field) in client.post(f"/me/reveal/{field}/").content.decode()
    assert client.get(f"/me/reveal/{field}/").status_code == 405
    assert AuditEvent.objects.get(action="member.reveal").detail == {"field": field, "kind": "own"}
    assert "本人查看" in client.get("/me/").content.decode()
    with time_machine.travel(NOON + timedelta(minutes=6), tick=False):
        assert client.post(f"/me/reveal/{field}/")["Location"] == "/confirm/?next=%2Fme%2F"
        assert client.post("/me/archive/")["Location"] == "/confirm/?next=%2Fme%2F"


def test_dues_of_two_years_are_told_month_by_month(client, member, branch):
    sums = {"payable": Decimal("12.50"), "paid": Decimal("12.50")}
    for month, paid_on in ((1, date(2025, 1, 20)), (2, date(2025, 4, 2)), (4, date(2025, 4, 20))):
        first = date(2025, month, 1)
        factories.DuesPaymentFactory(member=member, branch=branch, month=first, paid_on=paid_on, **sums)
    factories.DuesPaymentFactory(branch=branch, member=MemberFactory(branch=branch), month=date(2025, 3, 1))

    this, last = client.get("/me/").context["dues"]

    assert [(each["month"].month, each["word"]) for each in this["months"]] == [
        (1, "按时"), (2, "迟交"), (3, "未交"), (4, "按时"), *((month, "未交") for month in range(5, 11)), (11, "未到期"),
    ]  # fmt: skip
    assert (this["count"], this["paid"], len(this["open"])) == (3, Decimal("37.50"), 7)
    assert {each["word"] for each in last["months"]} == {"没有登记"}, "before its first record the branch kept paper"
    assert (last["count"], last["open"]) == (0, [])


def test_what_the_branch_recorded_is_told_and_a_grade_when_it_was_told(client, member, branch):
    row = factories.AppraisalRowFactory(member=member, final="excellent", told_on=None)
    factories.HonourFactory(member=member, branch=branch, title="先锋共产党员")
    factories.HonourFactory(member=member, branch=branch, title="已撤销的称号", revoked_on=TODAY)
    factories.PledgeFactory(member=member, year=2025, text="带好一名新教师")
    letter = factories.TransferFactory(member=member, from_branch=branch, to_branch=BranchFactory())
    page = client.get("/me/")
    shown = page.content.decode()
    assert "先锋共产党员" in shown
    assert "带好一名新教师" in shown
    assert "已撤销的称号" not in shown
    assert page.context["birthday"]["on"] == member.joined_on.replace(year=2025)
    assert not list(page.context["grades"])
    assert page.context["transfers"] == [], "a draft is nobody's word yet"

    type(row).objects.filter(pk=row.pk).update(told_on=TODAY)
    type(letter).objects.filter(pk=letter.pk).update(state="agreed")
    page = client.get("/me/")
    assert "优秀" in page.content.decode()
    assert [each["transfer"] for each in page.context["transfers"]] == [letter]


def test_a_member_without_a_post_finds_the_own_record_in_front(client, member):
    assert "我的信息" in client.get("/").content.decode()
    assert client.get("/").templates[0].name == "portal/own.html"

    client.force_login(UserFactory())
    page = client.get("/")
    assert page.templates[0].name == "portal/home_plain.html"
    assert "还没有任职" in page.content.decode()


def test_the_bar_of_a_member_without_a_post_leads_to_the_own_page_and_to_the_class(client, member, branch):
    assert bar(client) == [("我的信息", "/me/", True), ("签到", "/training/s/", False), ("更多", "#menu", False)]
    assert "工作台" not in {link.label for group in client.get("/").context["nav"] for link in group["items"]}

    factories.AppointmentFactory(user=member.user, branch=branch)
    assert [label for label, *_ in bar(client)] == ["工作台", "应办事项", "登记会议", "党员", "更多"]


def bar(client):
    return [(link.label, link.url, link.current) for link in client.get("/").context["bottom"]]


def test_a_member_without_a_post_opens_nothing_that_a_post_opens(client, member):
    asked = [
        (method, route.url(member.pk))
        for route in routes()
        if route.policy not in (PUBLIC, SIGNED_IN)
        for method in route.methods
    ]

    answers = {(method, url): getattr(client, method)(url).status_code for method, url in asked}

    assert len(answers) > 200
    assert {what: code for what, code in answers.items() if code != 403} == {}


def test_the_own_page_costs_the_same_at_any_length(client, member, branch, count_queries):
    furnish(member, "话")
    count_queries("/me/")
    before = count_queries("/me/")
    for month in range(1, 11):
        factories.DuesPaymentFactory(member=member, branch=branch, month=date(2024, month, 1))
        factories.HonourFactory(member=member, branch=branch)
        CorrectionFactory(member=member, created_by=member.user)
    assert count_queries("/me/") == before


# --- corrections


def ask(client, field="name", said="周明园", reason=""):
    return client.post("/me/correct/", {"field": field, "said": said, "reason": reason})


@pytest.mark.parametrize(("field", "said"), [("name", "周明园"), ("phone", "13900001234"), ("other", "任过组织委员")])
def test_a_correction_is_asked_for_kept_sealed_and_answered(client, member, secretary, field, said):
    assert ask(client, field, said)["Location"] == "/me/"
    correction = Correction.objects.get()
    assert (correction.state, correction.member, vault.reveal(correction, "said")) == (OPEN, member, said)
    assert said not in str(Correction.objects.values()) + str(AuditEvent.objects.values())
    assert "2025-12-11" in client.get("/me/").content.decode()  # fifteen working days later

    client.force_login(secretary)
    assert "周明远同志" in client.get("/members/corrections/").content.decode()
    page = f"/members/corrections/{correction.pk}/"
    assert (said in client.get(page).content.decode()) == (field not in own.SEALED)
    assert client.post(page, {"state": "done", "answer": "已核对"})["Location"] == "/members/corrections/"
    client.force_login(member.user)
    assert "已核对" in client.get("/me/").content.decode()


@pytest.mark.parametrize(
    ("field", "said", "word"),
    [
        ("name", "", "请填写正确的内容"),
        ("", "x", "请选择要更正的内容"),
        ("status", "x", ""),
        ("id_number", "123", "身份证号"),
        ("name", "绝密★", "密级"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(client, member, field, said, word):
    answer = ask(client, field, said)

    assert answer.status_code == 200
    assert word in answer.content.decode()
    assert not Correction.objects.exists()


def test_one_open_application_for_each_thing(client, member):
    ask(client)

    assert "正在" not in ask(client, "title", "一级教师").content.decode()
    assert "已有一份更正申请" in ask(client).content.decode()
    for _ in range(9):
        ask(client, "other", "其他")
    assert Correction.objects.count() == own.OPEN_AT_ONCE


def test_a_classified_value_is_written_unread_when_it_is_granted(member, secretary):
    number = factories.id_number(321, member.birth_on)
    for field, said in (("id_number", number), ("phone", "13900001234")):
        correction = own.ask_correction(member, field=field, said=said, by=member.user)
        own.answer_correction(correction, state=DONE, by=secretary, on=TODAY)

    fresh = Member.objects.get(pk=member.pk)
    assert (vault.reveal(fresh, "id_number"), vault.reveal(fresh, "phone")) == (number, "13900001234")
    assert fresh.id_number_index == vault.index_for(Member, "id_number", number)
    assert fresh.version == member.version + 2
    assert number not in str(AuditEvent.objects.values())


def test_somebody_elses_number_is_not_written(member, secretary):
    taken = vault.reveal(MemberFactory(), "id_number")
    correction = own.ask_correction(member, field="id_number", said=taken, by=member.user)

    with pytest.raises(ValidationError, match="已在系统中登记"):
        own.answer_correction(correction, state=DONE, by=secretary, on=TODAY)
    assert Correction.objects.get().state == OPEN


def test_a_refusal_says_why_and_stands(member, secretary):
    correction = own.ask_correction(member, field="name", said="周", by=member.user)
    with pytest.raises(ValidationError, match="写明原因"):
        own.answer_correction(correction, state=REFUSED, by=secretary, on=TODAY)

    own.answer_correction(correction, state=REFUSED, answer="与证件不符", by=secretary, on=TODAY)
    with pytest.raises(ValidationError, match="已经答复"):
        own.answer_correction(correction, state=DONE, by=secretary, on=TODAY)


def test_who_answers(client, member, secretary):
    correction = CorrectionFactory(member=member, created_by=member.user)
    with pytest.raises(PermissionDenied):
        own.answer_correction(correction, state=DONE, by=UserFactory(serving=BranchFactory()), on=TODAY)
    with pytest.raises(ValidationError, match="只能申请更正本人"):
        own.ask_correction(member, field="name", said="x", by=secretary)
    Member.objects.filter(pk=member.pk).update(user=None)
    Member.objects.filter(pk=member.pk).update(user=secretary)
    with pytest.raises(ValidationError, match="不能答复本人"):
        own.answer_correction(correction, state=DONE, by=secretary, on=TODAY)
    own.answer_correction(correction, state=DONE, by=UserFactory(serving=root(), role=Role.STAFF), on=TODAY)


def test_the_list_costs_the_same_at_any_length(client, branch, secretary, count_queries):
    client.force_login(secretary)
    CorrectionFactory(member=MemberFactory(branch=branch))
    before = count_queries("/members/corrections/")
    for _ in range(5):
        CorrectionFactory(member=MemberFactory(branch=branch))
    assert count_queries("/members/corrections/") == before


# --- a copy


def opened(response):
    with zipfile.ZipFile(io.BytesIO(b"".join(response) if response.streaming else response.content)) as packed:
        return json.loads(packed.read("本人信息.json"))


def pointing():
    """(model, field) of every foreign key to a person, in all apps."""
    for relation in Member._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and not relation.many_to_many:
            yield relation.related_model, relation.field.name


def furnish(member, marker):
    """A row in every table that points at a person, with a word of that person in it where there is room."""
    made = 0
    for model, name in pointing():
        factory = getattr(factories, f"{model.__name__}Factory", None)  # that each model has one, test_house.py says
        if factory is None:
            continue
        words = {f.name: marker for f in model._meta.concrete_fields if f.name in ("note", "reason", "basis", "title")}
        extra = {"told_on": TODAY} if model.__name__ == "AppraisalRow" else {}
        if not model.objects.filter(**{name: member}).exists():
            factory(
                **{name: member}, **extra, **{k: v for k, v in words.items() if not model._meta.get_field(k).choices}
            )
        made += model.objects.filter(**{name: member}).count()
    return made


def test_the_copy_holds_every_row_of_the_person_and_nothing_of_others(client, member):
    other = MemberFactory(branch=BranchFactory(), user=UserFactory(name="别人甲"), name="别人甲", address="他处 9 号")
    count = furnish(member, "本人的话")
    furnish(other, "别人的话")

    content = opened(client.post("/me/archive/"))

    text = json.dumps(content, ensure_ascii=False)
    rows = sum(len(rows) for name, rows in content["内容"].items() if name not in ("党员", "任职", "查看记录"))
    assert rows == count
    for name in own.SEALED:
        assert vault.reveal(member, name) in text
        assert vault.reveal(other, name) not in text
    assert "别人" not in text
    assert str(member.row_key) not in text
    assert AuditEvent.objects.filter(action="member.archive").count() == 1


def test_a_grade_not_yet_told_and_ballots_stay_out(member):
    row = factories.AppraisalRowFactory(member=member, told_on=None)
    assert str(row._meta.verbose_name) not in _copy(member)["内容"]

    type(row).objects.filter(pk=row.pk).update(told_on=TODAY)
    told = _copy(member)["内容"][str(row._meta.verbose_name)][0]
    assert "优秀票" not in told


def _copy(member):
    with zipfile.ZipFile(io.BytesIO(own.archive(member, by=member.user, on=TODAY))) as packed:
        return json.loads(packed.read("本人信息.json"))


def test_looks_of_the_discipline_post_are_not_in_the_copy(member, branch):
    reader = UserFactory(serving=root(), role=Role.DISCIPLINE, name="纪检甲")
    own.reveal(member, "phone", reason="superior", by=reader, on=TODAY)

    assert "纪检甲" not in json.dumps(_copy(member), ensure_ascii=False)


# --- the account's side


def test_an_account_is_linked_and_unlinked(client, branch):
    admin, account = UserFactory(serving=root(), role=Role.ADMIN), UserFactory()
    person = MemberFactory(branch=branch, name="高雪松")
    client.force_login(admin)
    page = f"/settings/accounts/{account.pk}/"
    assert "高雪松" in client.get(page, {"name": "雪松"}).content.decode()

    client.post(page, {"act": "link", "member": person.pk})
    person.refresh_from_db()
    assert person.user == account
    assert "请从名单里选" in client.post(page, {"act": "link", "member": person.pk}, follow=True).content.decode()
    client.post(page, {"act": "unlink"})
    person.refresh_from_db()
    assert person.user is None
    assert AuditEvent.objects.filter(action__in=["account.link_member", "account.unlink_member"]).count() == 2
    with pytest.raises(PermissionDenied):
        own.link_account(person, account, by=UserFactory(serving=branch), on=TODAY)


def test_a_lost_phone_is_reset_from_the_account_page(client):
    admin = UserFactory(serving=root(), role=Role.ADMIN)
    factor = SecondFactorFactory()
    client.force_login(admin)
    page = f"/settings/accounts/{factor.user_id}/"
    assert "重置两步验证" in client.get(page).content.decode()

    client.post(page, {"act": "reset_factor"})
    factor.refresh_from_db()
    assert not factor.is_on
    SecondFactorFactory(user=admin)
    with pytest.raises(ValidationError, match="另一位管理员"):
        own.reset_factor(admin, by=admin)
