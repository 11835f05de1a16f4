"""结果运用: which use is expected of each final result, what was done, and what is still left lying (rulebook: use.ways)."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from assessment import figures
from assessment import scheme as schemes
from assessment.models import ResultUse, Round, Scheme, Seal
from branches.models import AdmonitionTalk, Branch, WeakCase
from branches.rights import may, require
from files.secrecy import refuse_marked
from rulebook.book import value

TALK, WEAK = "talk", "weak"
NOT_FINAL = "{year} 年度的结果还没有经工委会议审定，审定以后才能登记运用。"


@dataclass(frozen=True)
class Way:
    """One kind of use: of which grades it is expected, of which it may also be entered, and what counts by itself."""

    key: str
    label: str
    grades: tuple
    text: str
    source: str
    also: tuple = ()
    counts: str = ""
    verb: str = ""
    faults: bool = False  # its lists name what went wrong

    @property
    def is_entered(self):
        """约谈 has a register of its own: what stands there counts, and nothing is written twice."""
        return self.counts != TALK

    @property
    def fits(self):
        return (*self.grades, *self.also)


def ways(on):
    """The county's kinds of use, in its order."""
    return [
        Way(**{name: tuple(found) if isinstance(found, list) else found for name, found in row.items()})
        for row in value("use.ways", on=on)
    ]


def ways_for(user, on):
    """Those that this person may see: a clue for 软弱涣散 is not for everybody who reads the results."""
    return [way for way in ways(on) if not way.verb or may(user, way.verb)]


def finals(year):
    """branch id → Figures of its final result, of both kinds; empty as long as the year is not decided."""
    found = {}
    for kind in Scheme.Kind:
        if seal := figures.seals(kind, stage=Seal.Stage.FINAL).get(year):
            found |= figures.of_seal(seal).rows
    return found


# ---- what there is


@dataclass
class Result:
    """One organisation's final result: the uses expected of it, and for each what was done."""

    branch: Branch
    figures: figures.Figures
    expected: list
    done: dict = field(default_factory=dict)  # key of a way → [ResultUse, AdmonitionTalk or WeakCase]

    @cached_property
    def missing(self):
        return [way for way in self.expected if not self.done.get(way.key)]


class Board:
    """The final results of a year in a person's reach against their uses. The queries do not depend on their number."""

    def __init__(self, year, *, user, on):
        self.year, self.user, self.on = year, user, on
        self.round = Round.objects.filter(year=year, state=Round.State.FINAL).first()
        self.ways = ways_for(user, on)

    @cached_property
    def results(self):
        """[Result] in 单位序; nothing as long as the year is not decided."""
        if self.round is None:
            return []
        found = finals(self.year)
        visible = Branch.objects.visible_to(self.user, verb="use.see").filter(pk__in=found).in_order()
        done = self._done()
        return [
            Result(
                branch,
                found[branch.pk],
                [way for way in self.ways if found[branch.pk].grade in way.grades],
                done[branch.pk],
            )
            for branch in visible
        ]

    @cached_property
    def grades(self):
        """The grades that occur, the best first, as the scheme has them; 不定等次 comes last."""
        order = [row["label"] for row in schemes.in_force(self.year)["grades"]]
        found = {result.figures.grade for result in self.results}
        return [grade for grade in order if grade in found] + sorted(found - set(order))

    @cached_property
    def entered(self):
        """The uses on record that still hold, newest first."""
        rows = ResultUse.objects.visible_to(self.user).filter(year=self.year, use__in=[way.key for way in self.ways])
        return list(rows.filter(withdrawn_at=None).select_related("branch", "entered_by"))

    def _done(self):
        found = defaultdict(lambda: defaultdict(list))
        for row in self.entered:
            found[row.branch_id][row.use].append(row)
        for way in self.ways:
            for row in self._counted(way):
                found[row.branch_id][way.key].append(row)
        return found

    def _counted(self, way):
        """What stands in another register and counts by itself: from the meeting on, for as long as the rulebook says."""
        first = self.round.meeting_on
        last = first + relativedelta(months=value("use.counted_months", on=self.on))
        if way.counts == TALK:
            found = AdmonitionTalk.objects.visible_to(self.user).filter(talked_on__range=(first, last))
            return found.select_related("branch").order_by("talked_on", "pk")
        if way.counts == WEAK:
            found = WeakCase.objects.visible_to(self.user).filter(suspected_on__range=(first, last))
            return found.select_related("branch").order_by("suspected_on", "pk")
        return ()

    @cached_property
    def sums(self):
        """One row for each way: how many results it is expected of, and of how many it was done."""
        rows = []
        for way in self.ways:
            expected = [result for result in self.results if way in result.expected]
            done = sum(bool(result.done.get(way.key)) for result in expected)
            beyond = sum(bool(result.done.get(way.key)) for result in self.results) - done
            rows.append(Sum(way, len(expected), done, beyond))
        return rows

    @property
    def expected(self):
        return sum(row.expected for row in self.sums)

    @property
    def done(self):
        return sum(row.done for row in self.sums)

    @cached_property
    def open(self):
        """The results of which an expected use is missing, in 单位序."""
        return [result for result in self.results if result.missing]


@dataclass(frozen=True)
class Sum:
    way: Way
    expected: int
    done: int
    beyond: int  # done though it was not expected

    @property
    def missing(self):
        return self.expected - self.done

    @property
    def share(self):
        return share(self.done, self.expected)


def share(done, expected):
    """Whole per cent, rounded down, so that 100 says that nothing is left; None when nothing was expected."""
    return done * 100 // expected if expected else None


# ---- what is written


@transaction.atomic
def enter(year, key, branches, *, words, organ, number, day, by, on):
    """Put one use of the year's results on record for each of `branches`; all of them, or none with the reasons."""
    round_ = Round.objects.select_for_update(of=("self",)).filter(year=year, state=Round.State.FINAL).first()
    if round_ is None:
        raise ValidationError(NOT_FINAL.format(year=year))
    branches = list(branches)
    for branch in branches:
        require(by, "use.edit", at=branch)
    way = next((way for way in ways_for(by, on) if way.key == key), None)
    if way is None or not way.is_entered:
        raise ValidationError({"use": "请从列出的运用方式中选一种；约谈在“约谈”中登记，登记后自动计入。"})
    if not branches:
        raise ValidationError({"branches": "请选择至少一个党组织。"})
    for text in (words, organ, number):
        refuse_marked(text)
    if day < round_.meeting_on:
        raise ValidationError({"day": f"不能早于审定结果的工委会议（{round_.meeting_on:%Y-%m-%d}）。"})
    if day > on:
        raise ValidationError({"day": "不能晚于今天，办完以后再登记。"})
    found = finals(year)
    if refusals := list(filter(None, (_unfit(branch, found, way, year) for branch in branches))):
        raise ValidationError({"branches": refusals})
    known = ResultUse.objects.filter(
        year=year, use=key, on=day, number=number, words=words, branch__in=branches, withdrawn_at=None
    ).select_related("branch")
    if twice := [f"{row.branch}：同一天的这项运用已经登记过。" for row in known]:
        raise ValidationError({"branches": twice})
    rows = [
        ResultUse(year=year, branch=branch, use=key, grade=found[branch.pk].grade, words=words, organ=organ,
                  number=number, on=day, entered_by=by)
        for branch in branches
    ]  # fmt: skip
    rows[0].clean_fields(exclude=["branch", "entered_by"])  # they differ in nothing else that was typed
    ResultUse.objects.bulk_create(rows, batch_size=1000)
    audit.record(
        "use.enter", branches[0] if len(rows) == 1 else None, by=by, year=year, use=key, rows=len(rows), on=str(day)
    )
    return rows


def _unfit(branch, found, way, year):
    result = found.get(branch.pk)
    if result is None:
        return f"{branch}：{year} 年度没有审定的结果。"
    if result.grade not in way.fits:
        return f"{branch}：审定为“{result.grade}”，“{way.label}”只用于{'、'.join(way.fits)}。"
    return ""


@transaction.atomic
def withdraw(row, *, why, version, by):
    """Take a use back that was entered by mistake; it stays on record with the reason."""
    row = ResultUse.objects.select_for_update(of=("self",)).select_related("branch").get(pk=row.pk)
    require(by, "use.edit", at=row.branch)
    if row.withdrawn_at:
        raise ValidationError("这一条已经撤回。")
    row.claim(version or 0)
    refuse_marked(why)
    row.withdrawn_why, row.withdrawn_by, row.withdrawn_at = why, by, timezone.now()
    row.full_clean()
    row.save(update_fields=["withdrawn_why", "withdrawn_by", "withdrawn_at", "version"])
    audit.record("use.withdraw", row, by=by, year=row.year, use=row.use)
    return row
