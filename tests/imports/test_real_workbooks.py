"""The three workbooks of a real layout, from the first to the year's grades: the counts agree with the known truth."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction

from meetings.models import Meeting
from members.models import Member, Membership
from tests.imports import county

DATA = Path(__file__).parents[2].parent / "shared" / "data"
ON = date(2026, 3, 1)
pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the county's workbooks are not at {DATA}"),
    pytest.mark.django_db,
]


def workbook(kind):
    name = {"organisations": "党组织基本情况表", "roster": "党员花名册", "meetings": "2025年组织生活台账"}[kind]
    return kind, (DATA / f"{name}.xlsx").read_bytes(), f"{name}.xlsx"


def rows_of(name):
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The dry run of the roster, and what each import wrote; rolled back after this file's tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        written = {"organisations": county.bring(workbook("organisations"), on=ON)}
        dry = county.plan(workbook("roster"), on=ON)
        untouched = Member.objects.count()
        for kind in ("roster", "meetings"):
            written[kind] = county.bring(workbook(kind), on=ON)
        yield dry, untouched, written
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def graded(loaded, django_db_blocker, tmp_path_factory):
    """The files that two runs of `grade 2025` wrote."""
    folder = tmp_path_factory.mktemp("grade")
    with django_db_blocker.unblock():
        for number in "12":
            call_command(
                "grade", 2025, json=folder / f"{number}.json", out=folder / f"{number}.xlsx", stdout=io.StringIO()
            )
    return folder


def test_the_dry_run_names_every_planted_error_and_no_other_cell(loaded):
    dry, untouched, _ = loaded
    planted = rows_of("planted-errors.csv")

    found = {(problem.sheet, problem.cell): problem.message for problem in dry.errors}

    assert found.keys() == {(row["sheet"], row["cell"]) for row in planted}
    for row in planted:
        assert found[row["sheet"], row["cell"]].startswith(row["kind"])
    assert len(dry.errors) == len(planted)
    assert untouched == 0


def test_a_duplicate_stands_at_its_second_place_and_names_the_first(loaded):
    found = county.said(loaded[0])

    assert "与 G300 相同" in found["G301"]
    assert "与 G1371 相同" in found["G1372"]


def test_who_joined_on_29_february_is_lawfully_converted_on_28_february(loaded):
    assert Member.objects.filter(
        joined_on__month=2, joined_on__day=29, converted_on__month=2, converted_on__day=28
    ).exists()


def test_all_but_the_bad_rows_are_in(loaded):
    dry, _, written = loaded

    assert written == {"organisations": (100, 1), "roster": (len(dry.rows) - len(dry.bad), 0), "meetings": (3275, 0)}
    assert Membership.objects.filter(ended_on=None).count() == Member.objects.count() == 1862
    assert Meeting.objects.counted().count() == 3275


@pytest.mark.parametrize("kind", ["organisations", "roster", "meetings"])
def test_the_same_workbook_again_changes_nothing(loaded, kind):
    assert county.bring(workbook(kind), on=ON) == (0, 0)


def test_the_year_s_counts_are_the_known_truth_in_every_row_and_column(graded):
    content = json.loads((graded / "1.json").read_text("utf-8"))
    expected = {
        (row["branch"], row["kind"]): {name: int(row[name]) for name in ("held", "on_time", "attended", "due")}
        for row in rows_of("expected-2025.csv")
    }

    found = {(branch["branch"], fact.pop("kind")): fact for branch in content["branches"] for fact in branch["facts"]}

    assert found == expected


def test_grading_twice_gives_the_same_bytes(graded):
    for ending in ("json", "xlsx"):
        assert (graded / f"1.{ending}").read_bytes() == (graded / f"2.{ending}").read_bytes()
