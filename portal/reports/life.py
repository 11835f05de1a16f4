"""组织生活 (6) and 意识形态月报 (16): what fell due in each branch and month, what was met by the day asked."""

from collections import Counter, defaultdict

from django.db.models import Min, Q

from duties import matrix
from duties.models import Filing
from duties.questions import filings
from duties.workbook import KEY, MEETINGS, RETURN, SIGNS, STATES
from portal.reports.table import RATE, SUM, Column, Table
from rulebook.facts import compute

DETAIL = [
    Column("支部", 40), Column("事项", 16), Column("期次", 12), Column("截止", 11), Column("办理日期", 11), Column("情况", 8),
]  # fmt: skip
ENDS = [Column("应办", 6, SUM), Column("已办", 6, SUM), Column("缺", 5, SUM), Column("逾期", 6, SUM)]
MEETING_WORDS = (
    "支部", "学段", "各类会议应开、实开", "应开合计", "实开合计", "缺", "逾期", "完成率", "及时率", "应到人次", "实到人次", "出勤率",
    "12 个月逐月对照（各类一张）",
)  # fmt: skip


def meetings(ask):
    names = matrix.columns(ask.year, ask.end)
    rules = {rule: names[rule] for rule in MEETINGS if rule in names}
    branches = list(ask.in_year("meeting.see").filter(pk__in=ask.keys("duty.see")))
    owed = _owed(ask, branches, rules)
    title = f"{ask.year}年{_part(ask)}三会一课和主题党日完成统计表"
    marks = [_marks(ask, branches, rule, label, owed) for rule, label in rules.items()]
    return [_summary(ask, branches, rules, owed, title), *marks, _detail(ask, branches, rules, owed)]


def ideology(ask):
    """A mark per month with the answer 无 or 有, then the other duties of ideology in the same way."""
    rules = matrix.columns(ask.year, ask.end, "ideology")
    branches = list(ask.in_year("duty.see"))
    owed = _owed(ask, branches, rules)
    asks = filings()[RETURN].questions[0]
    filed = Filing.objects.filter(
        duty__branch__in=branches, duty__rule=RETURN, duty__year=ask.year, duty__is_owed=True, filed_on__lte=ask.on
    )
    answers = {duty: asks.told(given.get(asks.key)) for duty, given in filed.values_list("duty", "answers")}
    order = sorted(rules, key=lambda rule: rule != RETURN)
    marks = [_marks(ask, branches, rule, rules[rule], owed, answers if rule == RETURN else {}) for rule in order]
    return [*marks, _detail(ask, branches, rules, owed)]


def _part(ask):
    return dict(matrix.PARTS)[ask.part] if ask.part else ""


def _owed(ask, branches, rules):
    """(branch id, rule) → [(duty, state)], in the order of the periods; what was met later than the day asked is not met."""
    met = Min("fulfilments__on", filter=Q(fulfilments__on__lte=ask.on))
    duties = matrix.duties(branches, ask.year, rules=list(rules), part=ask.part).annotate(met_then=met)
    found = defaultdict(list)
    for duty in duties.select_related("notice").order_by("opens_on", "period"):
        duty.met_on = duty.met_then
        found[duty.branch_id, duty.rule].append((duty, duty.state(ask.on)))
    return found


def _tally(rows):
    """(owed, met, missed, late) of what fell due by the day."""
    states = Counter(state for _, state in rows)
    met = states["done"] + states["late"]
    return met + states["miss"], met, states["miss"], states["late"]


def _summary(ask, branches, rules, owed, title):
    columns = [Column("支部", 40), Column("学段", 9)]
    for label in rules.values():
        columns += [Column(f"{label}应开", 7, SUM), Column(f"{label}实开", 7, SUM)]
    at = len(columns)
    columns += [
        Column("应开合计", 7, SUM), Column("实开合计", 7, SUM), Column("缺", 5, SUM), Column("逾期", 6, SUM),
        Column("完成率", 8, RATE, ((at + 1,), (), (at,))), Column("及时率", 8, RATE, ((at + 1,), (at + 3,), (at,))),
        Column("应到人次", 8, SUM), Column("实到人次", 8, SUM), Column("出勤率", 8, RATE, ((at + 7,), (), (at + 6,))),
    ]  # fmt: skip
    came = compute("meetings.facts.attendance", [branch.pk for branch in branches], ask.period) or {}
    rows = []
    for branch in branches:
        cells, whole = [ask.name(branch), branch.get_stage_display()], [0, 0, 0, 0]
        for rule in rules:
            tally = _tally(owed[branch.pk, rule])
            cells += tally[:2] if owed[branch.pk, rule] else ["—", "—"]
            whole = [one + other for one, other in zip(whole, tally, strict=True)]
        fact = came.get(branch.pk)
        there = (fact.whole, fact.value) if fact and fact.whole else (None, None)
        rows.append((*cells, *whole, None, None, *there, None))
    note = "逾期指期限以后补开的；完成率＝实开÷应开，及时率＝（实开－逾期）÷应开，应开只计到期的和已办的；出勤率按全年各类会议。"
    return Table("完成统计", title, columns, rows, note=note)


def _marks(ask, branches, rule, label, owed, answers=None):
    periods = {}
    for branch in branches:
        for duty, _ in owed[branch.pk, rule]:
            periods.setdefault(duty.period, duty.label)
    names = sorted(periods)
    columns = [Column("支部", 40), *(Column(periods[name], 7 if answers else 6) for name in names), *ENDS]
    rows = []
    for branch in branches:
        found = {duty.period: (duty, state) for duty, state in owed[branch.pk, rule]}
        if found:
            marks = (_mark(found.get(name), answers or {}) for name in names)
            rows.append((ask.name(branch), *marks, *_tally(owed[branch.pk, rule])))
    return Table(label, f"{ask.year}年{_part(ask)}{label}完成情况", columns, rows, note=KEY)


def _mark(found, answers):
    if found is None:
        return SIGNS["na"]
    duty, state = found
    return SIGNS[state] + (answers.get(duty.pk, "") if state in ("done", "late") else "")


def _detail(ask, branches, rules, owed):
    rows = [
        (ask.name(branch), label, duty.label, duty.due_on, duty.met_on, STATES[state])
        for branch in branches
        for rule, label in rules.items()
        for duty, state in owed[branch.pk, rule]
    ]
    return Table("明细", f"{ask.year}年{_part(ask)}逐期明细", DETAIL, rows, unit="期", evidence=True)
