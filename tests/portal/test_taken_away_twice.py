"""Two press the same button at one moment: the second saw the row, and finds it gone when it takes hold of it."""

from datetime import date

import pytest
from django.urls import reverse

from datacalls import actions as calls
from portal import packs
from portal.models import Pack
from tests import factories

pytestmark = pytest.mark.django_db


def _pack(branch, secretary):
    made = Pack(branch=branch, title="督查资料", starts_on=date(2026, 1, 1), ends_on=date(2026, 11, 20))
    return reverse("portal:pack_drop", args=[packs.start(made, "", by=secretary, on=date(2026, 11, 20)).pk])


def _call(branch, secretary):
    return reverse("datacalls:drop", args=[factories.DataCallFactory(branch=branch, created_by=secretary).pk])


@pytest.mark.parametrize(("module", "made"), [(packs, _pack), (calls, _call)], ids=["pack", "data call"])
def test_the_second_is_told_in_words(client, monkeypatch, module, made):
    branch = factories.BranchFactory(committee=True)
    user = factories.UserFactory(serving=branch, role="committee")
    address, drop = made(branch, user), module.drop

    def beaten(row, *, by):
        drop(row, by=by)  # a colleague's, between this page's look and its act
        return drop(row, by=by)

    monkeypatch.setattr(module, "drop", beaten)
    client.force_login(user)
    answer = client.post(address)

    assert answer.status_code == 409
    assert "这一条刚被删去" in answer.content.decode()
