"""From the dry run to the register: what was shown is written, once, as a whole, and the file is gone afterwards."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, User
from branches.actions import root
from branches.models import Appointment, Branch, Group, School, Term
from branches.rights import Role
from duties.models import Duty, Fulfilment
from jobs.models import Batch
from meetings.models import Meeting, MeetingKind
from members.models import Member, Membership, Post
from portal import actions
from tests.imports import county, layouts
from vault import Broken

TABLES = (Branch, School, Term, Group, Member, Membership, Post, Meeting, MeetingKind, Duty, Fulfilment, AuditEvent)


def row_counts():
    return {table.__name__: table.objects.count() for table in TABLES}


@pytest.fixture
def staff(organised):
    return serving("lixue", Role.STAFF)


def serving(name, role):
    user = User.objects.create_user(name, None, name="李雪")
    Appointment.objects.create(user=user, branch=root(), role=role, started_on=date(2020, 1, 1))
    return user


def uploaded(table, by):
    kind, data, name = layouts.xlsx(table)
    return actions.upload(kind, data, name, by=by, on=county.TODAY)[0]


def commit(batch, by, *, only_valid=False):
    return actions.commit(batch, only_valid=only_valid, by=by, on=county.TODAY)


def with_a_fault():
    return county.roster().with_row(0, id_number="990101198005040020")


def test_an_upload_writes_only_itself(staff):
    before = row_counts()

    batch = uploaded(county.roster(), staff)

    assert row_counts() == before
    assert (batch.state, batch.kind, batch.created_by) == (Batch.State.PLANNED, "roster", staff)


def test_the_kept_file_is_sealed_to_its_row_and_gone_after_its_days(staff):
    batch = uploaded(county.roster(), staff)
    other = uploaded(county.register(), staff)
    sealed = bytes(Batch.objects.get(pk=batch.pk).content)
    _, data, _ = layouts.xlsx(county.roster())

    assert b"PK\x03\x04" not in sealed
    assert data[:64] not in sealed
    assert "王芳".encode() not in sealed
    other.content = sealed
    with pytest.raises(Broken):
        actions.replan(other, on=county.TODAY)

    commit(batch, staff)
    now = timezone.now()
    actions.forget(waiting_before=now - timedelta(days=7), kept_before=now - timedelta(days=30))
    assert Batch.objects.get(pk=batch.pk).content is not None

    actions.forget(waiting_before=now - timedelta(days=7), kept_before=timezone.now())
    kept = Batch.objects.get(pk=batch.pk)
    assert (kept.content, kept.report, kept.trail) == (None, None, None)
    assert Batch.objects.filter(pk=other.pk).exists()


def test_a_commit_writes_what_was_shown_and_says_how_much(staff):
    batch, _ = commit(uploaded(county.roster(), staff), staff)

    assert (batch.state, batch.added, batch.changed, batch.skipped) == (Batch.State.COMMITTED, 9, 0, 0)
    assert batch.committed_at is not None
    assert county.held_members() == county.told_members(county.roster())
    assert AuditEvent.objects.filter(action="member.import", by=staff).count() == 1


def test_a_plan_with_errors_is_committed_only_when_the_valid_rows_were_chosen(staff):
    batch = uploaded(with_a_fault(), staff)

    with pytest.raises(ValidationError, match="还有 1 行有错误"):
        commit(batch, staff)
    assert Member.objects.count() == 0

    batch, _ = commit(batch, staff, only_valid=True)
    assert (batch.added, batch.skipped, Member.objects.count()) == (8, 1, 8)


def test_a_second_commit_writes_nothing(staff):
    batch = uploaded(county.roster(), staff)
    commit(batch, staff)
    before = row_counts()

    with pytest.raises(ValidationError, match="不会重复写入"):
        commit(batch, staff)

    assert row_counts() == before


def test_the_same_file_uploaded_twice_is_written_once(staff):
    first, second = uploaded(county.roster(), staff), uploaded(county.roster(), staff)

    commit(first, staff)
    done, plan = commit(second, staff)
    assert (done, plan.count("unchanged")) == (None, 9)  # what was shown, nine new members, is no longer so
    done, _ = commit(second, staff)

    assert (done.added, done.changed, done.unchanged) == (0, 0, 9)
    assert Member.objects.count() == 9


def test_a_register_that_changed_in_between_shows_the_new_plan_first(staff):
    batch = uploaded(county.roster(), staff)
    Branch.objects.filter(name=county.TOWN).update(closed_on=county.TODAY - timedelta(days=1))

    done, plan = commit(batch, staff)

    assert done is None
    assert county.said(plan).keys() == {"A7", "A8"}
    assert Member.objects.count() == 0

    batch, _ = commit(batch, staff, only_valid=True)
    assert (batch.added, batch.skipped) == (7, 2)


@pytest.mark.parametrize(
    ("kind", "broken"),
    [
        ("roster", "members.roster.insert"),
        ("roster", "members.roster._write_posts"),
        ("roster", "members.roster.audit.record"),
        ("meetings", "meetings.actions.duties.fulfil"),
        ("meetings", "meetings.actions.insert"),
        ("organisations", "branches.actions._write_terms"),
        ("organisations", "portal.actions.tend"),
    ],
    ids=lambda value: value.rpartition(".")[2] if "." in value else value,
)
def test_a_commit_that_breaks_in_the_middle_writes_nothing(staff, monkeypatch, kind, broken):
    table = county.TABLES[kind]()
    if kind == "organisations":
        table = table.with_row(4, stage="幼儿园").plus(name="中共青禾县新建小学支部委员会")
    batch = uploaded(table, staff)
    before = row_counts()

    def fails(*args, **kwargs):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(broken, fails)
    with pytest.raises(RuntimeError):
        commit(batch, staff)

    batch.refresh_from_db()
    assert row_counts() == before
    assert (batch.state, batch.content is None) == (Batch.State.PLANNED, False)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.ADMIN, Role.STAFF)])
def test_only_staff_and_administrators_import(organised, role):
    person, staff = serving("somebody", role), serving("lixue", Role.STAFF)
    batch = uploaded(county.roster(), staff)

    with pytest.raises(PermissionDenied):
        uploaded(county.roster(), person)
    with pytest.raises(PermissionDenied):
        commit(batch, person)

    assert Member.objects.count() == 0


# --- the same on the pages


@pytest.fixture
def page(staff, client, monkeypatch):
    """Posts as staff on the county's day; answers the response."""
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args, **kwargs: county.TODAY)
    client.force_login(staff)

    def send(table):
        kind, data, name = layouts.xlsx(table)
        answer = client.post(reverse("portal:import_upload", args=[kind]), {"file": SimpleUploadedFile(name, data)})
        return answer["Location"]

    return send


def test_a_workbook_goes_in_through_the_pages(page, client):
    address = page(county.roster())

    shown = client.get(address)
    assert (shown.status_code, shown.context["good"], shown.context["bad"]) == (200, 9, 0)
    assert Member.objects.count() == 0

    assert client.post(address)["Location"] == address
    assert Member.objects.count() == 9
    assert client.get(address).status_code == 200


def test_the_page_names_each_fault_by_its_cell_and_shows_no_number(page, client):
    address = page(with_a_fault())

    text = client.get(address).content.decode()

    assert "E2" in text
    assert "身份证号校验位错误" in text
    assert "990101198005040020" not in text


def test_the_page_writes_the_valid_rows_only_when_asked(page, client):
    address = page(with_a_fault())

    refused = client.post(address)
    assert (refused.status_code, Member.objects.count()) == (200, 0)
    assert "还有 1 行有错误" in refused.content.decode()

    client.post(address, {"only_valid": "1"})
    assert Member.objects.count() == 8


def test_the_page_shows_the_new_plan_when_the_register_changed(page, client):
    address = page(county.roster())
    Branch.objects.filter(name=county.TOWN).update(closed_on=county.TODAY - timedelta(days=1))

    response = client.post(address)

    assert (response.status_code, response.context["bad"], Member.objects.count()) == (200, 2, 0)
    assert "数据有变化" in response.content.decode()


def test_a_second_press_of_the_button_writes_nothing(page, client):
    address = page(county.roster())
    client.post(address)

    again = client.post(address, follow=True)

    assert "不会重复写入" in again.content.decode()
    assert Member.objects.count() == 9


def test_nobody_sees_the_upload_of_another(page, client, organised):
    address = page(county.roster())
    client.force_login(serving("other", Role.STAFF))

    assert client.get(address).status_code == 404
    assert client.post(address, {"only_valid": "1"}).status_code == 404
    assert Member.objects.count() == 0
