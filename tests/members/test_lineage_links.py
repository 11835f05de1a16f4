"""What an organisation came from is told to both sides; the other side's page only to who may open it."""

import pytest
from django.urls import reverse

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
