"""三重一大 of the invented county: what branches decided in their committees and assemblies of two years."""

import random
from decimal import Decimal

from branches.demo import WEAK
from jobs.copying import insert
from meetings.models import CollectiveDecision, Meeting, MeetingKind

Kind, Result = CollectiveDecision.Kind, CollectiveDecision.Result
MATTERS = [
    (Kind.DECISION, "修订学校章程中党建工作有关条款", None, "已印发执行"),
    (Kind.PERSONNEL, "推荐中层干部人选", None, "已按程序任用"),
    (Kind.PROJECT, "学生食堂改造", Decimal("186000.00"), "已完工并验收"),
    (Kind.FUNDS, "购置教学用计算机", Decimal("92000.00"), "已采购"),
    (Kind.DECISION, "制定教师评优评先办法", None, "已公示执行"),
    (Kind.PROJECT, "操场塑胶跑道翻新", None, ""),
    (Kind.FUNDS, "图书补充经费", Decimal("36000.00"), ""),
    (Kind.PERSONNEL, "年级组长聘任", None, "已聘任"),
]
DECIDES = [MeetingKind.Kind.COMMITTEE_MEETING, MeetingKind.Kind.MEMBERS_MEETING]


def build(county):
    """Each branch some matters a year, a weak one seldom; a stream of its own, written in bulk."""
    rng = random.Random(f"{county.seed}/decisions")
    of_branch = {}
    found = Meeting.objects.counted().filter(kinds__kind__in=DECIDES).distinct().order_by("held_on", "pk")
    for meeting in found.only("pk", "branch_id", "held_on"):
        of_branch.setdefault(meeting.branch_id, []).append(meeting)
    made = []
    for sketch in county.sketches:
        held = of_branch.get(sketch.branch.pk, [])
        if not sketch.is_leaf or not held:
            continue
        for meeting in rng.sample(held, min(len(held), 1 if sketch.manner[1] == WEAK else 3)):
            kind, matter, amount, done = rng.choice(MATTERS)
            made.append(
                CollectiveDecision(
                    branch_id=meeting.branch_id, kind=kind, matter=matter, meeting=meeting, amount=amount, carried_out=done,
                    result=Result.PASSED if rng.random() < 0.93 else Result.PUT_OFF, created_by=sketch.author or county.top.author,
                )
            )  # fmt: skip
    insert(made)
