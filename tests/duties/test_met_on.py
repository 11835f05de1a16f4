"""The day on which a duty was met stands with the duty, whatever is written to its records, and in however many rows."""

from datetime import date

import pytest

from duties.models import Duty, Fulfilment
from tests.factories import DutyFactory

pytestmark = pytest.mark.django_db
FIRST, SECOND = date(2025, 5, 3), date(2025, 5, 20)


def of(*duties):
    found = Duty.objects.in_bulk([duty.pk for duty in duties])
    return [found[duty.pk].met_on for duty in duties]


def record(duty, on, key):
    return Fulfilment(duty=duty, label="meetings.Meeting", object_id=key, on=on)


def test_the_earliest_record_decides_and_what_is_taken_back_counts_no_more():
    met, other = DutyFactory(), DutyFactory()
    late, early = Fulfilment.objects.bulk_create([record(met, SECOND, 1), record(met, FIRST, 2)])
    assert of(met, other) == [FIRST, None]

    early.delete()
    assert of(met) == [SECOND]
    Fulfilment.objects.filter(pk=late.pk).update(on=FIRST)
    assert of(met) == [FIRST]
    Fulfilment.objects.all().delete()
    assert of(met) == [None]


def test_a_record_that_moves_to_another_duty_takes_its_day_along():
    met, other = DutyFactory(), DutyFactory()
    Fulfilment.objects.bulk_create([record(met, FIRST, 1)])
    Fulfilment.objects.update(duty=other)
    assert of(met, other) == [None, FIRST]
