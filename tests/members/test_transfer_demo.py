"""The invented county's transfers agree with the register that they moved people in."""

from datetime import date, timedelta

import pytest

from members.models import Membership, Transfer, TransferList

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


def test_each_move_of_the_register_has_its_letter_and_each_letter_its_move(demo_county):
    moved = Transfer.objects.exclude(received_on=None).select_related("member")

    assert moved.count() > 5
    for transfer in moved:
        if transfer.from_branch_id:
            last = transfer.received_on - timedelta(days=1)
            old = Membership.objects.get(member=transfer.member, branch=transfer.from_branch, ended_on=last)
            assert old.end_reason == "transferred"
        new = Membership.objects.filter(member=transfer.member, started_on=transfer.received_on)
        assert [row.branch_id for row in new] == ([transfer.to_branch_id] if transfer.to_branch_id else [])
        assert transfer.issued_on <= transfer.received_on <= transfer.valid_until
    assert set(Transfer.objects.values_list("state", flat=True)) == set(Transfer.State.values)
    assert Transfer.objects.overdue(TODAY).exists()
    assert TransferList.objects.get().transfers.count() > 1
    for transfer in Transfer.objects.all():
        transfer.full_clean()
        assert [step.state for step in transfer.steps.all()][-1] == transfer.state
