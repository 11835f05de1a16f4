from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from assessment import scheme as schemes
from assessment.models import ManualScore
from branches.rights import require


def part_of(year, key):
    """(item, part) of a manual 评分点; `ValidationError` when the scheme has no such part to judge."""
    for item in schemes.in_force(year)["items"]:
        for part in item["parts"]:
            if part["key"] == key and part["by"] == "manual":
                return item, part
    raise ValidationError("方案中没有这个评定项。")


@transaction.atomic
def judge(year, key, entries, *, by):
    """Write what staff judged on one part: `entries` are (branch, points or None, reason, version or None).

    None takes the judgement back. Raises `Stale` when somebody else judged the same branch in between.
    """
    _, part = part_of(year, key)
    scheme = schemes.opened(year)
    known = {row.branch_id: row for row in ManualScore.objects.select_for_update().filter(scheme=scheme, part=key)}
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
            row = ManualScore(scheme=scheme, branch=branch, part=key)
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
