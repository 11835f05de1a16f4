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

NOTHING = cents(ZERO)  # one for all the parts that give none


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
    chosen = Branch.objects.among(branch.pk for branch in rows)
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
    content = inputs.content
    rows = [(row, exact(row["points"]), [_part(part, inputs) for part in row["parts"]]) for row in content["items"]]
    return [_score_branch(branch, rows, content) for branch in inputs.branches]


def score(branches, year, *, on, content=None, kind=Scheme.Kind.BRANCH):
    """Every item of every branch in `branches` (a queryset), unranked, in 单位序. The queries do not depend on their number."""
    return evaluate(gather(branches, year, on=on, content=content, kind=kind))


def _score_branch(branch, rows, content):
    items = {}
    for row, most, parts in rows:
        item = Item(
            row["code"],
            row["label"],
            row["dimension"],
            most,
            row["clause"],
            row["source"],
            tuple([part(branch) for part in parts]),
        )
        items.setdefault(row["dimension"], []).append(item)
    dimensions = tuple(
        Dimension(row["key"], row["label"], exact(row["weight"]), tuple(items[row["key"]]))
        for row in content["dimensions"]
    )
    extra = tuple(items.get("bonus", ())) + tuple(items.get("veto", ()))
    return Score(branch, dimensions, extra, content=content)


def _part(part, inputs):
    """A part of the scheme as a function of the branch: what is the same for all of them is looked up once."""
    key, label, by, stages = part["key"], part["label"], part["by"], part.get("stages")
    most, floor, cap = (
        exact(number) for number in (part["points"], part.get("floor", 0), part.get("cap", part["points"]))
    )
    found, adjusted, manual = inputs.facts.get(key), inputs.adjusted, inputs.manual
    facts_of, rule = found or {}, RULES.get(by)
    waits = f"{part['waits_for']}尚未启用，暂不评分" if "waits_for" in part and found is None else ""

    def make(state, points, reason, fact, still=ZERO, best=""):
        got = NOTHING if points is ZERO else cents(points)
        more = NOTHING if still is ZERO else cents(still)
        return Part(key, label, most, state, got, more, reason, fact, best)

    def of(branch):
        fact = facts_of.get(branch.pk)
        if adjusted and (put_right := adjusted.get((branch.pk, key))) is not None:
            return make(SCORED, put_right.points, put_right.words, fact)
        if stages and branch.stage not in stages:
            return make(NOT_APPLICABLE, ZERO, "不适用：本学段不考核这一项", fact)
        if by == "veto":
            best = lowest(part, inputs.vetoes.get(branch.pk, ()))
            if not best:
                return make(NOT_APPLICABLE, ZERO, "没有一票否决情形", fact)
            return make(SCORED, ZERO, f"{part['because']}，等次最高为{best}", fact, best=best)
        if by == "manual":
            judged = manual.get((branch.pk, key))
            if judged is None:
                return make(PENDING, ZERO, "考评组尚未评定", fact)
            return make(SCORED, judged.points, judged.words, fact)
        if waits:
            return make(PENDING, ZERO, waits, fact)
        if fact is None:
            return make(NOT_APPLICABLE, ZERO, "不适用：没有应办事项或记录", fact)
        if fact.is_void:
            return make(SCORED, ZERO, f"{'；'.join(fact.missing)}，不得分", fact)
        if by in OF_A_WHOLE and not fact.whole:
            return make(NOT_APPLICABLE, ZERO, "不适用：没有应办事项或记录", fact)
        points, reason, *still = rule(part, most, fact)
        held = min(max(points, floor), cap)
        more = max(ZERO, min(still[0], cap - held)) if still else ZERO
        return make(SCORED, held, reason, fact, more, limit(part, fact) if by == "cap" else "")

    return of


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
