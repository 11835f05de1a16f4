"""Who came last in the year's final result: a clue for a person to look at, and only once the year is decided."""

from datetime import date

import pytest

from assessment.facts import last_places
from branches.models import Branch
from branches.weak_clues import signs
from rulebook.facts import Period
from tests.assessment.sealed import finalised, graded_year, sealed
from tests.assessment.year import YEAR

pytestmark = pytest.mark.django_db
NEXT = date(YEAR + 1, 6, 1)


def found():
    return last_places(Branch.objects.graded(), Period.of_year(YEAR, on=NEXT))


def test_the_last_of_a_decided_year_gives_a_clue_in_the_year_after():
    round = graded_year(3)
    assert found() is None, "nothing is decided"
    sealed(round)
    assert found() is None, "published is not decided"
    finalised(round)

    places = found()

    assert sorted(int(fact.value) for fact in places.values()) == [1, 2, 3]
    last = next(pk for pk, fact in places.items() if fact.value == 1)
    assert places[last].missing == ("2025 年度考核在 3 个支部中列倒数第 1 名",)
    told = {
        branch: [sign.words for sign in found if sign.key == "last"]
        for branch, found in signs(Branch.objects.graded(), NEXT).items()
    }
    assert {branch: words for branch, words in told.items() if words} == {last: list(places[last].missing)}
