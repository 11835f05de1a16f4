"""Whether the road of one person is lawful, and when the next step may and must be taken. Pure: no database, no clock.

Every step is judged by the edition in force on its own day; what was done is never judged anew when an edition changes.
A month is a calendar month, the end of a month kept (31 January + 1 month = 28 or 29 February); working days are those of
the county's calendar, the first day counted. Source: 中国共产党发展党员工作细则, editions/*.yaml.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property

from dateutil.relativedelta import relativedelta

from recruitment.needs import CHECKS, DAY, birthday, last_workday
from recruitment.road import in_force, known_editions


@dataclass(frozen=True)
class Act:
    """A step as it was taken on a day; `data`: its further days and what it must show. `undoes`: it takes the step back,
    with all that rests on it."""

    step: str
    on: date
    data: dict = field(default_factory=dict)
    undoes: bool = False
    on_paper: bool = False  # as an old ledger tells it
    key: int | None = field(default=None, compare=False)  # of the row that tells it


@dataclass(frozen=True)
class Case:
    """What is known of one person's road: acts in the order in which they were entered."""

    acts: tuple[Act, ...]
    born: date | None = None
    extended: int = 0  # months by which the probation was extended
    notices: dict = field(default_factory=dict)  # step → (first, last day) of its public notice on record
    came_on: date | None = None  # a road from paper: the day on which it came in

    @cached_property
    def held(self):
        """What `standing` tells, worked out once; for reading only."""
        return standing(self)


@dataclass(frozen=True)
class Fault:
    """What is wrong with a step. `blocks`: unlawful; else late or not known. `day`: the day that would have been right."""

    step: str
    says: str
    article: str
    blocks: bool
    day: date | None = None


@dataclass(frozen=True)
class Next:
    """A step that can come next: not before `earliest`, by `due`, and not lawfully after `last`; what it rests on."""

    step: str
    earliest: date
    due: date | None
    last: date | None
    why: tuple[str, ...]

    def is_barred(self, on):
        """Whether its longest term was over before the day: nobody may take it any more."""
        return self.last is not None and self.last < on


def standing(case):
    """step → acts that hold, oldest first: those taken back, and what rested on them, are gone.

    Of a row of reviews the one entered last is taken back; what rests on the others stays.
    """
    found: dict[str, list[Act]] = {}
    for act in case.acts:
        if act.undoes:
            for step in fallen(found, act.step, in_force(act.on)):
                left = found.pop(step)[:-1]
                if step == act.step and left and in_force(act.on).steps[step].repeats:
                    found[step] = left
        else:
            found.setdefault(act.step, []).append(act)
    return found


def fallen(acts, key, edition):
    """The steps that fall when one is taken back: itself, and what then rests on nothing."""
    left = acts.get(key, ())[:-1] if edition.steps[key].repeats else ()
    if left:
        first = min(act.on for act in left)
        early = {step.key for step in edition.steps.values() if key in step.after and acts.get(step.key, ())}
        lost = {step for step in early if acts[step][0].on < first}
    else:
        lost = edition.resting[key]
    lost = {*lost, *(further for step in lost for further in edition.resting[step])}
    return {step for step in {key, *lost} if step in acts}


def faults(case, *, is_working: Callable[[date], bool]):
    """[Fault] of every step that holds, in the order of the road."""
    found = [fault for _, wrong in judged(case, is_working=is_working) for fault in wrong]
    order = list(known_editions()[-1].steps)
    return sorted(found, key=lambda fault: order.index(fault.step))


def judged(case, *, is_working: Callable[[date], bool], among=None):
    """[(Act, its faults)] of every act that holds; `among`: of those whose key is there alone."""
    acts = case.held
    return [
        (act, _of_act(act, acts, case, is_working))
        for taken in acts.values()
        for act in taken
        if among is None or act.key in among
    ]


def refusal(case, act, *, is_working):
    """The first thing that forbids taking this step on that day, or None. What is only late does not forbid."""
    acts = standing(case)
    step = in_force(act.on).steps[act.step]
    if is_over(acts):
        return Fault(act.step, "材料已经归档，不能再办理", step.article, True)
    if act.step in acts and not step.repeats:
        return Fault(act.step, f"“{step.label}”已经办理", step.article, True)
    if any(each.on == act.on for each in acts.get(act.step, ())):
        return Fault(act.step, f"{act.on:%Y-%m-%d} 的“{step.label}”已经登记", step.article, True)
    for key in step.after:
        if key not in acts:
            label = in_force(act.on).steps[key].label
            return Fault(act.step, f"要先办理“{label}”", step.article, True)
    for later in in_force(act.on).steps.values():  # what a road from paper went past is not put in after it
        if act.step in later.after and not step.repeats and later.key in acts and acts[later.key][0].on < act.on:
            day = acts[later.key][0].on
            return Fault(act.step, f"晚于“{later.label}”（{day:%Y-%m-%d}）", step.article, True, day)
    return next((fault for fault in _of_act(act, acts, case, is_working) if fault.blocks), None)


def is_over(acts):
    """Whether the last step of the road, the archive, was taken."""
    return list(known_editions()[-1].steps)[-1] in acts


def _bases(step, acts):
    """(step that it rests on, day not before which it may be taken): of a row of reviews the first, for the step that ends
    the row the last."""
    found = [(key, min(act.on for act in acts[key])) for key in step.after if key in acts]
    return found + [(key, max(act.on for act in acts[key])) for key in _ended_by().get(step.key, ()) if key in acts]


@cache
def _ended_by():
    """step → the rows of reviews that it ends."""
    rows = [step for step in known_editions()[-1].steps.values() if step.repeats]
    return {
        step.repeats["until"]: [row.key for row in rows if row.repeats["until"] == step.repeats["until"]]
        for step in rows
    }


def _of_act(act, acts, case, is_working):
    step, found = in_force(act.on).steps[act.step], []

    def say(says, article, blocks, day=None):
        found.append(Fault(step.key, says, article or step.article, blocks, day))

    edition = in_force(act.on)
    for key in step.after:
        if key not in acts:
            say(f"缺“{edition.steps[key].label}”", step.article, True)
    for key, before in _bases(step, acts):
        if act.on < before:
            say(f"早于“{edition.steps[key].label}”（{before:%Y-%m-%d}）", step.article, True, before)
    if step.repeats:
        _of_review(act, step.repeats, acts, case, say)
    for span in step.spans:
        since = _day(span.of, acts, act)
        if since is None:
            continue
        if span.least and act.on < (day := _after(since, span.least, case, is_working)):
            say(span.says, span.article, span.blocks, day)
        if span.most and act.on > (day := _after(since, span.most, case, is_working)):
            say(span.says, span.article, span.blocks, day)
    for need in step.needs:
        if (fault := CHECKS[need["check"]](need, act, case, is_working)) is not None:
            says, day = fault
            say(says, need.get("article"), need.get("blocks", False), day)
    return found


def _of_review(act, rule, acts, case, say):
    """A review is not after the step that ends the row, and not too long after the one before."""
    end = _day(rule["until"], acts)
    if end is not None and act.on > end:
        label = in_force(act.on).steps[rule["until"]].label
        say(f"晚于“{label}”（{end:%Y-%m-%d}）", rule["article"], True, end)
    begun = _day(rule["of"], acts)
    earlier = [each.on for each in acts.get(act.step, ()) if each.on < act.on]
    came_on = None if act.on_paper else case.came_on
    if begun is not None and act.on > (due := _review_due(max([begun, *earlier]), rule, came_on)):
        say(rule["says"], rule["article"], False, due)


def following(case, *, on, is_working):
    """[Next] of every step that can come now, in the order of the road, seen on a day. Gaps are nobody's to do in time."""
    acts = case.held
    return [each for each in _possible(acts, case, on, is_working) if not _went_past(each, acts, in_force(on))]


def _possible(acts, case, on, is_working):
    edition, found = in_force(on), []
    if is_over(acts):
        return found
    for key, step in edition.steps.items():
        if (key in acts and not step.repeats) or not acts.keys() >= {*step.after}:
            continue
        if _is_gap(key, acts, edition):
            continue
        if step.repeats:
            found += _next_review(step, acts, case)
        else:
            found.append(_next(step, acts, case, on, is_working))
    return found


def gaps(case, *, on, is_working):
    """[Next] of the steps that a road begun on paper went past without a record, without a last day: found in old papers,
    they may still be entered."""
    acts, edition = case.held, in_force(on)
    possible = _possible(acts, case, on, is_working) if any(act.on_paper for act in case.acts) else ()
    past = {each.step for each in possible if _went_past(each, acts, edition)}
    return [
        Next(step.key, max((day for _, day in _bases(step, acts)), default=known_editions()[0].since), None, None, ())
        for step in edition.steps.values()
        if step.key in past or _is_gap(step.key, acts, edition)
    ]


def _is_gap(key, acts, edition):
    return key not in acts and not edition.resting[key].isdisjoint(acts)


def _went_past(following, acts, edition):
    """Whether the ledger tells of a later step, taken after this one was due: not told is not the same as not done."""
    law = edition.steps[following.step]
    return (
        following.due is not None
        and not law.repeats
        and any(
            act.on_paper and act.on > following.due
            for key, taken in acts.items()
            if key in edition.steps and edition.steps[key].number > law.number
            for act in taken
        )
    )


def _next(step, acts, case, on, is_working):
    """A step not yet taken falls under the edition of today, or of the later day on which it can first be taken.

    When it could be taken before that edition began, the first day is the one that was lawful then: no edition makes a
    step possible on its own first day, unless the one before forbade it until then.
    """
    editions = known_editions()
    at = editions.index(in_force(on))
    for number in range(at, len(editions)):
        found = _bounds(editions[number].steps[step.key], acts, case, on, is_working)
        earliest = found.earliest
        if number and earliest < editions[number].since:
            earlier = editions[:at] if number == at else ()
            earliest = _first_before(earlier, editions[number], step.key, acts, case, on, is_working)
        if number + 1 == len(editions) or earliest < editions[number + 1].since:
            return Next(step.key, earliest, found.due, found.last, found.why)
    raise AssertionError("the last edition has no end")


def _first_before(earlier, edition, key, acts, case, on, is_working):
    """The first day on which one of the earlier editions allowed the step; else the first day of this one."""
    for number, each in enumerate(earlier):
        first = _bounds(each.steps[key], acts, case, on, is_working).earliest
        first = max(first, each.since) if number else first
        if first < (*earlier, edition)[number + 1].since:
            return first
    return edition.since


def _bounds(step, acts, case, on, is_working):
    days = [day for _, day in _bases(step, acts)]
    earliest, due, last, why = max(days, default=known_editions()[0].since), None, None, []
    for span in step.spans:
        since = _day(span.of, acts)
        if since is None:
            continue
        if span.least:
            day = _after(since, span.least, case, is_working)
            if day > earliest:
                earliest = day
            why.append(f"{span.says}（{span.article}）")
        if span.most:
            day = _after(since, span.most, case, is_working)
            if span.blocks:
                last = day if last is None else min(last, day)
            else:
                due = day if due is None else min(due, day)
            why.append(f"{span.says}（{span.article}）")
    for need in step.needs:
        if need["check"] == "age" and case.born:
            earliest = max(earliest, birthday(case.born, need["years"]))
        if need["check"] == "workdays" and need.get("before"):
            shown = _shown_until(need["least"], case.notices.get(step.key), max(on, earliest), is_working)
            earliest = max(earliest, shown + DAY)
            why.append(f"{need['says']}（{need['article']}）")
    return Next(step.key, earliest, due, last, tuple(why))


def _shown_until(least, notice, on, is_working):
    """The last day of the notice on record; one that is too short goes on while it can, else a new one begins on `on`."""
    if notice is not None:
        start, until = notice
        day = last_workday(start, least, is_working)
        if until >= day or day >= on:
            return max(until, day)
    return last_workday(on, least, is_working)


def _next_review(step, acts, case):
    """The next of a row of reviews: due so many months after the last one, or after the row began."""
    rule = step.repeats
    begun = _day(rule["of"], acts)
    if begun is None or rule["until"] in acts:
        return []
    since = max([begun, *(act.on for act in acts.get(step.key, ()))])
    earliest = max([since, *(day for _, day in _bases(step, acts))])
    due = _review_due(since, rule, case.came_on)
    return [Next(step.key, earliest, due, None, (f"{rule['says']}（{rule['article']}）",))]


def _review_due(since, rule, came_on):
    """The last day of the next review; of a road from paper the first that was still to come when it came in."""
    every = relativedelta(**rule["every"])
    due = since + every
    while came_on and due < came_on:
        due += every
    return due


# --- days


def _day(name, acts, own=None):
    """The day of a step, or a day named within one (`apply.received_on`); None when it is not known."""
    key, _, inner = name.partition(".")
    act = own if own is not None and own.step == key else (acts.get(key) or [None])[-1]
    if act is None:
        return None
    return act.data.get(inner) if inner else act.on


def _after(since, amount, case, is_working):
    """The day so far after `since`: months and years by the calendar; `probation`: with what it was extended by."""
    (unit, number), *_ = amount.items()
    if unit == "workdays":
        return last_workday(since, number, is_working)
    if unit == "probation":
        return since + relativedelta(months=number + case.extended)
    return since + relativedelta(**{unit: number})
