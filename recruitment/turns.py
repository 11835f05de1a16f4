"""Whose turn a step is, for one pair of eyes and many persons at once: what `sides.may_take` says, without a query each."""

from functools import cached_property

from branches.models import Branch
from branches.rights import may, places, serving
from recruitment.sides import ABOVE, APPROVALS, EITHER, GENERALS, needs_committee, verb

OF_ABOVE = ABOVE | APPROVALS
BRANCH_SIDE, ABOVE_SIDE = "支部", "上级党组织"
CLOSED = {"political_review": "review.see", "branch_vote": "vote.see", "conversion_vote": "vote.see"}


def side(key):
    """Who takes a step, in a word."""
    return ABOVE_SIDE if key in OF_ABOVE else BRANCH_SIDE


def uppers():
    """The organisations that may stand above a branch."""
    kinds = [Branch.Kind.WORK_COMMITTEE, Branch.Kind.COMMITTEE, Branch.Kind.GENERAL]
    return Branch.objects.filter(kind__in=kinds, closed_on=None)


class Eyes:
    """What one person may do and see on roads: rights alone, and one query where somebody above a branch is asked for.

    `kinds`: path → kind of `uppers()`, by whoever has read them already.
    """

    def __init__(self, user, kinds=None):
        self.user = user
        if kinds is not None:
            self.kinds = kinds
        self.reach = places(user, "recruit.approve")
        self.own = {path for _, path in serving(user)}
        self.known = {}

    @cached_property
    def kinds(self):
        return dict(uppers().values_list("path", "kind"))

    def _above(self, branch):
        """(path, kind) of the organisations above a branch, the nearest first; looked up once for all its roads."""
        if branch.path in self.known:
            return self.known[branch.path]
        found, keys = [], branch.path.strip("/").split("/")[:-1]
        for length in range(len(keys), 0, -1):
            path = f"/{'/'.join(keys[:length])}/"
            if path in self.kinds:
                found.append((path, self.kinds[path]))
        self.known[branch.path] = found
        return found

    def _approves_at(self, path):
        return any(path == place or (below and path.startswith(place)) for place, below in self.reach)

    def is_above(self, branch, *, approves=False):
        """Whether the person acts for an organisation above; `approves`: for one that is no 党总支."""
        if branch.path in self.own or not self.reach:
            return False
        return any(
            self._approves_at(path) and not (approves and kind == Branch.Kind.GENERAL)
            for path, kind in self._above(branch)
        )

    def may_take(self, key, branch):
        if key in EITHER and may(self.user, "recruit.edit", at=branch):
            return True
        if key in OF_ABOVE or key in EITHER:
            return self.is_above(branch, approves=key not in GENERALS)
        return may(self.user, verb(key), at=branch)

    def may_take_back(self, key, lost, branch):
        """Whether a step may be taken back with all that falls with it: by those above, or by the branch as long as nothing
        of theirs rests on it."""
        if self.is_above(branch, approves=needs_committee(lost)):
            return True
        if lost & OF_ABOVE or ("political_review" in lost and not may(self.user, "review.edit", at=branch)):
            return False
        return may(self.user, verb(key), at=branch)

    def is_turn(self, key, branch):
        """Whether it is this person's own work: staff may enter for a branch, yet it is the branch's turn."""
        if key in OF_ABOVE:
            return bool(self.reach) and self.is_next_above(branch) and self.may_take(key, branch)
        return branch.path in self.own and self.may_take(key, branch)

    def turns(self, steps, branch):
        """Those of these steps that are this person's own work."""
        if branch.path not in self.own and not (self.reach and self.is_next_above(branch)):
            return []
        return [step for step in steps if self.is_turn(step.key, branch)]

    def is_next_above(self, branch):
        """Whether what those above do for the branch is this person's own work."""
        # A 党总支 files and approves nothing: the turn is that of the nearest 党委.
        nearest = next((path for path, kind in self._above(branch) if kind != Branch.Kind.GENERAL), None)
        return nearest in self.own

    def sees(self, key, branch):
        """Whether more than the day of a step is for these eyes."""
        return key not in CLOSED or may(self.user, CLOSED[key], at=branch)
