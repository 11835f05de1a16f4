"""Lists read into the roll, row by row, and the roll and the sheet to sign on paper."""

import io
from datetime import date

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import AuditEvent
from branches.actions import root
from tests.factories import (
    BranchFactory,
    ClassQuotaFactory,
    ClassSessionFactory,
    EnrolmentFactory,
    MemberFactory,
    SignInFactory,
    UserFactory,
    id_number,
)
from tests.training.scene import page, text_of, workbook
from training import roll_sheet, sign_in
from training.models import Enrolment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _day():
    with time_machine.travel("2025-04-08T02:00:00Z", tick=False):
        yield


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
