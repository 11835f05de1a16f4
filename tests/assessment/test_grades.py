"""From points to ranks and 拟定 grades: bands, comparison groups, quota and ties. The points are given, not counted."""

from datetime import date

import pytest

from assessment import scoring
from assessment.result import NOT_APPLICABLE, PENDING, SCORED, Dimension, Item, Part, Score
from branches.models import Branch
from tests.assessment.year import OVER, YEAR, decimal

pytestmark = pytest.mark.django_db
FOUNDED = date(2010, 1, 1)


def dimension(key, weight, points, *, applicable=None, state=SCORED):
    """A dimension of one item; `applicable` of its weight apply."""
    weight, points = decimal(weight), decimal(points)
    applies = weight if applicable is None else decimal(applicable)
    parts = [Part("a", "a", applies, state, points, decimal(0), "")]
    if applies < weight:
        parts.append(Part("b", "b", weight - applies, NOT_APPLICABLE, decimal(0), decimal(0), ""))
    return Dimension(key, key, weight, (Item(key, key, key, weight, "", "", tuple(parts)),))


def sheet(
    attendance=20, performance=30, excellence=10, *, stage="primary", founded_on=FOUNDED, closed_on=None, **kinds
):
    """A branch's score by its three dimensions; the total is their sum."""
    branch = Branch(name="支部", stage=stage, founded_on=founded_on, closed_on=closed_on)
    dimensions = (
        dimension("attendance", 30, attendance, **kinds),
        dimension("performance", 50, performance, **kinds),
        dimension("excellence", 20, excellence, **kinds),
    )
    return Score(branch, dimensions, ())


def of_total(total, **options):
    """A score of that total, most of it in 实绩."""
    return sheet(
        20,
        decimal(total) - 20 if decimal(total) < 70 else 50,
        0 if decimal(total) < 70 else decimal(total) - 70,
        **options,
    )


@pytest.fixture
def grade(monkeypatch):
    """Grades the given scores as a year's; answers them in the same order."""

    def run(*given, on=OVER):
        monkeypatch.setattr(scoring, "score", lambda *args, **kwargs: list(given))
        return scoring.grade(YEAR, on=on)

    return run


def others(count, total=50, **options):
    return [of_total(total, **options) for _ in range(count)]


# --- bands


@pytest.mark.parametrize(
    ("total", "label"),
    [
        ("90.00", "优秀"),
        ("85.00", "优秀"),
        ("84.99", "合格"),
        ("70.00", "合格"),
        ("69.99", "基本合格"),
        ("60.00", "基本合格"),
        ("59.99", "不合格"),
        ("20.00", "不合格"),
    ],
)
def test_bands_hold_to_the_hundredth(grade, total, label):
    found = grade(of_total(total), *others(9))[0]

    assert (found.total, found.grade) == (decimal(total), label)


# --- quota


@pytest.mark.parametrize(
    ("size", "able", "excellent"),
    [(10, 4, 3), (13, 5, 3), (13, 3, 3), (14, 5, 4), (9, 5, 2), (3, 3, 0), (4, 3, 1), (20, 5, 5), (20, 9, 6)],
)
def test_the_quota_of_30_per_cent_is_rounded_down(grade, size, able, excellent):
    found = grade(*(of_total(95 - number) for number in range(able)), *others(size - able))

    assert [score.grade for score in found[:able]] == ["优秀"] * excellent + ["合格"] * (able - excellent)
    assert all(score.why == "达到 85 分，但不在本组前 30%" for score in found[excellent:able])


def test_equals_at_the_edge_of_the_quota_go_in_only_together(grade):
    found = grade(of_total(95), of_total(92), of_total(90), of_total(90), of_total(89), *others(5))

    assert [score.grade for score in found[:5]] == ["优秀", "优秀", "合格", "合格", "合格"]


def test_equals_within_the_quota_are_all_in(grade):
    found = grade(of_total(95), of_total(90), of_total(90), of_total(88), *others(6))

    assert [score.grade for score in found[:4]] == ["优秀", "优秀", "优秀", "合格"]


def test_the_undetermined_do_not_widen_the_quota(grade):
    found = grade(of_total(95), of_total(94), of_total(93), *others(6), *others(4, founded_on=date(2025, 10, 1)))

    assert [score.grade for score in found[:3]] == ["优秀", "优秀", "合格"]


# --- ranks


def test_a_tie_goes_by_attendance_then_by_performance_then_is_shared(grade):
    found = grade(sheet(20, 30, 15), sheet(21, 30, 14), sheet(20, 31, 14), sheet(20, 30, 15), sheet(10, 30, 10))

    assert [score.rank for score in found] == [3, 1, 2, 3, 5]


def test_the_rank_is_of_the_whole_county(grade):
    found = grade(of_total(80), of_total(90, stage="kindergarten"), of_total(70, stage="senior"))

    assert [score.rank for score in found] == [2, 1, 3]


# --- comparison groups


def test_stages_of_ten_compare_among_themselves(grade):
    found = grade(*others(10), *others(10, stage="kindergarten"), *others(10, stage="junior"))

    assert [score.group for score in found] == ["小学"] * 10 + ["幼儿园"] * 10 + ["初中和九年一贯"] * 10


def test_a_group_under_ten_joins_the_one_that_is_named(grade):
    found = grade(*others(10), *others(9, stage="kindergarten"))

    assert {score.group for score in found} == {"小学"}


def test_two_small_groups_of_compulsory_education_stand_together(grade):
    found = grade(*others(6), *others(4, stage="nine_year"))

    assert {score.group for score in found} == {"义务教育"}


def test_two_small_groups_of_upper_schools_stand_together(grade):
    found = grade(*others(6, stage="senior"), *others(6, stage="vocational"), *others(10))

    assert len({score.group for score in found[:12]}) == 1
    assert found[0].group not in ("全县", found[12].group)


def test_what_is_still_under_ten_joins_the_county(grade):
    found = grade(*others(10), *others(3, stage="junior"), *others(2, stage="office"), *others(4, stage=""))

    assert [score.group for score in found] == ["小学"] * 10 + ["全县"] * 9


def test_groups_do_not_take_each_other_s_places(grade):
    found = grade(
        *(of_total(86 + number / 10) for number in range(10)), *(of_total(90, stage="kindergarten") for _ in range(10))
    )

    assert sum(score.grade == "优秀" for score in found[:10]) == 3


# --- 不定等次


@pytest.mark.parametrize(
    ("days", "determined"),
    [
        ({"founded_on": date(2025, 7, 1)}, True),
        ({"founded_on": date(2025, 7, 2)}, False),
        ({"closed_on": date(2025, 6, 30)}, True),
        ({"closed_on": date(2025, 6, 29)}, False),
        ({"founded_on": date(2025, 3, 1), "closed_on": date(2025, 8, 31)}, True),
        ({"founded_on": date(2025, 3, 1), "closed_on": date(2025, 8, 30)}, False),
    ],
    ids=["since July", "a day later", "until June", "a day earlier", "March to August", "a day less"],
)
def test_under_six_months_there_is_no_grade(grade, days, determined):
    found = grade(of_total(80, **days), *others(9))[0]

    assert (found.grade == "合格", found.rank is not None) == (determined, determined)
    assert determined or (found.grade, found.why) == ("不定等次", "年内存续不足 6 个月")


@pytest.mark.parametrize(
    ("applicable", "determined"), [((18, 30, 12), True), ((18, 30, "11.99"), False)], ids=["60 %", "a hundredth less"]
)
def test_under_60_per_cent_applicable_there_is_no_grade(grade, applicable, determined):
    score = sheet()
    score.dimensions = tuple(
        dimension(key, weight, 10, applicable=points)
        for key, weight, points in zip(
            ("attendance", "performance", "excellence"), (30, 50, 20), applicable, strict=True
        )
    )

    (found,) = grade(score)

    assert (found.grade != "不定等次") == determined
    assert determined or found.why == "适用指标合计 59.99 分，不足 60%"


def test_what_is_pending_is_applicable(grade):
    score = sheet()
    score.dimensions = (
        score.dimensions[0],
        dimension("performance", 50, 0, state=PENDING),
        dimension("excellence", 20, 0, state=PENDING),
    )

    (found,) = grade(score)

    assert (found.grade, found.total, found.judged) == ("基本合格", decimal("66.67"), 30)


def test_where_nothing_is_scored_there_is_no_grade(grade):
    (found,) = grade(sheet(0, 0, 0, state=PENDING))

    assert (found.grade, found.rank, found.why) == ("不定等次", None, "尚无可评的记录")
