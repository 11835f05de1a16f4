"""Elections of COUNTY-S, and one branch that followed another: every text filled in."""

from datetime import date

from branches.models import Succession, Term
from members.models import Election, ElectionStep, Post, TermExtension
from tests import factories

SEES = {
    "election": "election.see", "electionstep": "election.see", "termextension": "election.see", "succession": "member.see",
}  # fmt: skip
OWNERS = (
    (Election, "branch"), (ElectionStep, "election__branch"), (TermExtension, "term__branch"), (Succession, "old"),
)  # fmt: skip


def elect(county, rows):
    by = county.people["admin"]
    for name in county.graded:
        branch, term = county.branches[name], Term.objects.filter(branch=county.branches[name]).first()
        election = factories.ElectionFactory(branch=branch, created_by=by, refusal="x")
        factories.ElectionStepFactory(election=election, key="request", number="x", created_by=by)
        factories.TermExtensionFactory(term=term, number="x", created_by=by)
        rows["election"].append((name, election))
        rows["serving_term"].append((name, term))
        for member in county.members.get(name, ())[2:3]:
            rows["nominee"].append((name, factories.NomineeFactory(election=election, member=member)))
        for post in Post.objects.filter(term=term):
            rows["post"].append((name, post))
    # Both sides see it: here nobody serves on one side alone.
    old, new = (county.branches[name] for name in ("c1", "c3"))
    factories.SuccessionFactory(old=old, new=new, number="x", created_by=by, on=date(2025, 7, 1))
