"""The sheets of the year's workbook, each ready to print and sign."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.contrib.postgres.aggregates import ArrayAgg
from xlsxwriter.utility import xl_rowcol_to_cell

from assessment.models import Adjustment, Objection, Round, Seal
from assessment.result import SCORED
from meetings.models import Meeting, MeetingKind
from office.writer import Workbook
from rulebook.book import in_force

STATES = {"scored": "已评", "not_applicable": "不适用", "pending": "待评"}
FRAME, MONEY = {"border": 1, "valign": "vcenter"}, {"num_format": "0.00"}
SIGNED = "制表人：                    审核人：                    联系电话：                    工委主要负责人："
NAME = 42  # of the longest names of schools on one line
WORDS, TOPIC = 90, 48  # where a text may be long
AFTER = "按导出当日的记录；封存以后记录的变动见“封存和查验”，不改变考核结果"  # on what is read anew for a sealed year
LINE, LEAST = 15, 18  # points: of a line, of a row


def number(decimal):
    return None if decimal is None else float(decimal)


def height(cells):
    """The height of a row whose texts stand in columns of these widths: not every program finds it by itself to print.

    `cells`: pairs (text, width).
    """
    return max(LEAST, LINE * max(_lines(text, int(width) - 1) for text, width in cells))


def _lines(text, room):
    return sum(-(-sum(1 + (sign > "\xff") for sign in line) // room) or 1 for line in text.split("\n"))


@dataclass
class Form:
    """The sheets of one scheme in one workbook."""

    book: Workbook
    year: int
    until: object
    content: dict
    seal: Seal | None = None
    proposed: dict = field(default_factory=dict)  # branch id → the grade before the 工委会议
    is_final: bool = False

    @cached_property
    def round(self):
        return Round.objects.filter(year=self.year).first()

    @cached_property
    def labels(self):
        """评分点 → how it is called on paper."""
        return {
            part["key"]: f"{item['code']} {item['label']}" + (f"（{part['label']}）" if len(item["parts"]) > 1 else "")
            for item in self.content["items"]
            for part in item["parts"]
        }

    # ---- the form that is signed

    def summary(self, name, whose, scores, names):
        sheet, dimensions = self.book.sheet(name), self.content["dimensions"]
        headers = [
            "序号", "支部" if whose == "学校党组织" else "党组织", "学段", *(row["label"] for row in dimensions), "加分", "扣分", "总分",
            "已评分值", "排名", "比较组", "拟定等次", "审定等次", "一票否决", "说明",
        ]  # fmt: skip
        widths = (6, NAME, 10, *(9,) * len(dimensions), 7, 7, 9, 9, 6, 16, 10, 10, 16, 26)
        sheet.title(f"{self.year}年度{whose}量化考核汇总表", len(headers))
        for line in self._said():
            sheet.write(sheet.row, 0, line)
            sheet.row += 1
        sheet.header(headers, widths)
        first, total = sheet.row, 5 + len(dimensions)
        looks = {"text": {**FRAME, "text_wrap": True}, "money": {**FRAME, **MONEY, "align": "right"}}
        plain, money = self.book.looks(**looks["text"]), self.book.looks(**looks["money"])
        bold = self.book.format(**FRAME, **MONEY, bold=True)
        for place, score in enumerate(scores, 1):
            row = sheet.row
            sheet.worksheet.set_row(row, height(
                ((names[score.branch.pk], NAME), (score.group, 16), (score.veto, 16), (score.why, 26))
            ))  # fmt: skip
            points = [dimension.points if dimension.points is not None else "待评" for dimension in score.dimensions]
            sheet.put([place, names[score.branch.pk], score.branch.get_stage_display()], plain)
            sheet.put([*points, score.extra, Decimal(0)], money, 3)
            sheet.worksheet.write_formula(
                row, total, _total_formula(row, dimensions), bold, "" if score.total is None else number(score.total)
            )
            proposed = self.proposed.get(score.branch.pk, score.grade)
            sheet.put(
                [score.judged, score.rank or "", score.group, proposed, score.grade if self.is_final else "", score.veto,
                 score.why], plain, total + 1,
            )  # fmt: skip
            sheet.row += 1
        self._below(sheet, scores, first, total)

    def _said(self):
        """What the form is, until when, and on which decision it rests."""
        content, round_ = self.content, self.round
        yield (
            f"填报单位（盖章）：                统计截止日：{self.until:%Y-%m-%d}                "
            f"{content['title']}（{content['status']}）"
        )
        if round_ and round_.published_on:
            said = [f"公布日期：{round_.published_on:%Y-%m-%d}"]
            if self.is_final:
                said.append(f"工委会议：{round_.meeting_on:%Y-%m-%d}，{round_.minutes_number}")
            yield "                ".join(said)

    def _below(self, sheet, scores, first, total):
        dimensions, last = self.content["dimensions"], sheet.row - 1
        sheet.write(sheet.row, 1, "平均", border=1, bold=True)
        for column in [*range(3, 3 + len(dimensions)), total]:
            numbers = _column(scores, column - 3, len(dimensions))
            area = _area(first, max(first, last), column)
            sheet.write_formula(
                sheet.row, column, f'=IF(COUNT({area})=0,"",ROUND(AVERAGE({area}),2))',
                value=round(float(sum(numbers) / len(numbers)) + 1e-9, 2) if numbers else "", border=1, bold=True, **MONEY,
            )  # fmt: skip
        sheet.row += 1
        column = total + (5 if self.is_final else 4)
        area = _area(first, max(first, last), column, fixed=True)
        for label in [row["label"] for row in (*self.content["grades"], self.content["undetermined"])]:
            sheet.write(sheet.row, 1, f"{label}（个）", border=1)
            sheet.write_formula(
                sheet.row, 3, f'=COUNTIF({area},"{label}")', value=sum(
                    (score.grade if self.is_final else self.proposed.get(score.branch.pk, score.grade)) == label
                    for score in scores
                ), border=1,
            )  # fmt: skip
            sheet.row += 1
        sheet.row += 1
        if self.seal:
            sheet.write(sheet.row, 0, f"封存：{self.seal}，第 {self.seal.number} 号，共 {self.seal.count} 份")
            sheet.write(sheet.row + 1, 0, f"链头：{self.seal.head}")
            sheet.row += 3
        sheet.write(sheet.row, 0, SIGNED)

    # ---- what it rests on

    def items(self, name, scores, names):
        sheet, codes = self.book.sheet(name), self.content["items"]
        headers = [
            "序号", "支部", *(f"{item['code']} {item['label']}\n{item['points']} 分" for item in codes), "已得合计", "已评满分",
        ]  # fmt: skip
        sheet.title(f"{self.content['title']} 指标明细", len(headers))
        widths = (6, NAME, *(7.5,) * len(codes), 8, 8)
        sheet.worksheet.set_row(sheet.row, height(zip(headers, widths, strict=True)))
        sheet.header(headers, widths)
        plain, money = self.book.looks(**FRAME, text_wrap=True), self.book.looks(**FRAME, **MONEY)
        bold = self.book.format(**FRAME, **MONEY, bold=True)
        for place, score in enumerate(scores, 1):
            row, name_ = sheet.row, names[score.branch.pk]
            sheet.worksheet.set_row(row, height([(name_, NAME)]))
            sheet.put([place, name_], plain)
            sheet.put([item.points if item.state == SCORED else STATES[item.state] for item in score.items], money, 2)
            got = sum((item.points for item in score.items if item.state == SCORED), Decimal(0))
            area = f"{xl_rowcol_to_cell(row, 2)}:{xl_rowcol_to_cell(row, 1 + len(codes))}"
            sheet.worksheet.write_formula(row, 2 + len(codes), f"=SUM({area})", bold, number(got))
            sheet.put([sum((item.out_of for item in score.items), Decimal(0))], money, 3 + len(codes))
            sheet.row += 1
        sheet.row += 1
        for item in codes:
            sheet.write(sheet.row, 1, f"{item['code']} {item['label']}：{item['clause']}（{item['source']}）")
            sheet.row += 1

    def objections(self, names):
        """What was contested, the answer, and what came of it."""
        columns = (
            ("支部", 30),
            ("指标", 24),
            ("阶段", 8),
            ("提出日期", 12),
            ("异议和理由", 40),
            ("答复", 40),
            ("结果", 8),
            ("调整", 16),
        )
        rows = []
        found = Objection.objects.filter(round__year=self.year, branch__in=names).prefetch_related("adjustments")
        for each in found.order_by("branch__order", "branch", "pk"):
            rows.append([
                names[each.branch_id], self.labels.get(each.part, each.part), each.get_phase_display(), each.raised_on, each.words,
                each.answer or "尚未答复", each.get_outcome_display(),
                "\n".join(f"{_points(row.before)} → {row.points} 分" for row in each.adjustments.all()),
            ])  # fmt: skip
        self._listed("异议", f"{self.year}年度量化考核异议和答复", columns, rows, "没有提出异议")

    def adjustments(self, names):
        """Every point that was put right after publication, with its reason."""
        columns = (
            ("支部", 34),
            ("指标", 30),
            ("原得分", 9),
            ("调整后得分", 11),
            ("理由", 50),
            ("由来", 12),
            ("日期", 12),
        )
        found = Adjustment.objects.filter(round__year=self.year, branch__in=names)
        rows = [
            [names[each.branch_id], self.labels.get(each.part, each.part), _points(each.before), str(each.points), each.reason,
             "答复异议" if each.objection_id else "复核更正", each.made_at.date()]
            for each in found.order_by("branch__order", "branch", "pk")
        ]  # fmt: skip
        self._listed("调整", f"{self.year}年度量化考核得分调整", columns, rows, "没有调整")

    def _listed(self, name, title, columns, rows, empty):
        sheet = self.book.sheet(name)
        sheet.title(title, len(columns) + 1)
        widths = (5, *(width for _, width in columns))
        sheet.header(["序号", *(label for label, _ in columns)], widths)
        for place, cells in enumerate(rows, 1):
            shown = [place, *cells]
            texts = [(value, width) for value, width in zip(shown, widths, strict=True) if isinstance(value, str)]
            sheet.worksheet.set_row(sheet.row, height(texts))
            sheet.append(shown, text_wrap=True)
        if not rows:
            sheet.append(["", empty, *[""] * (len(columns) - 1)])

    def evidence(self, scores, names, facts):
        """A reason for each point, and the meetings that were counted, as they stand in the records today."""
        sheet = self.book.sheet("得分依据")
        sheet.header(["支部", "指标", "得分", "满分", "状态", "依据"], (NAME, 34, 8, 8, 9, WORDS))
        looks = self.book.looks(**FRAME, text_wrap=True)
        labels = {item["code"]: f"{item['code']} {item['label']}" for item in self.content["items"]}
        for score in scores:
            name = names[score.branch.pk]
            for item in score.items:
                points = item.points if item.state == SCORED else ""
                if 2 * len(item.reason) >= WORDS:
                    sheet.worksheet.set_row(sheet.row, height([(item.reason, WORDS)]))
                sheet.put([name, labels[item.code], points, item.most, STATES[item.state], item.reason], looks)
                sheet.row += 1
        held = self.book.sheet("次数统计")
        target = in_force(on=date(self.year, 12, 31))[f"duty.{MeetingKind.Kind.THEME_PARTY_DAY}"].value["target"]
        held.title(f"{self.year}年度组织生活次数统计（主题党日按 {target} 日前召开计按时）", 6)
        self._read_today(held)
        held.header(["支部", "类型", "召开次数", "按时次数", "实到合计", "应到合计"], (NAME, 16, 10, 10, 10, 10))
        first = held.row
        for branch in names:
            for row in facts.get(branch, []):
                held.append([names[branch], *row.values()])
        held.filter(first - 1, held.row - 1, 6)
        records = self.book.sheet("记录清单")
        self._read_today(records)
        records.header(["支部", "类型", "日期", "主题", "应到", "实到"], (NAME, 26, 12, TOPIC, 8, 8))
        first, kinds = records.row, dict(MeetingKind.Kind.choices)
        of_year = MeetingKind.objects.filter(assessment_year=self.year).values("meeting")
        meetings = (
            Meeting.objects.counted()
            .filter(branch__in=names, pk__in=of_year)
            .annotate(of_kinds=ArrayAgg("kinds__kind", order_by="kinds__pk"))
            .order_by("branch__order", "branch", "held_on", "pk")
            .values_list("branch", "of_kinds", "held_on", "topic", "due_count", "attended_count")
        )
        for branch, of_kinds, held_on, topic, *counts in meetings.iterator(chunk_size=5000):
            named = "、".join(kinds[kind] for kind in of_kinds)
            if 2 * len(topic) >= TOPIC or len(of_kinds) > 1:
                records.worksheet.set_row(records.row, height(((topic, TOPIC), (named, 26))))
            records.put([names[branch], named, held_on, topic, *counts], looks)
            records.row += 1
        records.filter(first - 1, max(first, records.row) - 1, 6)

    def _read_today(self, sheet):
        """The points are sealed; what stands on this sheet is not, and says so."""
        if self.seal:
            sheet.write(sheet.row, 0, AFTER)
            sheet.row += 1


def _points(decimal):
    return "待评" if decimal is None else str(decimal)


def _area(first, last, column, *, fixed=False):
    return f"{xl_rowcol_to_cell(first, column, fixed, fixed)}:{xl_rowcol_to_cell(last, column, fixed, fixed)}"


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
