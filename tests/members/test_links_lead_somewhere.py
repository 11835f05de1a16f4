"""A page leads only where its reader may go: the other side of a merger, a branch that is no more."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from branches.actions import root
from branches.rights import Role
from tests.factories import BranchFactory, SuccessionFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_the_page_leads_only_where_its_reader_may_go(client):
    old, new = BranchFactory(name="云岭旧寨小学党支部"), BranchFactory(name="云岭新寨小学党支部")
    SuccessionFactory(old=old, new=new)
    client.force_login(UserFactory(serving=new))

    page = client.get(reverse("members:structure")).content.decode()

    assert old.name in page
    assert old.get_absolute_url() not in page
    assert new.get_absolute_url() in page


@time_machine.travel("2026-02-10 10:00+08:00", tick=False)
def test_nothing_is_offered_to_begin_where_the_branch_is_no_more(client):
    closed, alive = BranchFactory(founded_on=date(2020, 1, 1)), BranchFactory(founded_on=date(2020, 1, 1))
    closed.closed_on = date(2026, 1, 5)
    closed.save()
    client.force_login(UserFactory(serving=root(), role=Role.STAFF))

    page = client.get(reverse("members:appraisals") + "?year=2025").content.decode()

    assert f"?branch={alive.pk}" in page
    assert f"?branch={closed.pk}" not in page
