"""学习计划 and 学法方案: of 工委 for both years, of some schools for the running one."""

from branches.demo import GOOD
from jobs.copying import insert
from meetings.demo import words
from meetings.models import StudyItem, StudyPlan

Kind = StudyPlan.Kind
TITLES = {Kind.STUDY: "{year} 年学习计划", Kind.LAW: "{year} 年学法方案"}


class Studied:
    """What an organisation studies in a month: by its own plan, or else by the one of 工委."""

    def __init__(self, *plans):
        self.plans = plans

    def get(self, asked):
        kind, on = asked
        for items in self.plans:
            if found := items.get((kind, on.year, on.month)):
                return found
        return None


def build(county, rng):
    """organisation pk → `Studied`; under None the plan of 工委 alone."""
    year, drawn = county.today.year, []
    for each in county.years:
        drawn += [_plan(county.top, each, kind) for kind in Kind]
    own = [
        sketch for sketch in county.sketches
        if sketch.is_star or sketch.author is county.users["dangwei"]
        or (sketch.is_leaf and sketch.branch.closed_on is None and sketch.manner[1] == GOOD and rng.random() < 0.4)
    ]  # fmt: skip
    drawn += [_plan(sketch, year, kind) for sketch in own for kind in Kind]
    insert(drawn)
    items, of_branch = [], {}
    for plan in drawn:
        titles = words.FIRST if plan.kind == Kind.STUDY else words.SECOND
        for place, title in enumerate(titles):
            item = StudyItem(plan=plan, position=place, month=place + 1, title=title)
            items.append(item)
            of_branch.setdefault(plan.branch_id, {})[plan.kind, plan.year, place + 1] = item
    insert(items)
    top = of_branch.pop(county.top.branch.pk)
    return {None: Studied(top)} | {branch: Studied(mine, top) for branch, mine in of_branch.items()}


def _plan(sketch, year, kind):
    return StudyPlan(
        branch=sketch.branch, year=year, kind=kind, title=TITLES[kind].format(year=year), created_by=sketch.author
    )
