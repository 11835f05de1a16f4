"""From records to points: each rule at its boundary, and what does not apply or is not judged is left out openly."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from assessment import scoring
from branches.models import Branch
from duties.models import Duty
from meetings.models import Meeting
from portal.actions import tend
from tests.assessment.year import MONTHS, OVER, YEAR, decimal, hold, item, scores
from tests.factories import (
    BranchFactory,
    GroupFactory,
    ManualScoreFactory,
    MeetingFactory,
    SchemeFactory,
    TermFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


# --- share: the part of the duties that were met


@pytest.mark.parametrize(
    ("days", "points"),
    [
        ([(month, 25) for month in MONTHS], "8.00"),
        ([(month, 28) for month in MONTHS], "8.00"),
        ([(3, 29), *((month, 25) for month in MONTHS if month != 3)], "7.80"),
        ([(month, 29 if month != 2 else 28) for month in MONTHS], "5.80"),
        ([(month, 25) for month in MONTHS if month != 7], "7.33"),
        ([(7, 5), (7, 20), *((month, 25) for month in MONTHS if month not in (7, 8))], "7.33"),
        ([(3, 20), (3, 30), *((month, 25) for month in MONTHS if month != 3)], "8.00"),
    ],
    ids=[
        "by the 25th",
        "by the 28th",
        "once on the 29th",
        "ever on the 29th",
        "a month missed",
        "two in July and none in August",
        "early and again late",
    ],
)
def test_a_month_s_party_day(branch, days, points):
    hold(branch, "theme_party_day", *days)

    assert item(branch, "AT1").points == decimal(points)


def test_the_score_says_how_many_were_held_by_the_25th_and_what_is_missing(branch):
    hold(branch, "theme_party_day", *((month, 25) for month in range(1, 10)), (10, 26), (11, 29))

    (part,) = item(branch, "AT1").parts

    assert part.reason == "10.7/12；25 日前办结 9 件；迟办：11 月；缺：12 月"
    assert set(part.fact.pks) == set(Meeting.objects.values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("kind", "code", "days", "points"),
    [
        ("members_meeting", "AT2", [(1, 1), (6, 30), (7, 1), (12, 31)], "4.00"),
        ("members_meeting", "AT2", [(1, 1), (3, 31), (7, 1), (12, 31)], "3.00"),
        ("party_lecture", "AT4b", [(2, 1), (5, 1), (8, 1), (11, 1)], "2.00"),
        ("party_lecture", "AT4b", [(2, 1), (2, 2), (2, 3), (2, 4)], "0.50"),
    ],
    ids=["one a quarter", "two in the first, none in the second", "four lectures", "four in one quarter"],
)
def test_quarterly_duties_go_by_the_quarter(branch, kind, code, days, points):
    hold(branch, kind, *days)

    assert item(branch, code).points == decimal(points)


@pytest.mark.parametrize(("code", "kind"), [("AT3", "committee_meeting"), ("AT4a", "group_meeting")])
def test_committee_and_group_meetings_are_asked_only_of_those_who_have_them(branch, code, kind):
    other = BranchFactory()
    TermFactory(branch=other, committee_size=3)
    GroupFactory(branch=other)
    for each in (branch, other):
        hold(each, kind, *((month, 10) for month in range(1, 7)))

    assert item(branch, code).state == "not_applicable"
    assert (item(other, code).state, item(other, code).points) == ("scored", item(other, code).most / 2)


@pytest.mark.parametrize(
    ("state", "points"), [("accepted", "0.67"), ("submitted", "0.67"), ("returned", "0.00"), ("draft", "0.00")]
)
def test_only_what_was_handed_in_counts(branch, state, points):
    MeetingFactory(branch=branch, held_on=date(2025, 5, 25), **{} if state == "draft" else {state: True})

    assert item(branch, "AT1").points == decimal(points)


def test_a_branch_founded_in_the_year_owes_its_part(branch):
    late = BranchFactory(founded_on=date(2025, 7, 16))
    hold(late, "theme_party_day", *((month, 25) for month in range(7, 13)))

    assert item(late, "AT1").parts[0].reason.startswith("6/6")
    assert item(late, "AT1").points == 8


def test_a_branch_closed_in_the_year_owes_its_part():
    closed = BranchFactory(closed_on=date(2025, 9, 30))
    hold(closed, "theme_party_day", *((month, 25) for month in range(1, 10)))

    assert (item(closed, "AT1").points, item(closed, "AT1").parts[0].fact.whole) == (8, 9)


def test_what_is_not_yet_due_is_still_to_be_had(branch):
    hold(branch, "theme_party_day", *((month, 25) for month in range(1, 6)))

    (part,) = item(branch, "AT1", on=date(2025, 6, 15)).parts

    assert (part.points, part.still, part.fact.missing) == (decimal("3.33"), decimal("4.67"), ())


def test_groups_at_the_same_time_are_one_time_of_having_groups(branch):
    for _ in range(3):
        GroupFactory(branch=branch, started_on=date(2025, 5, 24), ended_on=date(2025, 5, 31))

    assert item(branch, "AT4a").state == "not_applicable"


def test_a_duty_no_longer_owed_is_no_longer_scored(branch):
    hold(branch, "theme_party_day", (1, 25))
    assert item(branch, "AT1").parts[0].fact.whole == 12

    Branch.objects.filter(pk=branch.pk).update(founded_on=date(2025, 3, 1))

    assert (item(branch, "AT1").parts[0].fact.whole, item(branch, "AT1").points) == (10, 0)


def test_the_spring_of_a_leap_year_lasts_until_31_march(branch):
    tend(2027, by=User.objects.system())

    assert Duty.objects.get(branch=branch, rule="org_life_meeting", year=2027).ends_on == date(2028, 3, 31)


# --- linear: attendance


@pytest.mark.parametrize(
    ("attended", "points"),
    [
        (1000, "6.00"),
        (900, "6.00"),
        (899, "5.98"),
        (750, "3.00"),
        (601, "0.02"),
        (600, "0.00"),
        (599, "0.00"),
        (0, "0.00"),
    ],
)
def test_attendance_is_full_at_90_and_nothing_at_60_per_cent(branch, attended, points):
    hold(branch, "members_meeting", (3, 3), due=1000, attended=attended)

    assert item(branch, "AT5").points == decimal(points)


def test_attendance_is_of_all_meetings_together_each_once(branch):
    hold(branch, ("theme_party_day", "party_lecture"), (3, 3), due=10, attended=10)
    hold(branch, "members_meeting", (4, 4), due=30, attended=20)

    assert item(branch, "AT5").parts[0].reason == "30/40＝75.00%"


@pytest.mark.parametrize("due", [0, None], ids=["nobody due", "no meeting"])
def test_attendance_without_anybody_due_does_not_apply(branch, due):
    if due is not None:
        hold(branch, "members_meeting", (3, 3), due=due, attended=0)

    assert item(branch, "AT5").state == "not_applicable"


# --- minus: elections


@pytest.mark.parametrize(
    ("expires_on", "elected_on", "points"),
    [
        (date(2026, 1, 1), None, "5.00"),
        (date(2025, 10, 31), None, "5.00"),
        (date(2025, 9, 30), None, "4.00"),
        (date(2025, 5, 31), None, "0.00"),
        (date(2025, 1, 31), None, "0.00"),
        (date(2025, 1, 31), date(2025, 2, 10), "5.00"),
        (date(2025, 1, 31), date(2025, 3, 31), "5.00"),
        (date(2025, 1, 31), date(2025, 4, 30), "4.00"),
    ],
    ids=[
        "not yet",
        "2 months",
        "3 months",
        "7 months",
        "11 months",
        "elected at once",
        "elected in the grace",
        "elected a month late",
    ],
)
def test_elections_lose_a_point_a_month_after_two_months_of_grace(branch, expires_on, elected_on, points):
    TermFactory(branch=branch, started_on=date(2022, 1, 31), expires_on=expires_on)
    if elected_on:
        TermFactory(branch=branch, started_on=elected_on, expires_on=date(2028, 12, 31))

    assert item(branch, "PF2").points == decimal(points)


def test_lateness_is_not_foretold(branch):
    TermFactory(branch=branch, started_on=date(2022, 1, 31), expires_on=date(2025, 1, 31))

    assert item(branch, "PF2", on=date(2025, 4, 29)).points == 5
    assert item(branch, "PF2", on=date(2025, 4, 30)).points == 4


def test_a_successor_whose_end_is_not_known_is_a_successor(branch):
    TermFactory(branch=branch, started_on=date(2022, 1, 31), expires_on=date(2025, 1, 31))
    TermFactory(branch=branch, started_on=date(2025, 2, 10), expires_on=None)

    assert item(branch, "PF2").points == 5


def test_elections_without_a_term_on_record_do_not_apply(branch):
    assert item(branch, "PF2").state == "not_applicable"


# --- the assessment year


@pytest.mark.parametrize(
    ("held_on", "points"),
    [
        (date(2025, 3, 31), "0.00"),
        (date(2025, 4, 1), "1.50"),
        (date(2025, 12, 31), "1.50"),
        (date(2026, 1, 9), "1.50"),
        (date(2026, 3, 31), "1.50"),
        (date(2026, 4, 1), "0.00"),
    ],
    ids=[
        "spring, for the year before",
        "April",
        "December",
        "January after",
        "the last day of March after",
        "too late",
    ],
)
def test_the_organisation_life_meeting_counts_for_its_assessment_year(branch, held_on, points):
    hold(branch, "org_life_meeting", held_on)

    assert item(branch, "PF1").parts[0].points == decimal(points)


# --- what does not apply and what nobody judged yet


def test_what_waits_for_records_or_assessors_is_pending_and_says_so(branch):
    found = {each.code: each for each in scores()[branch].items}

    assert {code for code, each in found.items() if each.state == "pending"} == {
        "PF3",
        "PF4",
        "PF5",
        "PF7",
        "PF8",
        "PF9",
        "PF10",
        "EX1",
        "EX2",
        "EX3",
        "B1",
    }
    assert found["AT6"].state == found["PF6"].state == "not_applicable", "nobody called, and no return was owed in 2025"
    assert found["PF3"].reason == "发展党员记录尚未启用，暂不评分"
    assert found["PF10"].reason == "考评组尚未评定"
    assert all(each.points == 0 for each in found.values() if each.state != "scored")


def test_a_dimension_is_scaled_to_its_weight_by_what_is_scored(branch):
    hold(branch, "theme_party_day", *((month, 25) for month in MONTHS), attended=10)

    attendance, performance, excellence = scores()[branch].dimensions

    # AT1 8 of 8, AT2 0 of 4, AT4b 0 of 2, AT5 6 of 6; AT3, AT4a and AT6 do not apply.
    assert (attendance.out_of, attendance.points) == (20, decimal("21.00"))
    # PF1.1 0 of 1.5: all else waits, or has no term on record.
    assert (performance.out_of, performance.points) == (decimal("1.5"), 0)
    assert (excellence.out_of, excellence.points) == (0, None)


def test_the_total_is_scaled_to_100_by_the_dimensions_that_have_points(branch):
    hold(branch, "theme_party_day", *((month, 25) for month in MONTHS))
    hold(branch, "org_life_meeting", (12, 1))

    score = scores()[branch]

    # 考勤 21.00 of 30 and 实绩 50.00 of 50; 创优 has nothing: 71.00 of 80.
    assert [dimension.points for dimension in score.dimensions] == [decimal("21.00"), decimal("50.00"), None]
    assert score.total == decimal("88.75")
    assert score.judged == decimal("21.5")


def test_a_judgement_counts_and_names_its_reason_and_its_author(branch):
    ManualScoreFactory(
        branch=branch, part="EX2.2", points=2.25, reason="品牌获市级推广", judged_by=UserFactory(name="周明远")
    )

    score = scores()[branch]

    assert score.of("excellence") == decimal("15.00")
    judged = next(each for each in score.items if each.code == "EX2").parts[1]
    assert judged.reason == "品牌获市级推广（考评组评定）", "two agreed: neither is named"


def test_the_scheme_that_was_published_is_the_one_that_scores(branch):
    opened = SchemeFactory(year=YEAR)
    next(each for each in opened.content["items"] if each["code"] == "EX2")["label"] = "开年时的名称"
    opened.save()

    assert item(branch, "EX2").label == "开年时的名称"


def test_the_bonus_comes_on_top(branch):
    hold(branch, "theme_party_day", (1, 25))
    before = scores()[branch]
    ManualScoreFactory(branch=branch, part="B1", points=5)

    after = scores()[branch]

    assert (before.extra, after.extra) == (0, 5)
    assert after.total == before.total + 5


def test_a_branch_that_owes_nothing_yet_has_no_total():
    tiny = BranchFactory(founded_on=date(2025, 12, 25))

    score = scores()[tiny]

    assert (score.total, score.judged) == (None, 0)


def test_grading_costs_the_same_queries_for_any_number_of_branches():
    def cost(count):
        for each in BranchFactory.create_batch(count):
            hold(each, "theme_party_day", (3, 25), (4, 25))
            TermFactory(branch=each, committee_size=3)
            ManualScoreFactory(branch=each)
        tend(YEAR, by=User.objects.system())
        with CaptureQueriesContext(connection) as queries:
            found = scoring.grade(YEAR, on=OVER)
        return len(found), len(queries)

    (few, before), (many, after) = cost(1), cost(7)

    assert (few, many) == (1, 8)
    assert after == before
