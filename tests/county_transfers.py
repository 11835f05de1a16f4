"""Transfers of COUNTY-S: out of each branch one letter is on its way, on a list of its own, with every text filled in."""

from tests import factories


def transfers(county, rows):
    by = county.people["admin"]
    for name in county.graded:
        if name not in county.members:
            continue
        branch, member = county.branches[name], county.members[name][1]
        listed = factories.TransferListFactory(branch=branch, created_by=by)
        row = factories.TransferFactory(
            issued=True, out=True, from_branch=branch, member=member, on_list=listed, created_by=by,
            valid_days=60, from_place="x", refusal="x",
        )  # fmt: skip
        factories.TransferStepFactory(transfer=row, state="issued", note="x", created_by=by)
        rows["transfer"].append((name, row))
        rows["transfer_list"].append((name, listed))
