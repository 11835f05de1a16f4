"""双报到 as a number."""

from decimal import Decimal

from members.community import summary
from members.models import CommunityLink
from rulebook.facts import Fact


def reported_in(branches, period):
    """branch id → Fact: members in work who report to a community, of all in work. None while nobody records 双报到."""
    if not CommunityLink.objects.filter(started_on__lte=period.end).exists():
        return None
    found = summary(branches, period.year, period.on)
    return {
        branch: Fact(
            Decimal(year.reported), Decimal(year.serving), note="" if year.has_branch else "党支部还没有向社区报到"
        )
        for branch, year in found.items()
        if year.serving
    }
