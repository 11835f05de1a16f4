"""The pages of 党费: a month in two taps, bases from a list, arrears, hand-over, waivers; what they cost and who is let in."""

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import AuditEvent
from branches.actions import root
from branches.rights import Role
from members.models import DuesBase, DuesConsent, DuesHandover, DuesPayment, DuesWaiver, Membership
from tests.factories import (
    BranchFactory,
    DuesBaseFactory,
    DuesHandoverFactory,
    DuesPaymentFactory,
    DuesWaiverFactory,
    MemberFactory,
    MembershipFactory,
    UserFactory,
)  # fmt: skip

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def people(branch):
    found = [MemberFactory(branch=branch) for _ in range(3)]
    for member in found[:2]:
        DuesBaseFactory(member=member, amount=Decimal("5000.01"))
    return found


@pytest.fixture
def secretary(client, branch, people):
    user = UserFactory(serving=branch)
    client.force_login(user)
    return user


def url(name, *args):
    return reverse(f"members:{name}", args=args)


def sent(form, **changed):
    """What a browser would send of the form as it stands, with some fields changed."""
    found = {field.html_name: field.value() for field in form if field.value() not in (None, False, "")}
    return {name: value for name, value in (found | changed).items() if value is not None}


class TestMonth:
    def test_two_taps_enter_everybody_with_a_base(self, client, branch, people, secretary):
        page = url("dues_enter", branch.pk, 2025, 11)
        form = client.get(page).context["form"]
        ticked = client.post(page, sent(form, all="1"))

        assert DuesPayment.objects.count() == 0
        assert [line["on"].value() for line in ticked.context["form"].lines()].count(True) == 2
        assert "还没有保存" in ticked.text

        answer = client.post(page, sent(ticked.context["form"]), follow=True)

        assert {(row.member_id, str(row.paid), row.paid_on) for row in DuesPayment.objects.all()} == {
            (member.pk, "75.00", TODAY) for member in people[:2]
        }
        assert "登记 2 人" in answer.text
        assert "2／3" in answer.text

    def test_what_was_typed_stays_when_a_line_is_wrong(self, client, branch, people, secretary):
        page = url("dues_enter", branch.pk, 2025, 11)
        first, _, without = (member.pk for member in people)
        data = {"paid_on": "2025-11-18", "method": "self", f"on-{first}": "on", f"sum-{first}": "80",
                f"on-{without}": "on", f"note-{first}": "自愿多交"}  # fmt: skip

        answer = client.post(page, data)
        assert "没有登记基数，请填实交金额" in answer.text
        assert 'value="80"' in answer.text
        assert DuesPayment.objects.count() == 0

        client.post(
            page, {**data, f"sum-{without}": "0.2", f"way-{without}": "through", f"day-{without}": "2025-11-03"}
        )
        assert DuesPayment.objects.get(member=first).note == "自愿多交"
        other = DuesPayment.objects.get(member=without)
        assert (other.method, other.paid_on, other.payable) == ("through", date(2025, 11, 3), None)

    def test_who_comes_second_is_told_and_may_insist(self, client, branch, people, secretary):
        page, key = url("dues_enter", branch.pk, 2025, 11), people[0].pk
        opened = sent(client.get(page).context["form"], **{f"on-{key}": "on", f"sum-{key}": "70"})
        DuesPaymentFactory(member=people[0], branch=branch, month=date(2025, 11, 1), paid=Decimal(75))

        answer = client.post(page, opened)
        assert "刚被别人改过，系统里现在是：已登记 75.00 元" in answer.text
        assert DuesPayment.objects.get().paid == 75

        client.post(page, sent(answer.context["form"]))
        assert DuesPayment.objects.get().paid == 70

    def test_a_late_payment_is_shown_as_such_and_beyond_the_limit_warned_of(self, client, branch, people, secretary):
        page, key = url("dues_enter", branch.pk, 2025, 3), people[0].pk
        answer = client.post(page, {"paid_on": "2025-11-18", "method": "self", f"on-{key}": "on"}, follow=True)

        assert "补交" in answer.text
        assert "超过 6 个月" in answer.text

    def test_a_month_to_come_cannot_be_saved(self, client, branch, secretary):
        answer = client.get(url("dues_enter", branch.pk, 2025, 12))

        assert "这个月还没到" in answer.text
        assert ">保存</button>" not in answer.text


class TestBases:
    def test_a_list_from_excel_fills_the_lines_to_be_looked_at(self, client, branch, people, secretary):
        page = url("dues_bases", branch.pk, 2025)
        pasted = (
            f"姓名\t基数\n{people[0].name}\t4,500.50\n{people[2].name}\t3000\t离退休\n没有此人\t1\n{people[1].name}\t多"
        )

        answer = client.post(page, {"pasted": pasted, "fill": "1"})

        assert answer.context["faults"] == ["第 4 行：“没有此人”不在本支部今年的名册里", "第 5 行：“多”不是金额"]
        assert DuesBase.objects.get(member=people[0]).amount == Decimal("5000.01")
        client.post(page, sent(answer.context["form"]))
        assert {(base.member_id, base.kind, base.amount) for base in DuesBase.objects.all()} == {
            (people[0].pk, "wage", Decimal("4500.50")), (people[1].pk, "wage", Decimal("5000.01")),
            (people[2].pk, "pension", Decimal(3000)),
        }  # fmt: skip

    def test_a_workbook_fills_them_too(self, client, branch, people, secretary):
        book = openpyxl.Workbook()
        for row in (["姓名", "基数"], [people[2].name, 4100.5]):
            book.active.append(row)
        data = io.BytesIO()
        book.save(data)

        answer = client.post(
            url("dues_bases", branch.pk, 2025), {"file": SimpleUploadedFile("基数.xlsx", data.getvalue()), "fill": "1"}
        )

        assert answer.context["faults"] == []
        assert answer.context["form"][f"amount-{people[2].pk}"].value() == Decimal("4100.50")

    def test_last_year_is_taken_over(self, client, branch, people, secretary):
        DuesBaseFactory(member=people[2], year=2024)
        client.post(url("dues_bases", branch.pk, 2025), {"copy": "1"})

        assert DuesBase.objects.get(member=people[2], year=2025).amount == 4000


class TestUpward:
    def test_a_quarter_is_handed_over_and_received(self, client, branch, people, secretary, staff):
        DuesPaymentFactory(member=people[0], branch=branch, month=date(2025, 7, 1), paid=Decimal("75.00"))
        page = f"{url('dues_handover', branch.pk, 2025)}?quarter=3"
        form = client.get(page).context["form"]
        assert form["amount"].value() == Decimal("75.00")
        client.post(page, {"quarter": "3", "amount": "70", "handed_on": "2025-10-09"})
        row = DuesHandover.objects.get()
        assert client.get(url("dues_receive", row.pk)).status_code == 403

        client.force_login(staff)
        assert "差 <span" in client.get(url("dues_handovers")).text
        client.post(url("dues_receive", row.pk), {"receipt": "0007"})
        assert DuesHandover.objects.get().receipt == "0007"

    def test_a_waiver_goes_up_and_comes_back(self, client, branch, people, secretary, staff):
        data = {"from_month": "2025-11-01", "to_month": "2026-01-01", "amount": "0", "reason": "家庭困难"}
        client.post(url("dues_waiver_add", people[2].pk), data)
        waiver = DuesWaiver.objects.get()
        assert "待批准" in client.get(url("dues_waivers")).text

        client.force_login(staff)
        client.post(url("dues_waiver_decide", waiver.pk), {"approve": "1"})
        assert "免交" in client.get(url("dues_month", branch.pk, 2025, 11)).text
        assert "已经批过" in client.post(url("dues_waiver_decide", waiver.pk), {"refuse": "1"}).text

    def test_quarterly_payment_is_entered_once(self, client, branch, secretary):
        data = {"agreed_on": "2025-11-10", "basis": "支部党员大会"}
        client.post(url("dues_consent", branch.pk, 2025), data)
        client.post(url("dues_consent", branch.pk, 2025), data)

        assert DuesConsent.objects.count() == 1
        assert "按季交纳" in client.get(url("dues_year", branch.pk, 2025)).text

    def test_arrears_say_what_the_rules_foresee_and_do_nothing(self, client, branch, people, secretary):
        for member, paid in ((people[0], 4), (people[1], 7), (people[2], 10)):
            DuesPaymentFactory(member=member, branch=branch, month=date(2025, paid, 1))

        text = client.get(url("dues_arrears")).text
        assert "自行脱党" in text
        assert "系统只提示" in text
        assert [row["run"] for row in client.get(url("dues_arrears")).context["rows"]] == [6, 3]
        assert [row["run"] for row in client.get(f"{url('dues_arrears')}?months=6").context["rows"]] == [6]
        book = openpyxl.load_workbook(io.BytesIO(client.get(f"{url('dues_arrears_export')}?months=3").content))
        assert [row[3].value for row in book.active.iter_rows(min_row=5)] == [6, 3]


def test_the_public_sheet_shows_names_and_amounts(client, branch, people, secretary):
    for month in (7, 8):
        DuesPaymentFactory(member=people[0], branch=branch, month=date(2025, month, 1), paid=Decimal("75.00"))

    page = client.get(f"{url('dues_public', branch.pk, 2025)}?quarter=3")

    assert page.context["sum"] == 150
    assert "9 月未交" in page.text
    book = openpyxl.load_workbook(
        io.BytesIO(client.get(f"{url('dues_public_export', branch.pk, 2025)}?quarter=3").content)
    )
    assert [cell.value for cell in book.active[3]] == [
        "序号",
        "姓名",
        "7月（元）",
        "8月（元）",
        "9月（元）",
        "合计（元）",
        "备注",
    ]
    assert AuditEvent.objects.filter(action="dues.export").exists()


def test_the_year_as_a_workbook(client, branch, people, secretary):
    DuesPaymentFactory(member=people[0], branch=branch, month=date(2025, 1, 1), payable=Decimal(75), paid=Decimal(75))
    DuesWaiverFactory(member=people[0])

    book = openpyxl.load_workbook(io.BytesIO(client.get(url("dues_export")).content))

    assert book.sheetnames == ["汇总", "明细"]
    row = [cell.value for cell in book["汇总"][4]]
    assert row[2:] == [3, 1500, 75, 3, 29]
    assert book["明细"].page_setup.orientation == "landscape"


PAGES = ["dues", "dues_arrears", "dues_handovers", "dues_waivers"]


@pytest.mark.parametrize("name", [*PAGES, "dues_year", "dues_month", "dues_enter", "dues_bases", "dues_public"])
def test_pages_cost_the_same_at_any_length(client, branch, people, staff, count_queries, name):
    client.force_login(staff)
    args = {"dues_month": (branch.pk, 2025, 11), "dues_enter": (branch.pk, 2025, 11)}.get(name, (branch.pk, 2025))
    page = url(name) if name in PAGES else url(name, *args)

    def fill(branch):
        member = MemberFactory(branch=branch)
        DuesBaseFactory(member=member)
        DuesWaiverFactory(member=member)
        DuesPaymentFactory(member=member, branch=branch)
        if not branch.dues_handovers.exists():
            DuesHandoverFactory(branch=branch)

    fill(branch)
    fill(BranchFactory())
    count_queries(page)
    before = count_queries(page)
    for _ in range(4):
        fill(branch)
        fill(BranchFactory())

    assert count_queries(page) == before


def test_who_has_left_stays_listed_and_asks_for_no_waiver_here(client, branch, people, secretary):
    left = people[0].memberships.get()
    left.ended_on, left.end_reason = date(2025, 9, 30), Membership.End.TRANSFERRED
    left.save()
    MembershipFactory(member=people[0], branch=BranchFactory(), started_on=date(2025, 10, 1))

    page = client.get(url("dues_year", branch.pk, 2025)).content.decode()

    assert str(people[0]) in page
    assert url("dues_waiver_add", people[0].pk) not in page
    assert client.get(url("dues_waiver_add", people[1].pk)).status_code == 200
    assert url("dues_waiver_add", people[1].pk) in page
    assert page.count("已不在本支部") == 1


def test_others_are_not_there(client, branch, people, staff):
    client.force_login(UserFactory(serving=BranchFactory()))
    for page in (url("dues_year", branch.pk, 2025), url("dues_enter", branch.pk, 2025, 11), url("dues_bases", branch.pk, 2025),
                 url("dues_waiver_add", people[0].pk), url("dues_month", branch.pk, 2025, 11)):  # fmt: skip
        assert client.get(page).status_code == 404
    client.force_login(UserFactory(serving=root(), role=Role.INSPECTOR))
    assert client.get(url("dues_month", branch.pk, 2025, 11)).status_code == 200
    assert client.get(url("dues_enter", branch.pk, 2025, 11)).status_code == 403
