from decimal import Decimal
from tempfile import TemporaryDirectory

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts import audit
from assessment import results, workbook
from assessment import scheme as schemes
from assessment.models import ManualScore, Scheme
from branches.models import Branch
from branches.rights import may, require

LONG = 300  # organisations; a longer workbook is written row by row to a file of its own, whatever its length


def part_of(year, key):
    """(item, part) of a manual 评分点; `ValidationError` when the scheme has no such part to judge."""
    for item in schemes.in_force(year)["items"]:
        for part in item["parts"]:
            if part["key"] == key and part["by"] == "manual":
                return item, part
    raise ValidationError("方案中没有这个评定项。")


def year_file(year, *, by, on):
    """(file name, bytes) of the year's workbook of the organisations in the reach of `by`; on record as an export."""
    if not may(by, "grade.export"):
        raise PermissionDenied("您的岗位没有“导出年度考核表”的权限。")
    visible = set(Branch.objects.visible_to(by, verb="grade.export").values_list("pk", flat=True))
    standing = results.standing(year, on=on)
    scores = [score for score in standing.scores if score.branch.pk in visible]
    above = []
    if schemes.published(year, Scheme.Kind.COMMITTEE):
        found = results.standing(year, on=on, kind=Scheme.Kind.COMMITTEE)
        above = [score for score in found.scores if score.branch.pk in visible]
    with TemporaryDirectory() as folder:
        data = workbook.as_workbook(
            scores,
            year,
            on=standing.on,
            standing=standing,
            committees=above,
            folder=folder if len(scores) > LONG else None,
        )
    audit.record("grade.export", by=by, year=year, branches=len(scores))
    return f"{year}年度量化考核汇总表.xlsx", data


@transaction.atomic
def judge(year, key, entries, *, by):
    """Write what staff judged on one part: `entries` are (branch, points or None, reason, version or None).

    None takes the judgement back. Raises `Stale` when somebody else judged the same branch in between.
    """
    _, part = part_of(year, key)
    known = {row.branch_id: row for row in ManualScore.objects.select_for_update().filter(year=year, part=key)}
    written = 0
    for branch, points, reason, version in entries:
        require(by, "score.judge", at=branch)
        row = known.get(branch.pk)
        if points is None:
            if row is not None:
                row.claim(version or 0)
                row.delete()
                audit.record("score.clear", branch, by=by, year=year, part=key)
                written += 1
            continue
        if points > Decimal(str(part["points"])):
            raise ValidationError(f"{branch.name}：最多 {part['points']} 分。")
        if row is None:
            row = ManualScore(year=year, branch=branch, part=key)
        elif (row.points, row.reason) == (points, reason):
            continue
        else:
            row.claim(version or 0)
        row.points, row.reason, row.judged_by = points, reason, by
        row.full_clean()
        row.save()
        audit.record("score.judge", branch, by=by, year=year, part=key, points=str(points))
        written += 1
    return written
