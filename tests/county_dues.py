"""The dues of COUNTY-S: one row of each kind in each branch that has members."""

from members.models import DuesConsent, DuesHandover, DuesPayment, DuesWaiver
from tests import factories

SEES = dict.fromkeys(("duespayment", "dueshandover", "duesconsent"), "dues.see")
OWNERS = tuple((model, "branch") for model in (DuesConsent, DuesHandover, DuesPayment))
PERSONAL = (DuesWaiver,)  # seen with the person


def collect(county, rows):
    """Add what → [(organisation that owns the row, row)]."""
    by = county.people["admin"]
    rows["dues_waiver"], rows["dues_handover"] = [], []
    for name, members in county.members.items():
        branch, member = county.branches[name], members[0]
        factories.DuesBaseFactory(member=member, created_by=by)
        factories.DuesPaymentFactory(member=member, branch=branch, note="x", created_by=by)
        factories.DuesConsentFactory(branch=branch, basis="x", created_by=by)
        rows["dues_waiver"].append((name, factories.DuesWaiverFactory(member=member, created_by=by)))
        rows["dues_handover"].append((name, factories.DuesHandoverFactory(branch=branch, receipt="x", created_by=by)))
