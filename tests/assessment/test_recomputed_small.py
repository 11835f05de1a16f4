"""A small county's grades beside those worked out anew from the rows; at full size in tests/proofs."""

from datetime import date

import pytest
from django.db import transaction

from portal import demo
from tests.proofs import evidence, recomputed, shaken

TODAY = date(2026, 11, 20)
YEARS = {2025: date(2026, 3, 31), 2026: TODAY}


@pytest.fixture(scope="module")
def _built(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield demo.build(size=0.1, seed="1", today=TODAY)
        transaction.set_rollback(True)


@pytest.fixture
def built(_built, db):
    return _built


@pytest.mark.parametrize("year", YEARS)
def test_a_small_county_is_graded_alike(built, year):
    assert recomputed.differences(year, YEARS[year]) == []
    assert recomputed.differences(year, YEARS[year], "committee") == []


def test_a_small_county_in_disorder_is_graded_alike(built):
    shaken.shake(7, YEARS)

    assert [recomputed.differences(year, on) for year, on in YEARS.items()] == [[], []]


@pytest.mark.parametrize("year", YEARS)
def test_every_automatic_point_of_it_names_its_records_or_says_that_there_are_none(built, year):
    assert evidence.unproved(year, YEARS[year])[0] == []
