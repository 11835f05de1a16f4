"""Every page and every form with every bent value, where the suite draws of them."""

import pytest

from tests.security.test_hostile_input import ADDRESSES, SAFE, UNSAFE, ask_bent, faults, send_bent

__all__ = ["faults"]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("route", SAFE, ids=lambda route: route.name)
def test_no_address_at_all_breaks_a_page(county, ask, faults, route):
    ask_bent(county, ask, faults, route, ADDRESSES)


@pytest.mark.parametrize("route", UNSAFE, ids=lambda route: route.name)
def test_no_form_at_all_breaks_the_portal(county, ask, faults, route):
    send_bent(county, ask, faults, route, every=True)
