"""Who of the register has been to 党校 this year."""

from decimal import Decimal

from rulebook.facts import Fact
from training import coverage as covering


def coverage(branches, period):
    """branch id → Fact: members who have been to 党校 in the year, of those registered. Two queries.

    None while nobody in the county has signed in to such a class in the year.
    """
    if not covering.signed(period.year, on=period.on).exists():
        return None
    keys = [branch.pk for branch in branches]
    runs = period.on <= period.end
    return {
        branch: Fact(
            Decimal(row.covered), Decimal(row.registered), "training.SignIn",
            missing=(f"{row.left} 名党员还没有进党校",) if row.left and not runs else (),
            open=Decimal(row.left if runs else 0), note=f"还有 {row.left} 名党员没有进党校" if row.left and runs else "",
        )
        for branch, row in covering.of_branches(keys, period.year, on=period.on).items()
    }  # fmt: skip


def uncovered(branches, on):
    """branch id → members registered there who have not been to 党校 this year, for a roll by rule. One query."""
    rows = covering.register(branches, on.year, on=on).exclude(covering.been(on.year, on=on))
    found = {}
    for branch, member in rows.order_by("branch__order", "branch", "member__strokes", "member").values_list(
        "branch", "member"
    ):
        found.setdefault(branch, []).append(member)
    return found
