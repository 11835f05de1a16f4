"""From the year's records to points and grades: one pass for all branches, the same engine for pages and commands."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, cached_property
from itertools import groupby, pairwise

from dateutil.relativedelta import relativedelta

from assessment import scheme as schemes
from assessment.models import ManualScore
from branches.models import Branch
from rulebook import facts
from rulebook.facts import Fact, Period

SCORED, NOT_APPLICABLE, PENDING = "scored", "not_applicable", "pending"
CENT = Decimal("0.01")
ZERO = Decimal(0)


def last_day(year, today):
    """The day on which a year is looked at: today, at the latest the end of March after it."""
    return min(today, date(year + 1, 3, 31))


@cache
def _exact(number):
    """A number of the scheme's file as it is written there."""
    return Decimal(str(number))


def cents(number):
    return number.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Part:
    """One 评分点: `points` of `most`, of which `still` can be reached before the year ends."""

    key: str
    label: str
    most: Decimal
    state: str
    points: Decimal
    still: Decimal
    reason: str
    fact: Fact | None = None


@dataclass(frozen=True)
class Item:
    """One indicator: its parts together. `out_of` is what its scored parts could give."""

    code: str
    label: str
    dimension: str
    most: Decimal
    clause: str
    source: str
    parts: tuple[Part, ...]

    @cached_property
    def state(self):
        states = {part.state for part in self.parts}
        return SCORED if SCORED in states else PENDING if PENDING in states else NOT_APPLICABLE

    @cached_property
    def points(self):
        return sum((part.points for part in self.parts), ZERO)

    @cached_property
    def still(self):
        return sum((part.still for part in self.parts), ZERO)

    @cached_property
    def out_of(self):
        return sum((part.most for part in self.parts if part.state == SCORED), ZERO)

    @cached_property
    def applicable(self):
        return sum((part.most for part in self.parts if part.state != NOT_APPLICABLE), ZERO)

    @cached_property
    def reason(self):
        if len(self.parts) == 1:
            return self.parts[0].reason
        return "；".join(f"{part.label}：{part.reason}" for part in self.parts)


@dataclass(frozen=True)
class Dimension:
    """A dimension's score re-scaled to its weight: what does not apply or is not yet judged is left out openly."""

    key: str
    label: str
    weight: Decimal
    items: tuple[Item, ...]

    @cached_property
    def out_of(self):
        return sum((item.out_of for item in self.items), ZERO)

    @cached_property
    def points(self):
        """Points of the weight, or None while nothing of the dimension is scored."""
        got = sum((item.points for item in self.items), ZERO)
        return cents(got * self.weight / self.out_of) if self.out_of else None

    @cached_property
    def still(self):
        got = sum((item.still for item in self.items), ZERO)
        return cents(got * self.weight / self.out_of) if self.out_of else ZERO


@dataclass
class Score:
    """A branch's year. `judged` is 已评 x 分: how much of the 100 the total rests on."""

    branch: Branch
    dimensions: tuple[Dimension, ...]
    bonus: tuple[Item, ...]
    rank: int | None = None
    grade: str = ""
    group: str = ""
    why: str = field(default="")
    veto: str = ""  # what limits the grade (一票否决), in words
    content: dict | None = field(default=None, repr=False)  # the scheme by which it was scored

    @cached_property
    def items(self):
        return tuple(item for dimension in self.dimensions for item in dimension.items) + self.bonus

    @cached_property
    def judged(self):
        return sum((dimension.out_of for dimension in self.dimensions), ZERO)

    @cached_property
    def extra(self):
        return sum((item.points for item in self.bonus), ZERO)

    @cached_property
    def total(self):
        """Out of 100 and the bonus; dimensions with nothing scored are left out and the rest is re-scaled."""
        counted = [dimension for dimension in self.dimensions if dimension.points is not None]
        weight = sum((dimension.weight for dimension in counted), ZERO)
        got = sum((dimension.points for dimension in counted), ZERO)
        return cents(got * 100 / weight) + self.extra if weight else None

    @cached_property
    def still(self):
        counted = [dimension for dimension in self.dimensions if dimension.points is not None]
        weight = sum((dimension.weight for dimension in counted), ZERO)
        return cents(sum((dimension.still for dimension in counted), ZERO) * 100 / weight) if weight else ZERO

    def of(self, key):
        return next(dimension.points for dimension in self.dimensions if dimension.key == key)

    @cached_property
    def order(self):
        """Ties go by the dimensions in the scheme's order, all but the last."""
        return (self.total, *((dimension.points or ZERO) for dimension in self.dimensions[:-1]))


def score(branches, year, *, on, content=None):
    """Every item of every branch in `branches` (a queryset), unranked, in 单位序. The queries do not depend on their number."""
    content = content or schemes.in_force(year)
    period = Period.of_year(year, on=on)
    rows = list(branches.in_order())
    chosen = Branch.objects.filter(pk__in=[branch.pk for branch in rows])
    wanted = {
        part["key"]: (part["fact"], part.get("options", {}))
        for item in content["items"]
        for part in item["parts"]
        if "fact" in part
    }
    computed = facts.compute_all(wanted, chosen, period)  # None: the county has recorded nothing of it yet
    manual = {
        (row.branch_id, row.part): row
        for row in ManualScore.objects.filter(scheme__year=year, branch__in=chosen).select_related("judged_by")
    }
    return [_score_branch(branch, content, computed, manual) for branch in rows]


def _score_branch(branch, content, computed, manual):
    items = {}
    for row in content["items"]:
        parts = tuple(
            _part(part, computed.get(part["key"]), branch.pk, manual.get((branch.pk, part["key"])))
            for part in row["parts"]
        )
        item = Item(
            row["code"],
            row["label"],
            row["dimension"],
            _exact(row["points"]),
            row["clause"],
            row["source"],
            parts,
        )
        items.setdefault(row["dimension"], []).append(item)
    dimensions = tuple(
        Dimension(row["key"], row["label"], _exact(row["weight"]), tuple(items[row["key"]]))
        for row in content["dimensions"]
    )
    extra = tuple(items.get("bonus", ())) + tuple(items.get("veto", ()))
    return Score(branch, dimensions, extra, content=content)


def _part(part, found, branch, judged):
    most = _exact(part["points"])
    fact = (found or {}).get(branch)

    def make(state, points, reason, still=ZERO):
        return Part(part["key"], part["label"], most, state, cents(points), cents(still), reason, fact)

    if part["by"] == "manual":
        if judged is None:
            return make(PENDING, ZERO, "考评组尚未评定")
        return make(SCORED, judged.points, f"{judged.reason}（{judged.judged_by}评定）")
    if "waits_for" in part and found is None:
        return make(PENDING, ZERO, f"{part['waits_for']}尚未启用，暂不评分")
    if fact is None:
        return make(NOT_APPLICABLE, ZERO, "不适用：没有应办事项或记录")
    return make(SCORED, *RULES[part["by"]](part, most, fact))


def _share(part, most, fact):
    words = [f"{fact.value.normalize():f}/{fact.whole}"]
    if fact.note:
        words.append(fact.note)
    if fact.missing:
        words.append(f"缺：{'、'.join(fact.missing)}")
    if fact.open:
        words.append(f"未到期 {fact.open} 件")
    return most * fact.value / fact.whole, "；".join(words), most * fact.open / fact.whole


def _linear(part, most, fact):
    full, zero = _exact(part["full"]), _exact(part["zero"])
    share = fact.value / fact.whole
    reached = min(Decimal(1), max(ZERO, (share - zero) / (full - zero)))
    return most * reached, f"{fact.value}/{fact.whole}＝{cents(share * 100)}%"


def _minus(part, most, fact):
    lost = min(most, fact.value * _exact(part["each"]))
    return most - lost, "；".join(fact.missing) + f"，扣 {lost} 分" if lost else "无扣分"


def _cap(part, most, fact):
    best = part["caps"].get(str(fact.value))
    return ZERO, f"{part['because'][str(fact.value)]}，等次最高为{best}" if best else "不限定等次", ZERO


RULES = {"share": _share, "linear": _linear, "minus": _minus, "cap": _cap}


def grade(year, *, on):
    """All graded branches of a year with rank, comparison group and 拟定 grade, in 单位序."""
    content = schemes.in_force(year)
    period = Period.of_year(year, on=on)
    graded = Branch.objects.graded(on=period.end).at_work(period.start, period.end)
    scores = score(graded, year, on=on, content=content)
    least = content["undetermined"]
    standing = []
    for each in scores:
        each.why = _why_undetermined(each, period, least)
        if each.why:
            each.grade = least["label"]
        else:
            standing.append(each)
    standing.sort(key=lambda each: each.order, reverse=True)
    for place, each in enumerate(standing, 1):
        before = standing[place - 2] if place > 1 else None
        each.rank = before.rank if before and before.order == each.order else place
    _group(standing, content["groups"])
    standing.sort(key=lambda each: (each.group, *(-number for number in each.order)))
    for _, members in groupby(standing, key=lambda each: each.group):
        _give_grades(list(members), content["grades"])
    for each in standing:
        _limit(each, content)
    return scores


def _limit(each, content):
    """一票否决: whatever the points and the quota give, no better grade than a cap leaves; the reason is told in words."""
    order = [row["label"] for row in content["grades"]]
    rows = {part["key"]: part for item in content["items"] for part in item["parts"] if part["by"] == "cap"}
    for part in (part for item in each.items for part in item.parts if part.key in rows and part.fact):
        best = rows[part.key]["caps"].get(str(part.fact.value))
        if best is None:
            continue
        each.veto = "；".join(filter(None, [each.veto, part.reason]))
        if order.index(each.grade) < order.index(best):
            each.grade, each.why = best, "；".join(filter(None, [each.why, part.reason]))


def _why_undetermined(each, period, least):
    start = max(each.branch.founded_on, period.start)
    end = min(each.branch.closed_on or period.end, period.end)
    if start + relativedelta(months=least["months"]) > end + timedelta(days=1):
        return f"年内存续不足 {least['months']} 个月"
    applicable = sum((item.applicable for dimension in each.dimensions for item in dimension.items), ZERO)
    if applicable < 100 * Decimal(str(least["applicable"])):
        return f"适用指标合计 {applicable} 分，不足 {least['applicable']:.0%}"
    return "尚无可评的记录" if each.total is None else ""


def _group(scores, rules):
    """Put each score into its comparison group; groups too small join a named one, else the county's pool."""
    of_stage = {stage: row["label"] for row in rules["rows"] for stage in row["stages"]}
    for each in scores:
        each.group = of_stage.get(each.branch.stage, rules["pool"])
    for row in rules["rows"]:
        members = [each for each in scores if each.group == row["label"]]
        if 0 < len(members) < rules["least"]:
            for each in members:
                each.group = row["joins"]
    sizes = {each.group: sum(other.group == each.group for other in scores) for each in scores}
    for each in scores:
        if sizes[each.group] < rules["least"]:
            each.group = rules["pool"]


def _give_grades(members, grades):
    """Grades of one comparison group, best first. A quota is rounded down; equals at its edge go in only together."""
    for each in members:
        each.grade = next(row["label"] for row in grades if each.total >= row["at_least"])
    for row, next_row in pairwise(grades):
        if "quota" not in row:
            continue
        room = int(len(members) * Decimal(str(row["quota"])))
        inside = 0
        for _, equals in groupby([each for each in members if each.grade == row["label"]], key=lambda each: each.order):
            equals = list(equals)
            if inside + len(equals) <= room:
                inside += len(equals)
                continue
            inside = room
            for each in equals:
                each.grade, each.why = next_row["label"], f"达到 {row['at_least']} 分，但不在本组前 {row['quota']:.0%}"
