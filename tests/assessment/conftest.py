"""Who takes part in the round of a year."""

import pytest

from tests.assessment import rounds_of_a_year


@pytest.fixture
def people():
    return rounds_of_a_year.People()
