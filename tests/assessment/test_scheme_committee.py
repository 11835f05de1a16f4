"""党委 and 党总支: the mean of their branches and their own duties, in one group, by a scheme of their own."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from accounts.models import User
from assessment import facts, scoring
from assessment import scheme as schemes
from branches.models import Branch
from office.reader import read
from portal.actions import tend
from rulebook.facts import Period
from tests.assessment.year import MONTHS, OVER, YEAR, hold
from tests.factories import BranchFactory

pytestmark = pytest.mark.django_db
PERIOD = Period.of_year(YEAR, on=OVER)


@pytest.fixture
def school():
    """A 党委 with two branches, one of them below its 党总支; a branch beside them."""
    committee = BranchFactory(committee=True, name="云岭一中党委")
    general = BranchFactory(kind=Branch.Kind.GENERAL, stage="", parent=committee)
    near, deep, beside = BranchFactory(parent=committee), BranchFactory(parent=general), BranchFactory()
    hold(near, "theme_party_day", *((month, 25) for month in MONTHS))
    hold(deep, "theme_party_day", *((month, 25) for month in range(1, 7)))
    hold(beside, "theme_party_day", (1, 25))
    tend(YEAR, by=User.objects.system())
    return committee, general, near, deep, beside


def means():
    uppers = Branch.objects.filter(kind__in=["committee", "general"])
    return facts.mean_of_branches(uppers, PERIOD)


def test_the_mean_is_that_of_all_graded_branches_below(school):
    committee, general, near, deep, _ = school
    totals = {score.branch: score.total for score in scoring.grade(YEAR, on=OVER)}

    found = means()

    assert found[committee.pk].value == ((totals[near] + totals[deep]) / 2).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    assert found[committee.pk].whole == 100
    assert (found[committee.pk].model, found[committee.pk].pks) == (
        "branches.Branch",
        tuple(sorted([near.pk, deep.pk])),
    )
    assert (found[general.pk].value, found[general.pk].pks) == (totals[deep], (deep.pk,))
    assert found[general.pk].note == f"所属 1 个支部平均 {totals[deep]} 分"


def test_who_has_no_graded_branch_is_not_judged_by_them(school):
    alone = BranchFactory(committee=True)

    assert alone.pk not in means()


def test_a_branch_of_less_than_half_a_year_does_not_pull_the_mean(school):
    committee, _, near, deep, _ = school
    BranchFactory(parent=committee, founded_on=date(YEAR, 11, 1))

    assert means()[committee.pk].pks == tuple(sorted([near.pk, deep.pk]))


def test_without_any_graded_branch_nothing_can_be_said_yet(db):
    BranchFactory(committee=True)

    assert means() is None


def test_both_kinds_are_graded_in_one_group(school):
    committee, general, *_ = school

    scores = {score.branch: score for score in scoring.grade(YEAR, on=OVER, kind="committee")}

    assert set(scores) == {committee, general}
    assert {score.group for score in scores.values() if score.rank} <= {"党委、党总支"}
    assert {item.code for item in scores[committee].items if item.state == "scored"} >= {"CB1"}


def test_the_queries_do_not_grow_with_the_organisations(school, django_assert_max_num_queries):
    def asked():
        with django_assert_max_num_queries(10_000) as queries:
            scoring.grade(YEAR, on=OVER, kind="committee")
        return len(queries)

    before = asked()
    BranchFactory(parent=BranchFactory(committee=True))
    BranchFactory(parent=BranchFactory(committee=True))

    assert asked() == before


def test_every_item_says_its_rule_its_source_and_its_evidence():
    content = schemes.of_year(2025, "committee")

    assert [row["weight"] for row in content["dimensions"]] == [60, 40]
    for item in content["items"]:
        assert item["method"] in ("日常掌握", "实地查验", "调阅档案")
        assert all(item[name].strip() for name in ("clause", "source", "evidence"))


def test_the_command_grades_the_kind_it_is_asked_for(school, tmp_path):
    out, file, book = StringIO(), tmp_path / "grade.json", tmp_path / "grade.xlsx"
    with time_machine.travel(f"{OVER} 10:00+08:00", tick=False):
        call_command("grade", YEAR, "--kind", "committee", "--json", str(file), "--out", str(book), stdout=out)

    assert "2 个党委、党总支" in out.getvalue()
    assert "云岭一中党委" in json.dumps(json.loads(file.read_text("utf-8")), ensure_ascii=False)
    rows = [cell for sheet in read(book.read_bytes(), book.name) for _, row in sheet.rows for cell in row]
    assert {"云岭一中党委", "所属支部", "本级职责"} <= {str(cell).split("（")[0] for cell in rows}
