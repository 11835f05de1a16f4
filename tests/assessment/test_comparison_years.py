"""Results over the years: what can be compared and what cannot, within groups; a branch sees of others the median alone."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from assessment import charts, comparison, figures
from branches.actions import root
from branches.rights import Role
from tests.assessment.decided import decide, score
from tests.assessment.decided import scheme as scheme_of
from tests.factories import BranchFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 5, 1)


def changed(content, **of_first):
    """The scheme with its first item changed."""
    first, *rest = content["items"]
    return content | {"items": [first | of_first, *rest]}


# ---- which figures compare


def test_a_scheme_is_like_itself_whatever_its_words():
    other = scheme_of(title="另一个名称", source="另一个来源")
    found = comparison.likeness(scheme_of(), changed(other, label="考勤类", clause="换了说法", evidence="台账"))

    assert (found.total, found.grade, set(found.dimensions.values())) == (True, True, {True})
    assert [row.what for row in found.changes] == ["名称", "计分办法", "佐证"]


def test_a_number_is_the_same_however_it_is_written():
    other = scheme_of()
    other["items"][0]["points"] = Decimal("30.0")

    assert comparison.likeness(scheme_of(), other).total


def test_another_rule_in_one_dimension_leaves_the_others_comparable():
    other = scheme_of()
    other["items"][0]["parts"][0]["by"] = "share"
    found = comparison.likeness(scheme_of(), other)

    assert found.dimensions == {"attendance": False, "performance": True, "excellence": True}
    assert not found.total
    assert not found.grade


@pytest.mark.parametrize("name", ["grades", "groups", "undetermined"])
def test_other_grades_or_groups_leave_the_points_comparable(name):
    other = scheme_of()
    if name == "grades":
        other["grades"] = [other["grades"][0] | {"at_least": 86}, *other["grades"][1:]]
    elif name == "groups":
        other["groups"] = other["groups"] | {"least": 5}
    else:
        other["undetermined"] = other["undetermined"] | {"months": 4}
    found = comparison.likeness(scheme_of(), other)

    assert (found.total, found.grade) == (True, False)


# ---- two years


@pytest.fixture
def two_years():
    """Two branches in 2024 and 2025, a third in 2025 alone."""
    first, second, new = (BranchFactory(name=f"云岭{name}小学党支部") for name in "一二三")
    decide([score(first, "合格", 80, rank=1), score(second, "基本合格", 65, rank=2)], year=2024)
    decide(
        [
            score(first, "优秀", 91, rank=1),
            score(second, "不合格", 50, rank=3),
            score(new, "合格", 75, rank=2, group="初中"),
        ],
        year=2025,
    )
    return first, second, new


def pairs_of(branches):
    years, sealed = comparison.offered(TODAY)
    assert years == [2026, 2025, 2024]
    before, after = (comparison.year_of(year, sealed, on=TODAY) for year in (2024, 2025))
    return comparison.pairs(branches, before, after)


def test_two_years_side_by_side(two_years):
    first, second, new = pairs_of(two_years)

    assert (first.difference, first.course, first.places) == (Decimal("11.00"), "up", ((1, 2), (1, 2)))
    assert (second.difference, second.course, second.places) == (Decimal("-15.00"), "down", ((2, 2), (2, 2)))
    assert (new.before, new.difference, new.course, new.places) == (None, None, "", (None, (1, 1)))
    assert first.dimensions[0] == ("考勤", Decimal("24.00"), Decimal("27.30"), Decimal("3.30"))


def test_what_does_not_compare_has_no_difference():
    branch = BranchFactory()
    other = scheme_of(2025)
    other["items"][0]["parts"][0]["by"] = "share"
    decide([score(branch, "合格", 80, rank=1)], year=2024)
    decide([score(branch, "优秀", 91, rank=1, content=other)], year=2025, content=other)
    (pair,) = pairs_of([branch])

    assert pair.difference is None
    assert [row[3] for row in pair.dimensions] == [None, Decimal("5.50"), Decimal("2.20")]
    assert pair.course == "up"


def test_equals_share_a_place_within_their_group():
    branches = BranchFactory.create_batch(4)
    ranks = (1, 2, 2, 4)
    decide([score(branch, "合格", 80, rank=rank) for branch, rank in zip(branches, ranks, strict=True)])
    year = figures.of_seal(figures.seals()[2025])

    assert [year.places[branch.pk] for branch in branches] == [(1, 4), (2, 4), (2, 4), (4, 4)]


@pytest.mark.parametrize(("count", "told"), [(4, None), (5, Decimal("52.00"))], ids=["four", "five"])
def test_a_small_group_has_no_median(count, told):
    branches = BranchFactory.create_batch(count)
    decide([score(branch, "不合格", 50 + place, rank=count - place) for place, branch in enumerate(branches)])

    assert figures.of_seal(figures.seals()[2025]).median("小学", 5) == told


def test_a_year_that_was_reopened_is_not_compared(two_years):
    branch = two_years[0]
    round_ = decide([score(branch, "合格", 70, rank=1)], year=2023, stage="published")
    assert 2023 in figures.seals()
    type(round_).objects.filter(pk=round_.pk).update(state="review")

    assert 2023 not in figures.seals()


def test_the_spread_is_of_those_in_reach_and_of_one_group(two_years):
    first, second, new = two_years
    year = figures.of_seal(figures.seals()[2025])

    assert comparison.distribution(year) == [
        ("优秀", 1), ("合格", 1), ("基本合格", 0), ("不合格", 1), ("不定等次", 0),
    ]  # fmt: skip
    assert dict(comparison.distribution(year, {first.pk, new.pk}, "初中"))["合格"] == 1
    assert sum(count for _, count in comparison.distribution(year, {second.pk})) == 1


# ---- charts


def test_a_line_joins_neighbours_that_mean_the_same():
    chart = charts.course(
        [(2023, Decimal(80), False), (2024, None, False), (2025, Decimal(82), False), (2026, Decimal(90), True)],
        cuts=[2026],
    )

    assert chart.lines == []
    assert [mark.is_open for mark in chart.marks] == [False, False, True]
    assert chart.cuts == [Decimal("75.00")]
    assert chart.least == 70
    assert charts.course([(2025, None, True)]) is None


def test_a_bar_is_whole():
    parts = charts.bar([("优秀", 1), ("合格", 3), ("不合格", 0)])

    assert [(part["label"], part["x"], part["width"]) for part in parts] == [
        ("优秀", Decimal("0.00"), Decimal("25.00")), ("合格", Decimal("25.00"), Decimal("75.00")),
    ]  # fmt: skip
    assert charts.bar([("优秀", 0)]) == []


# ---- pages


def text(answer):
    return answer.content.decode()


def test_the_page_compares_the_two_newest_years_that_are_sealed(client, two_years):
    client.force_login(UserFactory(serving=root(), role=Role.STAFF))
    page = text(client.get(reverse("assessment:compare")))

    assert "2024 年（审定）与 2025 年（审定）" in page
    assert "+11.00" in page
    assert reverse("assessment:sheet", args=[2024, two_years[0].pk]) in page
    assert "两年的方案没有变化" in page


def test_only_those_whose_grade_changed(client, two_years):
    client.force_login(UserFactory(serving=root(), role=Role.STAFF))
    found = client.get(reverse("assessment:compare"), {"course": "down"}).context["rows"]

    assert [row["pair"].branch for row in found] == [two_years[1]]


def test_the_workbook_of_two_years_is_the_same_bytes_again(client, two_years):
    client.force_login(UserFactory(serving=root(), role=Role.STAFF))
    first, second = (client.get(reverse("assessment:compare_export")).content for _ in range(2))

    assert first == second
    assert first[:2] == b"PK"


def test_a_branch_sees_its_own_years_and_of_others_the_median_alone(client):
    own, *others = BranchFactory.create_batch(10)
    for year in (2024, 2025):
        decide(
            [
                score(own, "合格", 75, rank=4),
                *(score(each, "合格", 88 + place, rank=2) for place, each in enumerate(others)),
            ],
            year=year,
        )
    client.force_login(UserFactory(serving=own, role=Role.SECRETARY))
    answer = client.get(reverse("assessment:over_years", args=[own.pk]))
    page = text(answer)

    assert "75.00" in page
    assert "91.50" in page  # the middle of 75 and 88 … 96
    assert "组内名次" not in page
    assert not any(str(each.name) in page for each in others)
    assert client.get(reverse("assessment:over_years", args=[others[0].pk])).status_code == 404
    assert client.get(reverse("assessment:compare")).status_code == 403


def test_a_sealed_year_is_read_once(two_years, django_assert_num_queries):
    figures.of_seal(figures.seals()[2025])

    with django_assert_num_queries(1):
        figures.of_seal(figures.seals()[2025])
