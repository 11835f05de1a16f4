"""T-IMP-2: rosters with errors planted at random. Every planted cell is named, no other cell is called an error, nothing is
written by a dry run, and the valid rows alone go in."""

import random
from datetime import date

import pytest

from members.models import Member
from office.values import ID_CHECK
from tests.imports import county, layouts
from tests.proofs.scale import BLOCKS, SEED, times

ROWS = 30


def flaws(rng):
    """kind → (column, what to put there for a good row), each wrong in one cell only."""
    return {
        "check digit": (
            "id_number",
            lambda row: row["id_number"][:17] + rng.choice([c for c in ID_CHECK if c != row["id_number"][17]]),
        ),
        "number cell": ("id_number", lambda row: float(row["id_number"].replace("X", "1"))),
        "no branch": ("branch", lambda row: row["branch"] + "（撤）"),
        "too young": ("joined_on", lambda row: row["birth_on"].replace(year=row["birth_on"].year + 17)),
        "month only": ("joined_on", lambda row: f"{row['joined_on']:%Y.%m}"),
        "no such day": ("joined_on", lambda row: "2011年2月30日"),
        "before joining": ("converted_on", lambda row: row["joined_on"].replace(year=row["joined_on"].year - 1)),
        "no such kind": ("kind", lambda row: "群众"),
        "no name": ("name", lambda row: None),
    }


def roster(rng):
    """A roster of valid rows in the columns of the tests' county."""
    table = county.roster()
    rows = []
    for serial in range(ROWS):
        born = date(rng.randrange(1960, 1990), rng.randrange(1, 13), rng.randrange(1, 28))
        joined = born.replace(year=born.year + rng.randrange(19, 30))
        rows.append(
            table.rows[0]
            | {
                "name": f"测{chr(0x4E00 + serial)}", "sex": "男" if serial % 2 else "女", "birth_on": born, "posts": None,
                "branch": rng.choice([county.GRADE_ONE, county.GRADE_TWO, county.TOWN]), "kind": "正式党员",
                "id_number": county.id_number(born, 100 + serial), "joined_on": joined,
                "converted_on": joined.replace(year=joined.year + 1),
            }
        )  # fmt: skip
    return table._replace(rows=rows)


@pytest.mark.usefixtures("organised")
@pytest.mark.parametrize("block", range(BLOCKS))
def test_each_planted_cell_is_named_and_no_other(block):
    rng = random.Random(f"{SEED}/planted/{block}")
    for _ in range(times(20_000)):
        table = roster(rng)
        columns = list(table.headings)
        at = (rng.randrange(5), rng.randrange(4))
        planted = set()
        for number in rng.sample(range(ROWS), rng.randrange(0, 8)):
            kind, (column, make) = rng.choice(list(flaws(rng).items()))
            table = table.with_row(number, **{column: make(table.rows[number])})
            planted.add(f"{chr(65 + at[1] + columns.index(column))}{at[0] + number + 2}")
            assert kind
        found = county.plan(layouts.xlsx(table, at=at))
        assert {problem.cell for problem in found.errors} == planted
        assert len(found.good) == ROWS - len(planted)
    assert not Member.objects.exists()
