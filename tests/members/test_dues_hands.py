"""党费 between two people and two branches: nobody signs for the own paper, and a slip of one branch does not bar the other."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from branches.rights import Role
from members import dues, dues_upward
from members.dues import Entry
from members.models import DuesHandover, DuesPayment, DuesWaiver, Membership
from tests.factories import BranchFactory, DuesWaiverFactory, MemberFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)
NOVEMBER = date(2025, 11, 1)


@pytest.fixture
def staff(branch):
    return UserFactory(serving=branch.parent, role=Role.STAFF)


def test_nobody_approves_the_waiver_he_asked_for(branch, staff):
    asked = DuesWaiver(member=MemberFactory(branch=branch), from_month=NOVEMBER, to_month=NOVEMBER, reason="大病")
    dues_upward.ask_waiver(asked, by=staff, on=TODAY)

    with pytest.raises(ValidationError, match="另一位同志"):
        dues_upward.decide_waiver(asked, approve=True, by=staff, on=TODAY)


def test_nobody_approves_the_own_waiver(branch, staff):
    member = MemberFactory(branch=branch, user=staff)
    waiver = DuesWaiverFactory(member=member, created_by=UserFactory(serving=branch))

    with pytest.raises(ValidationError, match="另一位同志"):
        dues_upward.decide_waiver(waiver, approve=True, by=staff, on=TODAY)


@pytest.mark.parametrize("wrote_first", [True, False], ids=["entered", "corrected"])
def test_nobody_signs_for_the_money_he_handed_in(branch, staff, wrote_first):
    def handed(by):
        row = DuesHandover(branch=branch, year=2025, quarter=3, amount=Decimal(40), handed_on=TODAY)
        return dues_upward.hand_over(row, by=by, on=TODAY)

    if not wrote_first:
        handed(UserFactory(serving=branch))
    row = handed(staff)

    with pytest.raises(ValidationError, match="另一位同志"):
        dues_upward.receive(row, receipt="1", by=staff, on=TODAY)


def test_what_one_branch_took_back_another_may_enter(branch):
    elsewhere, member = BranchFactory(), MemberFactory()
    MembershipFactory(
        member=member, branch=branch, started_on=date(2020, 1, 1), ended_on=date(2025, 11, 9),
        end_reason=Membership.End.TRANSFERRED,
    )  # fmt: skip
    MembershipFactory(member=member, branch=elsewhere, started_on=date(2025, 11, 10))
    DuesPayment.objects.create(
        member=member, branch=branch, month=NOVEMBER, paid=0, paid_on=TODAY, created_by=UserFactory()
    )

    entry = Entry(member.pk, "", Decimal("25.00"), TODAY)
    dues.record_month(elsewhere, NOVEMBER, [entry], by=UserFactory(serving=elsewhere), on=TODAY)

    payment = DuesPayment.objects.get(member=member, month=NOVEMBER)
    assert (payment.branch, payment.paid) == (elsewhere, Decimal("25.00"))
    assert dues_upward.collected(branch, 2025, 4) == 0
