"""Who takes which step of a transfer, who sees it, and for whom it waits."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from members import transfer_moves, transfers
from members.models import Transfer
from tests.factories import BranchFactory, UserFactory
from tests.members.scene import ISSUED, PAID, TODAY, Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return Scene()


@pytest.mark.parametrize(
    ("act", "who"),
    [("issue", "old_secretary"), ("issue", "new_secretary"), ("receive", "old_secretary"), ("receive", "committee"),
     ("confirm", "new_secretary"), ("reissue", "old_secretary"), ("send_back", "old_secretary")],
)  # fmt: skip
def test_each_step_is_taken_by_its_own_side(scene, act, who):
    by = getattr(scene, who)
    transfer = (
        scene.asked()
        if act == "issue"
        else scene.received(TODAY - timedelta(days=5))
        if act == "confirm"
        else scene.issued()
    )
    act_on = {
        "issue": lambda: transfers.issue(transfer, issued_on=ISSUED, dues_paid_through=PAID, by=by, on=TODAY),
        "reissue": lambda: transfers.reissue(transfer, issued_on=TODAY, by=by, on=TODAY),
        "receive": lambda: transfer_moves.receive(transfer, received_on=TODAY, by=by, on=TODAY),
        "confirm": lambda: transfer_moves.confirm(transfer, receipt_on=TODAY, by=by, on=TODAY),
        "send_back": lambda: transfers.send_back(transfer, reason="x", by=by, on=TODAY),
    }[act]

    with pytest.raises(PermissionDenied):
        act_on()


def test_both_sides_see_it_and_nobody_else(scene):
    transfer, third = scene.issued(), UserFactory(serving=BranchFactory(parent=scene.upper))

    seen = {
        name: list(Transfer.objects.visible_to(getattr(scene, name)))
        for name in ("old_secretary", "new_secretary", "committee", "staff")
    }
    assert seen == {name: [transfer] for name in seen}
    assert list(Transfer.objects.visible_to(third)) == []


def test_it_waits_for_whoever_has_to_act(scene):
    def mine():
        return {
            name
            for name in ("old_secretary", "new_secretary", "committee", "staff")
            if transfers.waiting(getattr(scene, name), TODAY).exists()
        }

    transfer = transfers.ask(
        Transfer(member=scene.member, direction="inside", to_branch=scene.new, reason="x"),
        by=scene.old_secretary,
        on=TODAY,
    )
    assert mine() == {"old_secretary"}
    transfer = transfers.agree(transfer, by=scene.old_secretary, on=TODAY)
    assert mine() == {"committee"}
    transfer = scene.issued(transfer)
    assert mine() == {"new_secretary"}
    transfer = scene.received(date(2025, 11, 10), transfer)
    assert mine() == {"committee"}
    transfer_moves.confirm(transfer, receipt_on=TODAY, by=scene.committee, on=TODAY)
    assert mine() == set()
