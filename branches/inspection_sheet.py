"""督导检查台账, 通报, 约谈 and 四种形态 as offices hand them on (domain-rules §10, number 18)."""

from collections import defaultdict
from datetime import datetime, time

from branches.inspections import quarter_of
from office.writer import Workbook

VISITS = (
    ("受检党组织", 34), ("检查日期", 11), ("检查事项", 22), ("计划文号", 20), ("检查组成员", 16), ("事先通知", 8), ("问题", 6),
    ("已解决", 7), ("通报", 12), ("状态", 8), ("再次检查的理由", 24), ("了结说明", 24),
)  # fmt: skip
BURDEN = (("党组织", 36), ("一季度", 8), ("二季度", 8), ("三季度", 8), ("四季度", 8), ("全年", 8))
NOTICES = (
    ("党组织", 34), ("种类", 10), ("文号", 22), ("标题", 40), ("发出日期", 11), ("签收日期", 11), ("答复期限", 11), ("答复日期", 11),
)  # fmt: skip
TALKS = (("党组织", 36), ("约谈日期", 11), ("约谈对象", 16), ("约谈人", 16), ("结果", 18), ("由来", 30))
FORMS = (("党组织", 40), ("日期", 11), ("形态", 14), ("人次", 8))
QUARTERS = (("形态", 16), ("一季度", 8), ("二季度", 8), ("三季度", 8), ("四季度", 8), ("全年", 8))


def begun(title, on):
    return Workbook(title=title, created=datetime.combine(on, time()))


def add(book, name, columns, rows, *, organ, on, words=(), title=""):
    """One sheet with its title, the line of who reports until when, and its rows; 序号 comes first by itself."""
    sheet = book.sheet(name)
    sheet.title(title or name, len(columns) + 1)
    line = f"填报单位（盖章）：{organ}　　统计截止日：{on:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话："
    for text in filter(None, (line, f"范围：{'　'.join(words)}" if words else "")):
        sheet.write(sheet.row, 0, text)
        sheet.row += 1
    sheet.header(["序号", *(label for label, _ in columns)], (6, *(width for _, width in columns)))
    for number, row in enumerate(rows, 1):
        sheet.append([number, *row], text_wrap=True)
    return sheet


def visit_rows(visits):
    """Rows of visits that carry `found_count` and `left_count`."""
    return [
        (
            visit.branch.name, visit.visited_on, visit.line.label, visit.line.plan.number, visit.inspectors, visit.is_announced,
            visit.found_count, visit.found_count - visit.left_count, _told(visit), visit.get_state_display(),
            visit.repeat_reason, visit.outcome,
        )
        for visit in visits
    ]  # fmt: skip


def _told(visit):
    issued = (
        notice for notice in (visit.commendation, visit.criticism) if notice and notice.state == notice.State.ISSUED
    )
    return "、".join(notice.get_kind_display() for notice in issued)


def burden_rows(visits):
    """How often each organisation was visited in each quarter, most often first."""
    sums, places = defaultdict(lambda: [0, 0, 0, 0]), {}
    for visit in visits:
        places[visit.branch_id] = visit.branch
        sums[visit.branch_id][quarter_of(visit.visited_on) - 1] += 1
    order = sorted(sums, key=lambda key: (-sum(sums[key]), places[key].order, key))
    return [(places[key].name, *sums[key], sum(sums[key])) for key in order]


def notice_rows(receipts):
    """Receipts of 通报表扬 and 通报批评, each with its notice and organisation."""
    return [
        (
            row.branch.name, row.notice.get_kind_display(), row.notice.number, row.notice.title, _date(row.notice.issued_at),
            _date(row.received_at), row.notice.deadline_on if row.notice.needs_answer else None, _date(row.answered_at),
        )
        for row in receipts
    ]  # fmt: skip


def _date(moment):
    return moment.date() if moment else None


def talk_rows(talks):
    return [
        (row.branch.name, row.talked_on, row.talked_with, row.talked_by, row.get_result_display(),
         f"{row.inspection.visited_on:%Y-%m-%d} {row.inspection.line.label}" if row.inspection else "")
        for row in talks
    ]  # fmt: skip


def of_visits(visits, *, organ, on, words=()):
    """The visits, and on a second sheet how often each organisation was visited."""
    book = begun("督导检查台账", on)
    add(book, "督导检查台账", VISITS, visit_rows(visits), organ=organ, on=on, words=words)
    add(book, "各党组织受检次数", BURDEN, burden_rows(visits), organ=organ, on=on, words=words)
    return book.close()


def of_talks(talks, *, organ, on, words=()):
    book = begun("约谈登记表", on)
    add(book, "约谈登记表", TALKS, talk_rows(talks), organ=organ, on=on, words=words)
    return book.close()


def of_forms(rows, table, year, *, organ, on):
    """四种形态: form by quarter, and the counts it comes from."""
    book = begun("四种形态统计表", on)
    sums = [(label, *quarters, whole) for label, quarters, whole in table]
    add(book, "按季度", QUARTERS, sums, organ=organ, on=on, title=f"{year}年四种形态统计表")
    listed = [(row.branch.name, row.on, row.get_form_display(), row.count) for row in rows]
    add(book, "明细", FORMS, listed, organ=organ, on=on, title=f"{year}年四种形态明细")
    return book.close()
