"""Columns that are not recognised: asked once on one page, remembered for the header row, never guessed."""

import io
from datetime import date

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from branches.actions import root
from branches.models import Appointment
from branches.rights import Role
from jobs.models import Batch, Job, Layout
from members.models import Member
from office import reader
from office.table import find_table
from portal import actions
from tests.imports import county, layouts

STRANGE = ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"]


@pytest.fixture
def page(organised, client, monkeypatch):
    """Signed in as staff on the county's day; answers the address of an uploaded table."""
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args, **kwargs: county.TODAY)
    user = User.objects.create_user("lixue", None, name="李雪")
    Appointment.objects.create(user=user, branch=root(), role=Role.STAFF, started_on=date(2020, 1, 1))
    client.force_login(user)

    def send(file):
        kind, data, name = file
        answer = client.post(reverse("portal:import_upload", args=[kind]), {"file": SimpleUploadedFile(name, data)})
        return answer["Location"]

    return send


def told(client, address, keys=None, **others):
    """The page of the columns, answered with the keys in their order (as they stand without)."""
    shown = client.get(address, others)
    form = shown.context["form"]
    values = {name: form[name].value() for name in form.fields}
    if keys is not None:
        values = dict(zip(form.fields, keys, strict=True))
    return client.post(address, values | {"at": shown.context["at"]})


@pytest.mark.parametrize("kind", list(county.TABLES))
def test_a_table_under_other_names_goes_in_after_one_page_and_then_without(page, client, kind):
    if kind == "meetings":
        county.bring(layouts.xlsx(county.roster()))
    table = county.TABLES[kind]().called(*STRANGE[: len(county.TABLES[kind]().headings)])
    address = page(layouts.xlsx(table))
    columns = reverse("portal:import_columns", args=[Batch.objects.get().pk])
    assert client.get(address)["Location"] == columns

    assert told(client, columns, list(table.headings))["Location"] == address
    client.post(address)

    assert county.HELD[kind]() == county.TOLD[kind](county.TABLES[kind]())
    again = page(layouts.xlsx(table, at=(3, 0), title="一览表"))
    assert client.get(again).status_code == 200
    assert Batch.objects.first().state == Batch.State.PLANNED
    assert Layout.objects.count() == 1


def test_what_is_recognised_is_chosen_already_and_one_question_remains(page, client):
    table = county.roster()
    page(layouts.xlsx(table._replace(headings=table.headings | {"joined_on": "甲"})))
    columns = reverse("portal:import_columns", args=[Batch.objects.get().pk])

    shown = client.get(columns)
    text = shown.content.decode()
    assert "缺少列：“入党日期”" in text
    assert "2004-02-29" in text
    assert "13800000002" not in text
    assert county.id_number(date(1980, 5, 4), 2) not in text
    chosen = [shown.context["form"][name].value() for name in shown.context["form"].fields]
    assert chosen == [key if key != "joined_on" else "" for key in table.headings]

    assert told(client, columns, list(table.headings)).status_code == 302
    assert actions.shown(Batch.objects.get()).counts["insert"] == 9


@pytest.mark.parametrize(
    ("change", "words"),
    [({1: ""}, "还没有对应：“姓名”"), ({2: "name"}, "一个栏目只能对应一列"), ({2: "salary"}, "请从列表中选")],
    ids=["one left out", "one twice", "one of another table"],
)
def test_an_answer_that_cannot_be_is_refused_with_all_that_was_chosen(page, client, change, words):
    table = county.roster()
    page(layouts.xlsx(table.called(*STRANGE)))
    columns = reverse("portal:import_columns", args=[Batch.objects.get().pk])
    keys = [change.get(position, key) for position, key in enumerate(table.headings)]

    answer = told(client, columns, keys)

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Layout.objects.exists()


def test_two_columns_of_one_meaning_are_told_apart_by_hand(page, client):
    table = county.roster()
    doubled = table._replace(headings={"branch": "所在党组织", **table.headings, "twice": "入党时间"})
    page(layouts.xlsx(doubled))
    columns = reverse("portal:import_columns", args=[Batch.objects.get().pk])
    assert "有两列都像" in client.get(columns).content.decode()

    assert told(client, columns, [key if key != "twice" else "" for key in doubled.headings]).status_code == 302
    assert actions.shown(Batch.objects.get()).counts["insert"] == 9


def test_a_sheet_and_a_header_row_are_chosen_by_hand(page, client):
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.add_worksheet("说明").write_column(0, 0, ["说明一", "说明二"])
    sheet = book.add_worksheet("名单")
    table = county.roster().called(*STRANGE)
    for number, cells in enumerate(table.grid()):
        sheet.write_row(number + 2, 0, [str(cell) if cell else "" for cell in cells])
    book.close()
    page(("roster", stream.getvalue(), "a.xlsx"))
    columns = reverse("portal:import_columns", args=[Batch.objects.get().pk])
    places = client.get(columns).context["place"].fields["at"].choices
    at = next(value for value, words in places if words.startswith("“名单”第 3 行"))

    told(client, columns, list(table.headings), at=at)

    assert actions.shown(Batch.objects.get()).counts["insert"] == 9


@pytest.mark.parametrize("at", ["9-1", "0-999", "x", "0-1-1-1", "0-99999999999", "-1", "0-1'"])
def test_a_place_that_there_is_none_of_is_the_likeliest_one(page, client, at):
    page(layouts.xlsx(county.roster().called(*STRANGE)))

    shown = client.get(reverse("portal:import_columns", args=[Batch.objects.get().pk]), {"at": at})

    assert (shown.status_code, shown.context["at"]) == (200, "0-1")


def test_columns_can_be_told_anew_before_the_import_and_not_after_it(page, client):
    table = county.roster()
    wider = table._replace(headings={"more": "说明甲"} | table.headings)
    address = page(layouts.xlsx(wider))
    columns = reverse("portal:import_columns", args=[Batch.objects.get().pk])
    assert columns in client.get(address).content.decode()

    told(client, columns, ["note", *table.headings])
    assert not actions.shown(Batch.objects.get()).unknown
    client.post(address)

    assert client.get(columns)["Location"] == address
    assert client.post(columns, {})["Location"] == address
    assert Member.objects.count() == 9


def test_a_header_row_learnt_wrong_is_said_again(page, client):
    table = county.roster().called(*STRANGE)
    page(layouts.xlsx(table))
    columns = reverse("portal:import_columns", args=[Batch.objects.get().pk])
    keys = list(table.headings)
    told(client, columns, [*keys[:9], ""])
    assert actions.shown(Batch.objects.get()).counts["insert"] == 9

    told(client, columns, keys)

    (layout,) = Layout.objects.all()
    assert layout.columns == [[text, key] for text, key in zip(STRANGE, keys, strict=True)]


def test_the_template_is_our_own_table(page, client):
    for kind, table in county.TABLES.items():
        answer = client.get(reverse("portal:import_template", args=[kind]))
        columns = actions.columns_of(kind)

        found = find_table(reader.read(answer.content, "a.xlsx"), columns, kind_label="表")

        assert set(found.columns) == {column.key for column in columns}
        assert set(table().headings) <= set(found.columns)
    assert client.get("/imports/nothing/template/").status_code == 404


# --- the dry run


def with_faults():
    table = county.roster()
    for row in range(4):
        table = table.with_row(row, joined_on=f"2011年{13 + row}月1日")
    return table.with_row(5, sex="无此")


def test_faults_of_one_sense_are_one_line_and_a_filter(page, client):
    address = page(layouts.xlsx(with_faults()))

    shown = client.get(address)
    ((group),) = shown.context["groups"]
    assert (group["count"], group["problem"].cell) == (4, "F2")
    assert "同类 4 处" in shown.content.decode()

    alike = client.get(address, {"like": group["number"]})
    assert [row["line"].number for row in alike.context["rows"]] == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("show", "numbers"),
    [("error", [2, 3, 4, 5]), ("warning", [7]), ("insert", [6, 7, 8, 9, 10]), ("update", []), ("unchanged", [])],
)
def test_each_tab_shows_its_rows(page, client, show, numbers):
    address = page(layouts.xlsx(with_faults()))

    shown = client.get(address, {"show": show})

    assert [row["line"].number for row in shown.context["rows"]] == numbers


def test_changes_are_shown_field_by_field_and_numbers_never(page, client):
    county.bring(layouts.xlsx(county.roster()))
    changed = county.roster().with_row(2, name="买买提·吐尔逊", phone="13911112222", posts="宣传委员")

    text = client.get(page(layouts.xlsx(changed)), {"show": "update"}).content.decode()

    assert "买买提·艾合买提 → <b>买买提·吐尔逊</b>" in text
    assert "<b>宣传委员</b>" in text
    assert "已变 → <b>已变</b>" in text
    assert "13911112222" not in text


def test_the_own_workbook_comes_back_with_its_faults_noted(page, client):
    address = page(layouts.xlsx(with_faults()))
    marked = address + "annotated/"

    answer = client.get(marked)

    sheets = reader.read(answer.content, "a.xlsx")
    assert any("F2" in str(cell) for _, cells in sheets[-1].rows for cell in cells)
    assert "%EF%BC%88%E9%A2%84%E6%A3%80%E6%A0%87%E6%B3%A8" in answer["Content-Disposition"]
    Batch.objects.update(content=None)
    assert client.get(marked)["Location"] == address


def test_a_large_workbook_is_left_to_the_worker(page, client, monkeypatch):
    monkeypatch.setattr("portal.views.imports.SMALL", 1)
    address = page(layouts.xlsx(county.roster()))
    (job,) = Job.objects.all()
    assert address == reverse("portal:job", args=[job.pk])
    assert Batch.objects.get().state == Batch.State.UPLOADED
    batch = reverse("portal:import_batch", args=[Batch.objects.get().pk])
    assert client.get(batch)["Location"] == address
    assert "正在办理" in client.get(reverse("portal:imports")).content.decode()

    again = client.post(reverse("portal:import_upload", args=["roster"]), {"file": SimpleUploadedFile("b.xlsx", b"PK")})

    assert "还有一件没有办完" in again.content.decode()
    assert Batch.objects.count() == 1
    Job.objects.update(state=Job.State.CANCELLED, finished_at=timezone.now())
    assert "已取消" in client.get(address).content.decode()
