"""工作分析: the year of a reach as charts, each with the table from which it is drawn, so that both tell the same.

A `Reach` says who looks, at which year and below which organisation; each function gives one `Chart`, by one or two queries
whatever the number of organisations. What the reader may not see gives None.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from urllib.parse import urlencode

from django.db.models import Case, Q, Value, When
from django.db.models.functions import Concat, TruncMonth
from django.shortcuts import resolve_url

from assessment import figures, results
from assessment import scheme as schemes
from assessment.models import Forecast, Scheme
from branches import rectifications
from branches.models import Branch, Rectification
from branches.rights import may
from duties import matrix
from portal.tally import Tally
from recruitment import figures as road_figures
from recruitment.models import Application
from rulebook.book import in_force
from training import coverage, ledger

UPPER = (Branch.Kind.COMMITTEE, Branch.Kind.GENERAL)
HOURS_AT_ONCE = 300  # organisations whose members' hours are counted while one waits
SEAM = "\x1f"  # between the two parts of a key
LINE, STACK, LYING = "line", "stack", "lying"  # how a chart is drawn; lying: bars from left to right


@dataclass(frozen=True)
class Cell:
    """A figure and where its records are; None: nothing to tell."""

    value: object
    url: str = ""
    unit: str = ""

    @property
    def said(self):
        return "—" if self.value is None else f"{self.value}{self.unit}"


@dataclass(frozen=True)
class Chart:
    """`rows`: (label, [Cell]) under `head`; `drawn`: the places of the columns that the picture shows."""

    key: str
    title: str
    say: str
    head: tuple
    rows: list
    shape: str
    drawn: tuple
    unit: str = ""
    low: int = 0  # where the picture begins
    note: str = ""
    more: tuple = ()  # (words, address) of the page with all of it
    empty: str = ""

    @property
    def spec(self):
        """What the script draws."""
        return {
            "key": self.key, "shape": self.shape, "unit": self.unit, "low": self.low,
            "labels": [label for label, _ in self.rows],
            "series": [
                {
                    "name": self.head[place + 1], "values": [_number(cells[place].value) for _, cells in self.rows],
                    "urls": [cells[place].url for _, cells in self.rows],
                }
                for place in self.drawn
            ],
        }  # fmt: skip

    @property
    def names(self):
        """The columns drawn, as the legend has them; none when there is only one."""
        return [self.head[place + 1] for place in self.drawn] if len(self.drawn) > 1 else []


def _number(value):
    return value if value is None or isinstance(value, int) else float(value)


@dataclass(frozen=True)
class Reach:
    """Whose year is looked at: organisations that the reader may analyse, below `top` when one is chosen."""

    user: object
    year: int
    on: date
    asked: int | None = None
    _kept: dict = field(default_factory=dict, compare=False, repr=False)

    @property
    def end(self):
        return min(self.on, date(self.year, 12, 31))

    @cached_property
    def _all(self):
        seen = Branch.objects.visible_to(self.user, verb="board.see") & Branch.objects.visible_to(
            self.user, verb="duty.see"
        )
        found = seen.at_work(date(self.year, 1, 1), self.end).in_order()
        return list(found.only("name", "kind", "path", "area", "stage", "parent_id", "closed_on"))

    @cached_property
    def months(self):
        """Rows {branch, month, is_over, owed, met, late, missed, open} of the year's organisation life. One query."""
        rules = matrix.columns(self.year, self.on, "life", self.book)
        found = matrix.duties(self.keys, self.year, rules=rules)
        found = found.annotate(month=TruncMonth("ends_on"), is_over=Q(ends_on__lt=self.on))
        return list(found.counted("branch", "month", "is_over", on=self.on))

    @cached_property
    def book(self):
        return in_force(on=self.on)

    @cached_property
    def tally(self):
        """What is only counted, by one query."""
        tally, user = Tally(), self.user
        if may(user, "rectify.see"):
            stages = [When(test, then=Value(key)) for key, _, _, test in rectifications.stages(self.on)]
            items = Rectification.objects.visible_to(user).filter(branch__in=self.keys)
            tally.count("rectify", items, by=Case(*stages))
        if may(user, "recruit.see"):
            tally.count("stages", self.roads.filter(outcome=""), by="stage")
            tally.count("applied", self.roads.filter(applied_on__year=self.year))
        if self.seal is None and may(user, "score.rank"):
            tally.count("grades", _of_last_pass(self), by=Concat("group", Value(SEAM), "grade"))
        return tally.ask()

    @property
    def roads(self):
        return Application.objects.visible_to(self.user).filter(branch__in=self.keys)

    @cached_property
    def seal(self):
        """What closed the year, for whoever sees scores."""
        return results.sealed(self.year) if may(self.user, "score.see") else None

    @property
    def choices(self):
        """The organisations that may be chosen as the top: those with others below them, but the highest seen."""
        paths = [branch.path for branch in self._all]
        return [branch for branch in self._all if branch.kind in UPPER and branch.path != min(paths)]

    @cached_property
    def top(self):
        return next((branch for branch in self.choices if branch.pk == self.asked), None)

    @cached_property
    def branches(self):
        return [branch for branch in self._all if not self.top or branch.path.startswith(self.top.path)]

    @cached_property
    def keys(self):
        return [branch.pk for branch in self.branches]

    @cached_property
    def head(self):
        """The highest organisation of the reach, None in an empty one."""
        return min(self.branches, key=lambda branch: branch.path.count("/"), default=None)

    @cached_property
    def units(self):
        """path → organisation right below the highest: a school with all its branches."""
        return {branch.path: branch for branch in self.branches if self.head and branch.parent_id == self.head.pk}

    def unit_of(self, branch):
        """The unit to which an organisation belongs; the highest belongs to itself."""
        depth = self.head.path.count("/") + 1
        return self.units.get("/".join(branch.path.split("/")[:depth]) + "/", self.head)

    def url(self, route, **asked):
        return f"{resolve_url(route)}?{urlencode({name: found for name, found in asked.items() if found != ''})}"

    def of_top(self, route, name="branch", **asked):
        """The address of a list, narrowed to the chosen organisation by the filter `name`."""
        return self.url(route, **asked, **({name: self.top.pk} if self.top else {}))


def _of_last_pass(reach):
    """The grades as the last pass over everybody forecast them."""
    kind = Scheme.Kind.BRANCH
    passes = Forecast.objects.filter(year=reach.year, kind=kind, ranked_at__isnull=False).order_by("-ranked_at")
    rows = Forecast.objects.visible_to(reach.user, verb="score.rank").filter(
        year=reach.year, kind=kind, branch__in=reach.keys
    )
    return rows.filter(ranked_at=passes.values("ranked_at")[:1])


def rates(reach):
    """完成率 and 及时率 by the month in which the organisation life of the year ended."""
    totals, months = matrix.added(reach.months), matrix.of_months(reach.months)
    rows = []
    for row in months:
        if row["owed"]:
            month = f"{row['month']:%Y-%m}"
            address = {state: reach.of_top("portal:fallen", "upper", year=reach.year, month=month, state=state)
                       for state in ("missed", "late", "")}  # fmt: skip
            label = f"{row['month'].month} 月" if row["month"].year == reach.year else f"次年 {row['month'].month} 月"
            rows.append((label, [
                Cell(row["completeness"], unit="%"), Cell(row["timeliness"], unit="%"), Cell(row["owed"], address[""]),
                Cell(row["missed"], address["missed"] if row["missed"] else ""),
                Cell(row["late"], address["late"] if row["late"] else ""),
            ]))  # fmt: skip
    lowest = min((cells[1].value for _, cells in rows), default=100)
    say = (
        f"{'到今天' if reach.end == reach.on else '全年'}该办 {totals['owed']} 件："
        f"完成率 {totals['completeness']}%，及时率 {totals['timeliness']}%。"
        if totals["owed"] else ""
    )  # fmt: skip
    low = min(90, int(lowest) // 10 * 10)
    return Chart(
        "rates", "完成率和及时率", say, ("月份", "完成率", "及时率", "到期", "缺", "迟办"), rows, LINE, (0, 1), "%", low,
        note=f"按到期的月份；还没到期、已经办好的不在表里。{f'图从 {low}% 画起。' if low else ''}",
        more=("应办事项", reach.of_top("duties:list", "upper", year=reach.year)),
        empty=f"{reach.year} 年还没有到期的组织生活。",
    )  # fmt: skip


def ageing(reach):
    """整改 that is not closed, by how long it is overdue."""
    if not may(reach.user, "rectify.see"):
        return None
    counts = reach.tally.of["rectify"]
    counted = [
        (key, label, sign, counts[key])
        for key, label, sign, _ in rectifications.stages(reach.on)
        if key != Rectification.State.CLOSED
    ]
    rows = [
        (label, [Cell(count, reach.of_top("branches:rectifications", at=key) if count else "", "")])
        for key, label, _, count in counted
    ]
    late = sum(count for _, _, sign, count in counted if sign in ("late", "miss"))
    whole = sum(count for *_, count in counted)
    return Chart(
        "ageing", "整改进度", f"没有销号的 {whole} 件，其中超期 {late} 件。", ("进度", "件数"), rows if whole else [], LYING, (0,), "件",
        note="截至今天。", more=("整改台账", reach.of_top("branches:rectifications")), empty="没有未销号的整改。",
    )  # fmt: skip


def funnel(reach):
    """发展党员: how many stand in each stage today, and how many came into it in the year."""
    if not may(reach.user, "recruit.see"):
        return None
    stages = reach.tally.of["stages"]
    came = road_figures.entered(reach.roads, date(reach.year, 1, 1), reach.end)
    Stage = Application.Stage
    keys = {Stage.ACTIVIST: "confirmed", Stage.PROSPECT: "chosen", Stage.PROBATION: "admitted"}
    rows = []
    for stage in Stage:
        now = stages[stage]
        flow = Cell(None)
        if stage == Stage.APPLICANT:
            flow = _counted(reach.tally["applied"], reach, "recruitment:list", state="all", year=reach.year)
        elif key := keys.get(stage):
            flow = _counted(came[key], reach, "recruitment:figures", year=reach.year, show=key)
        rows.append((stage.label, [_counted(now, reach, "recruitment:list", stage=stage), flow]))
    converted = _counted(came["converted"], reach, "recruitment:figures", year=reach.year, show="converted")
    rows.append(("按期转正", [Cell(None), converted]))
    whole, is_empty = reach.tally["stages"], not any(cell.value for _, cells in rows for cell in cells)
    say = f"正在办理的 {whole} 人，{reach.year} 年新接收预备党员 {came['admitted']} 人、转正 {came['converted']} 人。"
    return Chart(
        "funnel", "发展党员", say, ("阶段", "现有", f"{reach.year} 年新进"), [] if is_empty else rows, LYING, (0, 1), "人",
        note="“现有”是今天的；“新进”以批准、备案的日期为准。不与其他单位比较。",
        more=("发展党员", reach.of_top("recruitment:board", tab="all")), empty="还没有发展党员的档案。",
    )  # fmt: skip


def _counted(number, reach, route, **asked):
    return Cell(number, reach.of_top(route, **asked) if number else "")


def trained(reach):
    """万名党员进党校 and hours by the kind of school."""
    if not may(reach.user, "training.see"):
        return None
    counted = coverage.of_branches(reach.keys, reach.year, on=reach.on)
    stages = {branch.pk: branch.stage for branch in reach.branches}
    registered, covered, short = Counter(), Counter(), Counter()
    for branch, row in counted.items():
        registered[stages[branch]] += row.registered
        covered[stages[branch]] += row.covered
    counts_hours = len(reach.keys) <= HOURS_AT_ONCE
    if counts_hours:
        for row in ledger.of_branches(reach.keys, reach.year, on=reach.end):
            short[stages[row.branch]] += row.is_short or row.lacks_class
    rows = []
    for stage, label in [*Branch.Stage.choices, ("", "未填学段")]:
        if not registered[stage]:
            continue
        left = registered[stage] - covered[stage]
        told = {"year": reach.year, "stage": stage} if stage else None
        rows.append((label, [
            Cell(covered[stage] * 100 // registered[stage], unit="%"), Cell(registered[stage]),
            Cell(left, reach.of_top("training:coverage_people", **told) if left and told else ""),
            Cell(
                short[stage] if counts_hours else None,
                reach.of_top("training:hours", who="short", **told) if short[stage] and told else "",
            ),
        ]))  # fmt: skip
    whole, been = sum(registered.values()), sum(covered.values())
    say = f"在册 {whole} 人，已进党校 {been} 人，覆盖 {been * 100 // whole}%" if whole else ""
    if say and counts_hours:
        say += f"；学时不够或缺集中培训 {sum(short.values())} 人"
    note = "到课签到一次即算进过党校，请假不算；学时按目前登记。"
    return Chart(
        "trained", "教育培训", f"{say}。" if say else "", ("学段", "进党校", "在册党员", "还没有进", "学时不够"), rows, LYING, (0,), "%",
        note=note if counts_hours else f"{note}党组织较多，学时请到“学时”页看。",
        more=("进党校", reach.of_top("training:coverage", year=reach.year)), empty="名册里还没有党员。",
    )  # fmt: skip


def spread(reach):
    """The grades by comparison group: of the seal once there is one, before only for whoever may see ranks."""
    if not may(reach.user, "score.see"):
        return None
    ranks = may(reach.user, "score.rank")
    if reach.seal is not None:
        told, among = figures.of_seal(reach.seal), set(reach.keys)
        counts = Counter((row.group or "", row.grade) for row in told.rows.values() if row.branch in among)
        grades, words, note = told.labels, f"{told.word}等次", ""
    elif ranks:
        found = reach.tally.of["grades"]
        counts = Counter({tuple(key.split(SEAM)): count for key, count in found.items()})
        grades, words = _grades(reach.year, counts), "预排等次"
        note = "按目前的记录预排，不是结果；没有到期的事项还没有计分。"
    else:
        return None
    rows = []
    for group in sorted({group for group, _ in counts}):
        rows.append((group or "不分组", [
            Cell(
                counts[group, grade],
                reach.url("assessment:list", year=reach.year, group=group, grade=grade)
                if ranks and not reach.top and counts[group, grade] else "",
            )
            for grade in grades
        ]))  # fmt: skip
    whole = sum(counts.values())
    sums = {grade: sum(count for (_, given), count in counts.items() if given == grade) for grade in grades}
    said = "、".join(f"{grade} {count} 个" for grade, count in sums.items() if count)
    return Chart(
        "spread", "考核等次", f"{words}：{whole} 个党支部，{said}。" if whole else "", ("比较组", *grades), rows, STACK,
        tuple(range(len(grades))), "个", note=f"只列各组个数。{note}",
        more=("年度考核", reach.url("assessment:list", year=reach.year)), empty="这一年还没有算过得分。",
    )  # fmt: skip


def _grades(year, counts):
    """The grades in the order of the scheme."""
    content = schemes.in_force(year, Scheme.Kind.BRANCH)
    known = [row["label"] for row in (*content["grades"], content["undetermined"])]
    return [*known, *sorted({grade for _, grade in counts} - set(known))]


CHARTS = (rates, ageing, funnel, trained, spread)


def charts(reach):
    """Every chart that the reader may see."""
    return [chart for build in CHARTS if (chart := build(reach)) is not None]
