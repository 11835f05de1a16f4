"""Whether what the portal holds of a branch is whole and right; never how often anybody uses it."""

from decimal import Decimal

from django.db.models import Count

from duties.models import Duty
from members.facts.setting import setting
from members.models import Correction, Membership
from rulebook.facts import Fact


def records_amiss(branches, period):
    """branch id → Fact: duties past that nothing was entered for, points of the setting that do not agree with the rules,
    and members' corrections that wait for an answer (数据不完整、不准确). Five queries for all.
    """
    undone = Duty.objects.filter(branch__in=branches, year=period.year, ends_on__lt=period.on, met_on=None).order_by()
    open_duties = dict(undone.values_list("branch").annotate(number=Count("pk")))
    homes = Membership.objects.filter(
        branch__in=branches, ended_on=None, member__corrections__state=Correction.State.OPEN
    ).order_by()
    waiting = dict(homes.values_list("branch").annotate(number=Count("member__corrections")))
    found = {}
    for branch, fact in setting(branches, period).items():
        words = list(fact.missing)
        if number := open_duties.get(branch):
            words.append(f"应办事项 {number} 件到期没有登记")
        if number_waiting := waiting.get(branch):
            words.append(f"更正申请 {number_waiting} 件没有答复")
        value = fact.value + (number or 0) + (number_waiting or 0)
        found[branch] = Fact(Decimal(value), None, "branches.Branch", (branch,), tuple(words))
    return found
