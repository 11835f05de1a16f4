"""The commands that an office runs: import a workbook, grade a year, make the first administrator."""

import json
import stat
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from branches.models import Appointment, Branch
from branches.rights import Role
from duties.models import Duty
from meetings.models import Meeting
from tests.imports import county, layouts

pytestmark = pytest.mark.django_db


@pytest.fixture
def put(tmp_path):
    """Writes a table of the county as a workbook on disk."""

    def write(table):
        kind, data, _ = layouts.xlsx(table)
        path = tmp_path / f"{kind}.xlsx"
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
def loaded(put):
    """The county's three workbooks are in, brought by the command itself."""
    for kind, table in county.TABLES.items():
        run("import_workbook", kind, put(table()))


def run(*args, **options):
    """(output, what was said beside it, exit code) of a command."""
    out, beside, code = StringIO(), StringIO(), 0
    try:
        call_command(*args, **options, stdout=out, stderr=beside)
    except SystemExit as end:
        code = end.code
    return out.getvalue(), beside.getvalue(), code


# --- import_workbook


def test_a_clean_workbook_goes_in(put):
    out, beside, code = run("import_workbook", "organisations", put(county.organisations()))

    assert (out, code) == ("", 0)
    assert "新增 5，更新 1，未变 0" in beside
    assert Branch.objects.count() == 6


def test_a_dry_run_writes_nothing(put):
    out, beside, code = run("import_workbook", "organisations", put(county.organisations()), dry_run=True)

    assert (out, code) == ("", 0)
    assert "没有写入任何数据" in beside
    assert Branch.objects.count() == 1


@pytest.mark.parametrize(
    "options", [{"dry_run": True}, {}, {"only_valid": True}], ids=["dry run", "plain", "only valid"]
)
def test_each_error_is_one_line_and_the_exit_code_is_1(loaded, put, options):
    bad = county.register().with_row(0, held_on="2025.3", topic="新").with_row(1, attended_count=9, topic="新")
    before = Meeting.objects.count()

    out, beside, code = run("import_workbook", "meetings", put(bad.plus(topic="新的一次")), **options)

    assert out.splitlines() == [
        "台账!C2 “2025.3”只写到月，请补上日，如 2021-07-01。",
        "台账!G3 实到 9 人多于应到 3 人，请核对",
    ]
    assert code == 1
    assert Meeting.objects.count() - before == (1 if "only_valid" in options else 0)
    assert ("没有写入任何数据" in beside) == ("only_valid" not in options)


def test_warnings_do_not_fail_the_command(loaded, put):
    out, beside, code = run("import_workbook", "roster", put(county.roster().with_row(0, phone="12345")))

    assert (out, code) == ("", 0)
    assert "提醒 花名册!J2 联系电话的位数不对" in beside
    assert "12345" not in beside


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"打不开 .*none\.xlsx"):
        run("import_workbook", "roster", tmp_path / "none.xlsx")


def test_another_kind_is_refused(tmp_path):
    with pytest.raises(CommandError, match="lessons"):
        run("import_workbook", "lessons", tmp_path / "a.xlsx")


# --- grade


def test_grade_writes_what_the_format_says(loaded, tmp_path):
    out, _, code = run("grade", 2025, json=tmp_path / "a.json", out=tmp_path / "a.xlsx")

    content = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert code == 0
    assert out.startswith("2025 年度：4 个支部；")
    assert content["year"] == 2025
    assert [branch["branch"] for branch in content["branches"]] == [
        county.GRADE_ONE,
        county.GRADE_TWO,
        county.TOWN,
        county.JOINT,
    ]
    assert content["branches"][0].keys() == {"branch", "facts", "items", "total", "rank", "grade"}
    assert content["branches"][0]["facts"] == [
        {"kind": "主题党日", "held": 2, "on_time": 1, "attended": 5, "due": 6},
        {"kind": "支部党员大会", "held": 0, "on_time": 0, "attended": 0, "due": 0},
        {"kind": "支委会", "held": 1, "on_time": 1, "attended": 4, "due": 5},
        {"kind": "党小组会", "held": 0, "on_time": 0, "attended": 0, "due": 0},
        {"kind": "党课", "held": 1, "on_time": 1, "attended": 2, "due": 3},
        {"kind": "组织生活会", "held": 0, "on_time": 0, "attended": 0, "due": 0},
    ]
    for item in content["branches"][0]["items"]:
        assert item.keys() == {"code", "points", "state", "reason"}
        assert item["state"] in ("scored", "pending", "not_applicable")
    assert (tmp_path / "a.xlsx").read_bytes().startswith(b"PK")


def test_grade_makes_the_duties_of_a_year_that_has_none(loaded):
    Duty.objects.filter(met_on=None).delete()

    run("grade", 2025)

    assert Duty.objects.filter(branch__name=county.TOWN, rule="theme_party_day", year=2025).count() == 12


def test_grade_twice_writes_the_same_bytes_and_nothing_new(loaded, tmp_path):
    run("grade", 2025, json=tmp_path / "1.json", out=tmp_path / "1.xlsx")
    duties = set(Duty.objects.values_list("pk", flat=True))

    run("grade", 2025, json=tmp_path / "2.json", out=tmp_path / "2.xlsx")

    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    assert (tmp_path / "1.xlsx").read_bytes() == (tmp_path / "2.xlsx").read_bytes()
    assert set(Duty.objects.values_list("pk", flat=True)) == duties


@pytest.mark.parametrize("year", [1999, 9999])
def test_grade_takes_only_years_that_can_be(year):
    with pytest.raises(CommandError, match="年度应在 2000 至"):
        run("grade", year)


def test_grade_says_where_it_cannot_write(loaded, tmp_path):
    with pytest.raises(CommandError, match="写不了"):
        run("grade", 2025, json=tmp_path / "no such folder" / "a.json")


# --- first_admin


def test_the_first_administrator_is_made_once(settings, tmp_path):
    settings.VAR_DIR = tmp_path

    out, _, _ = run("first_admin")
    again, _, _ = run("first_admin")

    note = tmp_path / "first-admin.txt"
    name, password = note.read_text("utf-8").split()
    admin = User.objects.get(username=name)
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert admin.check_password(password)
    assert password in out
    assert admin.must_change_password
    assert Appointment.objects.get(user=admin).role == Role.ADMIN
    assert again == "已有账号，没有新建管理员\n"
    assert User.objects.exclude(username="system").count() == 1
