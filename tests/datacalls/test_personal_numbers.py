"""A number that belongs to somebody comes neither with the form nor with an answer, whatever the header says."""

import io

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from openpyxl import Workbook

from datacalls import known
from datacalls.models import DataCallAnswer, DataCallRow
from tests.datacalls.conftest import form_of

pytestmark = pytest.mark.django_db
HEADERS = ("序号", "党组织名称", "书记姓名", "党员数", "活动室联系人", "活动室面积", "备注")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("13800138000", "手机号"), ("李老师138 0013 8000", "手机号"), ("＋86-13800138000", "手机号"), ("１３８００１３８０００", "手机号"),
        (13800138000, "手机号"), (13800138000.0, "手机号"), ("53010219800101001X", "身份证号、银行卡号"),
        ("6222 0211 1111 1111 111", "身份证号、银行卡号"), ("李老师", ""), ("0871-65551234", ""), ("2026-11-20", ""), (1380013800, ""),
        ("12345678901", ""), ("138001380001", ""), (None, ""), (True, ""), (36.5, ""),
    ],
    ids=str,
)  # fmt: skip
def test_what_number_a_cell_holds(text, told):
    assert known.personal(text) == told


@pytest.mark.parametrize("button", ["submit", "save"])
@pytest.mark.parametrize("typed", ["李老师 13800138000", "530102198001010017"], ids=["phone", "identity"])
def test_a_branch_cannot_type_one_under_a_harmless_header(client, opened, branch, secretary, typed, button):
    call = opened(form_of(HEADERS))
    answer = DataCallAnswer.objects.get(call=call, branch=branch)
    client.force_login(secretary)
    page = client.post(
        reverse("datacalls:fill", args=[answer.pk]),
        {"version": answer.version, "r0-4": typed, "r0-5": "80", "r0-6": "", button: "1"},
    )

    assert page.status_code == 200
    assert "这里不能填" in page.content.decode()
    assert not DataCallRow.objects.filter(answer=answer).exists()


def test_who_asks_is_told_behind_which_words_none_can_be_typed(client, staff, drafted):
    call = drafted(form_of(HEADERS))
    client.force_login(staff)
    page = client.get(reverse("datacalls:columns", args=[call.pk])).content.decode()

    assert page.count("手机号填不进去") == 1


@pytest.mark.parametrize("cell", ["13800138000", 13800138000, "13800138000、13900139000"], ids=str)
def test_a_form_that_was_filled_in_before_is_refused_by_the_cell(drafted, cell):
    with pytest.raises(ValidationError, match="E2 格像是手机号"):
        drafted(_filled(cell))


def test_a_line_at_the_foot_may_name_whom_to_call(drafted):
    assert drafted(form_of(HEADERS, foot="填表人：李老师　电话：13800138000")).columns.count() == 7


def _filled(cell):
    book = Workbook()
    book.active.append(list(HEADERS[:5]))
    book.active.append([1, "第一小学党支部", "周启明", 3, cell])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
