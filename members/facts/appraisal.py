"""民主评议党员 and 群众测评 as numbers for scores."""

from decimal import Decimal

from duties.models import Duty
from members.models import Appraisal, MassPoll
from rulebook.book import value
from rulebook.facts import Fact

BESIDE = "org_life_meeting"  # who owes an 组织生活会 for a year owes an appraisal, until the same day
COUNTED = (Appraisal.State.SUBMITTED, Appraisal.State.APPROVED)


def appraised(branches, period):
    """branch id → Fact: whether 民主评议党员 of the year was held in time and handed in; open until the end of March after.

    None while nobody in the county handed one in for the year. Source: 支部工作条例（试行）第十八条.
    """
    counted = Appraisal.objects.filter(year=period.year, state__in=COUNTED)
    held = {row.branch_id: row for row in counted.only("branch", "state", "held_on")}
    if not held:
        return None
    duties = Duty.objects.filter(branch__in=branches, rule=BESIDE, year=period.year)
    return {branch: _appraised(held.get(branch), ends_on, period.on) for branch, ends_on in
            duties.values_list("branch", "ends_on")}  # fmt: skip


def _appraised(row, ends_on, on):
    one, none, label = Decimal(1), Decimal(0), "members.Appraisal"
    if row is not None and row.held_on <= ends_on:
        note = "" if row.state == Appraisal.State.APPROVED else "待上级审定"
        return Fact(one, one, label, (row.pk,), note=note)
    if row is not None:
        return Fact(none, one, label, (row.pk,), missing=(f"{row.held_on:%Y-%m-%d} 才开展，晚于 {ends_on:%Y-%m-%d}",))
    if ends_on >= on:
        return Fact(none, one, label, open=one)
    return Fact(none, one, label, missing=("没有登记上报",))


def mass_poll(branches, period):
    """branch id → Fact: the weighted share of satisfied answers of the yearly 群众测评.

    Not applicable to a branch without a poll (上级 holds it), or with fewer valid ballots than the rule asks for.
    None while the county has recorded no poll of the year, or had laid down no weights for it.
    """
    polls = list(MassPoll.objects.filter(year=period.year))
    weights, least = value("poll.weights", on=period.end), value("poll.least_ballots", on=period.end)
    if not polls or weights is None:
        return None
    wanted = set(branches.values_list("pk", flat=True))
    found = {}
    for poll in polls:
        whole = sum(getattr(poll, name) for name in weights)
        if poll.branch_id in wanted and poll.valid >= least and whole:
            got = sum(getattr(poll, name) * Decimal(str(weight)) for name, weight in weights.items())
            left_out = poll.valid - whole
            note = f"另有 {left_out} 票不了解，不计入" if left_out else ""
            found[poll.branch_id] = Fact(got, Decimal(whole), "members.MassPoll", (poll.pk,), note=note)
    return found
