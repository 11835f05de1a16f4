"""The first day of a county: nothing is there, and each page says what to do next."""

import re

import pytest
from django.urls import reverse

from branches.actions import root
from branches.rights import Role, may
from portal.places import PLACES
from tests import factories

pytestmark = pytest.mark.django_db
HAS_WORDS_ALWAYS = {  # pages that show something on the first day: the root itself, rules, choices
    "portal:home", "portal:help", "portal:places", "portal:reports", "portal:rights", "portal:rules", "portal:accounts", "portal:board",
    "portal:burden", "portal:settings", "exchange:api", "branches:list", "branches:dossiers", "branches:catalogue", "members:structure",
}  # fmt: skip
ACTS_ABOVE = {  # what fills them stands on the same page, or outside the portal
    "portal:imports", "portal:status", "portal:copying", "members:sanctions", "branches:risks",
}  # fmt: skip
EMPTY = re.compile(r'<div class="empty">.*?</div>\s*(?=<|$)', re.DOTALL)


@pytest.fixture
def first_admin(client):
    user = factories.UserFactory(serving=root(), role=Role.ADMIN, must_change_password=False)
    client.force_login(user)
    return user


@pytest.mark.parametrize("route", PLACES)
def test_an_empty_list_says_what_to_do_next(client, first_admin, route):
    verb = PLACES[route].verb
    if verb and not may(first_admin, verb):
        pytest.skip("not for an administrator")
    answer = client.get(reverse(route), follow=True)

    assert answer.status_code == 200
    found = EMPTY.findall(answer.content.decode())
    if route in HAS_WORDS_ALWAYS:
        assert found == []
    elif route in ACTS_ABOVE:
        assert found
    else:
        assert "href=" in "".join(found), "an empty list leads to what fills it"
