"""通报: figures of a period as of a day, drafted, signed by another, sent to everybody below."""

import io
import zipfile
from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from branches.actions import root
from branches.models import Notice
from branches.rights import Role
from meetings import actions as meetings
from reminders import bulletin
from reminders.forms.bulletin import PeriodForm
from reminders.models import Bulletin
from tests.factories import (
    BranchFactory,
    BulletinFactory,
    DecisionFactory,
    DutyFactory,
    FulfilmentFactory,
    MeetingFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
MONDAY = date(2025, 11, 3)
OCTOBER = date(2025, 10, 1)
State = Bulletin.State


@pytest.fixture(autouse=True)
def _monday():
    with time_machine.travel("2025-11-03 10:00+08:00", tick=False):
        yield


@pytest.fixture
def admin():
    return UserFactory(serving=root(), role=Role.ADMIN)


@pytest.fixture
def branches():
    """One that did its 主题党日 in time, one late, one not."""
    found = [BranchFactory(name=f"云岭第{name}小学党支部", order=order) for order, name in enumerate("一二三")]
    for branch, on in zip(found, (date(2025, 10, 24), date(2025, 10, 30), None), strict=True):
        duty = DutyFactory(branch=branch, period="2025-10")
        if on:
            FulfilmentFactory(duty=duty, on=on)
    return found


def drafted(by, kind=Bulletin.Kind.MONTH):
    return bulletin.draft(root(), kind, OCTOBER, by=by, on=MONDAY)


def test_the_draft_praises_who_was_in_time_and_names_what_is_missing(branches, staff):
    first, second, third = branches
    found = drafted(staff)

    assert found.figures["counts"] == {"owed": 3, "met": 2, "late": 1, "completeness": 66.7, "timeliness": 33.3}
    assert [row["branch"] for row in found.figures["praise"]] == [first.pk]
    assert f"{third}：10 月主题党日" in found.criticism
    assert str(second) not in found.praise + found.criticism, "late is in the rate, not in the list"
    assert "完成率 66.7%" in found.opening
    assert "靠后" not in found.criticism


def test_many_who_were_in_time_are_counted_and_not_listed(branches, staff, monkeypatch):
    monkeypatch.setattr(bulletin, "NAMED", 0)
    found = drafted(staff)

    assert "其余 1 个党组织" in found.praise
    assert str(branches[0]) not in found.praise


def test_the_month_just_over_is_proposed():
    form = PeriodForm(on=MONDAY)

    assert form["period"].value() == f"{Bulletin.Kind.MONTH}/2025-10-01"
    assert "还没过完" in dict(form.fields["period"].choices)[f"{Bulletin.Kind.MONTH}/2025-11-01"]


def test_nobody_is_named_but_organisations(branches, staff):
    UserFactory(serving=branches[2], name="不该出现")

    assert "不该出现" not in bulletin.as_text(drafted(staff))


def test_on_monday_the_draft_no_longer_names_a_branch_that_did_its_duty(branches, staff, admin):
    third = branches[2]
    found = drafted(staff)
    meeting = MeetingFactory(branch=third, held_on=date(2025, 10, 28), minutes="学习", due_count=3, attended_count=3)
    meetings.submit(meeting, by=UserFactory(serving=third), on=MONDAY)

    assert bulletin.outdated(found) == [str(third)]
    with pytest.raises(ValidationError, match="已经补办"):
        bulletin.sign(found, by=admin, version=found.version)
    found = bulletin.redraft(found, by=staff, on=MONDAY)

    assert str(third) not in found.criticism
    assert found.figures["criticism"] == []
    bulletin.sign(found, by=admin, version=found.version)


def test_what_is_demanded_survives_a_new_draft(branches, staff):
    found = drafted(staff)
    Bulletin.objects.filter(pk=found.pk).update(demands="手写的要求", opening="改过")

    found = bulletin.redraft(found, by=staff, on=MONDAY)

    assert found.demands == "手写的要求"
    assert found.opening != "改过"


def test_a_bottom_list_only_where_the_county_decided_so(branches, staff):
    DecisionFactory(key="bulletin.bottom", value=1, from_on=date(2025, 1, 1))

    found = drafted(staff)

    assert "完成率靠后的党组织：云岭第三小学党支部（0.0%）" in found.criticism


def test_a_duty_that_is_not_due_yet_is_nobodys_fault(branches, staff):
    DutyFactory(branch=branches[0], period="2025-11")

    found = bulletin.draft(root(), Bulletin.Kind.MONTH, MONDAY, by=staff, on=MONDAY)

    assert found.figures["counts"]["owed"] == 0
    assert found.criticism == ""


def test_a_quarter_holds_its_three_months(staff):
    branch = BranchFactory()
    for period in ("2025-06", "2025-07", "2025-09", "2025-10"):
        DutyFactory(branch=branch, period=period)

    found = bulletin.draft(root(), Bulletin.Kind.QUARTER, date(2025, 8, 9), by=staff, on=MONDAY)

    assert (found.opens_on, found.ends_on) == (date(2025, 7, 1), date(2025, 9, 30))
    assert found.figures["criticism"][0]["items"] == ["7 月主题党日", "9 月主题党日"]
    assert "第三季度" in found.title


# --- two persons


def test_who_wrote_it_does_not_sign_it(branches, admin, staff):
    own = drafted(admin)
    with pytest.raises(ValidationError, match="另一位同志签发"):
        bulletin.sign(own, by=admin, version=own.version)

    edited = bulletin.redraft(own, by=staff, on=MONDAY)
    with pytest.raises(ValidationError, match="另一位同志签发"):
        bulletin.sign(edited, by=admin, version=edited.version)


def test_the_table_refuses_it_too(staff):
    with pytest.raises(IntegrityError, match="bulletin_not_signed_by_the_writer"), transaction.atomic():
        BulletinFactory(signed=True, created_by=staff, signed_by=staff)


def test_staff_do_not_sign_and_secretaries_do_nothing(branches, staff):
    found = drafted(staff)
    secretary = UserFactory(serving=branches[0])

    with pytest.raises(PermissionDenied):
        bulletin.sign(found, by=UserFactory(serving=root(), role=Role.STAFF), version=found.version)
    for act in (bulletin.redraft, bulletin.publish):
        with pytest.raises(PermissionDenied):
            act(found, by=secretary, on=MONDAY, **({"version": 1} if act is bulletin.publish else {}))


def test_what_was_read_is_what_is_signed(branches, staff, admin):
    found = drafted(staff)
    bulletin.redraft(found, by=staff, on=MONDAY)

    with pytest.raises(ValidationError, match="刚被别人改过"):
        bulletin.sign(found, by=admin, version=found.version)


def test_it_goes_to_everybody_below_as_a_notice_that_names_the_signer(branches, staff, admin):
    found = drafted(staff)
    with pytest.raises(ValidationError, match="起草中"):
        bulletin.publish(found, by=staff, on=MONDAY, version=found.version)
    found = bulletin.sign(found, by=admin, version=found.version)
    found = bulletin.publish(found, by=staff, on=MONDAY, version=found.version)

    notice = Notice.objects.get(pk=found.notice_id)
    assert (notice.kind, notice.state, notice.issued_by) == (Notice.Kind.BULLETIN, Notice.State.ISSUED, admin)
    assert set(notice.receipts.values_list("branch", flat=True)) == {branch.pk for branch in branches}
    assert found.criticism in notice.body
    with pytest.raises(ValidationError):
        bulletin.redraft(found, by=staff, on=MONDAY)


def test_a_signature_can_be_taken_back_before_it_is_out(branches, staff, admin):
    found = drafted(staff)
    found = bulletin.sign(found, by=admin, version=found.version)
    found = bulletin.reopen(found, by=admin, version=found.version)

    assert (found.state, found.signed_by) == (State.DRAFT, None)


# --- pages and paper


def test_the_whole_road_by_pages(client, branches, staff, admin):
    client.force_login(staff)
    client.post(reverse("reminders:bulletin_add"), {"period": "month/2025-10-01"})
    found = Bulletin.objects.get()
    page, edit = (reverse(f"reminders:{name}", args=[found.pk]) for name in ("bulletin", "bulletin_edit"))
    fields = {name: getattr(found, name) for name in ("title", "opening", "praise", "criticism", "demands")}
    client.post(edit, {**fields, "number": "云党通〔2025〕8号", "version": found.version})
    found.refresh_from_db()
    assert found.number == "云党通〔2025〕8号"
    assert client.post(edit, {**fields, "version": 1}).context["stale"]["rows"]
    assert client.get(page).content.decode().count(f"branch={branches[2].pk}&amp;year=2025") == 1

    client.force_login(admin)
    client.post(reverse("reminders:bulletin_sign", args=[found.pk]), {"version": found.version})
    client.force_login(staff)
    found.refresh_from_db()
    client.post(reverse("reminders:bulletin_publish", args=[found.pk]), {"version": found.version})
    found.refresh_from_db()
    assert found.state == State.PUBLISHED
    assert client.get(edit).status_code == 302


def test_word_and_pdf(client, branches, staff):
    client.force_login(staff)
    found = drafted(staff)

    word = client.get(reverse("reminders:bulletin_word", args=[found.pk]))
    pdf = client.get(reverse("reminders:bulletin_pdf", args=[found.pk]))

    body = zipfile.ZipFile(io.BytesIO(word.content)).read("word/document.xml").decode()
    assert str(branches[2]) in body
    assert pdf.content.startswith(b"%PDF")


@pytest.mark.parametrize("role", [Role.SECRETARY, Role.EDITOR])
def test_a_branch_sees_no_draft(client, branches, staff, role):
    found = drafted(staff)
    client.force_login(UserFactory(serving=branches[0], role=role))

    assert client.get(reverse("reminders:bulletin", args=[found.pk])).status_code in (403, 404)


def test_pages_cost_the_same_at_any_length(client, staff, count_queries):
    client.force_login(staff)
    urls = [reverse("reminders:bulletins")]
    for branch in BranchFactory.create_batch(2):
        DutyFactory(branch=branch, period="2025-10")
    urls.append(reverse("reminders:bulletin", args=[drafted(staff).pk]))
    for url in urls:
        count_queries(url)
    few = [count_queries(url) for url in urls]
    for number, branch in enumerate(BranchFactory.create_batch(10), 1):
        DutyFactory(branch=branch, period="2025-10")
        BulletinFactory(opens_on=date(2024, number, 1), ends_on=date(2024, number, 28))
    bulletin.redraft(Bulletin.objects.get(opens_on=OCTOBER), by=staff, on=MONDAY)

    assert [count_queries(url) for url in urls] == few
    assert max(few) < 25
