"""What pages show of a year while it runs: the last pass over everybody, the county's target, the course of the months, and what
a branch sees of the others."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median

from django.db.models import Avg, Count, F, Q
from django.db.models.fields.json import KeyTransform

from assessment import canonical, forecast, freshness, scoring
from assessment.models import Forecast, Scheme
from assessment.result import ZERO, cents
from rulebook.book import value

AT_ONCE = 300  # organisations that are graded anew while one waits
TOP, HEIGHT = 4, 34  # of the trend's picture of 100 × 40


@dataclass(frozen=True)
class Pass:
    """One pass over everybody: its instant (None: there is none yet) and whether something was recorded since."""

    at: datetime | None
    is_behind: bool = False


def last_pass(year, *, on, kind=Scheme.Kind.BRANCH):
    """The newest pass, and whether it is behind the records. Where the night left none of today, or an organisation is new
    since, an ordinary county is graded while one waits; a large one is told how old its figures are."""
    rows = Forecast.objects.filter(year=year, kind=kind, ranked_at__isnull=False).order_by("-ranked_at")
    known = rows.values_list("ranked_at", "on", "seen").first()
    graded = scoring.graded(year, on=on, kind=kind)
    if known and known[1] == on:
        is_behind = freshness.has_moved(known[2])
        if not is_behind or not graded.exclude(pk__in=rows.filter(ranked_at=known[0]).values("branch")).exists():
            return Pass(known[0], is_behind)
    if graded.count() > AT_ONCE:
        return Pass(known and known[0], known is not None)
    forecast.run(year, on=on, kind=kind)
    return Pass(rows.values_list("ranked_at", flat=True).first())


def of_pass(rows, year, kind, at):
    """The rows of a pass, in 单位序, with what a list shows and without the rest."""
    found = rows.filter(year=year, kind=kind, ranked_at=at).select_related("branch").defer("content")
    return found.annotate(
        dimensions=KeyTransform("dimensions", "content"), why=KeyTransform("why", "content"), could=F("total") + F("still")
    ).order_by("branch__order", "branch__pk")  # fmt: skip


# --- the county's target


def target(on, content):
    """{text, grades, floor, source}: the grades that nobody should have, and the points from which one has a better one."""
    said = value("assessment.target", on=on)
    if not said:
        return None
    grades = [row for row in content["grades"] if row["label"] in said["grades"]]
    better = [row["at_least"] for row in content["grades"] if row["label"] not in said["grades"]]
    return {
        "text": said["text"],
        "grades": [row["label"] for row in grades],
        "floor": Decimal(str(min(better, default=0))),
    }


def below(goal):
    return Q(grade__in=goal["grades"])


def out_of_reach(goal):
    """Below the target even when everything that can still be had is had."""
    return Q(could__lt=goal["floor"])


# --- the course of the year


def course(rows, year, kind, goal):
    """One row per month: how many, the mean of the totals, how many below the target, how many of each grade. One query."""
    found = (
        rows.filter(year=year, kind=kind, total__isnull=False)
        .order_by()
        .values("month")
        .annotate(count=Count("pk"), mean=Avg("total"), below=Count("pk", filter=below(goal) if goal else Q(pk=None)))
        .order_by("month")
    )
    return [row | {"mean": cents(row["mean"])} for row in found]


def own_course(branch, year, kind):
    """A branch's total by the month. One query."""
    rows = Forecast.objects.filter(branch=branch, year=year, kind=kind, total__isnull=False).order_by("month")
    return [{"month": month, "mean": total} for month, total in rows.values_list("month", "total")]


def picture(months):
    """The course as an SVG path of 100 × 40, from 0 to 100 points; "" with fewer than two months."""
    if len(months) < 2:
        return ""
    step = Decimal(100) / (len(months) - 1)
    points = [
        f"{step * place:.2f} {TOP + HEIGHT * (100 - min(Decimal(100), row['mean'])) / 100:.2f}"
        for place, row in enumerate(months)
    ]
    return "M" + "L".join(points)


# --- what a branch sees of the others


def medians(scores, group, on):
    """{count, total, dimensions: key → median} of a comparison group, or None for a group too small to hide anybody.

    `scores`: pairs (total, {dimension key: points or None}) of the whole group.
    """
    totals = [total for total, _ in scores if total is not None]
    least = value("assessment.median_least", on=on)
    if not group or least is None or len(totals) < least:
        return None
    of = {}
    for _, dimensions in scores:
        for key, points in dimensions.items():
            of.setdefault(key, []).extend([] if points is None else [points])
    enough = {key: cents(median(points)) for key, points in of.items() if len(points) >= least}
    return {"group": group, "count": len(totals), "total": cents(median(totals)), "dimensions": enough}


def medians_of(row, on):
    """The medians of the comparison group of a forecast row, by the pass that the row is of. One query."""
    if not row.ranked_at or not row.group:
        return None
    others = Forecast.objects.filter(year=row.year, kind=row.kind, ranked_at=row.ranked_at, group=row.group)
    told = others.values_list("total", KeyTransform("dimensions", "content"))
    return medians([(total, _points(dimensions)) for total, dimensions in told], row.group, on)


def _points(dimensions):
    return {each["key"]: _number(each["points"]) for each in dimensions}


def medians_of_seal(seal, group, on):
    """The same of what was sealed. One query."""
    told = map(canonical.data, seal.scores.values_list("result", flat=True))
    rows = [(_number(row["total"]), {key: _number(points) for key, points in row["dimensions"].items()})
            for row in told if row["group"] == group]  # fmt: skip
    return medians(rows, group, on)


def _number(text):
    return None if text is None else Decimal(text)


def distribution(rows, grades):
    """Comparison group → how many of each grade. `rows`: triples (group, grade, count)."""
    found = {}
    for group, grade, count in rows:
        line = found.setdefault(group, dict.fromkeys(grades, 0))
        line[grade] = line.get(grade, 0) + count
    return [
        {
            "group": group or "不定等次",
            "cells": [{"grade": grade, "count": line[grade]} for grade in line],
            "all": sum(line.values()),
        }
        for group, line in sorted(found.items(), key=lambda pair: (not pair[0], pair[0]))
    ]


def in_reach(score):
    """How far a score can still go."""
    return (score.total or ZERO) + score.still
