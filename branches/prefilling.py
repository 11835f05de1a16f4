"""What the records say of each branch, written into the marks of a screening before anybody visits."""

from decimal import ROUND_HALF_UP, Decimal

from branches import standards
from branches.models import Branch, Screening, ScreeningMark, StandardItem
from jobs.copying import insert
from rulebook.facts import Period, compute_all

State = Screening.State
OPEN = (State.WAITING, State.JUDGING, State.RETURNED)  # whoever judges may still change the marks
CENT = Decimal("0.01")


def points_of(item, fact):
    """What a fact comes to in points, to the cent; None when nothing of it was due yet.

    share: of what was due by that day; minus: each case costs `each`, never below nothing.
    """
    if item.rule == StandardItem.Rule.MINUS:
        found = max(Decimal(0), item.points - fact.value * item.each)
    else:
        due = fact.whole - fact.open if fact.whole else 0
        if due <= 0:
            return None
        found = min(item.points, item.points * fact.value / due)
    return found.quantize(CENT, ROUND_HALF_UP)


def _plain(number):
    return None if number is None else f"{number.normalize():f}"


def _filled(item, facts, branch):
    """(points, is_applicable, is_filled, seen) of one item for one branch."""
    if facts is None:  # the county has recorded nothing of it: left for the assessor
        return None, True, False, {}
    fact = facts.get(branch)
    if fact is None:
        return None, False, True, {"note": "没有应办事项或记录，不适用"}
    points = points_of(item, fact)
    seen = {
        "value": _plain(fact.value), "whole": None if fact.whole is None else _plain(fact.whole - fact.open), "model": fact.model,
        "pks": list(fact.pks), "missing": list(fact.missing), "note": fact.note,
    }  # fmt: skip
    return points, True, points is not None, seen


def _facts(campaign, items, branches, on):
    """item pk → (branch id → Fact), or None; of the campaign's year up to `on`, or of the year before where that is due."""
    wanted = {True: {}, False: {}}
    for item in items:
        if item.fact:
            source = standards.source_of(item)
            wanted[bool(source and source.year_before)][item.pk] = (item.fact, item.options)
    chosen = Branch.objects.filter(pk__in=branches)
    found = {}
    for is_before, asked in wanted.items():
        if asked:
            found |= compute_all(asked, chosen, Period.of_year(campaign.year - is_before, on=on))
    return found


def prefill(campaign, kind, *, on, branches=None):
    """Write the marks of every item for the screenings of a round that are not handed in yet, from the records as they
    are `on` that day; what a person has marked stays. Returns how many marks are new or changed."""
    here = Screening.objects.filter(campaign=campaign, kind=kind, state__in=OPEN)
    if branches is not None:
        here = here.filter(branch__in=branches)
    screenings = list(here.select_for_update(of=("self",)).order_by("pk").values_list("pk", "branch"))
    items = list(StandardItem.objects.filter(group__standard=campaign.standard_id))
    facts = _facts(campaign, items, [branch for _, branch in screenings], on)
    of_screenings = ScreeningMark.objects.filter(screening__in=here.order_by().values("pk"))
    known = {(mark.screening_id, mark.item_id): mark for mark in of_screenings}
    fresh, changed = [], []
    for item in items:
        found = facts.get(item.pk) if item.fact else None
        for pk, branch in screenings:
            now = _filled(item, found, branch)
            mark = known.get((pk, item.pk))
            if mark is None:
                points, is_applicable, is_filled, seen = now
                fresh.append(
                    ScreeningMark(
                        screening_id=pk, item_id=item.pk, points=points, is_applicable=is_applicable,
                        is_filled=is_filled, seen=seen,
                    )
                )  # fmt: skip
            elif item.fact and mark.marked_by_id is None and _of(mark) != now:
                mark.points, mark.is_applicable, mark.is_filled, mark.seen = now
                if mark.points is None or mark.points >= item.points:  # nothing was lost: nothing is put right
                    mark.problem, mark.due_on = "", None
                changed.append(mark)
    insert(fresh)
    columns = ["points", "is_applicable", "is_filled", "seen", "problem", "due_on"]
    ScreeningMark.objects.bulk_update(changed, columns, batch_size=500)
    return len(fresh) + len(changed)


def _of(mark):
    return mark.points, mark.is_applicable, mark.is_filled, mark.seen
