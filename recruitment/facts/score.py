"""What the year's assessment asks of recruitment: days that were wrong, and how many of those taken in were backbones.

There is no number to reach anywhere: 禁止突击发展.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from members.models import Backbone
from recruitment import legality
from recruitment.cases import calendar, cases
from recruitment.models import Application, RoadStep
from recruitment.road import BESIDE, in_force
from rulebook.book import value
from rulebook.facts import Fact

MODEL = RoadStep._meta.label


def unlawful(branches, period):
    """branch id → Fact: steps of the year that were unlawful, or late without an explanation; `missing` names step and day.

    Counted where the person was led on that day. What an import brought, with its past, never counts. Not applicable to a
    branch that took no step; None while the county recorded none in the year. No word of what a review or a vote gave.
    """
    until = min(period.end, period.on)
    taken = RoadStep.objects.filter(is_undone=False, is_imported=False, on__range=(period.start, until))
    taken = taken.exclude(step__in=BESIDE)
    if not taken.exists():
        return None
    mine = taken.filter(branch__in=branches)
    people = Application.objects.filter(pk__in=mine.values("application")).select_related("member")
    known = cases(people.only("extended_months", "is_imported", "created_at", "member__birth_on"))
    rows = {pk: row for pk, *row in mine.values_list("pk", "branch", "explained")}
    found, pks, is_working = defaultdict(list), defaultdict(list), calendar()
    for case in known.values():
        for act, wrong in legality.judged(case, is_working=is_working, among=rows):
            branch, explained = rows[act.key]
            pks[branch].append(act.key)
            label = in_force(act.on).steps[act.step].label
            if any(fault.blocks for fault in wrong):
                found[branch].append((act.on, f"{act.on:%m-%d} {label}不合规定"))
            elif wrong and not explained:
                found[branch].append((act.on, f"{act.on:%m-%d} {label}超期没有说明"))
    return {
        branch: Fact(
            Decimal(len(found[branch])), None, MODEL, tuple(sorted(steps)),
            tuple(words for _, words in sorted(found[branch])),
        )
        for branch, steps in pks.items()
    }  # fmt: skip


def backbone_share(branches, period):
    """branch id → Fact: of those taken in during so many years, how many were backbones on the day of the vote.

    A start that an import only estimated says nothing. Not applicable to a branch that took in nobody; None while the
    county recorded nobody at all.
    """
    years = value("recruit.backbone_years", on=period.end)
    if years is None:
        return None
    start, until = date(period.year - years + 1, 1, 1), min(period.end, period.on)
    admitted = Application.objects.filter(stage=Application.Stage.PROBATION)
    votes = RoadStep.objects.filter(application__in=admitted, step="branch_vote", is_undone=False).order_by("pk")
    last = {  # of a vote that was taken back and held anew the later one stands
        application: (branch, member, on, pk)
        for pk, application, branch, member, on in votes.values_list(
            "pk", "application", "branch", "application__member", "on"
        )
    }
    taken = [row for row in last.values() if start <= row[2] <= until]
    if not taken:
        return None
    held = defaultdict(list)
    dated = Backbone.objects.filter(member__in=[row[1] for row in taken], start_estimated=False)
    for member, since, end in dated.values_list("member", "started_on", "ended_on"):
        held[member].append((since, end))
    of_branch = defaultdict(list)
    wanted = set(branches.values_list("pk", flat=True))
    for branch, member, on, pk in taken:
        if branch in wanted:
            was_one = any(since <= on and (end is None or on <= end) for since, end in held[member])
            of_branch[branch].append((was_one, pk))
    return {
        branch: Fact(
            Decimal(sum(was_one for was_one, _ in rows)), Decimal(len(rows)), MODEL, tuple(pk for _, pk in rows),
            note=f"近 {years} 年接收 {len(rows)} 名",
        )
        for branch, rows in of_branch.items()
    }  # fmt: skip
