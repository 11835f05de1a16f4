"""From the year's records to points: one pass for all branches, the same engine for pages, commands, what-if and seal.

`gather` reads the records, `evaluate` computes from what was read and nothing else.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from assessment import ranking
from assessment import scheme as schemes
from assessment.models import ManualScore, Scheme, Veto
from assessment.result import NOT_APPLICABLE, PENDING, SCORED, ZERO, Dimension, Item, Part, Score, cents
from assessment.rules import OF_A_WHOLE, RULES, exact, limit, lowest
from branches.models import Branch
from rulebook import facts
from rulebook.facts import Period


def last_day(year, today):
    """The day on which a year is looked at: today, at the latest the end of March after it."""
    return min(today, date(year + 1, 3, 31))


@dataclass(frozen=True)
class Judged:
    """What people decided on one part: points and the words that go with them."""

    points: Decimal
    words: str


@dataclass(frozen=True)
class Inputs:
    """All that the points of a year rest on, as plain data: the same inputs give the same points, today and in ten years.

    `facts`: part key → branch id → Fact, or None for a part of which the county has recorded nothing yet; `manual` and
    `adjusted`: (branch id, part key) → Judged; `vetoes`: branch id → keys of the scheme's veto reasons.
    """

    year: int
    on: date
    content: dict
    branches: tuple
    facts: dict
    manual: dict = field(default_factory=dict)
    adjusted: dict = field(default_factory=dict)
    vetoes: dict = field(default_factory=dict)

    @property
    def period(self):
        return Period.of_year(self.year, on=self.on)


def gather(branches, year, *, on, content=None, kind=Scheme.Kind.BRANCH):
    """The inputs of `branches` (a queryset) in 单位序. The queries do not depend on their number."""
    return gather_each(branches, year, [content or schemes.in_force(year, kind)], on=on)[0]


def gather_each(branches, year, contents, *, on):
    """The inputs of the same records by several schemes, in their order: what two of them count is counted once."""
    rows = tuple(branches.in_order())
    chosen = Branch.objects.filter(pk__in=[branch.pk for branch in rows])
    manual = ManualScore.objects.filter(year=year, branch__in=chosen).select_related("judged_by")
    judged = {(row.branch_id, row.part): Judged(row.points, _told(row)) for row in manual}
    vetoes = defaultdict(list)
    for branch, reason in (
        Veto.objects.in_force(year).filter(branch__in=chosen).order_by("pk").values_list("branch", "reason")
    ):
        vetoes[branch].append(reason)
    named = [_named(content) for content in contents]
    wanted = {_same(*each): each for parts in named for each in parts.values()}
    found = facts.compute_all(wanted, chosen, Period.of_year(year, on=on))
    return [
        Inputs(
            year,
            on,
            content,
            rows,
            {key: found[_same(*each)] for key, each in parts.items()},
            judged,
            vetoes=dict(vetoes),
        )
        for content, parts in zip(contents, named, strict=True)
    ]


def _named(content):
    """part key → (fact, options) of a scheme."""
    return {
        part["key"]: (part["fact"], part.get("options", {}))
        for item in content["items"]
        for part in item["parts"]
        if "fact" in part
    }


def _same(path, options):
    """What is equal for parts that count the same."""
    return path, tuple(sorted((name, str(value)) for name, value in options.items()))


def _told(row):
    return f"{row.reason}（{f'{row.judged_by}复核' if row.is_settled else '考评组评定'}）"


def evaluate(inputs):
    """[Score] of the inputs, unranked, in their order. Reads nothing but the inputs."""
    return [_score_branch(branch, inputs) for branch in inputs.branches]


def score(branches, year, *, on, content=None, kind=Scheme.Kind.BRANCH):
    """Every item of every branch in `branches` (a queryset), unranked, in 单位序. The queries do not depend on their number."""
    return evaluate(gather(branches, year, on=on, content=content, kind=kind))


def _score_branch(branch, inputs):
    items = {}
    for row in inputs.content["items"]:
        parts = tuple(_part(part, branch, inputs) for part in row["parts"])
        item = Item(
            row["code"],
            row["label"],
            row["dimension"],
            exact(row["points"]),
            row["clause"],
            row["source"],
            parts,
        )
        items.setdefault(row["dimension"], []).append(item)
    dimensions = tuple(
        Dimension(row["key"], row["label"], exact(row["weight"]), tuple(items[row["key"]]))
        for row in inputs.content["dimensions"]
    )
    extra = tuple(items.get("bonus", ())) + tuple(items.get("veto", ()))
    return Score(branch, dimensions, extra, content=inputs.content)


def _part(part, branch, inputs):
    most = exact(part["points"])
    found = inputs.facts.get(part["key"])
    fact = (found or {}).get(branch.pk)

    def make(state, points, reason, still=ZERO, best=""):
        return Part(part["key"], part["label"], most, state, cents(points), cents(still), reason, fact, best)

    if (adjusted := inputs.adjusted.get((branch.pk, part["key"]))) is not None:
        return make(SCORED, adjusted.points, adjusted.words)
    if part.get("stages") and branch.stage not in part["stages"]:
        return make(NOT_APPLICABLE, ZERO, "不适用：本学段不考核这一项")
    if part["by"] == "veto":
        best = lowest(part, inputs.vetoes.get(branch.pk, ()))
        if not best:
            return make(NOT_APPLICABLE, ZERO, "没有一票否决情形")
        return make(SCORED, ZERO, f"{part['because']}，等次最高为{best}", best=best)
    if part["by"] == "manual":
        judged = inputs.manual.get((branch.pk, part["key"]))
        if judged is None:
            return make(PENDING, ZERO, "考评组尚未评定")
        return make(SCORED, judged.points, judged.words)
    if "waits_for" in part and found is None:
        return make(PENDING, ZERO, f"{part['waits_for']}尚未启用，暂不评分")
    if fact is None:
        return make(NOT_APPLICABLE, ZERO, "不适用：没有应办事项或记录")
    if fact.is_void:
        return make(SCORED, ZERO, f"{'；'.join(fact.missing)}，不得分")
    if part["by"] in OF_A_WHOLE and not fact.whole:
        return make(NOT_APPLICABLE, ZERO, "不适用：没有应办事项或记录")
    points, reason, *still = RULES[part["by"]](part, most, fact)
    floor, cap = exact(part.get("floor", 0)), exact(part.get("cap", part["points"]))
    held = min(max(points, floor), cap)
    more = max(ZERO, min(still[0], cap - held)) if still else ZERO
    return make(SCORED, held, reason, more, limit(part, fact) if part["by"] == "cap" else "")


def graded(year, *, on, kind=Scheme.Kind.BRANCH):
    """The organisations of a kind that the year grades, whatever became of them since."""
    period = Period.of_year(year, on=on)
    branches = Branch.objects.at_work(period.start, period.end)
    if kind == Scheme.Kind.BRANCH:
        return branches.graded(on=period.end)
    return branches.of_kind([Branch.Kind.COMMITTEE, Branch.Kind.GENERAL], period.end)


def grade(year, *, on, content=None, kind=Scheme.Kind.BRANCH):
    """All graded organisations of a year with rank, comparison group and 拟定 grade, in 单位序."""
    content = content or schemes.in_force(year, kind)
    scores = score(graded(year, on=on, kind=kind), year, on=on, content=content, kind=kind)
    return ranking.ranked(scores, content, Period.of_year(year, on=on))
