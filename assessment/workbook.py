"""The year's grades as a workbook to sign and as JSON to check: the same input gives the same bytes."""

import json
from datetime import datetime, time
from decimal import Decimal

from django.contrib.postgres.aggregates import ArrayAgg
from xlsxwriter.utility import xl_rowcol_to_cell

from assessment import scheme as schemes
from assessment.result import SCORED
from branches.models import OrgChange
from duties.models import Duty
from meetings.facts import register
from meetings.models import Meeting, MeetingKind
from office.writer import Workbook
from rulebook.facts import Period

STATES = {"scored": "已评", "not_applicable": "不适用", "pending": "待评"}


def branch_facts(branches, year, *, on):
    """branch id → rows {kind, held, on_time, attended, due} of each kind that it owes or has held. Two queries."""
    period = Period.of_year(year, on=on)
    counted = {(row["branch"], row["of_kind"]): row for row in register(branches, period)}
    owed = set(Duty.objects.filter(branch__in=branches, year=year).order_by().values_list("branch", "rule").distinct())
    found = {}
    for kind in MeetingKind.Kind:
        for branch in {branch for branch, rule in counted.keys() | owed if rule == kind}:
            row = counted.get((branch, kind.value), {})
            found.setdefault(branch, []).append(
                {"kind": kind.label} | {name: row.get(name) or 0 for name in ("held", "on_time", "attended", "due")}
            )
    return found


def as_json(scores, year, *, on):
    """The grades as canonical JSON text, numbers as written in the workbook."""
    facts = branch_facts([score.branch for score in scores], year, on=on)
    names = _names(scores, year, on)
    content = {
        "year": year,
        "branches": [
            {
                "branch": names[score.branch.pk],
                "facts": facts.get(score.branch.pk, []),
                "items": [
                    {"code": item.code, "points": _number(item.points), "state": item.state, "reason": item.reason}
                    for item in score.items
                ],
                "total": _number(score.total),
                "rank": score.rank,
                "grade": score.grade,
            }
            for score in scores
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def as_workbook(scores, year, *, on):
    """The signed form (domain-rules §10 no. 8), item sheet and evidence sheet; totals are live formulas with their values."""
    content = schemes.in_force(year)
    until = min(on, Period.of_year(year, on=on).end)
    book = Workbook(title=f"{year}年度量化考核汇总表", created=datetime.combine(until, time()))
    names = _names(scores, year, on)
    _summary(book, scores, content, year, until, names)
    _items(book, scores, content, names)
    _evidence(book, scores, year, on, names)
    return book.close()


def _names(scores, year, on):
    """branch id → its name at the year's end: a paper of the past keeps the names of its time. One query."""
    then = OrgChange.objects.names_on(min(on, Period.of_year(year, on=on).end))
    return {score.branch.pk: then.get(score.branch.pk, score.branch.name) for score in scores}


def _summary(book, scores, content, year, until, names):
    sheet = book.sheet("考核汇总")
    dimensions = content["dimensions"]
    headers = [
        "序号",
        "支部",
        "学段",
        *(row["label"] for row in dimensions),
        "加分",
        "扣分",
        "总分",
        "已评分值",
        "排名",
        "比较组",
        "拟定等次",
        "审定等次",
        "一票否决",
        "说明",
    ]
    sheet.title(f"{year}年度学校党组织量化考核汇总表", len(headers))
    sheet.write(
        sheet.row,
        0,
        f"填报单位（盖章）：                统计截止日：{until:%Y-%m-%d}                {content['title']}（{content['status']}）",
    )
    sheet.row += 1
    sheet.header(headers, (5, 34, 9, *(8,) * len(dimensions), 7, 7, 9, 9, 6, 14, 10, 10, 9, 30))
    first = sheet.row
    money = {"num_format": "0.00"}
    for number, score in enumerate(scores, 1):
        cells = [number, names[score.branch.pk], score.branch.get_stage_display()]
        cells += [dimension.points if dimension.points is not None else "待评" for dimension in score.dimensions]
        cells += [
            score.extra,
            Decimal(0),
            None,
            score.judged,
            score.rank or "",
            score.group,
            score.grade,
            "",
            score.veto,
            score.why,
        ]
        row = sheet.row
        sheet.append(cells, text_wrap=True)
        for column in range(3, 3 + len(dimensions) + 2):
            sheet.write(row, column, cells[column], border=1, valign="vcenter", align="right", **money)
        sheet.write_formula(
            row,
            5 + len(dimensions),
            _total_formula(row, dimensions),
            value=_number(score.total) if score.total is not None else "",
            border=1,
            valign="vcenter",
            bold=True,
            **money,
        )
    last = sheet.row - 1
    sheet.write(sheet.row, 1, "平均", border=1, bold=True)
    for column in [*range(3, 3 + len(dimensions)), 5 + len(dimensions)]:
        numbers = _column(scores, column - 3, len(dimensions))
        area = f"{xl_rowcol_to_cell(first, column)}:{xl_rowcol_to_cell(max(first, last), column)}"
        sheet.write_formula(
            sheet.row,
            column,
            f'=IF(COUNT({area})=0,"",ROUND(AVERAGE({area}),2))',
            value=round(float(sum(numbers) / len(numbers)) + 1e-9, 2) if numbers else "",
            border=1,
            bold=True,
            **money,
        )
    sheet.row += 1
    counts = {row["label"]: sum(score.grade == row["label"] for score in scores) for row in content["grades"]}
    counts[content["undetermined"]["label"]] = sum(score.grade == content["undetermined"]["label"] for score in scores)
    column = 8 + len(dimensions) + 1
    area = f"{xl_rowcol_to_cell(first, column, True, True)}:{xl_rowcol_to_cell(max(first, last), column, True, True)}"
    for label, count in counts.items():
        sheet.write(sheet.row, 1, f"{label}（个）", border=1)
        sheet.write_formula(sheet.row, 3, f'=COUNTIF({area},"{label}")', value=count, border=1)
        sheet.row += 1
    sheet.write(
        sheet.row + 1,
        0,
        "制表人：                    审核人：                    联系电话：                    工委主要负责人：",
    )


def _total_formula(row, dimensions):
    """Dimensions that have points, re-scaled to 100, plus the bonus and less what is taken off."""
    first, last = xl_rowcol_to_cell(row, 3), xl_rowcol_to_cell(row, 2 + len(dimensions))
    extra, minus = xl_rowcol_to_cell(row, 3 + len(dimensions)), xl_rowcol_to_cell(row, 4 + len(dimensions))
    weights = "+".join(
        f"ISNUMBER({xl_rowcol_to_cell(row, 3 + index)})*{dimension['weight']}"
        for index, dimension in enumerate(dimensions)
    )
    return f'=IF(COUNT({first}:{last})=0,"",ROUND(SUM({first}:{last})*100/({weights}),2)+{extra}-{minus})'


def _column(scores, index, dimensions):
    """The numbers that stand in one column of the summary."""
    if index < dimensions:
        return [score.dimensions[index].points for score in scores if score.dimensions[index].points is not None]
    return [score.total for score in scores if score.total is not None]


def _items(book, scores, content, names):
    sheet = book.sheet("指标明细")
    codes = content["items"]
    headers = [
        "序号",
        "支部",
        *(f"{item['code']} {item['label']}（{item['points']}分）" for item in codes),
        "已得合计",
        "已评满分",
    ]
    sheet.title(f"{content['title']} 指标明细", len(headers))
    sheet.header(headers, (5, 34, *(9,) * len(codes), 9, 9))
    for number, score in enumerate(scores, 1):
        row = sheet.row
        cells = [item.points if item.state == SCORED else STATES[item.state] for item in score.items]
        sheet.append([number, names[score.branch.pk], *cells], num_format="0.00")
        sheet.write(row, 0, number, border=1, valign="vcenter")
        area = f"{xl_rowcol_to_cell(row, 2)}:{xl_rowcol_to_cell(row, 1 + len(codes))}"
        got = sum((item.points for item in score.items if item.state == SCORED), Decimal(0))
        sheet.write_formula(
            row, 2 + len(codes), f"=SUM({area})", value=_number(got), border=1, bold=True, num_format="0.00"
        )
        sheet.write(
            row, 3 + len(codes), sum((item.out_of for item in score.items), Decimal(0)), border=1, num_format="0.00"
        )
    sheet.row += 1
    for item in codes:
        sheet.write(sheet.row, 1, f"{item['code']} {item['label']}：{item['clause']}（{item['source']}）")
        sheet.row += 1


def _evidence(book, scores, year, on, names):
    sheet = book.sheet("得分依据")
    sheet.header(["支部", "指标", "得分", "满分", "状态", "依据"], (34, 26, 8, 8, 9, 90))
    for score in scores:
        for item in score.items:
            sheet.append(
                [
                    names[score.branch.pk],
                    f"{item.code} {item.label}",
                    item.points if item.state == SCORED else "",
                    item.most,
                    STATES[item.state],
                    item.reason,
                ]
            )
    facts = branch_facts(list(names), year, on=on)
    counts = book.add_table(
        "次数统计",
        ["支部", "类型", "召开次数", "按时次数", "实到合计", "应到合计"],
        [[names[branch], *row.values()] for branch in names for row in facts.get(branch, [])],
        title=f"{year}年度组织生活次数统计（主题党日按 25 日前召开计按时）",
        widths=(34, 16, 10, 10, 10, 10),
    )
    counts.filter(1, counts.row - 1, 6)
    records = book.sheet("记录清单")
    records.header(["支部", "类型", "日期", "主题", "应到", "实到"], (34, 22, 12, 40, 8, 8))
    kinds = dict(MeetingKind.Kind.choices)
    of_year = MeetingKind.objects.filter(assessment_year=year).values("meeting")
    meetings = (
        Meeting.objects.counted()
        .filter(branch__in=names, pk__in=of_year)
        .annotate(of_kinds=ArrayAgg("kinds__kind", order_by="kinds__pk"))
        .order_by("branch__order", "branch", "held_on", "pk")
        .values_list("branch", "of_kinds", "held_on", "topic", "due_count", "attended_count")
    )
    for branch, of_kinds, *rest in meetings:
        records.append([names[branch], "、".join(kinds[kind] for kind in of_kinds), *rest])
    records.filter(0, max(0, records.row - 1), 6)


def _number(decimal):
    return None if decimal is None else float(decimal)
