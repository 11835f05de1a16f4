"""The tables of duties as workbooks to print and sign (domain-rules §10, numbers 6 and 16): the same input gives the same bytes."""

from collections import defaultdict
from datetime import datetime, time
from decimal import Decimal
from typing import NamedTuple

from duties import matrix
from duties.models import Duty, Filing
from duties.periods import labels
from duties.questions import filings
from office.writer import Workbook
from rulebook.facts import Period, compute

MEETINGS = ("theme_party_day", "members_meeting", "committee_meeting", "group_meeting", "party_lecture")
RETURN = "ideology_return"
SIGNS = {"done": "√", "late": "迟", "miss": "缺", "wait": "○", "none": "", "na": "—"}
STATES = {"done": "按时", "late": "迟办", "miss": "缺", "wait": "待办", "none": "未到"}
KEY = "√ 按时办结　迟 期限以后办结　缺 期满未办　○ 在期限内待办　— 不应办　空格 未到期"
WHOLE = "0.0%"


class Row(NamedTuple):
    """One duty as the sheets need it."""

    duty: Duty
    met_on: object
    state: str


def of_meetings(branches, year, *, part, on, organ, words=()):
    """三会一课和主题党日完成统计表: counts and rates, a sheet of marks per kind, every duty in a detail sheet."""
    names = labels(min(on, on.replace(year=year, month=12, day=31)) if year <= on.year else on)
    rules = {rule: names[rule] for rule in MEETINGS if rule in names}
    owed = _owed(branches, year, rules, part, on)
    sheet_of = _Sheets("三会一课和主题党日完成统计表", year, part, on, organ, words)
    _summary(sheet_of, branches, rules, owed, year, on)
    for rule, label in rules.items():
        _marks(sheet_of, label, branches, rule, owed)
    _detail(sheet_of, branches, rules, owed)
    return sheet_of.book.close()


def of_ideology(branches, year, *, part, on, organ, words=()):
    """意识形态月报报送情况表: a mark per month with the answer 无 or 有, then counts, rates and the other ideology duties."""
    rules = matrix.columns(year, on, "ideology")
    owed = _owed(branches, year, rules, part, on)
    sheet_of = _Sheets("意识形态月报报送情况表", year, part, on, organ, words)
    asks = filings()[RETURN]
    filed = Filing.objects.filter(duty__branch__in=branches, duty__rule=RETURN, duty__year=year, duty__is_owed=True)
    answers = {
        duty: asks.questions[0].told(given.get(asks.questions[0].key))
        for duty, given in filed.values_list("duty", "answers")
    }
    for rule, label in rules.items():
        _marks(sheet_of, label, branches, rule, owed, answers=answers if rule == RETURN else None)
    _detail(sheet_of, branches, rules, owed)
    return sheet_of.book.close()


def _owed(branches, year, rules, part, on):
    """branch id → rule → [Row], in the order of the periods. One query."""
    found = defaultdict(lambda: defaultdict(list))
    duties = matrix.duties(branches, year, rules=rules, part=part)
    for duty in duties.order_by("opens_on", "period"):
        found[duty.branch_id][duty.rule].append(Row(duty, duty.met_on, duty.state(on)))
    return found


class _Sheets:
    """The workbook; each sheet begins with its title and the line of who reports and until when."""

    def __init__(self, title, year, part, on, organ, words):
        self.title, self.organ, self.on = title, organ, on
        self.span = f"{year}年{dict(matrix.PARTS)[part] if part else ''}"
        self.words = "　".join(words)
        self.until = min(on, on.replace(year=year, month=12, day=31)) if year <= on.year else on
        self.book = Workbook(title=f"{self.span}{title}", created=datetime.combine(self.until, time()))

    def begin(self, name, headers, widths, *, title=""):
        sheet = self.book.sheet(name)
        sheet.title(f"{self.span}{title or self.title}", len(headers))
        line = f"填报单位（盖章）：{self.organ}　　统计截止日：{self.until:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话："
        sheet.write(sheet.row, 0, line)
        sheet.row += 1
        if self.words:
            sheet.write(sheet.row, 0, f"范围：{self.words}")
            sheet.row += 1
        sheet.header(headers, widths)
        return sheet


def _tally(rows):
    """Counts of what fell due: owed, met, late, missed."""
    met = [row for row in rows if row.met_on]
    missed = sum(row.state == "miss" for row in rows)
    return {
        "owed": len(met) + missed, "met": len(met), "late": sum(row.state == "late" for row in rows), "missed": missed,
    }  # fmt: skip


def _share(part, whole):
    return Decimal(part) / Decimal(whole) if whole else ""


def _summary(sheets, branches, rules, owed, year, on):
    headers = ["序号", "党组织", "学段"]
    for label in rules.values():
        headers += [f"{label}应开", f"{label}实开"]
    headers += ["应开合计", "实开合计", "缺", "逾期", "完成率", "及时率", "出勤率（全年各类会议）"]
    sheet = sheets.begin("完成统计", headers, (5, 34, 9, *(7,) * 2 * len(rules), 8, 8, 6, 6, 9, 9, 11))
    attendance = compute("meetings.facts.attendance", [branch.pk for branch in branches], Period.of_year(year, on=on))
    everything = defaultdict(int)
    for number, branch in enumerate(branches, 1):
        cells, whole = [number, branch.name, branch.get_stage_display()], defaultdict(int)
        for rule in rules:
            tally = _tally(owed[branch.pk][rule])
            cells += [tally["owed"], tally["met"]] if owed[branch.pk][rule] else ["—", "—"]
            for name, count in tally.items():
                whole[name] += count
                everything[name] += count
        fact = attendance.get(branch.pk)
        _rates(sheet, cells, whole, _share(fact.value, fact.whole) if fact else "")
    total = ["", "合计", "", *[""] * 2 * len(rules)]
    came = sum(fact.value for fact in attendance.values())
    _rates(sheet, total, everything, _share(came, sum(fact.whole for fact in attendance.values())), bold=True)
    sheet.write(
        sheet.row, 0, "逾期指期限以后补开的；完成率＝实开÷应开，及时率＝（实开－逾期）÷应开，应开只计到期的和已办的。"
    )


def _rates(sheet, cells, whole, attendance, **look):
    row = sheet.row
    cells = [*cells, *(whole[name] for name in ("owed", "met", "missed", "late"))]
    sheet.append(cells, **look)
    rates = (_share(whole["met"], whole["owed"]), _share(whole["met"] - whole["late"], whole["owed"]), attendance)
    for column, rate in enumerate(rates, len(cells)):
        sheet.write(row, column, _plain(rate), border=1, valign="vcenter", num_format=WHOLE, **look)


def _plain(rate):
    return rate if rate == "" else round(float(rate), 4)


def _marks(sheets, label, branches, rule, owed, answers=None):
    """Branches × periods of one kind; with `answers` a mark is followed by what was answered."""
    periods = {}
    for branch in branches:
        for row in owed[branch.pk][rule]:
            periods.setdefault(row.duty.period, row.duty.label)
    names = sorted(periods)
    headers = ["序号", "党组织", *(periods[name] for name in names), "应办", "已办", "缺", "逾期"]
    sheet = sheets.begin(
        label, headers, (5, 34, *(8 if answers else 6,) * len(names), 6, 6, 6, 6), title=f"{label}完成情况"
    )
    for number, branch in enumerate((branch for branch in branches if owed[branch.pk][rule]), 1):
        rows = {row.duty.period: row for row in owed[branch.pk][rule]}
        tally = _tally(rows.values())
        marks = [_mark(rows.get(name), answers) for name in names]
        sheet.append(
            [number, branch.name, *marks, tally["owed"], tally["met"], tally["missed"], tally["late"]], align="center"
        )
        sheet.write(sheet.row - 1, 1, branch.name, border=1, valign="vcenter", text_wrap=True)
    sheet.write(sheet.row, 0, KEY)


def _mark(row, answers):
    if row is None:
        return SIGNS["na"]
    sign = SIGNS[row.state]
    words = (answers or {}).get(row.duty.pk, "")
    return f"{sign} {words[:1]}" if words else sign


def _detail(sheets, branches, rules, owed):
    """Every duty with its days."""
    headers = ["序号", "党组织", "事项", "期次", "应办期限", "办结日期", "状态", "补登截止"]
    sheet = sheets.begin("明细", headers, (6, 36, 16, 12, 12, 12, 8, 12), title=f"{sheets.title}明细")
    first = sheet.row - 1
    number = 0
    for branch in branches:
        for rule, label in rules.items():
            for row in owed[branch.pk][rule]:
                number += 1
                duty = row.duty
                sheet.append(
                    [number, branch.name, label, duty.label, duty.due_on, row.met_on, STATES[row.state], duty.locks_on]
                )
    sheet.filter(first, max(first, sheet.row - 1), len(headers))
