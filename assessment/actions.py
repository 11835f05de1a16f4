from dataclasses import replace
from tempfile import TemporaryDirectory

from django.core.exceptions import PermissionDenied

from accounts import audit
from assessment import results, workbook
from assessment import scheme as schemes
from assessment.models import Scheme
from branches.models import Branch
from branches.rights import may

LONG = 300  # organisations; a longer workbook is written row by row to a file of its own, whatever its length


def year_file(year, *, by, on):
    """(file name, bytes) of the year's workbook of the organisations in the reach of `by`; on record as an export."""
    if not may(by, "grade.export"):
        raise PermissionDenied("您的岗位没有“导出年度考核表”的权限。")
    visible = set(Branch.objects.visible_to(by, verb="grade.export").values_list("pk", flat=True))
    standing, committees = _within(results.standing(year, on=on), visible), None
    if schemes.published(year, Scheme.Kind.COMMITTEE):
        committees = _within(results.standing(year, on=on, kind=Scheme.Kind.COMMITTEE), visible)
    scores = standing.scores
    with TemporaryDirectory() as folder:
        data = workbook.as_workbook(
            scores,
            year,
            on=standing.on,
            standing=standing,
            committees=committees,
            folder=folder if len(scores) > LONG else None,
        )
    audit.record("grade.export", by=by, year=year, branches=len(scores))
    return f"{year}年度量化考核汇总表.xlsx", data


def _within(standing, visible):
    return replace(standing, scores=[score for score in standing.scores if score.branch.pk in visible])
