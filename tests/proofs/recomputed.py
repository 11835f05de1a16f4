"""The portal's grades beside those worked out anew from the rows: every part, dimension, total, rank, group and grade."""

import json
from datetime import date
from io import StringIO

import time_machine
from django.core.management import call_command
from django.db import connection

from assessment import scoring
from assessment.models import Scheme
from tests.proofs.recompute.__main__ import asking
from tests.proofs.recompute.grading import year as recomputed


def anew(year, on, kind=""):
    with connection.cursor() as cursor:
        return recomputed(asking(cursor), year, on, kind)


def differences(year, on, kind=""):
    """[(branch, what, the portal's, ours)] of everything on which the two do not agree; "committee": of 党委 and 党总支."""
    ours = anew(year, on, kind)
    portal = scoring.grade(year, on=on, kind=kind or Scheme.Kind.BRANCH)
    assert [score.branch.pk for score in portal] == [result.branch for result in ours]
    return [
        (score.branch.pk, what, theirs, mine)
        for score, result in zip(portal, ours, strict=True)
        for what, theirs, mine in _beside(score, result)
        if theirs != mine
    ]


def _beside(score, result):
    for part in (part for item in score.items for part in item.parts):
        yield part.key, (part.state, part.points), result.parts[part.key][:2]
    for dimension in score.dimensions:
        yield dimension.key, dimension.points, result.dimensions[dimension.key]
    for name in ("total", "rank", "group", "grade"):
        yield name, getattr(score, name), getattr(result, name)


def command_differences(year, today, path):
    """The same of what `manage.py grade` writes on a day: items, total, rank and grade."""
    with time_machine.travel(today, tick=False):
        call_command("grade", year, json=path, stdout=StringIO())
    told = json.loads(path.read_text("utf-8"))["branches"]
    ours = anew(year, min(today, date(year + 1, 3, 31)))
    assert len(told) == len(ours)
    found = []
    for row, result in zip(told, ours, strict=True):
        mine = _told(result, [item["code"] for item in row["items"]])
        found += [(row["branch"], key, row[key], mine[key]) for key in mine if not _is_same(row, mine, key)]
    return found


def _told(result, codes):
    points = dict.fromkeys(codes, 0)
    for key, (_, got, _) in result.parts.items():
        points[key if key in points else key.partition(".")[0]] += got
    return {"items": points, "total": result.total, "rank": result.rank, "grade": result.grade}


def _is_same(row, mine, key):
    if key == "items":
        return {item["code"]: item["points"] for item in row["items"]} == {
            code: _number(points) for code, points in mine["items"].items()
        }
    return row[key] == (_number(mine[key]) if key == "total" else mine[key])


def _number(points):
    return None if points is None else float(points)
