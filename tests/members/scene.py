"""Two branches below a 党委, somebody about to move from one to the other, and whoever has to act."""

from datetime import date

from branches.actions import root
from branches.rights import Role
from members import transfer_moves, transfers
from members.models import Membership, Transfer
from tests.factories import BranchFactory, MemberFactory, UserFactory

TODAY = date(2025, 11, 20)
ISSUED = date(2025, 10, 20)
PAID = date(2025, 10, 1)


class Scene:
    def __init__(self):
        self.upper = BranchFactory(committee=True)
        self.old, self.new = BranchFactory(parent=self.upper), BranchFactory(parent=self.upper)
        self.member = MemberFactory(branch=self.old)
        self.old_secretary, self.new_secretary = UserFactory(serving=self.old), UserFactory(serving=self.new)
        self.committee = UserFactory(serving=self.upper, role=Role.COMMITTEE)
        self.staff = UserFactory(serving=root(), role=Role.STAFF)

    def asked(self, **fields):
        fields = {"member": self.member, "direction": "inside", "to_branch": self.new, "reason": "工作调动", **fields}
        return transfers.ask(Transfer(**fields), by=self.old_secretary, on=TODAY, agreed=True)

    def out(self):
        return self.asked(direction="out", to_branch=None, to_place="中共邻县某校支部委员会")

    def issued(self, transfer=None, *, issued_on=ISSUED, **fields):
        return transfers.issue(
            transfer or self.asked(), issued_on=issued_on, dues_paid_through=PAID, by=self.committee, on=TODAY, **fields
        )

    def received(self, received_on, transfer=None, **fields):
        transfer = transfer or self.issued(**fields)
        return transfer_moves.receive(transfer, received_on=received_on, by=self.new_secretary, on=TODAY)

    def at(self, day):
        """The branches that count the member on that day."""
        return [row.branch for row in Membership.objects.filter(member=self.member).on(day).select_related("branch")]
