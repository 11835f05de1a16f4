"""From the parts to points, dimensions, totals, ranks, comparison groups and grades, by the words of the scheme."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from . import hours, life, quality, register, reports, road
from .book import Book, exact, plus, scheme_of

NONE = Decimal(0)
CENT = Decimal("0.01")
KINDS = {"": ("branch", "joint"), "committee": ("committee", "general")}
SCORED, NOT_APPLICABLE, PENDING = "scored", "not_applicable", "pending"


def cents(number):
    return number.quantize(CENT, ROUND_HALF_UP)


@dataclass
class Result:
    branch: int
    name: str
    stage: str
    founded_on: date
    closed_on: date | None
    parts: dict = field(default_factory=dict)  # key → (state, points, best grade left)
    dimensions: dict = field(default_factory=dict)  # key → points or None
    applicable: Decimal = NONE
    total: Decimal | None = None
    rank: int | None = None
    group: str = ""
    grade: str = ""

    @property
    def order(self):
        return (self.total, *((points or NONE) for points in list(self.dimensions.values())[:-1]))


def year(ask, number, on, kind=""):
    """[Result] of every graded branch in 单位序, or of every 党委 and 党总支 ("committee").

    `ask(sql, params)` gives the rows of a statement.
    """
    scheme, book = scheme_of(number, kind), Book(ask)
    records = life.Life(ask, book, number, on)
    last = date(number, 12, 31)
    results = [
        Result(pk, name, stage, founded_on, closed_on)
        for pk, name, stage, founded_on, closed_on in ask("""
            SELECT id, name, stage, founded_on, closed_on FROM branches_branch
            WHERE founded_on <= %(last)s AND (closed_on IS NULL OR closed_on >= %(first)s) ORDER BY "order", id""",
            {"first": date(number, 1, 1), "last": last})
        if records.kind_on(pk, last) in KINDS[kind]
    ]  # fmt: skip
    facts = Facts(ask, book, records, number, on, [result.branch for result in results])
    judged = {
        (branch, part): points
        for branch, part, points in ask("""
            SELECT branch_id, part, points FROM assessment_manualscore WHERE year = %(year)s""", {"year": number})
    }  # fmt: skip
    vetoes = set(ask("""
        SELECT branch_id, reason FROM assessment_veto
        WHERE year = %(year)s AND confirmed_at IS NOT NULL AND lifted_at IS NULL""", {"year": number}))  # fmt: skip
    for item in scheme["items"]:
        for part in item["parts"]:
            found = facts.of(part) if "fact" in part else None
            for result in results:
                result.parts[part["key"]] = _part(part, found, result, judged, vetoes)
    for result in results:
        _add_up(result, scheme)
    _grade(results, scheme, number)
    return results


class Facts:
    """The sources of the scheme by their names; None: the county wrote nothing of the kind down for the year."""

    def __init__(self, ask, book, records, number, on, branches):
        self.ask, self.book, self.life, self.year, self.on, self.branches = ask, book, records, number, on, branches
        self.roads = road.Roads(ask, book)

    def of(self, part):
        app, _, name = part["fact"].partition(".facts.")
        return getattr(self, f"{app}_{name}")(**part.get("options", {}))

    def duties_met(self, rule, late=1):
        return self.life.met(rule, late)

    def meetings_attendance(self):
        return life.attendance(self.ask, self.year, self.on)

    def training_called(self):
        return life.called(self.ask, self.book, self.year, self.on)

    def training_hours_reached(self):
        return hours.hours_reached(self.ask, self.book, self.year, self.on)

    def members_appraised(self):
        return register.appraised(self.ask, self.life, self.year)

    def members_months_late_electing(self):
        return register.months_late(self.ask, self.book, self.year, self.on)

    def members_dues_on_time(self):
        return register.dues_on_time(self.ask, self.book, self.year)

    def members_transfers_late(self):
        return register.transfers_late(self.ask, self.book, self.year, self.on, self.branches)

    def members_titles(self, most):
        return register.titles(self.ask, self.book, self.year, self.on, self.branches, most)

    def members_mass_poll(self):
        return register.mass_poll(self.ask, self.book, self.year)

    def recruitment_unlawful(self):
        return road.unlawful(self.roads, self.year, self.on)

    def recruitment_backbone_share(self):
        return road.backbone_share(self.ask, self.roads, self.book, self.year, self.on)

    def assessment_letters_and_reviews(self):
        return reports.letters_and_reviews(self.ask, self.book, self.year, self.on, self.branches)

    def assessment_mean_of_branches(self):
        """The mean total of those below that have a grade, of 100 and no more."""
        paths = dict(self.ask("SELECT id, path FROM branches_branch"))
        graded = [result for result in year(self.ask, self.year, self.on) if result.rank is not None]
        found = {}
        for branch in self.branches:
            below = [result.total for result in graded if paths[result.branch].startswith(paths[branch])]
            if below:
                found[branch] = min(Decimal(100), cents(sum(below) / len(below))), Decimal(100)
        return found if graded else None

    def branches_standardised(self):
        return quality.standardised(self.ask, self.year)

    def branches_rectified_on_time(self):
        return quality.rectified_on_time(self.ask, self.year, self.on)

    def branches_brands(self):
        return quality.brands(self.ask, self.year, self.on, self.branches)

    def branches_weak_standing(self):
        return quality.weak_standing(self.ask, self.year, self.on)


def _part(part, found, result, judged, vetoes):
    """(state, points, best grade left or "") of one part of one branch."""
    most, branch = exact(part["points"]), result.branch
    if result.stage not in part.get("stages", [result.stage]):
        return NOT_APPLICABLE, NONE, ""
    if part["by"] == "manual":
        points = judged.get((branch, part["key"]))
        return (PENDING, NONE, "") if points is None else (SCORED, cents(points), "")
    if part["by"] == "veto":
        held = [row["at_most"] for row in part["reasons"] if (branch, row["key"]) in vetoes]
        return (SCORED, NONE, held[0]) if held else (NOT_APPLICABLE, NONE, "")
    if found is None and "waits_for" in part:
        return PENDING, NONE, ""
    if not found or branch not in found:
        return NOT_APPLICABLE, NONE, ""
    value, whole = found[branch]
    if part["by"] == "cap":
        return SCORED, NONE, part["caps"].get(str(value), "")
    points = cents(_points(part, most, value, whole))
    return SCORED, min(max(points, exact(part.get("floor", 0))), exact(part.get("cap", most))), ""


def _points(part, most, value, whole):
    if part["by"] == "share":
        return most * value / whole
    if part["by"] == "linear":
        full, zero = exact(part["full"]), exact(part["zero"])
        return most * min(Decimal(1), max(NONE, (value / whole - zero) / (full - zero)))
    if part["by"] == "minus":
        return max(NONE, most - value * exact(part["each"]))
    raise NotImplementedError(part["by"])


def _add_up(result, scheme):
    """Dimensions re-scaled to their weights over what was scored; the total to 100 over the dimensions that have points."""
    got, out_of = Counter(), Counter()
    for item in scheme["items"]:
        for part in item["parts"]:
            state, points, _ = result.parts[part["key"]]
            got[item["dimension"]] += points
            out_of[item["dimension"]] += exact(part["points"]) if state == SCORED else NONE
            if item["dimension"] not in ("bonus", "veto") and state != NOT_APPLICABLE:
                result.applicable += exact(part["points"])
    weights = {row["key"]: exact(row["weight"]) for row in scheme["dimensions"]}
    for key, weight in weights.items():
        result.dimensions[key] = cents(got[key] * weight / out_of[key]) if out_of[key] else None
    counted = {key: points for key, points in result.dimensions.items() if points is not None}
    if counted:
        share = sum(counted.values()) * 100 / sum(weights[key] for key in counted)
        result.total = cents(share) + got["bonus"] + got["veto"]


def _grade(results, scheme, number):
    least = scheme["undetermined"]
    standing = []
    for result in results:
        begins = max(result.founded_on, date(number, 1, 1))
        ends = min(result.closed_on or date(number, 12, 31), date(number, 12, 31))
        is_short = plus(begins, least["months"]) > ends + timedelta(days=1)
        if is_short or result.applicable < 100 * exact(least["applicable"]) or result.total is None:
            result.grade = least["label"]
        else:
            standing.append(result)
    for result in standing:
        result.rank = 1 + sum(other.order > result.order for other in standing)
    _group(standing, scheme["groups"])
    for label in {result.group for result in standing}:
        _band([result for result in standing if result.group == label], scheme["grades"])
    labels = [row["label"] for row in scheme["grades"]]
    for result in standing:
        for best in filter(None, (best for _, _, best in result.parts.values())):
            result.grade = max(result.grade, best, key=labels.index)


def _group(standing, rules):
    """By stage; in the file's order a group that is too small joins the one it names, at last the whole county's."""
    for result in standing:
        named = [row["label"] for row in rules["rows"] if result.stage in row["stages"]]
        result.group = named[0] if named else rules["pool"]
    for row in rules["rows"]:
        mine = [result for result in standing if result.group == row["label"]]
        if len(mine) < rules["least"]:
            for result in mine:
                result.group = row["joins"]
    sizes = Counter(result.group for result in standing)
    for result in standing:
        if sizes[result.group] < rules["least"]:
            result.group = rules["pool"]


def _band(members, grades):
    """By points; a grade with a quota takes whole sets of equals from the top while there is room, and nobody after."""
    for result in members:
        result.grade = next(row["label"] for row in grades if result.total >= exact(row["at_least"]))
    for row, below in pairwise(grades):
        if "quota" not in row:
            continue
        room = int(len(members) * exact(row["quota"]))
        for result in [each for each in members if each.grade == row["label"]]:
            if sum(other.order >= result.order for other in members) > room:
                result.grade = below["label"]
