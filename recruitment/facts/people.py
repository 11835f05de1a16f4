"""Whom the rules of a class mean, and how long a branch has been without 发展对象 (a sign to look at, never a target)."""

from collections import defaultdict
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from django.db.models import Max, Min

from recruitment.legality import Act, Case, standing
from recruitment.models import Application, RoadStep
from recruitment.road import BESIDE
from rulebook.book import value
from rulebook.facts import Fact

Stage = Application.Stage


def _of(stages, branches, on):
    found = defaultdict(list)
    rows = Application.objects.open().filter(branch__in=branches, stage__in=stages, stage_since_on__lte=on)
    for branch, member in rows.values_list("branch", "member"):
        found[branch].append(member)
    return dict(found)


def activists(branches, on):
    """入党积极分子 of each branch."""
    return _of([Stage.ACTIVIST], branches, on)


def candidates(branches, on):
    """发展对象, until they are taken in."""
    return _of([Stage.PROSPECT, Stage.ADMISSION], branches, on)


def _last_chosen(on):
    """branch → the last day by then on which it decided on a 发展对象 that still stands."""
    chosen = RoadStep.objects.filter(step="confirm_prospect", is_undone=False, on__lte=on).order_by()
    undone = RoadStep.objects.filter(is_undone=True, on__lte=on)
    whole = chosen.exclude(application__in=undone.values("application"))
    found = dict(whole.values("branch").annotate(day=Max("on")).values_list("branch", "day"))
    acts = defaultdict(list)
    rows = RoadStep.objects.filter(application__in=undone.values("application"), on__lte=on).exclude(step__in=BESIDE)
    for application, branch, step, day, is_undone in rows.order_by("pk").values_list(
        "application", "branch", "step", "on", "is_undone"
    ):
        acts[application].append(Act(step, day, {"branch": branch}, is_undone))
    for taken in acts.values():
        for act in standing(Case(tuple(taken))).get("confirm_prospect", ()):
            branch = act.data["branch"]
            found[branch] = max(found.get(branch, act.on), act.on)
    return found


def years_without(branches, period):
    """branch id → Fact: full years without a 发展对象, of the branches that reach those of the rule; `missing` says since when.

    Counted from the last one that was decided on, else from the first record that the county keeps here or the branch's
    founding: of the time before nobody knows. None while the county keeps none.
    """
    on = min(period.end, period.on)
    first = RoadStep.objects.filter(is_imported=False).aggregate(day=Min("on"))["day"]
    least = value("recruit.none_years", on=on)
    if first is None or least is None:
        return None
    last = _last_chosen(on)
    found = {}
    for branch, founded in branches.values_list("pk", "founded_on"):
        since = last.get(branch) or max(first, founded)
        years = relativedelta(on, since).years
        if years >= least:
            found[branch] = Fact(Decimal(years), missing=(f"{since:%Y-%m-%d} 以来没有确定发展对象",))
    return found
