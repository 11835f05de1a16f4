"""What a branch's life makes of its grade, by records: merged, raised, limited and freed again."""

from datetime import date, timedelta

import pytest

from accounts.models import User
from assessment import scoring
from branches.models import Branch, OrgChange
from portal.actions import tend
from tests.assessment.year import OVER, YEAR, hold
from tests.factories import (
    BranchFactory,
    ManualScoreFactory,
    OrgChangeFactory,
    SuccessionFactory,
    UserFactory,
    VetoFactory,
)

pytestmark = pytest.mark.django_db
FOUNDED = date(2010, 1, 1)
ALL_KINDS = ("theme_party_day", "members_meeting", "party_lecture", "org_life_meeting")


def standing(*, on=OVER):
    return {score.branch.pk: score for score in scoring.grade(YEAR, on=on)}


def held_monthly(home, months):
    hold(home, "theme_party_day", *((month, 20) for month in months))


def points_of(score, key):
    return next(each for item in score.items for each in item.parts if each.key == key)


def test_a_merged_branch_is_graded_on_the_months_it_had_and_its_successor_on_its_own(merged):
    old, other, new = merged
    found = standing()

    assert (points_of(found[old.pk], "AT1").fact.whole, str(points_of(found[old.pk], "AT1").points)) == (8, "8.00")
    assert str(points_of(found[other.pk], "AT1").points) == "4.00"
    assert (points_of(found[new.pk], "AT1").fact.whole, str(points_of(found[new.pk], "AT1").points)) == (4, "8.00")
    assert found[old.pk].grade != "不定等次"
    assert (found[new.pk].grade, found[new.pk].why) == ("不定等次", "年内存续不足 6 个月")
    assert {old.pk, other.pk}.isdisjoint(score.branch.pk for score in scoring.grade(YEAR + 1, on=date(2026, 6, 1)))


@pytest.fixture
def merged(db):
    first = date(2025, 9, 1)
    old, other = (BranchFactory(founded_on=FOUNDED, closed_on=first - timedelta(days=1)) for _ in "12")
    new = BranchFactory(founded_on=first)
    for each in (old, other):
        SuccessionFactory(old=each, new=new, on=first)
    held_monthly(old, range(1, 9))
    held_monthly(other, range(1, 5))
    held_monthly(new, range(9, 13))
    tend_year()
    return old, other, new


def tend_year():
    tend(YEAR, by=User.objects.system())


@pytest.mark.parametrize(
    ("on", "months"),
    [(date(2025, 1, 1), None), (date(2025, 12, 31), None), (date(2026, 1, 1), 12), (date(2026, 2, 1), 12)],
    ids=str,
)
def test_who_was_raised_within_the_year_is_graded_by_what_it_is_at_its_end(on, months):
    """升格: a 党总支 on 31 December has no branch's grade; raised on 1 January it was a branch all year."""
    raised = BranchFactory(founded_on=FOUNDED, kind=Branch.Kind.GENERAL)
    OrgChangeFactory(
        branch=raised, kind=OrgChange.Kind.UPGRADED, on=on, before=Branch.Kind.BRANCH, after=Branch.Kind.GENERAL
    )
    held_monthly(raised, range(1, 13))
    tend_year()

    found = standing().get(raised.pk)

    assert (found is None) == (months is None)
    assert months is None or points_of(found, "AT1").fact.whole == months


@pytest.mark.parametrize(
    ("confirmed", "lifted", "limited"),
    [(False, False, False), (True, False, True), (True, True, False)],
    ids=["one person alone", "confirmed by another", "lifted"],
)
def test_a_veto_holds_from_the_second_person_s_word_until_it_is_lifted(confirmed, lifted, limited):
    best = BranchFactory(founded_on=FOUNDED, stage="primary")
    for each in [best, *(BranchFactory(founded_on=FOUNDED, stage="primary") for _ in range(9))]:
        hold(each, ALL_KINDS if each == best else ALL_KINDS[:1], *((month, 20) for month in range(1, 13)))
        ManualScoreFactory(branch=each, points=3 if each == best else 1)
    veto = VetoFactory(branch=best, year=YEAR, confirmed=confirmed)
    if lifted:
        veto.lifted_by, veto.lifted_at, veto.lifted_number = UserFactory(), veto.proposed_at, "撤销〔2025〕1号"
        veto.save()
    tend_year()

    found = standing()[best.pk]

    assert bool(found.veto) == limited
    assert found.rank == 1
    assert found.grade == ("基本合格" if limited else "优秀")


def test_a_veto_of_another_year_limits_nothing():
    best = BranchFactory(founded_on=FOUNDED)
    held_monthly(best, range(1, 13))
    VetoFactory(branch=best, year=YEAR - 1, confirmed=True)
    tend_year()

    assert standing()[best.pk].veto == ""
