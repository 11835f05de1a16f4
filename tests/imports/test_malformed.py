"""A file that is no workbook of ours: a clear message by command and on the page, nothing written, the door stays open."""

import io
from datetime import date

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import AuditEvent, User
from branches.actions import root
from branches.models import Appointment, Branch, School, Term
from branches.rights import Role
from jobs.models import Batch
from meetings.models import Meeting, MeetingKind
from members.models import Member, Membership, Post
from tests.imports import county, layouts
from tests.imports.damage import DAMAGED, WHOLE

TABLES = (Branch, School, Term, Member, Membership, Post, Meeting, MeetingKind, Batch, AuditEvent)


def row_counts():
    return {table.__name__: table.objects.count() for table in TABLES}


@pytest.fixture
def staff(organised, client):
    """A member of the work committee's staff, signed in."""
    user = User.objects.create_user("lixue", None, name="李雪")
    Appointment.objects.create(user=user, branch=root(), role=Role.STAFF, started_on=date(2020, 1, 1))
    client.force_login(user)
    return user


def upload(client, data, name, kind="roster"):
    return client.post(
        reverse("portal:import_upload", args=[kind]), {"file": SimpleUploadedFile(name, data), "any": "1"}
    )


class FormulaOf(int):
    """A cell that holds a formula whose value the office program has computed."""


def with_formulas(table):
    """The workbook of a table in which `FormulaOf` cells are formulas."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet(table.sheet)
    for number, cells in enumerate(table.grid()):
        for index, value in enumerate(cells):
            if isinstance(value, FormulaOf):
                sheet.write_formula(number, index, "=1+1", None, int(value))
            else:
                sheet.write(number, index, str(value) if isinstance(value, date) else value)
    book.close()
    return table.kind, stream.getvalue(), "a.xlsx"


@pytest.mark.parametrize(("data", "name", "message"), DAMAGED.values(), ids=DAMAGED)
def test_the_command_says_what_is_wrong_and_writes_nothing(organised, tmp_path, data, name, message):
    (tmp_path / name).write_bytes(data)
    before = row_counts()

    with pytest.raises(CommandError) as refusal:
        call_command("import_workbook", "roster", tmp_path / name, only_valid=True)

    assert message in str(refusal.value)
    assert refusal.value.returncode == 1
    assert row_counts() == before


@pytest.mark.parametrize(("data", "name", "message"), DAMAGED.values(), ids=DAMAGED)
def test_the_page_says_what_is_wrong_and_keeps_serving(staff, client, data, name, message):
    before = row_counts()
    if not data:
        message = "这个文件是空的"

    response = upload(client, data, name)

    if message.startswith("没有找到"):  # it can be read: somebody may say where its header is
        before["Batch"] += 1
        response = client.get(response["Location"], follow=True)
    assert response.status_code == 200
    assert message in response.content.decode()
    assert row_counts() == before
    assert upload(client, WHOLE, "花名册.xlsx").status_code == 302


@pytest.mark.parametrize("name", ["花名册.xlsx", "花名册.xls", "花名册.XLSX", "花名册.et"])
def test_a_workbook_is_known_by_its_content_whatever_its_ending(organised, name):
    for _, data, _ in (layouts.xlsx(county.roster()), layouts.xls(county.roster())):
        assert len(county.plan(("roster", data, name)).good) == 9


def test_a_formula_counts_as_the_value_it_shows(organised):
    table = county.register().with_row(0, attended_count=FormulaOf(2))

    assert county.plan(with_formulas(table)).rows[0].values["attended_count"] == 2


def test_text_that_looks_like_a_formula_stays_text(organised):
    county.bring(layouts.xlsx(county.register().with_row(0, topic="=cmd|' /C calc'!A0")))

    assert Meeting.objects.filter(topic="=cmd|' /C calc'!A0").exists()
