"""How far the duties of a year are met."""

from collections import defaultdict
from decimal import Decimal
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Min, Q

from duties.models import Duty, label_of
from rulebook.facts import Fact

ONE, NONE = Decimal(1), Decimal(0)
CHUNK = 5000  # rows read at a time


class _Row(NamedTuple):
    """As much of a duty as its fact tells: a year of all branches is read without making models of the rows."""

    branch: int
    year: int
    period: str
    target_on: object
    due_on: object
    ends_on: object
    notice: str | None
    met_on: object
    records: list
    record: str
    rule: str

    @property
    def is_met(self):
        """A yearly duty is found by the record's year alone: what was held after its last day is none of it (次年 3 月底前)."""
        return self.met_on is not None and (self.period != str(self.year) or self.met_on <= self.ends_on)

    @property
    def label(self):
        return self.notice or label_of(self.year, self.period)


def met(branches, period, *, rule, late=1):
    """branch id → Fact: duties of `rule` met, of those owed in the year; one met late counts `late` of one.

    Branches that owe none are absent (not applicable). One query.
    """
    return _met(branches, period, [{"rule": rule, "late": late}])[0]


def _met(branches, period, asked):
    """`met` of several rules at once, in their order. One query, read branch by branch: a county has a million duties."""
    duties = (
        Duty.objects.filter(branch__in=branches, rule__in={options["rule"] for options in asked}, year=period.year)
        .annotate(
            records=ArrayAgg("fulfilments__object_id", filter=Q(fulfilments__isnull=False), default=[]),
            record=Min("fulfilments__label"),  # records of one rule are of one kind
        )
        .order_by("branch", "opens_on")
        .values_list(
            "branch", "year", "period", "target_on", "due_on", "ends_on", "notice__title", "met_on", "records", "record",
            "rule",
        )
    )  # fmt: skip
    wanted = [(options["rule"], Decimal(str(options.get("late", 1))), {}) for options in asked]
    for branch, several in groupby(duties.iterator(chunk_size=CHUNK), key=itemgetter(0)):
        of_rule = defaultdict(list)
        for row in map(_Row._make, several):
            of_rule[row.rule].append(row)
        for rule, late, found in wanted:
            if rule in of_rule:
                found[branch] = _fact(of_rule[rule], period.on, late)
    return [found for _, _, found in wanted]


met.together = _met


def _fact(duties, on, late):
    done = [duty for duty in duties if duty.is_met]
    tardy = [duty for duty in done if duty.met_on > duty.due_on]
    undone = [duty for duty in duties if not duty.is_met]
    notes = []
    if early := [duty for duty in duties if duty.target_on < duty.due_on]:
        punctual = sum(duty.met_on <= duty.target_on for duty in early if duty.is_met)
        notes.append(f"{early[0].target_on.day} 日前办结 {punctual} 件")
    if tardy:
        notes.append(f"迟办：{'、'.join(duty.label for duty in tardy)}")
    return Fact(
        value=_kept(str(len(done) - len(tardy) * (1 - late))),
        whole=_kept(str(len(duties))),
        model=next((duty.record for duty in done), ""),
        pks=tuple(sorted({pk for duty in duties for pk in duty.records})),
        missing=tuple(duty.label for duty in undone if duty.ends_on < on),
        open=sum((late if on > duty.due_on else ONE for duty in undone if duty.ends_on >= on), NONE),
        note="；".join(notes),
    )


@cache
def _kept(number):
    """One Decimal for all the branches that have the same number, as it is written."""
    return Decimal(number)
