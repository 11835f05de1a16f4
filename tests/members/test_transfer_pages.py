"""组织关系转接 on the pages: each side's list and acts, the letter on paper, the ledger, a list of many."""

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
from members import transfers
from members.models import Membership, Transfer, TransferList
from office.writer import Workbook
from tests.factories import BranchFactory, MemberFactory, TransferFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = reverse("members:transfers")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def upper():
    return BranchFactory(committee=True)


@pytest.fixture
def old(upper):
    return BranchFactory(parent=upper, name="中共东山小学支部委员会")


@pytest.fixture
def new(upper):
    return BranchFactory(parent=upper, name="中共西河小学支部委员会")


@pytest.fixture
def member(old):
    return MemberFactory(branch=old, name="段雪梅")


@pytest.fixture
def sign_in(client):
    def enter(branch, role=Role.SECRETARY):
        user = UserFactory(serving=branch, role=role)
        client.force_login(user)
        return user

    return enter


def url(name, transfer):
    return reverse(f"members:transfer_{name}", args=[transfer.pk])


def test_the_road_on_the_pages(client, sign_in, upper, old, new, member):
    sign_in(old)
    assert member.name in client.get(reverse("members:transfer_add")).text
    add = f"{reverse('members:transfer_add')}?member={member.pk}"
    assert new.name in client.get(add).text
    client.post(add, {"direction": "inside", "target": "西河", "to_place": "", "reason": "工作调动", "agree": "1"})
    transfer = Transfer.objects.get()
    assert (transfer.state, transfer.to_branch) == ("agreed", new)

    sign_in(upper, Role.COMMITTEE)
    assert client.get(LIST).context["tab"] == "mine"
    client.post(url("issue", transfer), {
        "issued_on": "2025-11-10", "dues_paid_through": "2025-11", "valid_days": "30", "number": "",
    })  # fmt: skip
    transfer.refresh_from_db()
    assert (transfer.number, transfer.dues_paid_through) == ("〔2025〕第1号", date(2025, 11, 1))

    sign_in(new)
    page = client.get(transfer.get_absolute_url()).text
    assert url("receive", transfer) in page
    assert member.get_absolute_url() not in page, "a person who is not here yet has no page here"
    client.post(url("receive", transfer), {"received_on": "2025-11-15"})
    assert Membership.objects.get(member=member, ended_on=None).branch == new
    assert member.get_absolute_url() in client.get(transfer.get_absolute_url()).text

    sign_in(upper, Role.COMMITTEE)
    client.post(url("confirm", transfer), {"receipt_on": "2025-11-18"})
    transfer.refresh_from_db()
    assert transfer.state == "done"
    sign_in(old)
    assert client.get(f"{LIST}?tab=closed").context["rows"][0]["transfer"] == transfer


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"direction": "inside", "target": "没有这个"}, "没有找到这个党支部"),
        ({"direction": "inside", "target": "小学"}, "请写全称"),
        ({"direction": "inside", "target": "中共东山小学支部委员会"}, "同一个支部"),
        ({"direction": "inside"}, "请填写转入支部"),
        ({"direction": "out"}, "请填写县外转入党组织"),
        ({"target": "西河"}, "请选择转到哪里"),
    ],
    ids=["unknown", "several", "the same", "nowhere", "out, nowhere", "no direction"],
)
def test_what_is_typed_wrong_is_said_and_kept(client, sign_in, old, new, member, body, word):
    sign_in(old)
    answer = client.post(f"{reverse('members:transfer_add')}?member={member.pk}", {"reason": "工作调动", **body})

    assert word in answer.text
    assert "工作调动" in answer.text
    assert not Transfer.objects.exists()


def test_a_draft_is_changed_until_it_is_agreed(client, sign_in, old, new, member):
    sign_in(old)
    client.post(
        f"{reverse('members:transfer_add')}?member={member.pk}",
        {"direction": "inside", "target": "西河", "reason": "x"},
    )
    transfer = Transfer.objects.get()
    body = {"direction": "out", "to_place": "中共邻县一中支部", "reason": "调出", "version": transfer.version}
    client.post(url("edit", transfer), body | {"agree": "1"})

    transfer.refresh_from_db()
    assert (transfer.direction, transfer.to_branch, transfer.state) == ("out", None, "agreed")
    assert client.post(url("edit", transfer), body).status_code == 302
    assert "不能" not in client.get(transfer.get_absolute_url()).text


def test_who_comes_from_outside(client, sign_in, new, upper):
    sign_in(new)
    page = reverse("members:transfer_arrive")
    assert client.get(page).status_code == 200
    body = {
        "to_branch": new.pk, "kind": "probationary", "from_place": "中共邻县一中支部", "number": "介〔2025〕8号",
        "issued_on": "2025-11-10", "valid_days": "60", "dues_paid_through": "2025-10", "reason": "工作调动",
        "person-name": "段 雪梅", "person-joined_on": "2025-03-01",
    }  # fmt: skip
    refused = client.post(page, body | {"valid_days": "91", "person-birth_on": "2030-01-01"}).text
    assert "不能晚于今天" in refused
    refused = client.post(page, body | {"valid_days": "91"}).text
    assert "1 至 90 天" in refused
    client.post(page, body)

    transfer = Transfer.objects.get()
    assert (transfer.state, transfer.member.name, transfer.valid_until) == ("issued", "段雪梅", date(2026, 1, 9))
    assert client.get(transfer.member.get_absolute_url()).status_code == 404
    client.post(url("receive", transfer), {"received_on": "2025-11-20"})
    assert client.get(transfer.member.get_absolute_url()).status_code == 200
    assert "党员组织关系已转达我处" in client.get(url("letter", transfer)).text


def test_the_letter_names_the_person_and_no_number(client, sign_in, upper, old, new, member):
    sign_in(upper, Role.COMMITTEE)
    transfer = TransferFactory(issued=True, from_branch=old, to_branch=new, member=member)
    Membership.objects.filter(member=member).exclude(branch=old).delete()
    page = client.get(url("letter", transfer)).text

    for words in ("段雪梅同志（女，45岁", "存根", "回执", "骑缝处盖章", "2025年11月", "（由经办人填写）", "有效期30天"):
        assert words in page, words
    for ending, magic in (("docx", b"PK"), ("pdf", b"%PDF")):
        assert client.get(f"{url('letter', transfer)}?format={ending}").content.startswith(magic)
    assert AuditEvent.objects.filter(action="transfer.print", object_id=str(transfer.pk)).count() == 3


def test_before_there_is_a_letter_nothing_is_printed(client, sign_in, old, new, member):
    sign_in(old)
    transfer = TransferFactory(from_branch=old, to_branch=new, member=member)

    assert client.get(url("letter", transfer)).status_code == 302


@pytest.mark.parametrize("role", [Role.SECRETARY, Role.INSPECTOR])
def test_whose_turn_it_is_not_is_led_back(client, sign_in, upper, old, new, member, role):
    transfer = TransferFactory(from_branch=old, to_branch=new, member=member)
    sign_in(new if role == Role.SECRETARY else upper, role)

    assert client.get(transfer.get_absolute_url()).context["ways"] == set()
    assert client.get(url("withdraw", transfer)).status_code == (302 if role == Role.SECRETARY else 403)


def test_a_third_branch_sees_nothing(client, sign_in, upper, old, new, member):
    transfer = TransferFactory(issued=True, from_branch=old, to_branch=new, member=member)
    sign_in(BranchFactory(parent=upper))

    assert client.get(transfer.get_absolute_url()).status_code == 404
    assert client.get(f"{LIST}?tab=all").context["rows"] == []


def test_letters_that_run_out_are_found(client, sign_in, old, new):
    late = TransferFactory(issued=True, from_branch=old, to_branch=new, valid_until=date(2025, 11, 19))
    soon = TransferFactory(issued=True, from_branch=old, to_branch=new, valid_until=date(2025, 11, 30))
    TransferFactory(issued=True, from_branch=old, to_branch=new, valid_until=date(2025, 12, 1))
    sign_in(new)

    def found(when):
        return [
            (row["transfer"], row["letter"]) for row in client.get(f"{LIST}?tab=transit&when={when}").context["rows"]
        ]

    assert found("over") == [(late, "已过期 1 天")]
    assert found("soon") == [(soon, "还有 10 天")]


def test_the_ledger_holds_what_is_filtered(client, sign_in, old, new, member):
    TransferFactory(issued=True, from_branch=old, to_branch=new, member=member, reason="=1+1")
    TransferFactory(from_branch=old, to_branch=new)
    sign_in(old)
    answer = client.get(f"{reverse('members:transfer_export')}?tab=all&state=issued")
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))

    assert rows[1][0].startswith(f"填报单位（盖章）：{old.name}　　统计截止日：2025-11-20")
    assert "状态：在途" in rows[2][0]
    assert len(rows) == 5
    assert rows[4][:8] == (1, "段雪梅", "女", "正式党员", "县内转接", old.name, new.name, "=1+1")


# --- one list for many


def rows_of(*lines):
    body = {"rows": len(lines)}
    for place, line in enumerate(lines, 1):
        body |= {f"row-{place}-{key}": text for key, text in zip(("name", "source", "target"), line, strict=True)}
    return body


def head(branch):
    return {"branch": branch.pk, "title": "县管校聘交流名单", "number": "9号", "moves_on": "2025-11-15"}


def workbook(*lines):
    book = Workbook(title="名单")
    book.add_table("名单", ["序号", "姓名", "现支部", "转入支部"], [(n, *line) for n, line in enumerate(lines, 1)])
    return SimpleUploadedFile("名单.xlsx", book.close())


def test_a_list_moves_many_each_with_a_letter(client, sign_in, old, new, member):
    staff = sign_in(root(), Role.STAFF)
    other = MemberFactory(branch=old, name="李志远")
    page = reverse("members:transfer_list_add")
    assert client.get(page).status_code == 200
    client.post(page, head(root()) | rows_of((member.name, "", "西河"), ("", "", ""), (other.name, old.name, new.name)))
    listed = TransferList.objects.get()
    assert set(listed.transfers.values_list("state", "from_branch", "to_branch")) == {("agreed", old.pk, new.pk)}
    assert client.get(reverse("members:transfer_lists")).context["page"].object_list[0].people == 2

    client.post(reverse("members:transfer_list_issue", args=[listed.pk]), {
        "issued_on": "2025-11-15", "dues_paid_through": "2025-11", "valid_days": "30",
    })  # fmt: skip
    assert sorted(listed.transfers.values_list("number", flat=True)) == ["〔2025〕第1号", "〔2025〕第2号"]
    for transfer in listed.transfers.all():
        client.post(url("receive", transfer), {"received_on": "2025-11-16"})
    client.post(reverse("members:transfer_list_confirm", args=[listed.pk]), {"receipt_on": "2025-11-18"})
    assert set(listed.transfers.values_list("state", flat=True)) == {"done"}
    assert not transfers.waiting(staff, date(2025, 11, 20)).exists()


def test_a_workbook_fills_the_list_or_is_refused_by_cell(client, sign_in, old, new, member):
    sign_in(root(), Role.STAFF)
    namesake = MemberFactory(branch=old, name="王芳")
    MemberFactory(branch=new, name="王芳")
    page = reverse("members:transfer_list_add")
    bad = [(member.name, "", "南坪"), ("王芳", "", new.name), ("无此人", "", new.name), (member.name, "", "西河")]
    answer = client.post(page, head(root()) | {"rows": "0", "file": workbook(*bad)})

    assert not TransferList.objects.exists()
    assert not Transfer.objects.exists()
    for words in (
        "D2 没有找到这个党支部",
        "C3 有 2 位同名的同志",
        "B4 您管理的支部名册上没有这个人",
        "B5 与第 2 行是同一人",
        "有 4 行要改",
        'value="南坪"',
    ):
        assert words in answer.text, words
    client.post(
        page, head(root()) | {"rows": "0", "file": workbook((member.name, "", "西河"), ("王芳", old.name, "西河"))}
    )
    assert set(Transfer.objects.values_list("member", flat=True)) == {member.pk, namesake.pk}


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"no workbook", "工作簿"), (workbook().read(), "表里只有表头")],
    ids=["no workbook", "empty"],
)  # fmt: skip
def test_what_cannot_be_read_is_said(client, sign_in, content, word):
    sign_in(root(), Role.STAFF)
    file = SimpleUploadedFile("名单.xlsx", content)
    answer = client.post(reverse("members:transfer_list_add"), head(root()) | {"rows": "0", "file": file})

    assert answer.status_code == 200
    assert answer.context["form"].errors["file"]


def test_more_rows_keep_what_was_typed(client, sign_in, member):
    sign_in(root(), Role.STAFF)
    answer = client.post(
        reverse("members:transfer_list_add"), head(root()) | rows_of((member.name, "", "")) | {"more": "1"}
    )

    assert len(answer.context["lines"]) == 7
    assert member.name in answer.text
    assert "请填转入支部" not in answer.text


def test_a_committee_moves_only_its_own(client, sign_in, upper, new, member):
    stranger = MemberFactory(branch=BranchFactory(), name="外人")
    sign_in(upper, Role.COMMITTEE)
    answer = client.post(reverse("members:transfer_list_add"), head(upper) | rows_of((stranger.name, "", "西河")))

    assert "名册上没有这个人" in answer.text
    assert client.post(reverse("members:transfer_list_add"), head(root()) | rows_of()).context["form"].errors["branch"]
