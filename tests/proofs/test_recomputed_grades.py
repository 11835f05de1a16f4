"""The year's grades, worked out once more from raw SQL by a program that shares no line with the portal."""

import ast
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import time_machine
from django.db import transaction

from assessment import scoring
from portal import demo
from tests.imports import county as workbooks
from tests.imports.test_real_workbooks import DATA, workbook
from tests.proofs import evidence, recomputed, shaken
from tests.proofs.scale import SHARE

PROGRAM = Path(__file__).with_name("recompute")
TODAY = date(2026, 11, 20)
DISORDERS = 20  # counties in disorder at full length
YEARS = {2025: date(2026, 3, 31), 2026: TODAY}


def imported(path):
    """The top-level names of what a file imports; what is beside it has none."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]


def test_the_program_imports_nothing_of_the_portal():
    names = {name for path in PROGRAM.glob("*.py") for name in imported(path)}

    assert names - set(sys.stdlib_module_names) == {"psycopg2", "yaml"}
    sources = [path.read_text("utf-8") for path in PROGRAM.glob("*.py")]
    assert not any(word in text for text in sources for word in ("__import__", "importlib", "from .."))


@pytest.fixture(scope="module")
def _built(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield demo.build(size=SHARE, seed="1", today=TODAY)
        transaction.set_rollback(True)


@pytest.fixture
def built(_built, db):
    return _built


@pytest.mark.parametrize("year", YEARS)
def test_the_invented_county_is_graded_alike(built, year):
    assert recomputed.differences(year, YEARS[year]) == []


@pytest.mark.parametrize("year", YEARS)
def test_the_committees_of_the_invented_county_are_graded_alike(built, year):
    assert recomputed.differences(year, YEARS[year], "committee") == []


@pytest.mark.parametrize("year", YEARS)
def test_what_the_command_writes_is_the_same(built, year, tmp_path):
    assert recomputed.command_differences(year, TODAY, tmp_path / "grades.json") == []


@pytest.mark.parametrize("day", [date(2025, 3, 1), date(2025, 9, 30), date(2026, 1, 15)], ids=str)
def test_a_year_looked_at_while_it_runs_is_graded_alike(built, day):
    assert recomputed.differences(2025, day) == []


@pytest.mark.parametrize("seed", range(1, 1 + max(1, round(DISORDERS * SHARE))))
def test_a_county_in_disorder_is_graded_alike(built, seed):
    shaken.shake(seed, YEARS)

    for year, on in YEARS.items():
        assert recomputed.differences(year, on) == []
        assert recomputed.differences(year, on, "committee") == []


@pytest.mark.parametrize("year", YEARS)
def test_every_automatic_point_names_its_records_or_says_that_there_are_none(built, year):
    wrong, seen = evidence.unproved(year, YEARS[year])

    assert seen > 1000 * SHARE
    assert wrong == []


def test_every_automatic_part_was_there_to_be_compared(built):
    """A part that nobody was scored on in either year would have been compared with nothing."""
    states = Counter(
        part.key
        for year, on in YEARS.items()
        for score in scoring.grade(year, on=on)
        for item in score.items
        for part in item.parts
        if part.fact is not None
    )
    content = scoring.schemes.of_year(2025)
    automatic = {part["key"] for item in content["items"] for part in item["parts"] if "fact" in part}

    assert automatic - states.keys() == set()


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the county's workbooks are not at {DATA}")
@pytest.mark.django_db
def test_the_county_of_the_workbooks_is_graded_alike(tmp_path):
    today = date(2026, 3, 1)
    with time_machine.travel(today, tick=False):
        for kind in ("organisations", "roster", "meetings"):
            workbooks.bring(workbook(kind), on=today)

    assert recomputed.differences(2025, today) == []
    assert recomputed.command_differences(2025, today, tmp_path / "grades.json") == []
