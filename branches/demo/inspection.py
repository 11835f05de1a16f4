"""Two years of 督导检查 in the invented county: plans, visits and what they found, 通报, 约谈, 廉政风险点 and 四种形态."""

import random
from datetime import date, datetime, time, timedelta

from django.db.models import F
from django.utils import timezone

from branches.demo.county import GOOD, WEAK
from branches.integrity import next_review
from branches.models import (
    AdmonitionTalk,
    FormCount,
    Inspection,
    InspectionLine,
    InspectionPlan,
    IntegrityRisk,
    Notice,
    Receipt,
    Rectification,
    RectificationStep,
)
from jobs.copying import insert, rewrite

Kind, State, Item, Act = Notice.Kind, Inspection.State, Rectification.State, RectificationStep.Act
LINES = [  # label, months, scope, basis when it came after issuing
    ("组织生活落实情况", 3, 5, "党支部、联合党支部", ""),
    ("党费收缴和公示", 5, 6, "不限", ""),
    ("党员教育管理", 9, 10, "党支部、联合党支部", ""),
    ("意识形态工作责任制", 10, 12, "不限", ""),
    ("开学前党建工作准备", 8, 9, "城区学校党组织", "云岭教体工委〔{year}〕专41号"),
]
NUMBER = "云岭教体工委〔{year}〕专2号"
TEAMS = ["党建办检查一组", "党建办检查二组", "督导室检查组"]
SUMMARIES = [
    "查阅会议记录、台账和公示栏，随机访谈党员 3 名。",
    "查看党员活动室和记录本，核对系统数据与纸质记录。",
    "列席支委会，查阅上半年学习记录和党费收缴本。",
    "",
]
PROBLEMS = [
    "部分会议记录过于简单，没有写明议定事项", "党费收缴情况没有按月公示", "党员学习笔记缺两个月", "主题党日签到表没有补签请假情况",
    "党小组会记录与支委会记录混记", "谈心谈话没有登记日期", "意识形态专题研究只有题目没有记录",
]  # fmt: skip
RISKS = [  # place, risk, level, measure, post
    ("食堂采购", "大宗食材询价比价不充分", "high", "三家以上询价，采购、验收、付款三人分办，每月公示", "总务主任"),
    ("招生录取", "插班转入条件把关不严", "high", "转入名单集体研究并在校内公示", "教务主任"),
    ("基建维修", "零星维修拆分立项", "middle", "维修项目统一立项，超过限额上会研究", "总务主任"),
    ("职称评聘", "量化评分材料核对不严", "middle", "评分表当事人签字确认并公示五个工作日", "办公室主任"),
    ("教辅征订", "以学校名义推荐教辅材料", "middle", "一教一辅，自愿征订，不代收费", "教务主任"),
    ("党费管理", "收缴与记账由一人经办", "low", "收缴、记账分开，按季核对", "组织委员"),
]  # fmt: skip
VISITS = (18, 22)  # last year, this year
AGAIN = "群众反映党费公示问题，经分管领导同意再次检查"


def at(day, hour=10):
    return datetime.combine(day, time(hour), tzinfo=timezone.get_default_timezone())


class Desk:
    """Draws the rows; written at the end, all at once."""

    def __init__(self, county, rng):
        self.county, self.rng, self.staff, self.leader = county, rng, county.users["gongwei"], county.users["lingdao"]
        self.leaves = [
            sketch for sketch in county.sketches if sketch.is_leaf and sketch.term and not sketch.branch.closed_on
        ]
        self.visits, self.items, self.notices, self.receipts = [], [], [], []

    def plan(self, year):
        """The plan of a year and its lines, issued in January."""
        plan = InspectionPlan.objects.create(
            branch=self.county.top.branch, year=year, title=f"{year} 年度督查检查计划", number=NUMBER.format(year=year),
            state=InspectionPlan.State.ISSUED, created_by=self.staff,
        )  # fmt: skip
        InspectionPlan.objects.filter(pk=plan.pk).update(created_at=at(date(year, 1, 8)))
        return insert(
            InspectionLine(
                plan=plan, order=place, label=label, from_month=first, until_month=last, scope=scope, basis=basis.format(year=year)
            )
            for place, (label, first, last, scope, basis) in enumerate(LINES, 1)
        )  # fmt: skip

    def visit(self, line, sketch, day, **fields):
        rng, is_old = self.rng, day.year == self.county.years[0]
        manner = sketch.manner[not is_old]
        visit = Inspection(
            line=line, branch=sketch.branch, visited_on=day, inspectors=rng.choice(TEAMS), is_announced=rng.random() < 0.5,
            summary=rng.choice(SUMMARIES), created_by=self.staff, **fields,
        )  # fmt: skip
        self.visits.append(visit)
        count = 0 if manner == GOOD else rng.randint(1, 3 if manner == WEAK else 2)
        for problem in rng.sample(PROBLEMS, count):
            settled = is_old or (manner != WEAK and (self.county.today - day).days > 30)
            self._find(visit, sketch, problem, day, settled=settled)
        return visit

    def _find(self, visit, sketch, problem, day, *, settled):
        item = Rectification(
            branch=sketch.branch, source=Rectification.Source.INSPECTION, source_number=NUMBER.format(year=day.year),
            inspection=visit, problem=problem, raised_on=day, due_on=day + timedelta(days=30), created_by=self.staff,
        )  # fmt: skip
        if settled:
            done = min(day + timedelta(days=self.rng.randint(8, 29)), self.county.today)
            item.state, item.done, item.owner = Item.CLOSED, "已补齐并公示，支委会研究了长效措施。", "支部书记"
            item.submitted_by, item.submitted_at = sketch.author or self.county.system, at(done)
            item.accepted_by, item.accepted_at, item.settled_on = self.staff, at(done, 16), done
        self.items.append(item)

    def notify(self, kind, visits, number, day, *, answered):
        """A 通报 of these visits, signed for by everybody; a criticism is answered or still waited for."""
        line, is_blame = visits[0].line, kind == Kind.CRITICISM
        word = "发现问题的通报批评" if is_blame else "情况的通报表扬"
        named = [f"{place}．{visit.branch.name}（{visit.visited_on.month}月{visit.visited_on.day}日检查）"
                 for place, visit in enumerate(visits, 1)]  # fmt: skip
        notice = Notice(
            branch=self.county.top.branch, kind=kind, number=number, title=f"关于“{line.label}”检查{word}",
            body="\n".join([f"现将“{line.label}”检查有关党组织通报如下：", *named]), state=Notice.State.ISSUED, needs_answer=is_blame,
            deadline_on=day + timedelta(days=30) if is_blame else None, created_by=self.staff, issued_by=self.leader,
            issued_at=at(day),
        )  # fmt: skip
        self.notices.append((notice, visits))
        for visit in visits:
            setattr(visit, "criticism" if is_blame else "commendation", notice)
            sketch = next(each for each in self.leaves if each.branch is visit.branch)
            by = sketch.author or self.county.system
            receipt = Receipt(
                notice=notice, branch=visit.branch, received_by=by, received_at=at(day + timedelta(days=1))
            )
            if answered:
                receipt.answer = "已对照通报逐项整改，会议记录和党费公示均已补齐，支委会每月自查一次。"
                receipt.answered_by, receipt.answered_at = by, at(day + timedelta(days=12), 15)
            self.receipts.append(receipt)

    def settle(self):
        """Visits of last year and those with nothing left are closed."""
        left = {id(item.inspection) for item in self.items if item.state not in (Item.ACCEPTED, Item.CLOSED)}
        waits = {id(row.notice) for row in self.receipts if row.notice.needs_answer and not row.answered_at}
        for visit in self.visits:
            if id(visit) not in left and id(visit.criticism) not in waits and self._is_old(visit):
                visit.state, visit.closed_by = State.CLOSED, self.staff
                visit.outcome = "问题已整改验收" if visit.criticism_id or visit.criticism else "检查情况正常"
                visit.closed_at = at(min(visit.visited_on + timedelta(days=45), self.county.today), 9)

    def _is_old(self, visit):
        return (self.county.today - visit.visited_on).days > 45

    def write(self):
        insert([notice for notice, _ in self.notices])
        for notice, visits in self.notices:
            notice.addressed_to.set(visit.branch for visit in visits)
        Notice.objects.filter(pk__in=[notice.pk for notice, _ in self.notices]).update(created_at=F("issued_at"))
        insert(self.receipts)
        insert(self.visits)
        made = insert(self.items)
        insert(self._steps(made))
        for rows, day in ((self.visits, "visited_on"), (made, "raised_on")):
            for row in rows:
                row.created_at = at(getattr(row, day), 17)
            rewrite(rows, ["created_at"])

    def _steps(self, items):
        for item in items:
            yield RectificationStep(item=item, act=Act.RAISE, on=item.raised_on, created_by=self.staff)
            if item.state == Item.CLOSED:
                yield RectificationStep(
                    item=item, act=Act.SUBMIT, on=item.settled_on, words=item.done, created_by=item.submitted_by
                )
                yield RectificationStep(item=item, act=Act.ACCEPT, on=item.settled_on, created_by=self.staff)
                yield RectificationStep(item=item, act=Act.CLOSE, on=item.settled_on, created_by=self.staff)


def build(county):
    rng = random.Random(f"{county.seed}/inspection")
    desk = Desk(county, rng)
    for year, most in zip(county.years, VISITS, strict=True):
        lines = desk.plan(year)
        chosen = rng.sample(desk.leaves, min(most, len(desk.leaves)))
        for place, sketch in enumerate(chosen):
            line = lines[place % 4]
            month = rng.randint(line.from_month, line.until_month)
            day = date(year, month, rng.randint(3, 26))
            if day <= county.today:
                desk.visit(line, sketch, day)
    _again(desk)
    _tell(desk)
    desk.settle()
    desk.write()
    _talk(county, desk)
    _guard(county, rng, desk)
    _count(county, desk)


def _again(desk):
    """One organisation was visited twice in a quarter, with the reason."""
    first = next(
        visit for visit in desk.visits if visit.visited_on.day < 20 and visit.visited_on.year == desk.county.years[0]
    )
    sketch = next(each for each in desk.leaves if each.branch is first.branch)
    desk.visit(first.line, sketch, first.visited_on + timedelta(days=4), repeat_reason=AGAIN)


def _tell(desk):
    """A criticism of last year, answered; one of this year, waited for; a commendation of each year."""
    county, found = desk.county, {id(item.inspection) for item in desk.items}
    for year, number in zip(county.years, (31, 27), strict=True):
        visits = [visit for visit in desk.visits if visit.visited_on.year == year]
        is_old = year == county.years[0]
        blamed = _of_a_line([visit for visit in visits if id(visit) in found], 2)
        praised = _of_a_line([visit for visit in visits if id(visit) not in found], 3)
        for kind, rows, plus in ((Kind.CRITICISM, blamed, 0), (Kind.COMMENDATION, praised, 1)):
            if rows:
                day = min(max(visit.visited_on for visit in rows) + timedelta(days=7), county.today - timedelta(days=2))
                desk.notify(kind, rows, f"云岭教体工委通〔{year}〕{number + plus}号", day, answered=is_old)


def _of_a_line(visits, most):
    """The latest visits of the line that has most of them, each of another organisation."""
    lines = {}
    for visit in sorted(visits, key=lambda visit: visit.visited_on):
        lines.setdefault(visit.line.pk, {})[visit.branch.pk] = visit
    rows = max(lines.values(), key=len, default={})
    return [*rows.values()][-most:]


def _talk(county, desk):
    blamed = [visit for visit in desk.visits if visit.criticism_id]
    for visit, result in zip(blamed, AdmonitionTalk.Result, strict=False):
        AdmonitionTalk.objects.create(
            branch=visit.branch, talked_on=min(visit.visited_on + timedelta(days=10), county.today), talked_with="党支部书记",
            talked_by="工委副书记", result=result, inspection=visit, created_by=desk.staff,
        )  # fmt: skip


def _guard(county, rng, desk):
    """Risks in the larger organisations; where it is kept badly a review is overdue."""
    rows = []
    for place, sketch in enumerate(sorted(desk.leaves, key=lambda each: not each.is_star)[:30]):
        by = sketch.author or county.system
        wanted = RISKS if sketch.is_star else rng.sample(RISKS, 2 if place % 2 else 1)
        for index, (where, risk, level, measure, post) in enumerate(wanted):
            is_late = sketch.manner[1] == WEAK or (sketch.is_star and index == 0)
            looked = county.today - timedelta(days=rng.randint(210, 260) if is_late else rng.randint(20, 150))
            found = looked - timedelta(days=rng.randint(120, 170))
            rows.append(
                IntegrityRisk(
                    branch=sketch.branch, place=where, risk=risk, level=level, measure=measure, owner_post=post, found_on=found,
                    reviewed_on=looked, review_on=next_review(looked, on=county.today), created_by=by,
                )
            )  # fmt: skip
    insert(rows)


def _count(county, desk):
    """A few numbers of each quarter that is over."""
    by, rows = county.users["jijian"], {}
    for year in county.years:
        for month, form, times in ((3, 1, 4), (5, 1, 2), (6, 2, 1), (9, 1, 3), (11, 2, 1), (12, 1, 2)):
            day = date(year, month, 18)
            if day <= county.today:
                branch = desk.leaves[(year + month) % len(desk.leaves)].branch
                rows[branch.pk, day, form] = FormCount(branch=branch, on=day, form=form, count=times, created_by=by)
    insert(rows.values())
