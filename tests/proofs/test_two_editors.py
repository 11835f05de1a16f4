"""T-CONC-1: two people save the same member at the same moment, again and again: one wins, the other is told and shown what."""

import threading

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import audit
from accounts.models import User
from branches.models import Appointment, Branch, Placement
from members.models import Member, Membership
from tests.factories import BranchFactory, MemberFactory, UserFactory
from tests.proofs.scale import SHARE

ROUNDS = max(10, round(1000 * SHARE))


@pytest.fixture
def committed(django_db_setup, django_db_blocker, monkeypatch):
    """Rows that other connections see, cleared by hand: the record of acts takes no TRUNCATE, so nothing is put on it."""
    monkeypatch.setattr(audit, "record", lambda *args, **detail: None)
    with django_db_blocker.unblock():
        before = set(Branch.objects.values_list("pk", flat=True))
        yield
        for model in (Membership, Member, Appointment):
            model.objects.all().delete()
        Placement.objects.exclude(branch__in=before).delete()
        Branch.objects.exclude(pk__in=before).delete()
        User.objects.exclude(username="system").delete()
        connection.close()


def test_one_wins_and_the_other_sees_the_difference(committed, record_property):
    branch = BranchFactory()
    member = MemberFactory(branch=branch, name="周明远")
    url = reverse("members:edit", args=[member.pk])
    editors = []
    for _ in range(2):
        browser = Client()
        browser.force_login(UserFactory(serving=branch))
        editors.append(browser)
    fields = {
        name: value or ""
        for name, value in editors[0].get(url).context["form"].initial.items()
        if name != "version" and not hasattr(value, "isoformat")
    } | {"birth_on": "1980-05-17"}
    told = {"won": 0, "stale": 0}

    for number in range(ROUNDS):
        version = Member.objects.get(pk=member.pk).version
        gate, answers = threading.Barrier(2), [None, None]

        def save(place, number=number, version=version, gate=gate, answers=answers):
            gate.wait()
            data = fields | {"version": version, "title": f"第{number}次{'甲乙'[place]}"}
            answers[place] = editors[place].post(url, data)
            connection.close()

        threads = [threading.Thread(target=save, args=[place]) for place in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        won = [place for place in (0, 1) if answers[place].status_code == 302]
        assert len(won) == 1, (number, [answer.status_code for answer in answers])
        saved = Member.objects.get(pk=member.pk)
        assert (saved.version, saved.title) == (version + 1, f"第{number}次{'甲乙'[won[0]]}")
        other = answers[1 - won[0]].text
        assert "刚被别人改过" in other
        assert saved.title in other, "the other's value is shown"
        assert f"第{number}次{'甲乙'[1 - won[0]]}" in other, "what was typed stays"
        told["won"] += 1
        told["stale"] += 1
    record_property("rounds", ROUNDS)
    assert told == {"won": ROUNDS, "stale": ROUNDS}


def test_the_form_carries_the_version_it_was_opened_with(client, db):
    """Beside its meaning, a test with a database of its own makes pytest set one up for the threads above."""
    branch = BranchFactory()
    member = MemberFactory(branch=branch)
    client.force_login(UserFactory(serving=branch))

    page = client.get(reverse("members:edit", args=[member.pk])).text

    assert f'name="version" value="{member.version}"' in page
