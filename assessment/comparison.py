"""Results over the years: what a branch got in each, what changed for all between two, and what cannot be compared."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from assessment import figures, scoring
from assessment.models import Scheme
from assessment.scheme_diff import changes
from branches.models import Branch
from rulebook.book import value

YEARS = 6  # of one organisation side by side
WORDS = {
    "label",
    "clause",
    "source",
    "evidence",
    "method",
    "who",
    "waits_for",
    "because",
    "title",
}  # what gives no points
UP, DOWN, SAME = "up", "down", "same"


def _bare(value, without=WORDS):
    """A piece of a scheme without its words: what decides the points and nothing else, numbers by their value."""
    if isinstance(value, dict):
        return {key: _bare(value[key], without) for key in sorted(value) if key not in without}
    if isinstance(value, list | tuple):
        return [_bare(each, without) for each in value]
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return Decimal(str(value)).normalize()
    return value


def _frame(content):
    """What decides the grade beside the points; grades and groups are known by their names."""
    return _bare({name: content[name] for name in ("grades", "groups", "undetermined")}, WORDS - {"label"})


@dataclass(frozen=True)
class Likeness:
    """How far the figures of two years can be compared, and what changed in words."""

    dimensions: dict  # key → whether its points mean the same in both years
    total: bool
    grade: bool
    changes: list

    @property
    def whole(self):
        return self.total and self.grade


def likeness(before, after):
    """The Likeness of two schemes' contents."""
    rows = {}
    for name, content in (("before", before), ("after", after)):
        rows[name] = {row["key"]: [_bare(row)] for row in content["dimensions"]} | {"bonus": [], "veto": []}
        for item in content["items"]:
            rows[name].setdefault(item["dimension"], []).append(_bare(item))
    keys = rows["before"].keys() | rows["after"].keys()
    same = {key: rows["before"].get(key) == rows["after"].get(key) for key in keys}
    total = all(same[key] for key in keys - {"veto"})
    bands = _frame(before) == _frame(after)
    return Likeness(
        {key: like for key, like in same.items() if key not in ("bonus", "veto")}, total, total and bands and same["veto"],
        changes(before, after),
    )  # fmt: skip


# ---- which years


def offered(on, kind=Scheme.Kind.BRANCH):
    """The years that can be compared, the newest first: those sealed, and those whose records still run."""
    sealed = figures.seals(kind)
    return sorted({*sealed, *(year for year in (on.year, on.year - 1) if year not in sealed)}, reverse=True), sealed


def year_of(year, sealed, *, on, kind=Scheme.Kind.BRANCH):
    if year in sealed:
        return figures.of_seal(sealed[year])
    return figures.of_records(year, on=scoring.last_day(year, on), kind=kind)


# ---- two years, all branches


@dataclass(frozen=True)
class Pair:
    """One organisation in two years; either may be missing."""

    branch: Branch
    before: figures.Figures | None
    after: figures.Figures | None
    dimensions: list  # (label, before, after, difference or None)
    difference: Decimal | None
    places: tuple  # within the comparison group: (place, size) or None, of each year
    course: str  # of the grade: up, down, same, or "" when it cannot be told


def pairs(branches, before, after):
    """[Pair] of `branches` (in their order) that were graded in one of the two years."""
    like = likeness(before.content, after.content)
    order = {label: place for place, label in enumerate(after.labels[:-1])}
    found = []
    for branch in branches:
        old, new = before.rows.get(branch.pk), after.rows.get(branch.pk)
        if old is None and new is None:
            continue
        found.append(
            Pair(branch, old, new, _dimensions(old, new, after, like),
                 _less(old.total, new.total) if like.total and old and new else None,
                 (before.places.get(branch.pk), after.places.get(branch.pk)), _course(old, new, order))
        )  # fmt: skip
    return found


def _less(before, after):
    return None if before is None or after is None else after - before


def _dimensions(old, new, after, like):
    rows = []
    for row in after.content["dimensions"]:
        was, now = (each.dimensions.get(row["key"]) if each else None for each in (old, new))
        rows.append((row["label"], was, now, _less(was, now) if like.dimensions[row["key"]] else None))
    return rows


def _course(old, new, order):
    """Better or worse by the order of the newer scheme's grades; nothing is said of 不定等次."""
    if old is None or new is None or old.grade not in order or new.grade not in order:
        return ""
    was, now = order[old.grade], order[new.grade]
    return SAME if was == now else UP if now < was else DOWN


def distribution(year, among=None, group=""):
    """[(grade, how many)] of a year, of the branches in `among` and of one comparison group, when they are named."""
    counted = Counter(
        row.grade
        for row in year.rows.values()
        if (among is None or row.branch in among) and (not group or row.group == group)
    )
    return [(label, counted[label]) for label in year.labels]


# ---- one branch over the years


@dataclass(frozen=True)
class Line:
    """One year of a branch: its figures, the middle of its group, its place when it may be told, and what the scheme changed."""

    year: figures.Year
    figures: figures.Figures
    median: Decimal | None
    place: tuple | None
    like: Likeness | None  # to the year before


def over_years(branch, *, on, tells_rank):
    """[Line] of a branch, the oldest first. What still runs is the branch's own alone: no place and no grade yet."""
    lines, before, least = [], None, value("assessment.median_least", on=on)
    for year in _years_of(branch, on):
        row = year.rows[branch.pk]
        like = likeness(before.content, year.content) if before else None
        median = year.median(row.group, least) if year.is_sealed else None
        lines.append(Line(year, row, median, year.places.get(branch.pk) if tells_rank else None, like))
        before = year
    return lines


def _years_of(branch, on):
    found = {}
    for kind in Scheme.Kind:
        for year in map(figures.of_seal, figures.seals(kind).values()):
            if branch.pk in year.rows:
                found[year.year] = year
    for year in (on.year - 1, on.year):
        if year not in found and (own := _running(branch, year, on)):
            found[year] = own
    return [found[year] for year in sorted(found)][-YEARS:]


def _running(branch, year, on):
    """The year of a branch that is not sealed, by its own records alone; None when it is not graded in it."""
    last = scoring.last_day(year, on)
    chosen = scoring.graded(year, on=last).filter(pk=branch.pk)
    if not chosen.exists():
        return None
    (score,) = scoring.score(chosen, year, on=last)
    return figures.Year(year, Scheme.Kind.BRANCH, figures.RUNNING, score.content, {branch.pk: figures.of_score(score)})
