"""What the invented county's assessors judged on the complete year: a share of the branches, the rest still pending."""

from datetime import date
from decimal import Decimal

from django.utils import timezone

from accounts import audit
from assessment import scheme as schemes
from assessment.actions import part_of
from assessment.models import ManualScore, Scheme
from branches.demo import GOOD, ORDINARY, WEAK

SHARES = {GOOD: (80, 98), ORDINARY: (62, 84), WEAK: (35, 62)}  # per cent of a part's points
REASONS = {
    "PF10": ("党员教师带头教研，有实例", "有融合计划，成效一般", "融合停留在计划，缺少实例"),
    "EX2.2": ("品牌有特色，师生知晓度高", "品牌初步形成", "尚未形成品牌"),
    "PF1.3": ("会前准备充分，批评具体", "程序完整，批评偏少", "程序不全，材料简单"),
}


def build(county, rng):
    """One judgement per part and judged branch, by the staff account."""
    year, staff = county.years[0], county.users["gongwei"]
    published = schemes.frozen(year)
    Scheme.objects.create(
        year=year,
        title=published["title"],
        content=published,
        state=Scheme.State.PUBLISHED,
        created_by=staff,
        published_by=staff,
        published_at=timezone.now(),
    )
    graded = [sketch for sketch in county.sketches if sketch.is_leaf and sketch.branch.founded_on < date(year, 7, 1)]
    judged = [sketch for sketch in graded if sketch.is_star or rng.random() < 0.75]
    rows = []
    for key, reasons in REASONS.items():
        most = Decimal(str(part_of(year, key)[1]["points"]))
        for sketch in judged:
            manner = sketch.manner[0]
            points = (most * rng.randint(*SHARES[manner]) / 100 * 20).to_integral_value() / 20  # in steps of 0.05
            reason = reasons[(GOOD, ORDINARY, WEAK).index(manner)]
            rows.append(
                ManualScore(year=year, branch=sketch.branch, part=key, points=points, reason=reason, judged_by=staff)
            )
        audit.record("score.judge", by=staff, year=year, part=key, judged=len(judged))
    ManualScore.objects.bulk_create(rows, batch_size=2000)
