"""Two people at once: one letter is accepted once, one number given once, one person moved once."""

import threading
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accounts import audit
from accounts.models import User
from branches.models import Branch, Placement
from members import transfer_moves, transfers
from members.models import Member, Membership, Transfer, TransferStep
from tests.factories import BranchFactory, MemberFactory

TODAY = date(2025, 11, 20)


@pytest.fixture
def committed(django_db_setup, django_db_blocker, monkeypatch):
    """Rows that a second connection sees, cleared by hand: the record of events takes no TRUNCATE, so this is no test of the
    transactional kind, and nothing is put on that record here."""
    monkeypatch.setattr(audit, "record", lambda *args, **detail: None)
    with django_db_blocker.unblock():
        before = set(Branch.objects.values_list("pk", flat=True))
        yield
        for model in (TransferStep, Transfer, Membership, Member):
            model.objects.all().delete()
        Placement.objects.exclude(branch__in=before).delete()
        Branch.objects.exclude(pk__in=before).delete()
        connection.close()


def at_once(*acts):
    """What each act came to, all begun together on connections of their own."""
    gate, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        gate.wait()
        try:
            act()
            found[place] = "done"
        except ValidationError as error:
            found[place] = error.messages[0]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


def test_each_is_done_once(committed):
    staff = User.objects.system()
    old, new = BranchFactory(), BranchFactory()
    first, second = MemberFactory(branch=old), MemberFactory(branch=old)

    def ask(member):
        transfer = Transfer(member=member, direction="inside", to_branch=new, reason="x")
        return transfers.ask(transfer, by=staff, on=TODAY, agreed=True)

    asked = at_once(lambda: ask(first), lambda: ask(first))
    assert sorted(asked)[0] == "done"
    assert "没有办结的转接" in sorted(asked)[1]
    transfer, other = Transfer.objects.get(), ask(second)

    def issue(one):
        return lambda: transfers.issue(one, issued_on=TODAY, dues_paid_through=TODAY, by=staff, on=TODAY)

    assert at_once(issue(transfer), issue(other)) == ["done", "done"]
    assert set(Transfer.objects.values_list("number", flat=True)) == {"〔2025〕第1号", "〔2025〕第2号"}

    def receive():
        transfer_moves.receive(transfer, received_on=TODAY, by=staff, on=TODAY)

    def back():
        transfers.send_back(transfer, reason="x", by=staff, on=TODAY)

    accepted = at_once(receive, receive, back)
    assert accepted.count("done") == 1
    assert Membership.objects.filter(member=first).on(TODAY).count() == 1
