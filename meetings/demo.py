"""Two years of organisation life: good, ordinary and weak branches, each keeping to its character."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.db.models import DateTimeField, F
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from accounts import audit
from branches.demo import GOOD, ORDINARY, WEAK
from duties import actions as duties
from meetings.actions import LABEL, assessed_year
from meetings.models import Attendance, Meeting, MeetingKind

FLUSH = 3000
COUNTED = (Meeting.State.SUBMITTED, Meeting.State.ACCEPTED)
BACK = timedelta(days=7)
HOLIDAYS = (2, 7, 8)
Kind, State, Mark = MeetingKind.Kind, Meeting.State, Attendance.Mark


class Manner(NamedTuple):
    """Chances of one duty to be missed, held after the 28th, held after the 25th; share present; days until entered."""

    miss: float
    late: float
    slack: float
    present: float
    entry: int


MANNERS = {
    GOOD: Manner(0.008, 0.01, 0.08, 0.955, 2),
    ORDINARY: Manner(0.07, 0.08, 0.24, 0.87, 5),
    WEAK: Manner(0.22, 0.18, 0.30, 0.75, 14),
}
TOPICS = {
    Kind.THEME_PARTY_DAY: [  # by month, so that each fits its season
        ("走访慰问困难教师和退休老党员", "节前廉洁过节提醒和安全值守安排"),
        ("寒假校园安全隐患大排查", "新学期开学准备党员先锋岗"),
        ("学雷锋志愿服务和护学岗行动", "春季学期师德师风承诺践诺"),
        ("清明祭扫和革命传统教育", "党员教师示范课开放日"),
        ("劳动教育基地共建", "“双减”背景下课后服务质量提升"),
        ("重温入党誓词和集体过政治生日", "中高考考务志愿服务"),
        ("庆“七一”表彰身边的优秀党员", "暑期防溺水巡查和家访"),
        ("开学前校园安全检查", "暑期集中培训学习成果交流"),
        ("开学第一课和新教师结对", "教师节慰问和师德演讲"),
        ("爱国主义教育和红色影片观看", "党员家访进村组"),
        ("消防安全演练和宿舍走访", "学科组党员攻关教学难点"),
        ("年度学习成果交流和党员承诺兑现情况通报", "宪法宣传进课堂"),
    ],
    Kind.MEMBERS_MEETING: [
        "通报党支部工作，审议重要事项", "讨论接收预备党员和预备党员转正", "学习上级文件精神，部署下季度工作",
        "通报党费收缴情况，听取党员意见",
    ],
    Kind.COMMITTEE_MEETING: [
        "研究本月党建工作安排", "研究主题党日方案和党员教育计划", "研究入党积极分子培养考察情况", "分析党员思想状况",
        "研究师德师风和意识形态工作", "研究党费使用和困难党员帮扶", "研究问题整改进展",
    ],
    Kind.GROUP_MEETING: [
        "学习讨论和交流体会", "落实支部决议，分工志愿服务", "开展谈心谈话情况交流", "学习党章党规", "讨论培养对象表现",
    ],
    Kind.PARTY_LECTURE: [
        "书记讲党课：立德树人与教师责任", "专题党课：党的纪律和教师职业规范", "微党课：我身边的先锋",
        "专题党课：教育强国与学校担当", "老党员讲党课：从教三十年", "专题党课：从党史中汲取育人力量",
    ],
    Kind.ORG_LIFE_MEETING: ["年度组织生活会和民主评议党员", "专题组织生活会"],
}  # fmt: skip
PLACES = ["党员活动室", "党员活动室", "会议室", "多功能厅", "图书室", "阶梯教室"]
MINUTES = "一、签到，通报应到、实到和请假情况。\n二、围绕“{topic}”学习讨论，{count} 名党员作了交流。\n三、明确下一步分工和完成时间。"
REASONS = ["应到人数与名册不一致，请核对", "缺会议记录，请补充后提交", "主题过于笼统，请写明具体内容"]


@dataclass
class Pending:
    """Records drawn and not yet written."""

    meetings: list = field(default_factory=list)
    kinds: list = field(default_factory=list)
    roll: list = field(default_factory=list)

    def write(self):
        Meeting.objects.bulk_create(self.meetings)
        MeetingKind.objects.bulk_create(self.kinds)
        Attendance.objects.bulk_create(self.roll)
        # What is known here is not asked of the database, whose planner knows nothing of rows not yet committed.
        met = [
            (row.meeting.branch_id, row.kind, row.assessment_year, row.meeting_id, row.meeting.held_on)
            for row in self.kinds
            if row.meeting.state in COUNTED
        ]
        duties.fulfil(LABEL, met)
        self.__init__()


def build(county, rng):
    """The records of the complete year and of the running one up to today, branch by branch."""
    pending = Pending()
    for sketch in county.sketches:
        if not sketch.is_leaf:
            continue
        diary = Diary(county, sketch, rng, pending)
        for year, manner in zip(county.years, sketch.manner, strict=True):
            diary.keep(year, MANNERS[manner])
        if sketch.is_star:
            diary.add_unfinished()
        if len(pending.meetings) >= FLUSH:
            pending.write()
    pending.write()
    # `created_at` would be the moment of the build: a record is entered on the day it was handed in.
    held_at = Cast("held_on", DateTimeField())
    Meeting.objects.update(created_at=Coalesce(F("submitted_at"), held_at))
    _audit(county)


class Diary:
    """What one branch writes down."""

    def __init__(self, county, sketch, rng, pending):
        self.county, self.sketch, self.rng, self.pending = county, sketch, rng, pending
        self.first, self.last = sketch.branch.founded_on, sketch.branch.closed_on or county.today
        self.author = county.users["shuji"] if sketch.is_star else county.users["gongwei"]

    def keep(self, year, manner):
        rng, today = self.rng, self.county.today
        owing = False  # a theme day missed last month and made good in this one
        lectures = {rng.choice([quarter, quarter + 1, quarter + 2]) for quarter in (1, 4, 7, 10)}
        assemblies = {rng.choice([quarter, quarter + 1, quarter + 2]) for quarter in (1, 4, 7, 10)}
        for month in range(1, 13):
            if date(year, month, 1) > today:
                break
            is_now = self.sketch.is_star and _same_month(date(year, month, 1), today)
            kept = lambda: rng.random() >= manner.miss or is_now  # noqa: B023, E731
            extra = [
                kind
                for kind, months in ((Kind.PARTY_LECTURE, lectures), (Kind.MEMBERS_MEETING, assemblies))
                if month in months and kept() and not (kind == Kind.PARTY_LECTURE and self._is_returned(year, month))
            ]
            together = [kind for kind in extra if rng.random() < 0.4]
            is_held = kept() and not self._is_gap(year, month)
            if is_held:
                self.hold([Kind.THEME_PARTY_DAY, *together], self._theme_day(year, month, manner), manner)
                if owing and rng.random() < 0.5:
                    self.hold([Kind.THEME_PARTY_DAY], self._weekday(year, month, 4, 12), manner)
            owing = not is_held
            for kind in extra:
                if kind not in together or not is_held:
                    self.hold([kind], self._weekday(year, month, 6, 19), manner)
            early = (2, 5) if is_now else (8, 16)
            if self.sketch.term.committee_size and kept():
                self.hold([Kind.COMMITTEE_MEETING], self._weekday(year, month, *early), manner)
            if self.sketch.groups and kept():
                self.hold([Kind.GROUP_MEETING], self._weekday(year, month, *early), manner)
        if rng.random() >= manner.miss / 2:
            year, month = rng.choice([(year, 12), (year, 12), (year + 1, 1), (year + 1, 2)])
            self.hold([Kind.ORG_LIFE_MEETING], self._weekday(year, month, 6, 24), manner)

    def _is_gap(self, year, month):
        """The star branch has missed one theme day this year, and this month's is still to come."""
        today = self.county.today
        return self.sketch.is_star and year == today.year and month in (today.month, max(1, today.month - 4))

    def _is_returned(self, year, month):
        """The star branch has handed in one lecture this quarter, and that record came back."""
        day = self.county.today - BACK
        return self.sketch.is_star and year == day.year and (month - 1) // 3 == (day.month - 1) // 3

    def _theme_day(self, year, month, manner):
        chance = self.rng.random()
        if chance < manner.late and month != 2:
            return self._weekday(year, month, 29, 30)
        return self._weekday(year, month, *((26, 28) if chance < manner.late + manner.slack else (20, 25)))

    def _weekday(self, year, month, first, last):
        """A day of that stretch, not on a weekend unless the stretch is too short to avoid it."""
        days = [date(year, month, day) for day in range(first, last + 1)]
        return self.rng.choice([day for day in days if day.weekday() < 5] or days)

    def hold(self, kinds, on, manner, state=None, **fields):
        """Write a meeting, unless the branch did not exist or the day has not come."""
        rng, today, sketch = self.rng, self.county.today, self.sketch
        if not self.first <= on <= self.last and state != State.DRAFT:
            return None
        if kinds == [Kind.COMMITTEE_MEETING]:
            due = [pk for pk, _ in sketch.committee]
        else:
            due = [stay.pk for stay in sketch.roster if stay.covers(on)]
        if not due:
            return None
        is_running = _same_month(on, today)
        topic = self._topic(kinds, on.month)
        share = rng.gauss(manner.present - 0.06 * (on.month in HOLIDAYS), 0.04)
        attended = min(len(due), max(1, round(len(due) * share)))
        entered = min(on + timedelta(days=rng.randint(0, manner.entry)), today)
        if state is None:
            state = self._state(on, entered)
        meeting = Meeting(
            branch=sketch.branch, held_on=on, topic=topic, host=self._host(kinds), place=rng.choice(PLACES), state=state,
            due_count=len(due), attended_count=attended, created_by=self.author,
            minutes=MINUTES.format(topic=topic, count=min(attended, rng.randint(2, 5))) if is_running else "",
            return_reason=rng.choice(REASONS) if state == State.RETURNED else "",
            submitted_at=None if state == State.DRAFT else _at(entered, 17),
        )  # fmt: skip
        for name, content in fields.items():
            setattr(meeting, name, content)
        self.pending.meetings.append(meeting)
        self.pending.kinds += [
            MeetingKind(meeting=meeting, kind=kind, assessment_year=assessed_year(kind, on)) for kind in kinds
        ]
        if is_running and on <= today:
            away = set(rng.sample(range(len(due)), len(due) - meeting.attended_count))
            marks = {place: rng.choice([Mark.LEAVE, Mark.LEAVE, Mark.ABSENT]) for place in sorted(away)}
            self.pending.roll += [
                Attendance(meeting=meeting, member_id=pk, mark=marks.get(place, Mark.PRESENT))
                for place, pk in enumerate(due)
            ]
        return meeting

    def _state(self, on, entered):
        """What is a month old has been accepted; a few records of this month are unfinished or came back."""
        rng, today = self.rng, self.county.today
        if _same_month(on, today) and not self.sketch.is_star:
            return rng.choices([State.SUBMITTED, State.DRAFT, State.RETURNED], (92, 4, 4))[0]
        return State.SUBMITTED if (today - entered).days < 30 else State.ACCEPTED

    def _topic(self, kinds, month):
        parts = []
        for kind in kinds:
            topics = TOPICS[kind][month - 1] if kind == Kind.THEME_PARTY_DAY else TOPICS[kind]
            parts.append(self.rng.choice(topics))
        return "；".join(parts)

    def _host(self, kinds):
        team = self.sketch.committee
        deputy = len(team) > 1 and (Kind.GROUP_MEETING in kinds or self.rng.random() < 0.1)
        return team[1 if deputy else 0][1]

    def add_unfinished(self):
        """For the page of the star branch: one record sent back, and one begun for the theme day to come."""
        today, manner = self.county.today, MANNERS[self.sketch.manner[1]]
        self.hold([Kind.PARTY_LECTURE], today - BACK, manner, State.RETURNED, return_reason=REASONS[1], minutes="")
        planned = max(today, self._weekday(today.year, today.month, 24, 26))
        self.hold([Kind.THEME_PARTY_DAY], planned, manner, State.DRAFT, attended_count=0, minutes="")


def _same_month(one, other):
    return (one.year, one.month) == (other.year, other.month)


def _at(day, hour):
    return datetime.combine(day, time(hour), tzinfo=timezone.get_default_timezone())


def _audit(county):
    """The history of the star's records shows on their pages; all others came in one piece."""
    star = next(sketch.branch for sketch in county.sketches if sketch.is_star)
    secretary, staff = county.users["shuji"], county.users["gongwei"]
    for meeting in Meeting.objects.filter(branch=star, state__in=[State.RETURNED, State.DRAFT]).order_by("held_on"):
        audit.record("meeting.save", meeting, by=secretary, held_on=str(meeting.held_on))
        if meeting.state == State.RETURNED:
            audit.record("meeting.submit", meeting, by=secretary, before=State.DRAFT, after=State.SUBMITTED)
            audit.record("meeting.send_back", meeting, by=staff, before=State.SUBMITTED, after=State.RETURNED)
    audit.record("meeting.import", by=staff, added=Meeting.objects.count())
