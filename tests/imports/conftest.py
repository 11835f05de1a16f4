import pytest

from tests.imports import county, layouts


@pytest.fixture
def organised(db):
    """The county's organisations are on record."""
    county.bring(layouts.xlsx(county.organisations()))


@pytest.fixture
def peopled(organised):
    """The county's organisations and members are on record."""
    county.bring(layouts.xlsx(county.roster()))
