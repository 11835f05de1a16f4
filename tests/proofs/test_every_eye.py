"""T-PERM-2 for everybody: the suite asks one person of each reach, this all of them."""

import pytest

from tests.security.test_matrix import PEOPLE
from tests.test_canaries import EYES
from tests.test_canaries import test_nobody_reads_a_word_that_is_not_for_them as ask_one


@pytest.mark.django_db
@pytest.mark.parametrize("person", [person for person in PEOPLE if person not in EYES])
def test_nobody_at_all_reads_a_word_that_is_not_for_them(county, ask, person, record_property):
    ask_one(county, ask, person, record_property)
