"""党籍, 失联, 双报到, 承诺 and a 处分 in each branch of COUNTY-S; every text filled in."""

from members.models import (
    CommunityLink,
    CommunityReport,
    CommunityService,
    Correction,
    Membership,
    Pledge,
    Sanction,
    Standing,
    Whereabouts,
)
from tests import county_dues, factories

SEES = {
    "communitylink": "community.see", "communityservice": "community.see", "communityreport": "community.see",
    "sanction": "sanction.see", "membership": "standing.edit",
}  # fmt: skip
OWNERS = (
    (CommunityLink, "branch"), (CommunityService, "branch"), (CommunityReport, "branch"),
    (Sanction, "member__memberships__branch"), (Membership, "branch"),
)  # fmt: skip
PERSONAL = (*county_dues.PERSONAL, Correction, Standing, Whereabouts, Pledge)


def report_in(county):
    """what → [(organisation that owns the row, row)]."""
    by, rows = county.people["admin"], {}
    for name, (first, second, *_) in county.members.items():
        branch = county.branches[name]
        gone = factories.MemberFactory(id_number="", phone="")
        factories.MembershipFactory(
            member=gone,
            branch=branch,
            started_on="2020-01-01",
            ended_on="2025-05-01",
            end_reason="struck",
            end_basis="x",
        )
        factories.AttendanceFactory(meeting=county.meetings[name][1], member=gone)  # who left stands on rolls of before
        serve = factories.CommunityServiceFactory(branch=branch, created_by=by)
        factories.ServiceHandFactory(service=serve, member=first)
        factories.CommunityReportFactory(branch=branch, member=first, summary="x", created_by=by)
        factories.PledgeFactory(member=first, created_by=by)
        for what, row in (
            ("standing", factories.StandingFactory(member=second, created_by=by)),
            ("whereabouts", factories.WhereaboutsFactory(member=second, created_by=by)),
            ("sanction", factories.SanctionFactory(member=first, created_by=by)),
            ("community_link", factories.CommunityLinkFactory(branch=branch, member=first, created_by=by)),
            ("community_service", serve),
            ("gone", gone),
        ):
            rows.setdefault(what, []).append((name, row))
    return rows
