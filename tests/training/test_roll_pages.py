"""The pages of the roll: by role, with one row and with ten, lists read and lists taken along."""

import io
from datetime import date

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import AuditEvent
from branches.actions import root
from branches.rights import Role
from office.writer import Workbook
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
    id_number,
)
from training import roll_sheet, sign_in
from training.models import Enrolment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _day():
    with time_machine.travel("2025-04-08T02:00:00Z", tick=False):
        yield


@pytest.fixture
def upper():
    return BranchFactory(parent=root(), committee=True)


@pytest.fixture
def branch(upper):
    return BranchFactory(parent=upper)


@pytest.fixture
def held(upper):
    return TrainingClassFactory(branch=root(), state="open")


@pytest.fixture
def staff():
    return UserFactory(serving=root(), role=Role.STAFF)


def page(name, row):
    return reverse(f"training:{name}", args=[row.pk])


def text_of(response):
    return response.content.decode()


def workbook(rows, headers=("姓名", "党组织", "职务")):
    book = Workbook(title="名单")
    book.add_table("名单", list(headers), rows)
    return SimpleUploadedFile("名单.xlsx", book.close())


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

    assert "入党积极分子" not in dict(body.context["form"].fields["rule"].choices).values()
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


# --- from a list


def test_each_row_of_a_list_is_found_or_explained(client, held, branch, staff):
    ClassQuotaFactory(training_class=held, branch=branch.parent, places=3)
    fine = MemberFactory(branch=branch, name="李桂兰")
    for _ in range(2):
        MemberFactory(branch=branch, name="王建国")
    known = MemberFactory(branch=branch, name="赵秀英")
    EnrolmentFactory(training_class=held, branch=branch, member=known)
    gone = MemberFactory(branch=branch, name="刘志强")
    gone.memberships.update(ended_on=date(2025, 3, 1), end_reason="transferred")
    fits, exceeds = MemberFactory(branch=branch, name="陈国华"), MemberFactory(branch=branch, name="杨树林")
    outside = BranchFactory(parent=root())
    MemberFactory(branch=outside, name="周文")
    client.force_login(staff)
    unit = branch.name

    shown = client.post(page("roll_list", held), {"file": workbook([
        ("李桂兰", unit, "教导主任"), ("王建国", unit, ""), ("赵秀英", unit, ""), ("刘志强", unit, ""), ("无此人", unit, ""),
        ("李桂兰", unit, ""), ("陈国华", unit, ""), ("杨树林", unit, ""), ("周文", outside.name, ""), ("陈国华", "别的支部", ""),
    ])})  # fmt: skip

    assert [(each.called, each.fault) for each in shown.context["choices"]] == [
        ("李桂兰", ""), ("王建国", "这个党组织有同名的同志，请逐个添加，或在表里加上身份证号"), ("赵秀英", "已在名册上"),
        ("刘志强", "这位同志已不在名册上（已转出、离开）"),
        ("无此人", "主办范围内的名册上没有这个人，请核对姓名；外来学员请逐个添加"), ("李桂兰", "前面已经选了这位同志"),
        ("陈国华", ""), ("杨树林", f"{branch.parent}的名额只有 3 个，已报满"), ("周文", f"这个班次没有分给{outside}名额"),
        ("陈国华", "这个人不在这个党组织，请核对"),
    ]  # fmt: skip
    assert Enrolment.objects.count() == 1
    client.post(page("roll_list", held), {"rows": shown.context["kept"], "shown": shown.context["shown"]})
    made = Enrolment.objects.filter(source="sheet")
    assert {row.member for row in made} == {fine, fits}
    assert made.get(member=fine).position == "教导主任"
    assert exceeds.enrolments.count() == 0


def test_an_id_number_tells_two_of_one_name_apart_and_is_never_shown(client, held, branch, staff):
    number = id_number(4242)
    MemberFactory(branch=branch, name="王建国")
    meant = MemberFactory(branch=branch, name="王建国", id_number=number)
    client.force_login(staff)
    headers = ("姓名", "党组织", "身份证号")

    shown = client.post(page("roll_list", held), {"file": workbook([
        ("王建国", branch.name, number), ("李桂兰", branch.name, number)
    ], headers)})  # fmt: skip

    assert [(each.member, each.fault) for each in shown.context["choices"]] == [
        (meant, ""), (None, "姓名和身份证号对不上，请核对")
    ]  # fmt: skip
    assert number not in text_of(shown)
    assert number not in str(AuditEvent.objects.get(action="enrolment.match_numbers").detail)


@pytest.mark.parametrize(
    ("upload", "words"),
    [
        (SimpleUploadedFile("名单.xlsx", b"PK\x03\x04broken"), "名单"),
        (SimpleUploadedFile("a.csv", "姓名,职务\n李桂兰,书记\n".encode()), "缺少列"),
        (SimpleUploadedFile("a.csv", "姓名,党组织\n".encode()), "表头"),
        (SimpleUploadedFile("a.csv", "姓名,党组织,职务\n李桂兰,一支部,【机密★】\n".encode()), "密级标志"),
    ],
    ids=["broken", "no column", "empty", "marked"],
)
def test_a_list_that_cannot_be_read_says_why(client, held, staff, upload, words):
    client.force_login(staff)
    upload.seek(0)

    response = client.post(page("roll_list", held), {"file": upload})

    assert response.status_code == 200
    assert words in text_of(response)
    assert "choices" not in response.context


def test_a_list_altered_on_the_way_or_too_old_is_read_again(client, held, staff):
    client.force_login(staff)

    response = client.post(page("roll_list", held), {"rows": "invented", "shown": "x"})

    assert "请重新选择文件" in text_of(response)


# --- on paper


def cells(response):
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
    return [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]


def test_the_roll_as_a_workbook_holds_own_people_alone(client, held, branch):
    EnrolmentFactory(training_class=held, branch=branch, name="李桂兰", position="校长")
    EnrolmentFactory(training_class=held, branch=BranchFactory(), name="王建国")
    client.force_login(UserFactory(serving=branch))

    rows = cells(client.get(page("roll_export", held)))

    assert rows[2] == ["序号", "姓名", "党组织（单位）", "职务", "来源", "备注"]
    assert [row[1] for row in rows[3:]] == ["李桂兰"]
    assert AuditEvent.objects.get(action="report.export").detail["rows"] == 1


@pytest.mark.parametrize(("query", "begins"), [("as=word", b"PK"), ("as=pdf", b"%PDF")])
def test_the_roll_as_a_paper(client, held, branch, query, begins):
    EnrolmentFactory(training_class=held, branch=branch)
    client.force_login(UserFactory(serving=branch))

    assert client.get(f"{page('roll_export', held)}?{query}").content.startswith(begins)


def test_the_sheet_to_sign_blank_and_filled(client, held, branch, staff):
    session = ClassSessionFactory(training_class=held)
    people = [
        EnrolmentFactory(training_class=held, branch=branch, name=name) for name in ("李桂兰", "王建国", "赵秀英")
    ]
    SignInFactory(session=session, enrolment=people[0])
    SignInFactory(
        session=session,
        enrolment=people[1],
        mark="leave",
        method="",
        reason="生病",
        entered_by=staff,
        entered_at=session.training_class.created_at,
    )
    client.force_login(staff)

    for query in ("", "filled=1", "filled=1&as=word", f"session={session.pk}"):
        assert client.get(f"{page('sign_in_sheet', held)}?{query}").status_code == 200
    table = sign_in.table(held)
    blank, filled = (
        roll_sheet.sign_in_paper(held, [session], table, on=date(2025, 4, 15), is_filled=is_filled).blocks[-1].rows
        for is_filled in (False, True)
    )
    assert {row[3] for row in blank} == {""}
    assert {row[1]: row[3] for row in filled} == {"李桂兰": "09:00 已签（扫码）", "王建国": "请假", "赵秀英": "未到"}


def test_without_a_session_the_sheet_says_what_to_do(client, held, staff):
    client.force_login(staff)
    assert "先排好日程" in text_of(client.get(page("sign_in_sheet", held), follow=True))


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
    assert "已签（扫码）" in body
