"""民主评议, polls, rounds and honours of COUNTY-S, and of a county furnished for counting queries: every text filled in."""

from datetime import date

from branches.actions import root
from members.models import Appraisal, AppraisalRow, Honour, HonourRound, MassPoll, Nomination
from tests import factories

SEES = {
    "appraisal": "appraisal.see", "appraisalrow": "appraisal.see", "masspoll": "poll.see", "honourround": "honour.see",
    "nomination": "honour.see", "honour": "honour.see",
}  # fmt: skip
OWNERS = (
    (Appraisal, "branch"), (AppraisalRow, "appraisal__branch"), (MassPoll, "branch"), (Nomination, "branch"), (Honour, "branch"),
)  # fmt: skip
FROM_ABOVE = ((HonourRound, "branch"),)  # all below take part


def appraise(county, rows):
    by, rounds = county.people["admin"], {}
    for name, branch in county.branches.items():
        rounds[name] = factories.HonourRoundFactory(branch=branch, created_by=by, title="x")
        rows["honour_round"].append((name, rounds[name]))
    for name in county.graded:
        for member in county.members.get(name, ())[:1]:
            branch = county.branches[name]
            made = _one(branch, member, rounds[county.upper[name]], by)
            rows["appraisal"].append((name, made["appraisal"]))
            rows["nomination"].append((name, made["nomination"]))
            rows["honour"].append((name, made["honour"]))


def _one(branch, member, each, by):
    appraisal = factories.AppraisalFactory(branch=branch, created_by=by, state="returned", return_reason="x")
    factories.AppraisalRowFactory(appraisal=appraisal, member=member, is_present=False, absent_reason="x")
    factories.MassPollFactory(branch=branch, created_by=by)
    texts = {"title": "x", "matter": "x", "issuer": "x", "number": "x"}
    factories.HonourFactory(branch=branch, created_by=by, **texts)
    return {
        "appraisal": appraisal,
        "nomination": factories.NominationFactory(
            round=each, branch=branch, member=member, created_by=by, opinion="x", decided_by=by, decided_at="2025-11-19T00:00Z"
        ),
        "honour": factories.HonourFactory(branch=branch, member=member, created_by=by, **texts),
    }  # fmt: skip


def furnish_one(branch, member, by):
    """What one organisation adds to the lists of all; the round is the county's."""
    each = HonourRound.objects.filter(branch=root()).first() or factories.HonourRoundFactory(
        branch=root(), created_by=by, opens_on=date(2025, 11, 1)
    )
    _one(branch, member, each, by)
