"""The files of the invented county's branches: most in order, some with gaps, as each keeps its duties."""

import random
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta
from django.db.models import DateTimeField, F
from django.db.models.functions import Cast
from django.utils import timezone

from branches import dossier, titles
from branches.demo.county import GOOD, ORDINARY, WEAK, person
from branches.models import (
    Assignment,
    Branch,
    ContactPoint,
    ContactVisit,
    Governance,
    Instructor,
    ResponsibilityLine,
    SevenOnes,
    Title,
)
from branches.rights import Task
from jobs.copying import insert

State = Title.State
POSITIONS = [
    "工委副书记",
    "工委委员、副局长",
    "工委委员、组织科长",
    "工委委员、督导室主任",
    "工委委员、教研中心主任",
    "工委委员、纪检组长",
]
TOPICS = ["参加主题党日", "讲专题党课", "列席支委会", "调研党建和教学融合", "参加组织生活会", "看望老党员"]
HELPED = ["协调解决党员活动室用房", "帮助理清发展党员台账", "指导完善议事规则", "", "", ""]
BRANDS = ["石榴花开", "烛光先锋", "红心育苗", "青蓝同行", "山乡灯火", "书香先锋", "初心向阳", "润物课堂"]
IDEA = "党员带头上好每一堂课，带动全校教研"
RESULTS = "每月一次党员示范课，每学期一次教研展示，党员结对青年教师；形成校本案例。"
GAPS = ["党员活动室面积不足，与会议室合用", "展板破损，正在更换", ""]
LINES = [  # 哪一责, post, what
    ("main", "党组织", "每半年专题研究党建工作，年初部署、年中检查、年底总结"),
    ("main", "党组织", "落实“第一议题”，把党的建设写入学校年度计划"),
    ("first", "书记", "带头落实党建责任，亲自部署重点工作、过问重点环节"),
    ("first", "书记", "每年至少讲一次党课，每学期讲一堂思政课"),
    ("dual", "班子其他成员", "抓好分管领域的党建和意识形态工作，每年向党组织报告一次"),
    ("dual", "班子其他成员", "每年与分管部门负责人谈心谈话不少于两次"),
    ("oversight", "纪检委员", "每季度检查一次党务公开、党费收缴和“三重一大”决策"),
]
RUNNING, PREPARING, WAITING = (Governance.Stage(each) for each in ("running", "preparing", "waiting"))


def build(county):
    """Of a stream of its own, so that nothing else of the county moves."""
    rng = random.Random(f"{county.seed}/dossier")
    kept = [
        sketch
        for sketch in county.sketches
        if sketch.branch.kind != Branch.Kind.TEMPORARY and not sketch.branch.closed_on
    ]
    leads = set(dossier.leading(Branch.objects.all()).values_list("pk", flat=True))
    _contacts(county, rng, kept)
    _govern(county, rng, [sketch for sketch in kept if sketch.branch.pk in leads])
    _instruct(
        county,
        rng,
        [sketch for sketch in kept if sketch.branch.pk in leads and sketch.branch.nature == Branch.Nature.PRIVATE],
    )
    _strive(county, rng, kept)
    _hang(county, rng, [sketch for sketch in kept if sketch.is_leaf])
    _answer(county)
    ContactPoint.objects.update(created_at=Cast(F("started_on"), DateTimeField()))
    ContactVisit.objects.update(created_at=Cast(F("visited_on"), DateTimeField()))


def _contacts(county, rng, kept):
    """Six of the leadership, one of them with an account; every twelfth organisation has nobody, and one leader changed."""
    since, by = date(county.years[0], 1, 15), county.users["gongwei-admin"]
    lingdao = county.users["lingdao"]
    persons = [(lingdao.name, lingdao), *((person(rng, "12"[each % 2]), None) for each in range(1, len(POSITIONS)))]
    rows = []
    for place, sketch in enumerate(kept):
        if place % 12 == 11 and not sketch.is_star:
            continue
        name, user = persons[0] if sketch.is_star else persons[place % len(persons)]
        position = POSITIONS[[each for each, _ in persons].index(name)]
        rows.append(
            ContactPoint(
                branch=sketch.branch, user=user, name=name, position=position, created_by=by,
                started_on=max(since, sketch.branch.founded_on), number=f"云教党〔{since.year}〕4号" if place % 7 else "",
            )
        )  # fmt: skip
    gone = ContactPoint(
        branch=kept[0].branch, name=person(rng, "1"), position="工委委员", started_on=date(county.years[0] - 1, 1, 10),
        ended_on=since - timedelta(days=1), number=f"云教党〔{county.years[0] - 1}〕3号", created_by=by,
    )  # fmt: skip
    insert([*rows, gone])
    until = since + relativedelta(years=5)
    insert(
        Assignment(
            user=row.user, branch=row.branch, task=Task.CONTACT, started_on=row.started_on, until=until, created_by=by
        )
        for row in rows
        if row.user
    )
    visits = []
    for row in rows:
        for year in county.years:
            for at in range(rng.choice([0, 1, 2, 2, 2, 3])):
                day = date(year, 3 + 3 * at, rng.randint(5, 26))
                if row.started_on <= day <= county.today:
                    visits.append(
                        ContactVisit(
                            contact=row,
                            visited_on=day,
                            topic=rng.choice(TOPICS),
                            helped=rng.choice(HELPED),
                            created_by=row.user or by,
                        )
                    )
    insert(visits)


def _govern(county, rng, leads):
    rows = []
    for sketch in leads:
        manner, branch = sketch.manner[1], sketch.branch
        if manner == WEAK and rng.random() < 0.3:
            continue
        stage = RUNNING if manner == GOOD or rng.random() < 0.6 else PREPARING if rng.random() < 0.6 else WAITING
        is_running = stage == RUNNING
        day = date(county.years[0] - 1, rng.randint(2, 11), rng.randint(1, 28)) if stage != WAITING else None
        has_one, has_other = is_running and manner != WEAK, is_running and (manner == GOOD or rng.random() < 0.6)
        one = rng.random() < 0.3
        is_private = branch.nature == Branch.Nature.PRIVATE
        chartered = is_private and manner != WEAK and rng.random() < 0.6
        rows.append(
            Governance(
                branch=branch, stage=stage, stage_on=day, leaders="one" if one else "separate" if stage != WAITING else "",
                has_deputy=one and manner == GOOD, number=f"云教党〔{day.year}〕18号" if is_running else "",
                party_rules_on=day if has_one else None, party_rules_number="校党字第1号" if has_one and manner == GOOD else "",
                office_rules_on=day if has_other else None, office_rules_number="校字第3号" if has_other and manner == GOOD else "",
                charter_on=day if chartered and day else None, charter_number="云教函第12号" if chartered and day else "",
            )
        )  # fmt: skip
    insert(rows)


def _instruct(county, rng, schools):
    """Two of three private schools have an instructor."""
    by, since = county.users["gongwei-admin"], date(county.years[0], 3, 1)
    insert(
        Instructor(
            branch=sketch.branch, name=person(rng, rng.choice("12")), position="县直学校退休书记", created_by=by,
            started_on=max(since, sketch.branch.founded_on), number=f"云教党〔{since.year}〕11号",
        )
        for place, sketch in enumerate(schools)
        if place % 3
    )  # fmt: skip


def _strive(county, rng, kept):
    """Each kind of title at each step of its road: named ones in the years before, this year's under way, some too late."""
    last, now = county.years
    entries = {entry.label: entry for entry in titles.entries(now)}
    show, brand, star = (
        next(entry for label, entry in entries.items() if word in label)
        for word in ("示范", titles.BRAND, titles.STARS)
    )
    others = [entry for entry in entries.values() if entry not in (show, brand, star) and entry.levels]
    plain = [entry for entry in entries.values() if entry not in (show, brand, star) and not entry.levels]
    staff, second = county.users["gongwei"], county.users["gongwei-admin"]
    rows = []

    def add(sketch, entry, state, year, **fields):
        author = sketch.author or staff
        on = {
            State.RESERVE: (2, 20),
            State.RECOMMENDED: (5, 18),
            State.REPORTED: (9, 12),
            State.NAMED: (11, 6),
            State.ENDED: (10, 12),
        }
        day = min(date(year, *on[state]), county.today)
        named = {
            "named_on": day,
            "named_by": second,
            "named_at": _moment(day),
            "number": f"云教党〔{year}〕{rng.randint(20, 60)}号",
        }
        told = {"reported_by": staff, "reported_at": _moment(day)}
        rows.append(
            Title(
                branch=sketch.branch, entry=entry, year=year, state=state, state_on=day, due_on=titles.due_of(entry, year),
                created_by=author, **(named if state == State.NAMED else {}),
                **(told if state in (State.NAMED, State.REPORTED) else {}), **fields,
            )
        )  # fmt: skip

    for place, sketch in enumerate(kept):
        good, ok = sketch.manner[1] == GOOD, sketch.manner[1] == ORDINARY
        levels = titles.levels_of(show)
        if good and place % 4 == 0:
            add(sketch, show, State.NAMED, last, level=levels[-1 - (place % 8 == 0)])
        if good and place % 3 == 0:
            add(sketch, show, State.REPORTED, now, level=levels[-1])
        elif (ok and place % 6 == 0) or sketch.is_star:
            add(sketch, show, State.RECOMMENDED if place % 4 else State.RESERVE, now, level=levels[-1])
        if sketch.parent is county.top.branch and (good or rng.random() < 0.4):
            named = good or rng.random() < 0.5
            add(
                sketch, brand, State.NAMED if named else State.RECOMMENDED, last if named else now, name=BRANDS[place % len(BRANDS)],
                idea=IDEA, results=RESULTS if good else "",
            )  # fmt: skip
        if sketch.is_leaf and (good or ok) and rng.random() < 0.5:
            add(sketch, star, State.NAMED, last, stars=rng.choice([4, 5] if good else [2, 3]))
        if others and rng.random() < 0.12:
            entry = rng.choice(others)
            state = State.ENDED if sketch.manner[1] == WEAK else State.NAMED
            why = {"ended_why": "复查未达标，未命名"} if state == State.ENDED else {}
            add(sketch, entry, state, last, level=titles.levels_of(entry)[-1], **why)
        if plain and place % 15 == 0:
            add(sketch, plain[0], State.RESERVE, now)
    insert(rows)
    Title.objects.update(created_at=Cast(F("state_on"), DateTimeField()))


def _hang(county, rng, leaves):
    """七个一 of both years: everything with the good, gaps with the others, some of this year's not looked at yet."""
    rows = []
    for sketch in leaves:
        by, manner = sketch.author or county.users["gongwei"], sketch.manner[1]
        for year in county.years:
            if (
                year == county.years[1]
                and rng.random() < {GOOD: 0.05, ORDINARY: 0.2, WEAK: 0.6}[manner]
                and not sketch.is_star
            ):
                continue
            chance = {GOOD: 1, ORDINARY: 0.92, WEAK: 0.6}[manner]
            on = min(date(year, 3, rng.randint(2, 28)), county.today)
            for entry in dossier.walls(year):
                is_there = rng.random() < (chance - 0.15 if entry.is_extra else chance)
                rows.append(
                    SevenOnes(
                        branch=sketch.branch, entry=entry, year=year, is_there=is_there,
                        note="" if is_there else rng.choice(GAPS), checked_on=on, checked_by=by, checked_at=_moment(on),
                    )
                )  # fmt: skip
    insert(rows)


def _answer(county):
    """The 责任清单 of 工委 for both years, and one line of a 党委 for its own branches."""
    owners = [(county.top.branch, LINES)]
    upper = next(sketch for sketch in county.sketches if sketch.branch.kind == Branch.Kind.COMMITTEE)
    owners.append((upper.branch, [("main", "党支部", "按季度清理组织设置，及时补选支委")]))
    insert(
        ResponsibilityLine(
            branch=branch, year=year, duty=duty, post=post, text=text, number=f"云教党〔{year}〕2号", order=order
        )
        for branch, lines in owners
        for year in county.years
        for order, (duty, post, text) in enumerate(lines, 1)
    )


def _moment(day):
    return datetime.combine(day, time(16), tzinfo=timezone.get_default_timezone())
