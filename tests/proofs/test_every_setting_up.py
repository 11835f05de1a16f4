"""A post that must have a second factor opens nothing but its setting up: every such post asks for every route."""

import pytest

from tests.accounts.test_second_factor import only_the_setting_up_opens


@pytest.mark.django_db
def test_every_setting_up(settings):
    settings.SECOND_FACTOR = "required"
    only_the_setting_up_opens(lambda people: people)
