"""The edges of grading, by the pure engine on plain inputs: no database, no clock."""

from datetime import date
from decimal import Decimal

import pytest

from assessment import ranking, scoring
from assessment.scoring import Inputs, Judged
from branches.models import Branch
from rulebook.facts import Fact
from tests.assessment.year import OVER, YEAR, decimal

FOUNDED = date(2010, 1, 1)
GRADES = [
    {"label": "优秀", "at_least": 85, "quota": 0.30},
    {"label": "合格", "at_least": 70},
    {"label": "基本合格", "at_least": 60},
    {"label": "不合格", "at_least": 0},
]
GROUPS = {
    "least": 10,
    "pool": "全县",
    "rows": [
        {"label": "幼儿园", "stages": ["kindergarten"], "joins": "小学"},
        {"label": "小学", "stages": ["primary"], "joins": "义务教育"},
        {"label": "初中", "stages": ["junior"], "joins": "义务教育"},
        {"label": "高中", "stages": ["senior"], "joins": "全县"},
    ],
}


def part(key, points, by="manual", **more):
    return {"key": key, "label": key, "points": points, "by": by} | more


def item(code, dimension, points, *parts):
    parts = list(parts) or [part(code, points)]
    words = {"clause": "", "source": "", "label": code}
    return {"code": code, "dimension": dimension, "points": points, "parts": parts} | words


def scheme(*items, **more):
    """Three dimensions of 30, 50 and 20 by judgement, a bonus and a veto, unless told otherwise."""
    reasons = [{"key": "discipline", "at_most": "不合格"}, {"key": "fraud", "at_most": "合格"}]
    usual = (
        item("A", "attendance", 30), item("P", "performance", 50), item("E", "excellence", 20),
        item("B", "bonus", 5), item("V", "veto", 0, part("V", 0, "veto", because="按一票否决条款", reasons=reasons)),
    )  # fmt: skip
    weights = (("attendance", 30), ("performance", 50), ("excellence", 20))
    return {
        "dimensions": [{"key": key, "label": key, "weight": weight} for key, weight in weights],
        "grades": GRADES,
        "undetermined": {"label": "不定等次", "months": 6, "applicable": 0.60},
        "groups": GROUPS,
        "items": list(items or usual),
    } | more


def branch(pk, *, stage="primary", **days):
    return Branch(pk=pk, name=f"第{pk}支部", stage=stage, **({"founded_on": FOUNDED} | days))


def year(branches, points, *, content=None, facts=None, vetoes=None, on=OVER):
    """The graded scores of `branches`; `points`: pk → {part: points}."""
    manual = {(pk, key): Judged(decimal(got), "") for pk, row in points.items() for key, got in row.items()}
    inputs = Inputs(YEAR, on, content or scheme(), tuple(branches), facts or {}, manual, {}, vetoes or {})
    return ranking.ranked(scoring.evaluate(inputs), inputs.content, inputs.period)


def of_total(total):
    """Judgements that add up to a total, 实绩 first."""
    total = decimal(total)
    performance = min(total, Decimal(50))
    attendance = min(total - performance, Decimal(30))
    return {"P": performance, "A": attendance, "E": total - performance - attendance}


def graded(*totals, stage="primary", **options):
    found = year(
        [branch(number, stage=stage) for number in range(len(totals))],
        {number: of_total(total) for number, total in enumerate(totals)},
        **options,
    )
    return [score.grade for score in found]


# --- bands and rounding


@pytest.mark.parametrize(
    ("total", "grade"),
    [("85", "优秀"), ("84.99", "合格"), ("70", "合格"), ("69.99", "基本合格"), ("60", "基本合格"), ("59.99", "不合格"), ("0", "不合格")],
)  # fmt: skip
def test_a_band_begins_at_its_own_number(total, grade):
    assert graded(total, *["10"] * 9)[0] == grade


@pytest.mark.parametrize(
    ("attendance", "counts", "total", "grade"),
    [("19.33", "29.00", "70.00", "合格"), ("19.32", "28.98", "69.98", "基本合格"), ("19.31", "28.97", "69.97", "基本合格")],
    ids=["28.995", "28.98", "28.965"],
)  # fmt: skip
def test_half_a_hundredth_of_a_rescaled_dimension_is_rounded_up_before_the_band(attendance, counts, total, grade):
    content = scheme(
        item("A", "attendance", 30, part("A1", 20), part("A2", 10)),
        item("P", "performance", 50),
        item("E", "excellence", 20),
    )

    (score,) = year([branch(1)], {1: {"A1": attendance, "P": 41, "E": 0}}, content=content)

    assert (str(score.of("attendance")), str(score.total), score.grade) == (counts, total, grade)


@pytest.mark.parametrize(("done", "points"), [(1, "3.13"), (3, "9.38"), (5, "15.63"), (8, "25.00"), (0, "0.00")])
def test_half_a_hundredth_of_a_part_is_rounded_up(done, points):
    """1/16 of 50 is 3.125; half to even would give 3.12, 9.38 and 15.62."""
    content = scheme(
        item("A", "attendance", 30), item("P", "performance", 50, part("P", 50, "share", fact="x")),
        item("E", "excellence", 20),
    )  # fmt: skip

    (score,) = year([branch(1)], {}, content=content, facts={"P": {1: Fact(Decimal(done), Decimal(16))}})

    assert str(score.of("performance")) == points


@pytest.mark.parametrize(
    ("attended", "points"),
    [(1000, "6.00"), (900, "6.00"), (899, "5.98"), (750, "3.00"), (601, "0.02"), (600, "0.00"), (0, "0.00")],
)
def test_the_rate_is_full_at_90_per_cent_and_nothing_at_60(attended, points):
    rate = part("A", 6, "linear", fact="x", full=0.90, zero=0.60)
    content = scheme(
        item("A", "attendance", 6, rate), item("P", "performance", 50), item("E", "excellence", 20),
    )  # fmt: skip

    (score,) = year([branch(1)], {}, content=content, facts={"A": {1: Fact(Decimal(attended), Decimal(1000))}})

    assert str(score.items[0].points) == points


def test_every_sum_is_that_of_the_hundredths_that_are_shown():
    """Re-added by hand: what the parts show adds up to the dimension, the dimensions to the total, to the last hundredth."""
    content = scheme(
        item("A", "attendance", 30, *(part(f"A{number}", 10, "share", fact="x") for number in range(3))),
        item("P", "performance", 50), item("E", "excellence", 20),
    )  # fmt: skip
    thirds = {f"A{number}": {1: Fact(Decimal(1), Decimal(3))} for number in range(3)}

    (score,) = year([branch(1)], {1: {"P": "33.33", "E": "6.67"}}, content=content, facts=thirds)

    shown = [each.points for each in score.items[0].parts]
    assert (shown, score.of("attendance"), score.total) == ([decimal("3.33")] * 3, decimal("9.99"), decimal("49.99"))


# --- quota


@pytest.mark.parametrize(
    ("size", "places"), [(1, 0), (2, 0), (3, 0), (4, 1), (6, 1), (7, 2), (9, 2), (10, 3), (11, 3), (13, 3), (14, 4)]
)
def test_thirty_per_cent_of_a_group_is_rounded_down(size, places):
    grades = graded(*(100 - number / 10 for number in range(size)))

    assert grades == ["优秀"] * places + ["合格"] * (size - places)


@pytest.mark.parametrize(
    ("totals", "excellent"),
    [
        ((95, 94, 94, 90), 3),
        ((95, 95, 95, 90), 3),
        ((95, 94, 93, 93), 2),
        ((95, 93, 93, 93), 1),
        ((93, 93, 93, 93), 0),
        ((93, 93, 93, 84), 3),
    ],
    ids=["inside", "all three", "at the edge", "from the second on", "nobody fits", "below is no rival"],
)
def test_equals_take_places_together_or_not_at_all(totals, excellent):
    grades = graded(*totals, *[50] * 6)

    assert grades.count("优秀") == excellent
    assert grades[:excellent] == ["优秀"] * excellent


def test_a_tie_is_broken_by_attendance_then_by_performance_so_that_the_place_is_given():
    points = {number: of_total(50) for number in range(10)}
    points |= {
        0: {"A": 20, "P": 50, "E": 20}, 1: {"A": 30, "P": 40, "E": 20}, 2: {"A": 30, "P": 50, "E": 10},
        3: {"A": 29, "P": 50, "E": 11},
    }  # fmt: skip

    found = year([branch(number) for number in range(10)], points)

    assert [(score.rank, score.grade) for score in found[:4]] == [(4, "合格"), (2, "优秀"), (1, "优秀"), (3, "优秀")]


def test_a_place_that_a_veto_takes_from_somebody_goes_to_nobody():
    """优秀 is for who is within the first 30 per cent: a branch that is limited keeps its rank, and the next is not within."""
    branches = [branch(number) for number in range(10)]
    points = {number: of_total(95 - number) for number in range(10)}

    found = year(branches, points, vetoes={1: ["fraud"]})

    assert [score.grade for score in found[:4]] == ["优秀", "合格", "优秀", "合格"]
    assert (found[1].rank, found[3].rank) == (2, 4)
    assert "一票否决" in found[1].why


# --- 一票否决, bonus


@pytest.mark.parametrize(
    ("reasons", "total", "grade"),
    [
        ([], 95, "优秀"),
        (["fraud"], 95, "合格"),
        (["fraud"], 65, "基本合格"),
        (["discipline"], 95, "不合格"),
        (["fraud", "discipline"], 95, "不合格"),
    ],
    ids=["none", "limits", "is no gift", "the worst", "the worse of two"],
)
def test_a_veto_limits_and_never_lifts(reasons, total, grade):
    branches = [branch(number) for number in range(10)]
    points = {number: of_total(50) for number in range(10)} | {0: of_total(total)}

    assert year(branches, points, vetoes={0: reasons})[0].grade == grade


def test_a_bonus_goes_beyond_a_hundred_and_outranks():
    branches = [branch(number) for number in range(10)]
    points = {number: of_total(50) for number in range(10)}
    points |= {0: of_total(100), 1: of_total(100) | {"B": 5}}

    found = year(branches, points)

    assert [(str(score.total), score.rank) for score in found[:2]] == [("100.00", 2), ("105.00", 1)]
    assert found[1].judged == 100


def test_a_bonus_is_no_part_of_what_applies():
    (score,) = year([branch(1)], {1: {"B": 5}})

    assert (score.grade, score.total, score.why) == ("不定等次", None, "尚无可评的记录")


# --- what does not apply, what waits


def test_everything_not_applicable_has_no_total_no_rank_and_widens_no_quota():
    content = scheme(*(
        item(code, dimension, points, part(code, points, "share", fact="x"))
        for code, dimension, points in (("A", "attendance", 30), ("P", "performance", 50), ("E", "excellence", 20))
    ))  # fmt: skip
    full = {key: {number: Fact(Decimal(1), Decimal(1)) for number in range(1, 4)} for key in "APE"}

    found = year([branch(number) for number in range(4)], {}, content=content, facts=full)

    assert (found[0].total, found[0].rank, found[0].group, found[0].grade) == (None, None, "", "不定等次")
    assert found[0].why == "适用指标合计 0 分，不足 60%"
    assert [score.grade for score in found[1:]] == ["合格"] * 3  # 30 % of three, not of four


def test_a_dimension_with_nothing_scored_is_left_out_and_the_rest_rescaled():
    found = year([branch(1)], {1: {"A": 24, "P": 36}})[0]

    assert (found.of("excellence"), str(found.total), found.judged) == (None, "75.00", 80)


def test_an_item_that_cannot_be_had_is_scored_with_nothing():
    content = scheme(
        item("A", "attendance", 30), item("P", "performance", 50, part("P", 50, "minus", each=1, fact="x")),
        item("E", "excellence", 20),
    )  # fmt: skip
    void = Fact(Decimal(0), missing=("责任书未签",), is_void=True)

    (score,) = year([branch(1)], {1: {"A": 30, "E": 20}}, content=content, facts={"P": {1: void}})

    assert (str(score.of("performance")), str(score.total)) == ("0.00", "50.00")


# --- part of a year


@pytest.mark.parametrize(
    ("founded_on", "closed_on", "counts"),
    [
        (date(2025, 7, 1), None, True),
        (date(2025, 7, 2), None, False),
        (FOUNDED, date(2025, 6, 30), True),
        (FOUNDED, date(2025, 6, 29), False),
        (date(2025, 2, 28), date(2025, 8, 27), True),
        (date(2025, 2, 28), date(2025, 8, 26), False),
        (date(2025, 3, 31), date(2025, 9, 29), True),
        (date(2025, 3, 31), date(2025, 9, 28), False),
        (date(2025, 1, 1), date(2025, 12, 31), True),
    ],
    ids=str,
)
def test_six_months_to_the_day(founded_on, closed_on, counts):
    (score,) = year([branch(1, founded_on=founded_on, closed_on=closed_on)], {1: of_total(80)})

    assert (score.grade == "合格") == counts
    assert counts or score.grade == "不定等次"


# --- comparison groups


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ({"primary": 10, "kindergarten": 10}, {"primary": "小学", "kindergarten": "幼儿园"}),
        ({"primary": 10, "kindergarten": 9}, {"primary": "小学", "kindergarten": "小学"}),
        ({"primary": 1, "kindergarten": 9}, {"primary": "小学", "kindergarten": "小学"}),
        ({"primary": 9, "junior": 1}, {"primary": "义务教育", "junior": "义务教育"}),
        ({"primary": 9, "junior": 10}, {"primary": "全县", "junior": "初中"}),
        ({"primary": 9}, {"primary": "全县"}),
        ({"senior": 9, "primary": 10}, {"senior": "全县", "primary": "小学"}),
        ({"office": 10, "primary": 10}, {"office": "全县", "primary": "小学"}),
        ({"senior": 9, "office": 1}, {"senior": "全县", "office": "全县"}),
    ],
    ids=[
        "both ten",
        "nine join",
        "one takes nine in",
        "two small",
        "nowhere to join",
        "alone",
        "pool",
        "unnamed",
        "pooled",
    ],
)
def test_nine_join_the_group_that_is_named_or_the_county(sizes, groups):
    branches = [
        branch(len(sizes) * number + place, stage=stage)
        for place, (stage, size) in enumerate(sizes.items())
        for number in range(size)
    ]

    found = year(branches, {each.pk: of_total(80) for each in branches})

    assert {score.branch.stage: score.group for score in found} == groups


def test_who_has_no_grade_makes_no_group_larger():
    branches = [branch(number) for number in range(9)] + [branch(9, founded_on=date(2025, 10, 1))]

    found = year(branches, {number: of_total(80) for number in range(10)})

    assert {score.group for score in found[:9]} == {"全县"}
