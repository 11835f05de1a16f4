"""What `make prove` does at length: random acts never leave the road, on the engine and through the actions."""

import random

import pytest

from tests.proofs.scale import SEED
from tests.proofs.test_road_walk import stroll, wander


def test_random_steps_on_the_engine():
    taken, refused, _ = wander(random.Random(f"{SEED}/road/suite"), 40)

    assert taken
    assert refused


@pytest.mark.django_db
def test_random_acts_with_rows():
    taken, refused, _ = stroll(random.Random(f"{SEED}/road-rows/suite"), 3)

    assert taken
    assert refused
