"""T-PERM-1 and T-PERM-2 with every row and for everybody: the suite draws of them and asks the sixteen principals."""

import pytest

from tests.security.test_matrix import OTHERS, PEOPLE, ask_everything
from tests.test_canaries import EYES
from tests.test_canaries import test_nobody_reads_a_word_that_is_not_for_them as ask_one

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("person", [person for person in [*PEOPLE, *OTHERS] if person not in EYES])
def test_nobody_at_all_reads_a_word_that_is_not_for_them(county, ask, person, record_property):
    ask_one(county, ask, person, record_property)


@pytest.mark.parametrize("person", [*PEOPLE, *OTHERS])
def test_each_route_answers_everybody_at_every_row(county, ask, person, record_property):
    ask_everything(county, ask, person, record_property)
