"""A 党委 with two branches on a day in November, and forms as an office sends them."""

import io
from datetime import date

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from branches.actions import root
from branches.models import Branch
from datacalls import actions
from datacalls.models import DataCall
from tests import factories

TODAY = date(2026, 11, 20)
HEADERS = ("序号", "党组织名称", "书记姓名", "党员数", "是否有活动室", "活动室面积", "备注")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def upper():
    return factories.BranchFactory(name="城区学校党委", kind="committee")


@pytest.fixture
def branch(upper):
    found = factories.BranchFactory(name="第一小学党支部", parent=upper, stage="primary", order=1)
    factories.TermFactory(branch=found, secretary_name="周启明")
    factories.MemberFactory.create_batch(3, branch=found)
    return found


@pytest.fixture
def second(upper):
    return factories.BranchFactory(name="第二小学党支部", parent=upper, stage="primary", order=2)


@pytest.fixture
def secretary(branch):
    return factories.UserFactory(serving=branch)


def form_of(headers=HEADERS, *, title="党组织基本情况统计表", foot="填表人：", places=2):
    """An .xlsx as an office makes it: a title over all, a header, empty lines, somebody's name and a sum below."""
    book = Workbook()
    sheet = book.active
    sheet.title = "统计表"
    sheet.append([title])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(headers))
    sheet.append(list(headers))
    for number in range(1, places + 1):
        sheet.append([number])
    sheet.append([foot, "", "", f"=SUM(D3:D{places + 2})"])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def upload(data=None, name="统计表.xlsx"):
    return SimpleUploadedFile(name, form_of() if data is None else data)


@pytest.fixture
def drafted(staff):
    """A draft read from the form above, of a line per organisation unless told otherwise."""

    def draft(data=None, **fields):
        call = DataCall(
            **{
                "branch": root(),
                "title": "党组织基本情况统计表",
                "number": "县函〔2026〕12 号",
                "deadline_on": date(2026, 11, 28),
            }
            | fields
        )
        return actions.draft(call, upload(data), by=staff, on=TODAY)

    return draft


@pytest.fixture
def opened(drafted, staff, branch, second):
    """The same sent to both branches."""

    def send(data=None, **fields):
        call = drafted(data, **fields)
        both = Branch.objects.filter(pk__in=[branch.pk, second.pk])
        return actions.open_call(call, both, version=call.version, by=staff, on=TODAY)

    return send


def cells_of(data):
    """[[value]] of the first sheet, as the file keeps it."""
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(data)).active.iter_rows()]
