"""Lists that leave the portal: what the page shows, masked unless there is a reason, signed, numbered, counted."""

import io
import threading
from datetime import date, timedelta

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.urls import reverse

import vault
from accounts import audit
from accounts.models import AuditEvent, User
from branches.actions import root
from branches.models import Appointment, Branch, Placement
from branches.rights import Role
from members.models import Member, Membership
from portal import exports
from portal.models import Export, ExportDefinition
from rulebook.models import Decision
from tests.factories import AppointmentFactory, BranchFactory, MemberFactory, UserFactory

TODAY = date(2026, 11, 21)
PURPOSE = "换届核对名册"


@pytest.fixture
def branch(db):
    return BranchFactory(name="云岭第一小学党支部")


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


@pytest.fixture
def staff(db):
    return UserFactory(serving=root(), role=Role.STAFF)


@pytest.fixture
def admin(db):
    return UserFactory(serving=root(), role=Role.ADMIN)


def ask(by, *, key="members", data="", columns=("branch", "name", "id_number", "phone"), clear=(), kind="xlsx"):
    return exports.ask(
        key, data=data, columns=columns, clear=clear, purpose=PURPOSE, kind=kind, by=by, on=TODAY
    )  # fmt: skip


def made(export):
    exports.make(export, on=TODAY)
    return exports.fetch(export, by=export.created_by)[1]


def sheet(data):
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows()]


def test_what_is_exported_is_what_the_filter_leaves_in_the_order_of_the_page(branch, secretary):
    for name in ("周明远", "陈静", "赵学兵"):
        MemberFactory(name=name, branch=branch)
    MemberFactory(name="周别处", branch=BranchFactory())

    export = ask(secretary, data="q=周&order=strokes", columns=["name"])

    rows = sheet(made(export))
    assert [row[1] for row in rows if isinstance(row[0], int)] == ["周明远"]
    assert export.count == 1
    assert "搜索：周" in export.scope


def test_a_filter_too_long_to_be_kept_is_refused_not_cut_short(branch, secretary):
    MemberFactory(name="周明远", branch=branch)
    MemberFactory(name="陈静", branch=branch)

    with pytest.raises(ValidationError, match="筛选条件太长"):
        ask(secretary, data=f"x={'1' * 500}&q=周", clear=["id_number"])


def test_who_sees_far_and_exports_near_takes_the_near_along(branch, secretary):
    BranchFactory(name="云岭第二小学党支部")
    AppointmentFactory(user=secretary, branch=root(), role=Role.INSPECTOR)

    export = ask(secretary, key="branches", columns=["name", "contact_phone"], clear=["contact_phone"])

    assert export.count == 1
    assert "云岭第二小学党支部" not in str(sheet(made(export)))


def test_numbers_are_masked_unless_asked_for_in_clear(branch, secretary):
    member = MemberFactory(branch=branch, phone="15400001234")

    row = next(row for row in sheet(made(ask(secretary))) if isinstance(row[0], int))
    assert row[3:5] == ["*" * 18, "154****1234"]

    row = next(row for row in sheet(made(ask(secretary, clear=["phone"]))) if isinstance(row[0], int))
    assert row[3:5] == ["*" * 18, "15400001234"]
    assert vault.reveal(member, "id_number") not in str(row)


class TestSecondPerson:
    @pytest.fixture
    def export(self, branch, secretary):
        MemberFactory(branch=branch)
        return ask(secretary, clear=["id_number"])

    def test_id_numbers_in_clear_wait_for_another_person(self, export, admin, secretary):
        assert export.state == Export.State.ASKED
        assert list(Export.objects.waiting_for(admin)) == [export]
        assert not Export.objects.waiting_for(secretary)

    def test_nobody_decides_on_the_own_request(self, branch, admin):
        MemberFactory(branch=branch)
        own = ask(admin, clear=["id_number"])
        with pytest.raises(ValidationError, match="另一位同志"):
            exports.decide(own, agrees=True, answer="", by=admin)

    def test_whoever_lacks_the_verb_decides_nothing(self, export, staff):
        with pytest.raises(PermissionDenied):
            exports.decide(export, agrees=True, answer="", by=staff)

    def test_once_agreed_the_number_stands_in_clear(self, export, admin, secretary):
        export = exports.decide(export, agrees=True, answer="", by=admin)
        row = next(row for row in sheet(made(export)) if isinstance(row[0], int))
        assert len(row[3]) == 18
        assert row[3][:2] == "99"

    def test_refused_it_says_why_and_is_never_made(self, export, admin):
        with pytest.raises(ValidationError, match="原因"):
            exports.decide(export, agrees=False, answer="", by=admin)
        export = exports.decide(export, agrees=False, answer="不需要号码", by=admin)
        assert export.state == Export.State.REFUSED
        with pytest.raises(ValidationError, match="处理过"):
            exports.decide(export, agrees=True, answer="", by=admin)


def test_whoever_lost_the_post_gets_neither_the_making_nor_the_file(branch, secretary):
    MemberFactory(branch=branch)
    export = ask(secretary)
    exports.make(export, on=TODAY)
    secretary.appointments.update(ended_on=date(2020, 1, 1))
    gone = type(secretary).objects.get(pk=secretary.pk)

    export = Export.objects.get(pk=export.pk)
    with pytest.raises(PermissionDenied):
        exports.fetch(export, by=gone)
    export.created_by = gone
    with pytest.raises(PermissionDenied):
        exports.make(export, on=TODAY)


def test_the_watermark_says_who_when_what_for_and_the_number_and_leads_back(branch, secretary):
    MemberFactory(branch=branch)
    export = ask(secretary)
    book = openpyxl.load_workbook(io.BytesIO(made(export)))
    again = io.BytesIO()
    book.save(again)
    text = str([[cell.value for cell in row] for row in openpyxl.load_workbook(again).active.iter_rows()])

    assert all(word in text for word in (secretary.name, PURPOSE, export.serial, "填报单位"))
    assert export.serial in book.active.oddHeader.left.text
    assert book.custom_doc_props["导出编号"].value == export.serial
    assert exports.by_serial(export.serial) == export
    assert exports.by_serial("DC20200101-00001") is None


def test_a_name_that_looks_like_a_formula_stays_text(branch, secretary):
    MemberFactory(branch=branch, note="=1+1")
    export = ask(secretary, columns=["name", "note"])
    book = openpyxl.load_workbook(io.BytesIO(made(export)))
    assert not [cell for row in book.active.iter_rows() for cell in row if cell.data_type == "f"]
    text = made(ask(secretary, columns=["name", "note"], kind="csv")).decode("utf-8-sig")
    assert "'=1+1" in text


def test_every_step_is_on_record_without_anybody_s_number(branch, secretary):
    member = MemberFactory(branch=branch)
    export = ask(secretary)
    made(export)
    events = AuditEvent.objects.filter(label="portal.Export").order_by("pk")
    assert [event.action for event in events] == ["export.ask", "export.make", "export.download"]
    told = str(list(events.values_list("detail", flat=True)))
    assert vault.reveal(member, "id_number") not in told
    assert export.row_hash in told


def test_after_the_hours_of_the_rule_the_file_is_gone_and_the_row_stays(branch, secretary):
    MemberFactory(branch=branch)
    export = ask(secretary)
    exports.make(export, on=TODAY)
    made_at = Export.objects.get(pk=export.pk).made_at

    assert exports.forget(by=User.objects.system(), now=made_at + timedelta(hours=23, minutes=59), on=TODAY) == 0
    assert exports.forget(by=User.objects.system(), now=made_at + timedelta(hours=24, seconds=1), on=TODAY) == 1
    export.refresh_from_db()
    assert (export.state, export.file) == (Export.State.GONE, None)


@pytest.fixture
def committed(django_db_setup, django_db_blocker, monkeypatch):
    """Rows that a second connection sees, cleared by hand: the record of events takes no TRUNCATE and nothing is put on it."""
    monkeypatch.setattr(audit, "record", lambda *args, **detail: None)
    with django_db_blocker.unblock():
        before = set(Branch.objects.values_list("pk", flat=True))
        yield
        for model in (Export, Decision, Membership, Member, Appointment):
            model.objects.all().delete()
        Placement.objects.exclude(branch__in=before).delete()
        Branch.objects.exclude(pk__in=before).delete()
        User.objects.exclude(username="system").delete()
        connection.close()


def test_the_day_s_limit_holds_against_many_requests_at_once(committed):
    branch = BranchFactory()
    secretary = UserFactory(serving=branch)
    MemberFactory(branch=branch)
    Decision.objects.create(
        key="export.per_day", value=3, from_on=date(2026, 1, 1), source="测试", decided_by=secretary
    )
    outcomes = []

    def one():
        try:
            outcomes.append(ask(User.objects.get(pk=secretary.pk), columns=["name"]))
        except ValidationError:
            outcomes.append(None)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(each is not None for each in outcomes) == 3


class TestPages:
    def test_a_secretary_takes_the_list_along(self, client, branch, secretary):
        MemberFactory(branch=branch)
        client.force_login(secretary)
        url = reverse("portal:export_new", args=["members"])
        assert client.get(url).status_code == 200
        answer = client.post(url, {"purpose": PURPOSE, "kind": "xlsx", "columns": ["name", "phone"], "keep_as": "常用"})
        export = Export.objects.get()
        assert answer.url == export.get_absolute_url()
        assert export.state == Export.State.READY
        assert client.get(export.get_absolute_url()).status_code == 200
        assert client.get(reverse("portal:export_file", args=[export.pk])).content[:2] == b"PK"
        assert ExportDefinition.objects.get().columns == ["name", "phone"]
        client.post(reverse("portal:export_drop", args=[export.pk]))
        assert client.get(reverse("portal:export_file", args=[export.pk])).status_code == 302

    def test_numbers_in_clear_ask_for_the_password_again_and_keep_what_was_typed(self, client, branch, secretary):
        MemberFactory(branch=branch)
        client.force_login(secretary)
        session = client.session
        session["proved"] = 0  # signed in long ago
        session.save()
        url = reverse("portal:export_new", args=["members"])
        answer = client.post(
            url, {"purpose": PURPOSE, "kind": "xlsx", "columns": ["name", "phone"], "clear": ["phone"]}
        )
        assert reverse("accounts:confirm") in answer.url
        assert not Export.objects.exists()
        assert client.get(url).context["form"].initial["purpose"] == PURPOSE

    def test_another_s_export_is_no_page(self, client, branch, secretary):
        MemberFactory(branch=branch)
        export = ask(secretary)
        client.force_login(UserFactory(serving=BranchFactory()))
        assert client.get(export.get_absolute_url()).status_code == 404

    def test_one_post_too_few_for_the_list(self, client, db):
        user = UserFactory()
        AppointmentFactory(user=user, branch=root(), role=Role.LEADER)
        client.force_login(user)
        assert client.get(reverse("portal:export_new", args=["members"])).status_code == 403
