"""结果运用: what is expected of which grade, who enters it, from which day, and what counts by itself."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, Stale, User
from assessment import uses
from assessment.models import ResultUse
from branches.actions import root
from branches.rights import Role
from tests.assessment.decided import YEAR, decide, score
from tests.factories import (
    AdmonitionTalkFactory,
    BranchFactory,
    ResultUseFactory,
    UserFactory,
    WeakCaseFactory,
)

pytestmark = pytest.mark.django_db
MEETING, TODAY = date(2026, 1, 22), date(2026, 3, 1)
DONE = {
    "words": "推荐为先进基层党组织",
    "organ": "县委教育体育工委",
    "number": "教体工委〔2026〕3号",
    "day": date(2026, 2, 1),
}


@pytest.fixture
def county():
    """Four branches, one of each grade, decided on 22 January."""
    found = {grade: BranchFactory(name=f"云岭{grade}小学党支部") for grade in ("优秀", "合格", "基本合格", "不合格")}
    totals = dict(zip(found, (92, 80, 65, 50), strict=True))
    decide([score(branch, grade, totals[grade]) for grade, branch in found.items()])
    return found


def board(user, on=TODAY):
    return uses.Board(YEAR, user=user, on=on)


def enter(branches, *, by, key="award", on=TODAY, **changed):
    return uses.enter(YEAR, key, branches, by=by, on=on, **DONE | changed)


def missing(user, branch, on=TODAY):
    result = next(each for each in board(user, on).results if each.branch == branch)
    return [way.key for way in result.missing]


def test_each_grade_has_the_uses_that_the_rules_expect(county, staff):
    expected = {result.figures.grade: [way.key for way in result.expected] for result in board(staff).results}

    assert expected == {
        "优秀": ["award", "cadre", "school"],
        "合格": ["school"],
        "基本合格": ["talk", "review", "school"],
        "不合格": ["cadre", "talk", "review", "school", "weak_clue"],
    }


def test_the_ways_are_those_of_the_table_each_with_its_source():
    assert all(way.source and way.text and way.fits for way in uses.ways(TODAY))
    assert all(len(way.key) <= ResultUse._meta.get_field("use").max_length for way in uses.ways(TODAY))


def test_a_use_on_record_is_no_longer_missing(county, staff):
    assert "award" in missing(staff, county["优秀"])

    enter([county["优秀"]], by=staff)

    assert missing(staff, county["优秀"]) == ["cadre", "school"]
    row = ResultUse.objects.get()
    assert (row.grade, row.use, row.entered_by) == ("优秀", "award", staff)
    event = AuditEvent.objects.get(action="use.enter")
    assert event.detail == {"year": YEAR, "use": "award", "rows": 1, "on": "2026-02-01"}


def test_many_are_entered_at_once_all_or_none(county, staff):
    assert len(enter(county.values(), by=staff, key="school")) == 4
    assert AuditEvent.objects.filter(action="use.enter").count() == 1

    with pytest.raises(ValidationError, match="云岭不合格小学党支部：审定为“不合格”，“评先评优”只用于优秀、合格。"):
        enter(county.values(), by=staff)
    assert not ResultUse.objects.filter(use="award").exists()


@pytest.mark.parametrize(
    ("day", "is_taken"),
    [(date(2026, 1, 21), False), (MEETING, True), (TODAY, True), (date(2026, 3, 2), False)],
    ids=["before the meeting", "on its day", "today", "tomorrow"],
)
def test_a_use_lies_between_the_meeting_and_today(county, staff, day, is_taken):
    if is_taken:
        enter([county["优秀"]], by=staff, day=day)
    else:
        with pytest.raises(ValidationError) as refused:
            enter([county["优秀"]], by=staff, day=day)
        assert list(refused.value.message_dict) == ["day"]
    assert ResultUse.objects.exists() == is_taken


def test_nothing_is_used_before_it_is_decided(staff):
    branch = BranchFactory()
    decide([score(branch, "优秀", 90)], stage="published")

    with pytest.raises(ValidationError, match="还没有经工委会议审定"):
        enter([branch], by=staff)
    assert board(staff).results == []


def test_an_organisation_without_a_result_is_refused(county, staff):
    with pytest.raises(ValidationError, match="没有审定的结果"):
        enter([BranchFactory()], by=staff, key="school")


def test_the_same_use_is_not_entered_twice(county, staff):
    enter([county["优秀"]], by=staff)

    with pytest.raises(ValidationError, match="已经登记过"):
        enter([county["优秀"]], by=staff)
    enter([county["优秀"]], by=staff, words="推荐书记为优秀党务工作者")


@pytest.mark.parametrize("key", ["talk", "nothing"])
def test_what_has_a_register_of_its_own_is_not_entered_here(county, staff, key):
    with pytest.raises(ValidationError, match="运用方式"):
        enter([county["不合格"]], by=staff, key=key)


def test_only_the_work_committee_enters_uses(county):
    secretary = UserFactory(serving=county["优秀"], role=Role.SECRETARY)

    with pytest.raises(PermissionDenied):
        enter([county["优秀"]], by=secretary)


def test_a_marked_text_is_refused(county, staff):
    with pytest.raises(ValidationError, match="密"):
        enter([county["优秀"]], by=staff, words="机密★ 某事")


@pytest.mark.parametrize(
    ("day", "counts"),
    [(date(2026, 1, 21), False), (MEETING, True), (date(2027, 1, 22), True), (date(2027, 1, 23), False)],
    ids=["before the meeting", "on its day", "to the day a year", "a day later"],
)
def test_a_talk_that_was_held_counts_by_itself(county, staff, day, counts):
    AdmonitionTalkFactory(branch=county["不合格"], talked_on=day)

    assert ("talk" not in missing(staff, county["不合格"], on=date(2027, 3, 1))) == counts


def test_a_case_of_weakness_counts_as_a_use_of_the_clue(county, staff):
    assert "weak_clue" in missing(staff, county["不合格"])
    WeakCaseFactory(branch=county["不合格"], suspected_on=date(2026, 2, 3))

    assert "weak_clue" not in missing(staff, county["不合格"])


def test_an_inspector_is_told_nothing_of_talks_and_weak_branches(county):
    inspector = UserFactory(serving=root(), role=Role.INSPECTOR)
    ResultUseFactory(branch=county["不合格"], use="weak_clue", grade="不合格")
    found = board(inspector)

    assert {"talk", "weak_clue"}.isdisjoint(way.key for way in found.ways)
    assert found.entered == []


def test_a_committee_sees_the_results_below_it_alone():
    committee = BranchFactory(kind="committee")
    own, other = BranchFactory(parent=committee), BranchFactory()
    decide([score(own, "不合格", 50), score(other, "不合格", 51)])
    ResultUseFactory(branch=other, use="cadre", grade="不合格")
    secretary = UserFactory(serving=committee, role=Role.COMMITTEE)

    found = board(secretary)

    assert [result.branch for result in found.results] == [own]
    assert found.entered == []


def test_the_share_is_rounded_down_and_counts_only_what_is_expected(county, staff):
    enter(county.values(), by=staff, key="school")
    enter([county["合格"]], by=staff)  # an award that nobody expected
    sums = {row.way.key: row for row in board(staff).sums}

    assert (sums["school"].expected, sums["school"].done, sums["school"].share) == (4, 4, 100)
    assert (sums["award"].expected, sums["award"].done, sums["award"].beyond) == (1, 0, 1)
    assert sums["blame"].share is None
    assert (uses.share(2, 3), uses.share(199, 200), uses.share(0, 0)) == (66, 99, None)


def test_a_use_that_was_taken_back_is_missing_again_and_stays_on_record(county, staff):
    (row,) = enter([county["优秀"]], by=staff)

    with pytest.raises(Stale):
        uses.withdraw(row, why="登记错了", version=7, by=staff)
    row = uses.withdraw(row, why="登记错了", version=row.version, by=staff)

    assert "award" in missing(staff, county["优秀"])
    assert (row.withdrawn_why, row.withdrawn_by) == ("登记错了", staff)
    with pytest.raises(ValidationError, match="已经撤回"):
        uses.withdraw(row, why="再撤", version=row.version, by=staff)


def test_taking_back_needs_a_reason(county, staff):
    (row,) = enter([county["优秀"]], by=staff)

    with pytest.raises(ValidationError, match="理由"):
        uses.withdraw(row, why="", version=row.version, by=staff)


def test_the_queries_do_not_grow_with_the_results(staff):
    def cost(count):
        branches = BranchFactory.create_batch(count)
        decide([score(branch, "不合格", 40) for branch in branches], year=YEAR - count)
        for branch in branches:
            ResultUseFactory(year=YEAR - count, branch=branch, use="cadre", grade="不合格")
            AdmonitionTalkFactory(branch=branch, talked_on=date(2026 - count, 2, 2))
        with CaptureQueriesContext(connection) as queries:
            found = uses.Board(YEAR - count, user=User.objects.get(pk=staff.pk), on=TODAY)
            assert found.sums
            assert found.open
        return len(queries)

    assert cost(1) == cost(4)
