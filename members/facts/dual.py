"""双培养: professional backbones who became Party members, and Party members who became backbones."""

from collections import defaultdict
from decimal import Decimal

from django.db.models import F

from members.models import Backbone, Membership
from rulebook.facts import Fact


def dual_cultivation(branches, period):
    """branch id → Fact: how many the branch brought on in the year, both ways together; `note` tells them apart.

    骨干→党员: joined in the year, a backbone on that day or before it. 党员→骨干: became one in the year, after joining,
    without having been one before. A start that an import only estimated (the day of the import) says nothing and is left
    out. Counted where the person was on that day. None while no backbone of the county has a day. Two queries.
    """
    start, end = period.start, min(period.end, period.on)
    dated = Backbone.objects.filter(start_estimated=False, started_on__lte=end)
    first = {}
    for pk, member, on, joined in dated.order_by("started_on", "pk").values_list(
        "pk", "member", "started_on", "member__joined_on"
    ):
        first.setdefault(member, (pk, on, joined))
    if not first:
        return None
    events = {}  # member → (day, record, way)
    for member, (pk, on, joined) in first.items():
        if joined and on <= joined and start <= joined <= end:
            events[member] = (joined, pk, "joined")
        elif joined and joined < on and start <= on:
            events[member] = (on, pk, "grown")
    stays = defaultdict(list)
    for member, branch, since, until in Membership.objects.filter(
        member__in=events, branch__in=branches, started_on__lte=end
    ).values_list("member", F("branch"), "started_on", "ended_on"):
        stays[member].append((branch, since, until))
    found = defaultdict(lambda: {"joined": [], "grown": []})
    for member, (on, pk, way) in events.items():
        for branch, since, until in stays[member]:
            if since <= on and (until is None or until >= on):
                found[branch][way].append(pk)
    return {
        branch: Fact(
            Decimal(len(ways["joined"]) + len(ways["grown"])), None, "members.Backbone",
            tuple(sorted(ways["joined"] + ways["grown"])),
            note=f"骨干培养成党员 {len(ways['joined'])} 名，党员培养成骨干 {len(ways['grown'])} 名",
        )
        for branch in branches.values_list("pk", flat=True)
        for ways in [found[branch]]
    }  # fmt: skip
