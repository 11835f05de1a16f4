"""Several organisations enrol at one moment: the places that they share are never exceeded."""

import threading
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accounts import audit
from accounts.models import User
from branches.actions import root
from branches.models import Branch, Placement
from members.models import Member, Membership
from tests.factories import BranchFactory, ClassQuotaFactory, MemberFactory, TrainingClassFactory
from training import rolls
from training.models import ClassQuota, Enrolment, TrainingClass

ON = date(2025, 4, 8)
AT_ONCE, PLACES = 4, 2


@pytest.fixture
def committed(django_db_setup, django_db_blocker, monkeypatch):
    """Rows that a second connection sees, cleared by hand: the record of events takes no TRUNCATE, so this is no test of the
    transactional kind, and nothing is put on that record here."""
    monkeypatch.setattr(audit, "record", lambda *args, **detail: None)
    with django_db_blocker.unblock():
        before = set(Branch.objects.values_list("pk", flat=True))
        yield
        for model in (Enrolment, ClassQuota, TrainingClass, Membership, Member):
            model.objects.all().delete()
        Placement.objects.exclude(branch__in=before).delete()
        parents = list(Branch.objects.exclude(parent=None).values_list("parent", flat=True))
        Branch.objects.exclude(pk__in=[*before, *parents]).delete()
        Branch.objects.exclude(pk__in=before).delete()
        connection.close()


def test_places_shared_by_several_are_never_exceeded(committed):
    system = User.objects.system()
    upper = BranchFactory(parent=root(), committee=True)
    held = TrainingClassFactory(branch=root(), state="open", created_by=system)
    ClassQuotaFactory(training_class=held, branch=upper, places=PLACES)
    pairs = [(branch, MemberFactory(branch=branch)) for branch in (BranchFactory(parent=upper) for _ in range(AT_ONCE))]
    gate, found = threading.Barrier(AT_ONCE), []

    def enrol(branch, member):
        gate.wait()
        try:
            rolls.enrol(held, branch, [member], by=system, on=ON)
            found.append("done")
        except ValidationError as error:
            found.append(error.messages[0])
        finally:
            connection.close()

    threads = [threading.Thread(target=enrol, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert found.count("done") == Enrolment.objects.count() == PLACES
    assert sum("已报满" in words for words in found) == AT_ONCE - PLACES
