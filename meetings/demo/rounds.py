"""Rounds of 组织生活会: that of the year before with all its steps, and the one that is being prepared."""

from datetime import date, timedelta

from django.db.models import DateTimeField, F
from django.db.models.functions import Cast

from branches.demo import GOOD, ORDINARY, WEAK
from branches.models import Rectification, RectificationStep
from duties.demo.moments import at
from jobs.copying import insert
from meetings.models import Campaign, CampaignStep, Finding, Guidance, StepDone

State, Kind = Campaign.State, Campaign.Kind
PLAN = (
    "一、时间：{first}年12月至次年3月，组织生活会和民主评议党员一并安排。\n"
    "二、步骤：会前学习、征求意见、谈心谈话、查摆问题、召开会议、整改落实。\n"
    "三、要求：批评和自我批评联系实际；问题和措施落到人、落到时间；会后七日内在门户登记。\n"
    "四、指导：工委派出指导组，每个支部有人联系。"
)
STEPS = [  # label, month and day by which it is to be done; the year follows from the month
    ("会前学习", 12, 15), ("征求意见", 12, 25), ("谈心谈话", 1, 10), ("查摆问题、撰写发言提纲", 1, 18), ("召开组织生活会", 2, 28),
    ("整改落实和上墙公开", 3, 31),
]  # fmt: skip
MEETING = 4  # place of the step that is the meeting itself
DONE = {GOOD: 0.99, ORDINARY: 0.9, WEAK: 0.6}
LATE = {GOOD: -6, ORDINARY: -2, WEAK: 5}
FINDINGS = [
    ("主题党日形式单一，联系教学不够", "每季度由一个教研组承办，办完听取意见", "组织委员"),
    ("会议记录偏简单，讨论过程写得少", "会前定记录人，会后三日内由书记核对", "宣传委员"),
    ("谈心谈话覆盖面不够，青年教师谈得少", "列出名单按月安排，年内每人至少一次", "书记"),
    ("党员先锋岗有牌子、缺成效", "岗位职责公开，期末由教职工评议", "组织委员"),
    ("外出支教党员教育管理有空档", "每月由党小组长联系一次，回校补学", "党小组长"),
    ("党费收缴有个别逾月", "主题党日当天收缴，次日核对", "组织委员"),
    ("听取群众意见的渠道不多", "设意见箱，每月公布答复", "纪检委员"),
]  # fmt: skip
GROUPS = [("第一指导组", "lingdao"), ("第二指导组", "gongwei"), ("第三指导组", "ducha")]
PREPARED_FROM, OPEN_FROM = (10, 1), (11, 15)


def build(county, rng):
    last, year = county.years
    leaves = [sketch for sketch in county.sketches if sketch.is_leaf and sketch.term]
    before = _round(county, last, date(last, 12, 1))
    there = [sketch for sketch in leaves if sketch.branch.founded_on <= before.opens_on]
    _walk(
        county, rng, before, [sketch for sketch in there if (sketch.branch.closed_on or county.today) >= before.ends_on]
    )
    today = county.today
    if (today.month, today.day) >= PREPARED_FROM:
        now = _round(county, year, date(year, *OPEN_FROM))
        _walk(county, rng, now, [sketch for sketch in leaves if sketch.branch.closed_on is None])
    Finding.objects.update(created_at=Cast(F("due_on"), DateTimeField()) - timedelta(days=60))
    _follow(today)


def _follow(today):
    """What was found is followed as 整改 from then on, as `campaigns.find` would have it."""
    items = insert(
        [
            Rectification(
                branch_id=row.branch_id, source=Rectification.Source.LIFE_MEETING, origin_label=Finding._meta.label,
                origin_id=row.pk, problem=row.problem, measure=row.measure, owner=row.owner, due_on=row.due_on,
                raised_on=min(row.due_on - timedelta(days=60), today), created_by_id=row.created_by_id,
            )
            for row in Finding.objects.order_by("pk")
        ])  # fmt: skip
    act = RectificationStep.Act.RAISE
    insert([RectificationStep(item=row, act=act, on=row.raised_on, created_by_id=row.created_by_id) for row in items])


def _round(county, year, opens_on):
    today, ends_on = county.today, date(year + 1, 3, 31)
    state = State.DRAFT if opens_on > today else State.OPEN if ends_on >= today else State.CLOSED
    found = Campaign.objects.create(
        branch=county.top.branch, kind=Kind.ORG_LIFE, assessment_year=year, title=f"{year} 年度组织生活会和民主评议党员",
        plan=PLAN.format(first=year), opens_on=opens_on, ends_on=ends_on, state=state, created_by=county.users["gongwei"],
    )  # fmt: skip
    Campaign.objects.filter(pk=found.pk).update(created_at=at(min(today, opens_on - timedelta(days=12)), 10))
    return found


def _walk(county, rng, campaign, sketches):
    """Steps, guides, what was done and what was found, of every branch that takes part."""
    year, today = campaign.assessment_year, county.today
    steps = [
        CampaignStep(campaign=campaign, position=place, label=label, due_on=date(year + (month < 6), month, day))
        for place, (label, month, day) in enumerate(STEPS)
    ]
    insert(steps)
    guides, done, findings = [], [], []
    for number, sketch in enumerate(sketches):
        group, username = GROUPS[number % len(GROUPS)]
        guides.append(Guidance(campaign=campaign, branch=sketch.branch, group=group, guide=county.users[username]))
        manner = sketch.manner[year == today.year]
        for place, step in enumerate(steps):
            on = step.due_on + timedelta(days=LATE[manner] + rng.randint(-3, 3))
            if place == MEETING:
                on = county.life_meetings.get((sketch.branch.pk, year))
            if on and campaign.opens_on <= on <= today and (place == MEETING or rng.random() < DONE[manner]):
                done.append(StepDone(step=step, branch=sketch.branch, done_on=on, created_by=sketch.author))
            elif place == MEETING:
                break  # nobody puts right what a meeting has not found
        else:
            for problem, measure, owner in rng.sample(FINDINGS, rng.randint(1, 3)):
                due_on = date(year + 1, rng.choice([4, 5, 6]), 30)
                findings.append(
                    Finding(
                        campaign=campaign, branch=sketch.branch, problem=problem, measure=measure, owner=owner, due_on=due_on,
                        created_by=sketch.author,
                    )
                )  # fmt: skip
    insert(guides)
    insert(done)
    StepDone.objects.filter(step__campaign=campaign).update(created_at=Cast(F("done_on"), DateTimeField()))
    insert(findings)
