"""评先评优 of the invented county: a 七一 round of members and one of branches, one that is open now, and older honours."""

from datetime import date, timedelta

from django.db.models import DateTimeField, F
from django.db.models.functions import Cast

from branches.demo import GOOD, WEAK
from duties.demo.moments import at
from jobs.copying import insert
from members.models import Honour, HonourRound, Nomination

State, Step, Subject = HonourRound.State, Nomination.State, HonourRound.Subject
DEEDS = [
    "连续六年承担毕业班教学，所带班级成绩稳步提高；每周义务辅导学习困难的学生。",
    "主动到乡村学校支教两年，带动当地教师开展集体备课，留下一支能上公开课的队伍。",
    "担任教研组长，牵头编写校本资料三册；在课后服务中带头承担晚间值守。",
    "坚持家访，五年走遍本年级全部家庭；把党员先锋岗设在最难的班级。",
]
TEAM_DEEDS = [
    "组织生活按月规范，主题党日与教研活动结合；党员先锋岗覆盖各年级，群众评价好。",
    "发展党员程序完整，台账清楚；结对帮扶有计划有记录，党建品牌形成特色。",
]
TITLES = [
    ("先进基层党组织", "county"),
    ("党建示范点", "city"),
    ("模范教职工小家", "county"),
    ("清廉学校建设示范单位", "province"),
]
OWN_TITLES = [("优秀共产党员", "county"), ("优秀党务工作者", "county"), ("师德标兵", "city")]
DECLINED = "同类事迹中不够突出，下一轮再荐"


def build(county, rng):
    today = county.today
    leaves = [sketch for sketch in county.sketches if sketch.is_leaf and sketch.term and not sketch.branch.closed_on]
    strong = [sketch for sketch in leaves if sketch.manner[1] != WEAK or sketch.is_star]
    year = today.year if (today.month, today.day) >= (7, 1) else today.year - 1
    for title, subject, number in (("先锋共产党员", Subject.MEMBER, 12), ("红旗党支部", Subject.BRANCH, 13)):
        _conferred(county, rng, strong, year, title, subject, number)
    _open(county, rng, strong)
    _older(county, rng, leaves)
    for model, day in ((Honour, "conferred_on"), (Nomination, "round__opens_on"), (HonourRound, "opens_on")):
        _backdate(model, day)


def _backdate(model, day):
    """Entered on the day itself, not in the moment of the build."""
    if "__" not in day:
        model.objects.update(created_at=Cast(F(day), DateTimeField()))
        return
    for pk, opened in HonourRound.objects.values_list("pk", "opens_on"):
        model.objects.filter(round=pk).update(created_at=at(opened + timedelta(days=5), 15))


def _conferred(county, rng, strong, year, title, subject, number):
    top, staff = county.top.branch, county.users["gongwei"]
    conferred_on = date(year, 6, 28)
    each = HonourRound.objects.create(
        branch=top, year=year, title=title, subject=subject, level="county", per_branch=2, created_by=staff,
        places=max(2, len(strong) // 2), opens_on=date(year, 5, 6), closes_on=date(year, 5, 31),
        public_from=date(year, 6, 10), public_until=date(year, 6, 18), number=f"云教党〔{year}〕{number}号",
        conferred_on=conferred_on, state=State.CONFERRED,
    )  # fmt: skip
    rows, given = [], 0
    for sketch in strong:
        if rng.random() < 0.75 or sketch.is_star:
            is_passed = sketch.is_star or (given < each.places - 1 and rng.random() < 0.8)
            state = Step.CONFERRED if is_passed else Step.DECLINED
            if (row := _nomination(county, rng, each, sketch, state, date(year, 6, 5))) is not None:
                rows.append(row)
                given += is_passed
    insert(rows)
    insert(
        Honour(
            branch_id=row.branch_id, member_id=row.member_id, title=title, level="county", conferred_on=conferred_on,
            issuer=top.name, number=each.number, nomination=row, created_by=staff,
        )
        for row in rows
        if row.state == Step.CONFERRED
    )  # fmt: skip


def _nomination(county, rng, each, sketch, state, decided_on=None):
    """A member of the day, or the branch; None where nobody can be put forward."""
    here = [stay for stay in sketch.roster if stay.covers(each.opens_on) and stay.is_full]
    if each.subject == Subject.MEMBER and not here:
        return None
    decided = {"decided_by": county.users["gongwei-admin"], "decided_at": at(decided_on, 11)} if decided_on else {}
    return Nomination(
        round=each, branch=sketch.branch, member_id=rng.choice(here).pk if each.subject == Subject.MEMBER else None,
        citation=rng.choice(DEEDS if each.subject == Subject.MEMBER else TEAM_DEEDS), state=state,
        opinion=DECLINED if state == Step.DECLINED else "", created_by=sketch.author, **decided,
    )  # fmt: skip


def _open(county, rng, strong):
    """What a secretary can still put somebody forward for: 党员榜样 in late summer, else the Party workers of the year."""
    today, staff = county.today, county.users["gongwei"]
    is_season = (8, 1) <= (today.month, today.day) <= (9, 30)
    each = HonourRound.objects.create(
        branch=county.top.branch, year=today.year, title="党员榜样" if is_season else "优秀党务工作者", subject=Subject.MEMBER,
        level="county", per_branch=1, places=max(3, len(strong) // 5), opens_on=today - timedelta(days=10),
        closes_on=date(today.year, 9, 30) if is_season else today + timedelta(days=20), state=State.OPEN, created_by=staff,
    )  # fmt: skip
    first = [sketch for sketch in strong if sketch.manner[1] == GOOD and not sketch.is_star]
    rows = [_nomination(county, rng, each, sketch, Step.NOMINATED) for sketch in first[::2]]
    insert([row for row in rows if row is not None])


def _older(county, rng, leaves):
    """Received in the years before, by branches and members, some of one matter on two levels."""
    rows = []
    for sketch in leaves:
        chance = {GOOD: 0.6, WEAK: 0.05}.get(sketch.manner[0], 0.2)
        for back in (1, 2, 3):
            day = date(county.today.year - back, rng.choice((6, 9, 12)), rng.randint(10, 28))
            if day < sketch.branch.founded_on or rng.random() > chance:
                continue
            title, level = rng.choice(TITLES)
            rows.append(_honour(county, sketch, None, title, level, day, matter=title))
            if level == "city":
                rows.append(_honour(county, sketch, None, title, "county", day - timedelta(days=90), matter=title))
            here = [stay for stay in sketch.roster if stay.covers(day) and stay.is_full]
            if here and rng.random() < 0.5:
                title, level = rng.choice(OWN_TITLES)
                rows.append(_honour(county, sketch, rng.choice(here).pk, title, level, day))
    insert(rows)


def _honour(county, sketch, member, title, level, day, matter=""):
    place = {"county": county.top.branch.name, "city": "市教育体育局党组", "province": "省教育厅党组"}[level]
    return Honour(
        branch=sketch.branch, member_id=member, title=title, level=level, matter=matter, conferred_on=day, issuer=place,
        created_by=county.users["gongwei"],
    )  # fmt: skip
