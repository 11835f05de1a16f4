"""月报: what a month brought, on one page: 组织生活, 整改, 发展党员, 教育培训, 通知, and what falls due next.

Figures go by the days on the records, up to the last day of the month (up to yesterday or today while it runs). What was
entered afterwards for the month counts in it too, so that a late 补登 changes an old page; the note says so.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from dateutil.relativedelta import relativedelta
from django.db.models.functions import TruncMonth
from django.urls import reverse

from branches.models import Notice, Rectification, RectificationStep
from branches.rights import may
from duties import matrix
from duties.models import Duty
from duties.periods import GROUPS
from office.paper import Heading, Paper, Table, Text, official_date
from portal.analysis import Cell, Reach
from portal.tally import Tally
from recruitment import figures
from rulebook.book import in_force
from training.models import ClassSession, SignIn, TrainingClass

FIRST_YEAR, LAST_YEAR = 2018, 2100
LISTED = 10  # organisations with something missing; the rest are one click away
ENTERED = {
    "applied": "递交申请", "confirmed": "确定积极分子", "chosen": "确定发展对象", "admitted": "接收预备党员", "converted": "转正",
}  # fmt: skip
NOTE = "按记录所载日期统计；月后补登的也计入本月，整改期限按目前登记。"


def month_of(text):
    """The first day of a month written 2026-03, or None."""
    year, _, month = str(text).partition("-")
    if (len(year), len(month)) != (4, 2) or not (year + month).isascii() or not (year + month).isdecimal():
        return None
    is_one = FIRST_YEAR <= int(year) <= LAST_YEAR and 1 <= int(month) <= 12
    return date(int(year), int(month), 1) if is_one else None


def next_month(first):
    return first + relativedelta(months=1)


@dataclass(frozen=True)
class Part:
    """One matter of the report: a sentence, and a table when there is one. `words`: text, or a figure with its records (Cell)."""

    title: str
    words: tuple
    head: tuple = ()
    rows: tuple = ()  # of lists of Cell

    @property
    def say(self):
        return "".join(cell.said for cell in self.pieces)

    @property
    def pieces(self):
        return [word if isinstance(word, Cell) else Cell(word) for word in self.words]


@dataclass(frozen=True)
class Month:
    """A month as somebody may see it, below `asked` when that is one of the organisations with others below."""

    user: object
    first: date
    on: date  # today
    asked: int | None = None

    @cached_property
    def reach(self):
        return Reach(self.user, self.first.year, min(self.on, self.last), self.asked)

    @property
    def last(self):
        return next_month(self.first) - timedelta(days=1)

    @property
    def span(self):
        return (self.first, min(self.last, self.on))

    @property
    def is_running(self):
        return self.on <= self.last

    @cached_property
    def book(self):
        return in_force(on=self.on)

    @cached_property
    def sets(self):
        """The records of what is counted, by matter: as far as this person may see that kind at all."""
        user, keys, span, found = self.user, self.reach.keys, self.span, {}
        if may(user, "rectify.see"):
            items = Rectification.objects.visible_to(user).filter(branch__in=keys)
            raised = items.filter(raised_on__lte=span[1])
            still = raised.exclude(settled_on__lte=span[1])
            closings = RectificationStep.objects.visible_to(user).filter(
                act=RectificationStep.Act.CLOSE, on__range=span
            )
            found |= {
                "raised": raised.filter(raised_on__gte=span[0]), "closed": items.filter(pk__in=closings.values("item")),
                "unsettled": still, "overdue": still.filter(due_on__lt=span[1]),
            }  # fmt: skip
        if may(user, "recruit.see"):
            found["applied"] = self.reach.roads.filter(applied_on__range=span)
        if may(user, "training.see"):
            sessions = ClassSession.objects.visible_to(user).filter(held_on__range=span)
            sessions = sessions.exclude(
                training_class__kind=TrainingClass.Kind.REMEDIAL
            )  # not even their number is for others
            found["sessions"] = sessions.exclude(training_class__state=TrainingClass.State.CANCELLED)
        told = Notice.objects.visible_to(user).filter(branch__in=keys, state=Notice.State.ISSUED)
        found["told"] = told.filter(issued_at__date__range=span)
        return found

    def counted(self, matter, number, **asked):
        """A number of a sentence; the page of its records opens where there are any."""
        address = reverse("portal:month_records", args=[self.first.year, self.first.month, matter])
        return Cell(number, self.reach.of_top(address, "upper", **asked) if number else "")

    @cached_property
    def tally(self):
        """What is only counted, by one query."""
        tally, sets = Tally(), self.sets
        for key, rows in sets.items():
            tally.count(key, rows, by="kind" if key == "told" else None)
        if "sessions" in sets:
            came = SignIn.objects.visible_to(self.user).filter(mark=SignIn.Mark.PRESENT)
            tally.count("classes", sets["sessions"], each="training_class")
            tally.count("people", came.filter(session__in=sets["sessions"].values("pk")), each="enrolment")
        tally.count("ahead", self._ending(next_month(self.first), *GROUPS), by="rule")
        return tally.ask()

    def _ending(self, first, *groups):
        """The duties of some groups whose period ends in a month."""
        rules = {rule for group in groups for rule in matrix.columns(self.first.year, self.on, group, self.book)}
        found = Duty.objects.filter(branch__in=self.reach.keys, rule__in=rules)
        return found.filter(ends_on__gte=first, ends_on__lt=next_month(first))

    @cached_property
    def ended(self):
        """Rows {branch, rule, owed, met, late, missed, open} of what ended in the month so far. One query."""
        found = self._ending(self.first, *GROUPS).filter(ends_on__lt=self.on)
        return list(found.counted("branch", "rule", on=self.on))

    @cached_property
    def life(self):
        rules = matrix.columns(self.first.year, self.on, "life", self.book)
        return [row for row in self.ended if row["rule"] in rules]

    def url(self, first=None, **asked):
        return self.reach.of_top("portal:fallen", "upper", month=f"{first or self.first:%Y-%m}", **asked)

    def parts(self):
        found = [
            self._life(), self._missing(), self._other(), self._rectified(), self._recruited(), self._trained(),
            self._told(), self._ahead(),
        ]  # fmt: skip
        return [part for part in found if part is not None]

    def _life(self):
        """完成率 and 及时率 beside the month before and the same month of last year. One query."""
        months = [self.first, self.first - relativedelta(months=1), self.first - relativedelta(years=1)]
        told = {self.first: matrix.added(self.life)} if self.life else {}
        earlier = self._ending(months[1], "life") | self._ending(months[2], "life")
        for row in earlier.annotate(month=TruncMonth("ends_on")).counted("month", on=self.on):
            told[row["month"]] = row | matrix.rates(row)
        rows = []
        for label, month in zip(("本月", "上月", "去年"), months, strict=True):
            label = f"{label}（{month.month} 月）"
            row = told.get(month)
            if row is None:
                rows.append([Cell(label), *[Cell(None)] * 5])
                continue
            rows.append([
                Cell(label), Cell(row["owed"], self.url(month)),
                Cell(row["completeness"], unit="%"), Cell(row["timeliness"], unit="%"),
                Cell(row["missed"], self.url(month, state="missed") if row["missed"] else ""),
                Cell(row["late"], self.url(month, state="late") if row["late"] else ""),
            ])  # fmt: skip
        this = told.get(self.first)
        say = "本月没有到期的组织生活。"
        if this:
            say = f"本月到期 {this['owed']} 件，完成率 {this['completeness']}%，及时率 {this['timeliness']}%，缺 {this['missed']} 件。"
        elif self.is_running:
            say = "本月的组织生活还没有到期。"
        return Part("组织生活", (say,), ("月份", "到期", "完成率", "及时率", "缺", "迟办"), tuple(rows))

    def _missing(self):
        """What fell due and was missed, by the organisations right below the highest, in 单位序."""
        head = self.reach.head
        if head is None:
            return None
        sums = defaultdict(lambda: [0, 0])
        branches = {branch.pk: branch for branch in self.reach.branches}
        for row in self.life:
            unit = self.reach.unit_of(branches[row["branch"]])
            sums[unit][0] += row["owed"]
            sums[unit][1] += row["missed"]
        missing = [(unit, *sums[unit]) for unit in [head, *self.reach.units.values()] if unit in sums and sums[unit][1]]
        if not missing:
            return None
        rows = [
            [Cell(unit.name), Cell(owed), Cell(missed, self._of_unit(unit))] for unit, owed, missed in missing[:LISTED]
        ]
        more = f"，先列 {LISTED} 个" if len(missing) > LISTED else ""
        return Part(
            "有缺项的单位", (f"{len(missing)} 个单位有缺项（按单位序{more}）。",), ("单位", "到期", "缺"), tuple(rows)
        )

    def _of_unit(self, unit):
        return self.reach.url("portal:fallen", month=f"{self.first:%Y-%m}", state="missed", upper=unit.pk)

    def _other(self):
        """意识形态 and the rest, in one line each."""
        said = []
        for group in GROUPS:
            rules = matrix.columns(self.first.year, self.on, group, self.book)
            mine = matrix.added([row for row in self.ended if row["rule"] in rules])
            if group != "life" and mine["owed"]:
                missed = Cell(mine["missed"], self.url(group=group, state="missed") if mine["missed"] else "")
                owed = Cell(mine["owed"], self.url(group=group))
                said += ["；" if said else "", f"{GROUPS[group]}到期 ", owed, " 件、缺 ", missed, " 件"]
        return Part("其他应办事项", (*said, "。")) if said else None

    def _rectified(self):
        if not may(self.user, "rectify.see"):
            return None
        raised, closed, unsettled, overdue = (
            self.counted(key, self.tally[key]) for key in ("raised", "closed", "unsettled", "overdue")
        )
        return Part(
            "整改",
            (
                "本月提出 ",
                raised,
                " 件，销号 ",
                closed,
                " 件；到月末没有改好的 ",
                unsettled,
                " 件，其中超期 ",
                overdue,
                " 件。",
            ),
        )

    def _recruited(self):
        if not may(self.user, "recruit.see"):
            return None
        came = figures.entered(self.reach.roads, *self.span)
        words = []
        for key, count in (("applied", self.tally["applied"]), *came.items()):
            words += ["、" if words else "", f"{ENTERED[key]} ", self.counted(key, count), " 人"]
        return Part("发展党员", (*words, "。"))

    def _trained(self):
        if not may(self.user, "training.see"):
            return None
        found = self.tally
        if not found["classes"]:
            return Part("教育培训", ("本月没有办班。",))
        sessions = self.counted("sessions", found["sessions"])
        return Part(
            "教育培训",
            (f"有课的班次 {found['classes']} 期，上课 ", sessions, f" 次，签到参训 {found['people']} 人。"),
        )

    def _told(self):
        counts = self.tally.of["told"]
        said = []
        for kind, label in Notice.Kind.choices:
            if kind in counts:
                said += ["、" if said else "", f"{label} ", self.counted("told", counts[kind], kind=kind), " 份"]
        return Part("通知和通报", ("发出", *said, "。") if said else ("本月没有发出通知、通报。",))

    def _ahead(self):
        """What ends in the next month, by duty."""
        first, counts = next_month(self.first), self.tally.of["ahead"]
        names = matrix.columns(self.first.year, self.on, None, self.book)
        said = []
        for rule, label in names.items():
            if rule in counts:
                said += ["、" if said else "", f"{label} ", Cell(counts[rule], self.url(first, rule=rule)), " 件"]
        return Part(f"{first.month} 月到期", (*said, "。") if said else ("没有到期的事项。",))

    # --- as a paper

    @property
    def organ(self):
        return self.reach.head.name if self.reach.head else ""

    @property
    def title(self):
        return f"{self.first.year}年{self.first.month}月党建工作月报"

    @property
    def as_of(self):
        return f"截至 {official_date(self.span[1])}" + ("（本月还没有结束）" if self.is_running else "")

    def paper(self):
        """The same page in the layout of a paper."""
        blocks = []
        for part in self.parts():
            blocks += [Heading(part.title), Text(part.say)]
            if part.rows:
                blocks.append(Table(list(part.head), [[cell.said for cell in row] for row in part.rows]))
        blocks.append(Text(f"{self.as_of}。{NOTE}"))
        return Paper(self.title, dated=self.span[1], organ=self.organ, signer=self.organ, blocks=blocks)
