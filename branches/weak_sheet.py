"""软弱涣散台账 (domain-rules §10, number 10), and the paper by which a case is struck off."""

from datetime import datetime, time
from math import ceil

from django.db.models import Prefetch

from branches.actions import root
from branches.models import WeakCase, WeakCheck, WeakMeasure
from branches.weak_cases import slots
from office.paper import LETTERHEAD, PLAIN, Paper, Table, Text, official_date
from office.writer import Workbook

TITLE = "软弱涣散党组织整顿台账"
BEFORE = ["序号", "党组织", "认定情形", "列入日期", "列入文号"]
LINE = 15  # points
AFTER = ["措施", "整顿期限", "进度", "验收", "销号日期", "销号文号", "状态"]


def with_parts(cases):
    """`cases` (a queryset) with all that a line of the ledger shows: a few queries for all of them."""
    measures = WeakMeasure.objects.order_by("started_on", "pk")
    return cases.prefetch_related("reasons", "progress", Prefetch("measures", measures), "checks__entry")


def of_cases(cases, *, organ, on, words=()):
    """The ledger of these cases as of a day; the same rows give the same bytes."""
    entries = list(slots(on.year))
    headers = [*BEFORE, *(entry.label for entry in entries), *AFTER]
    widths = (5, 18, 16, 11, 13, *(14,) * len(entries), 24, 11, 15, 16, 11, 13, 8)
    book = Workbook(title=TITLE, created=datetime.combine(on, time()))
    sheet = book.sheet("整顿台账")
    sheet.title(TITLE, len(headers))
    line = f"填报单位（盖章）：{organ}　　统计截止日：{on:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话："
    for text in filter(None, (line, f"范围：{'　'.join(words)}" if words else "")):
        sheet.write(sheet.row, 0, text)
        sheet.row += 1
    sheet.worksheet.set_row(sheet.row, LINE * _lines(headers, widths))
    sheet.header(headers, widths)
    first = sheet.row - 1
    for number, case in enumerate(cases, 1):
        helpers = {entry.pk: [] for entry in entries}
        for measure in case.measures.all():
            helpers.setdefault(measure.entry_id, []).append(_helper(measure))
        cells = [
            number, case.branch.name, "；".join(sorted(str(entry) for entry in case.reasons.all())), case.listed_on,
            case.listed_number, *("\n".join(helpers[entry.pk]) for entry in entries), case.plan, case.due_on,
            _progress(case), _acceptance(case), case.closed_on, case.closed_number, case.get_state_display(),
        ]  # fmt: skip
        sheet.worksheet.set_row(sheet.row, LINE * _lines(cells, widths))
        sheet.append(cells, text_wrap=True)
    sheet.filter(first, max(first, sheet.row - 1), len(headers))
    return book.close()


def _lines(cells, widths):
    """How many lines the fullest cell takes: not every program finds the height of a row by itself when it prints."""
    return max(
        sum(ceil(2 * len(line) / (width - 1)) or 1 for line in str(value).split("\n"))
        for value, width in zip(cells, widths, strict=True)
        if isinstance(value, str)
    )


def _helper(measure):
    until = f" 至 {measure.ended_on:%Y-%m-%d}" if measure.ended_on else " 起"
    return f"{measure.who} {measure.position}".strip() + f"（{measure.started_on:%Y-%m-%d}{until}）"


def _progress(case):
    reports = sorted(case.progress.all(), key=lambda row: row.month)
    if not reports:
        return "还没有月报" if case.rectifying_since else ""
    last = reports[-1]
    return f"已报 {len(reports)} 个月；{last.month:%Y-%m}：已解决 {last.settled} 个，未解决 {last.left} 个"


def _acceptance(case):
    checks = list(case.checks.all())
    if not checks:
        return ""
    day = max(row.checked_on for row in checks)
    rows = [row for row in checks if row.checked_on == day]
    left = [str(row.entry) for row in rows if not row.is_settled]
    return f"{day:%Y-%m-%d} " + (f"没有解决：{'、'.join(left)}" if left else f"{len(rows)} 种情形全部解决")


def to_paper(case, *, on):
    """关于同意整顿销号的通知: with its number once struck off, before that a draft."""
    is_final = case.state == WeakCase.State.CLOSED
    last = case.checks.order_by("-checked_on").values_list("checked_on", flat=True).first()
    checks = (
        WeakCheck.objects.filter(case=case, checked_on=last).select_related("entry").order_by("entry__order", "entry")
    )
    measures = case.measures.select_related("entry").order_by("entry__order", "started_on")
    reports = case.progress.count()
    organ = root().name
    verdict = "同意销号" if is_final else "拟同意销号"
    blocks = [
        Text(f"你单位自 {official_date(case.listed_on)}列入整顿（{case.listed_number}）以来，按照整顿方案落实四个一措施，"
             f"按月报告进展 {reports} 次。经逐项验收，{verdict}。"),
        Table(["序号", "认定情形", "验收情况", "结论"],
              [[number, row.entry.label, row.words, "已经解决" if row.is_settled else "没有解决"]
               for number, row in enumerate(checks, 1)], caption="逐项验收情况"),
        Table(["措施", "人员或单位", "起止"],
              [[row.entry.label, f"{row.who} {row.position}".strip(),
                f"{row.started_on:%Y-%m-%d}\n至 {row.ended_on:%Y-%m-%d}" if row.ended_on else f"{row.started_on:%Y-%m-%d} 起"]
               for row in measures], widths=[3, 4, 3], caption="四个一落实情况"),
        Text("销号以后要巩固整顿成果，防止反弹。"),
    ]  # fmt: skip
    return Paper(
        f"关于{case.branch.name}整顿销号的通知", dated=case.closed_on or on, organ=organ, number=case.closed_number,
        addressee=case.branch.name, kind=LETTERHEAD if is_final else PLAIN, signer=organ, is_draft=not is_final, blocks=blocks,
    )  # fmt: skip
