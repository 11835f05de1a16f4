"""整顿 in the invented county: one branch turned round last year, one at work with a month too late, one suspected, one
cleared, one that fell back. Few rows: each is written as its acts would have left it."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.db.models import DateTimeField, F
from django.db.models.functions import Cast

from branches.demo.county import GOOD, ORDINARY, WEAK
from branches.models import CatalogueEntry, WeakCase, WeakCheck, WeakMeasure, WeakProgress, WeakStep
from branches.weak_cases import least_public, slots
from jobs.copying import insert
from rulebook.book import value

State = WeakCase.State
NUMBER = "云岭教体工委〔{year}〕{number}号"
HELPERS = [
    ("段文", "工委委员"), ("杨帆", "教体局党建办指导员"), ("李泉", "县第一中学党委副书记"), ("云岭县第一小学党支部", "结对先进支部"),
]  # fmt: skip
DONE = [
    "召开党员大会补选了支委，明确分工。", "补开第一季度党员大会，制定组织生活计划并上墙。", "联系点领导到校讲党课，逐人谈心谈话。",
    "与结对支部联合开展主题党日，交流台账做法。", "对照问题清单逐项自查，制度落实记录齐全。", "群众座谈会上反馈的问题全部答复。",
]  # fmt: skip
NEXT = "继续按月开展主题党日，补齐支委会记录。"


def build(county):
    """Take the branches by their manner; a small county may lack one or the other."""
    leaves = [
        one for one in county.sketches
        if one.is_leaf and not one.branch.closed_on and not one.seat and one.branch.founded_on < date(county.years[0] - 1, 1, 1)
    ]  # fmt: skip
    taken = set()

    def pick(fits):
        found = next((one for one in leaves if one.branch.pk not in taken and fits(one)), None)
        if found:
            taken.add(found.branch.pk)
        return found

    drawn = _Drawn(county)
    last, today = date(county.years[0], 1, 1), county.today
    if turned := pick(lambda one: one.manner == (WEAK, GOOD)) or pick(lambda one: one.manner[1] == GOOD):
        drawn.through(turned, last + timedelta(days=40), months=6)
    if fallen := pick(lambda one: one.manner == (WEAK, WEAK)):
        before = drawn.through(fallen, last + timedelta(days=10), months=3)
        again = drawn.begin(
            fallen, today - timedelta(days=40), "组织生活又停了三个月，主题党日没有开展。", earlier=before
        )
        drawn.review(again, today - timedelta(days=20))
    if sinking := pick(lambda one: one.manner[1] == WEAK):
        drawn.at_work(sinking, today - timedelta(days=240))
    if suspect := pick(lambda one: one.is_vacant) or pick(lambda one: one.manner[1] == WEAK):
        drawn.begin(suspect, today - timedelta(days=6), "书记调出两个多月，没有补选；上月没有开展主题党日。")
    if cleared := pick(lambda one: one.manner[1] == ORDINARY):
        case = drawn.begin(cleared, today - timedelta(days=120), "上季度没有召开党员大会。")
        drawn.assess(case, today - timedelta(days=112))
        case.cleared_why = "党员大会因校舍维修改期，已经补开，台账齐全。"
        drawn.step(case, "clear", State.CLEARED, today - timedelta(days=100), drawn.staff, case.cleared_why)
    drawn.write()


class _Drawn:
    """Cases as they go, with what hangs on them; written at the end, a statement for each table."""

    def __init__(self, county):
        self.county, self.number = county, 40
        self.staff, self.admin, self.leader = (county.users[name] for name in ("gongwei", "gongwei-admin", "lingdao"))
        self.reasons = list(CatalogueEntry.objects.of(CatalogueEntry.Catalogue.WEAK_REASON, county.years[0]))
        self.slots = list(slots(county.years[0]))
        self.rows = {WeakStep: [], WeakMeasure: [], WeakProgress: [], WeakCheck: []}
        self.authors, self.cases = {}, []

    def step(self, case, act, state, on, by, words=""):
        case.state = state
        case.version += 1
        self.rows[WeakStep].append(WeakStep(case=case, act=act, state=state, on=on, words=words, created_by=by))

    def paper(self, on):
        self.number += 1
        return NUMBER.format(year=on.year, number=self.number)

    def begin(self, sketch, on, grounds, earlier=None):
        case = WeakCase(
            branch=sketch.branch, suspected_on=on, grounds=grounds, created_by=self.staff, earlier=earlier, version=0
        )
        case.save()
        case.reasons.set([entry for entry in self.reasons if "空缺" in entry.label or "组织生活" in entry.label])
        self.authors[case.pk] = sketch.author
        self.cases.append(case)
        self.step(case, "propose", State.SUSPECTED, on, self.staff, grounds)
        return case

    def assess(self, case, on):
        case.self_assessed_on, case.self_assessment = on, "支部对照认定情形逐条自查，情况属实，愿意接受帮助和监督。"
        self.step(case, "self_assess", State.SELF_ASSESSED, on, self.authors[case.pk])

    def review(self, case, on):
        self.assess(case, case.suspected_on + timedelta(days=7))
        case.masses_asked, case.masses_agreed, case.reviewed_on, case.review = (
            24,
            17,
            on,
            "班子长期不健全，制度没有落实。",
        )
        self.step(case, "review", State.REVIEWED, on, self.staff, "参加评议 24 人，认为软弱涣散 17 人")

    def list(self, case, on):
        """From the review to the paper by which it is listed; returns the day."""
        case.public_from = on
        case.public_until = least_public(on)
        told = f"{case.public_from:%Y-%m-%d} 至 {case.public_until:%Y-%m-%d}"
        self.step(case, "publicise", State.PUBLICISED, on, self.staff, told)
        case.listed_on, case.listed_by = case.public_until + timedelta(days=3), self.leader
        case.listed_number = self.paper(case.listed_on)
        self.step(case, "list", State.LISTED, case.listed_on, self.leader, case.listed_number)

    def work(self, case):
        """The plan, the four helpers, and the first day of the work."""
        by = self.authors[case.pk]
        case.plan_filed_on, case.due_on = case.listed_on + timedelta(days=9), case.listed_on + relativedelta(months=8)
        case.plan = (
            "一、补选书记、支委，明确分工；二、恢复三会一课和主题党日，一季一检查；三、每月公开整改进展，听取群众意见。"
        )
        self.step(case, "file_plan", State.PLAN_FILED, case.plan_filed_on, by, f"期限 {case.due_on:%Y-%m-%d}")
        case.rectifying_since = case.plan_filed_on + timedelta(days=5)
        for entry, (who, position) in zip(self.slots, HELPERS, strict=False):
            self.rows[WeakMeasure].append(
                WeakMeasure(case=case, entry=entry, who=who, position=position, started_on=case.rectifying_since)
            )
        self.step(case, "begin", State.RECTIFYING, case.rectifying_since, self.staff)

    def report(self, case, month, place, on):
        by, settled = self.authors[case.pk], min(place + 1, 5)
        self.rows[WeakProgress].append(
            WeakProgress(
                case=case, month=month, done=DONE[place % len(DONE)], settled=settled, left=5 - settled, next=NEXT,
                reported_on=on, created_by=by,
            )
        )  # fmt: skip
        self.step(case, "report", State.RECTIFYING, on, by, f"{month.year} 年 {month.month} 月")

    def through(self, sketch, on, *, months):
        """The whole road, to the paper by which it was struck off."""
        case = self.begin(sketch, on, "书记空缺四个月，支委会没有召开，主题党日时断时续。")
        self.review(case, on + timedelta(days=16))
        self.list(case, on + timedelta(days=18))
        self.work(case)
        month = case.rectifying_since.replace(day=1)
        for place in range(months):
            self.report(case, month, place, month + relativedelta(months=1, days=2))
            month += relativedelta(months=1)
        by, day = self.authors[case.pk], month + timedelta(days=5)
        case.applied_on, case.applied_by = day, by
        self.step(case, "apply", State.CLOSURE_APPLIED, day, by, "班子配齐，三会一课按月开展，群众反映好转。")
        case.accepted_on, case.accepted_by = day + timedelta(days=8), self.admin
        for entry in case.reasons.all():
            self.rows[WeakCheck].append(
                WeakCheck(
                    case=case, entry=entry, is_settled=True, words="查阅台账、个别谈话核实，问题已经解决。",
                    checked_on=case.accepted_on, created_by=self.admin,
                )
            )  # fmt: skip
        self.step(
            case, "accept", State.ACCEPTED, case.accepted_on, self.admin, f"{case.reasons.count()} 种情形全部解决"
        )
        case.closed_on, case.closed_by = case.accepted_on + timedelta(days=6), self.leader
        case.closed_number = self.paper(case.closed_on)
        for measure in self.rows[WeakMeasure]:
            if measure.case is case:
                measure.ended_on = case.closed_on
        self.step(case, "close", State.CLOSED, case.closed_on, self.leader, case.closed_number)
        case.save()  # before the branch may have another
        return case

    def at_work(self, sketch, on):
        """Under way: a month that came late, and the newest that is over still missing."""
        case = self.begin(sketch, on, "主题党日连续三个月没有开展，组织生活会没有召开。")
        self.review(case, on + timedelta(days=20))
        self.list(case, on + timedelta(days=24))
        self.work(case)
        month, day = case.rectifying_since.replace(day=1), value("weak.report_day", on=self.county.today)
        newest = self.county.today.replace(day=1) - relativedelta(months=1)
        place = 0
        while month < newest:
            on = month + relativedelta(months=1, days=day + 8 if place == 1 else 2)
            self.report(case, month, place, on)
            month, place = month + relativedelta(months=1), place + 1

    def write(self):
        for case in self.cases:
            case.save()
        for rows in self.rows.values():
            insert(rows)
        WeakStep.objects.update(created_at=Cast(F("on"), DateTimeField()) + timedelta(hours=2))
