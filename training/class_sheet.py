"""Classes as workbooks: the roll and the signatures of one, and 培训情况统计表 (domain-rules §10, number 14) of many."""

from datetime import datetime, time

from members.models import Member
from office.writer import Workbook
from training import archive, ledger, six_haves
from training import sign_in as signing


def roll(training_class):
    """学员名册 as it goes into the archive: how many hours everybody was there, and what became of it."""
    headers = ["序号", "姓名", "党组织（单位）", "职务", "到课学时", "应到学时", "结业情况", "结业证号"]
    book = Workbook(title=f"{training_class.title}学员名册", created=datetime.combine(training_class.ends_on, time()))
    sheet = book.sheet("学员名册")
    sheet.title(f"{training_class.title}学员名册", len(headers))
    sheet.header(headers, (6, 12, 40, 16, 10, 10, 10, 28))
    for number, (row, _, attended, owed) in enumerate(signing.table(training_class), 1):
        unit = row.branch.name if row.branch_id else row.unit
        sheet.append([number, row.name, unit, row.position, attended, owed, row.get_outcome_display(), row.certificate])
    return book.close()


# --- 培训情况统计表

HEADERS = [
    "班次", "类型", "主办", "时间", "地点", "状态", "人数", "学时", "签到率", "满意度", "考试合格率", "六个有", "还缺",
]  # fmt: skip
WIDTHS = (34, 16, 28, 24, 22, 10, 8, 8, 9, 9, 11, 8, 30)
PERSON = ["姓名", "党组织", "培训班", "组织生活", "其他", "合计", "应完成", "还差", "说明"]
PERSON_WIDTHS = (12, 40, 10, 10, 10, 10, 10, 10, 26)


def lines(rows, *, on):
    """One row of the sheet for each class, in their order; a constant number of queries."""
    rows = list(rows)
    told, haves = archive.figures(rows, on=on), six_haves.state(rows)
    found = []
    for row in rows:
        each, six = told[row.pk], haves[row.pk]
        missing = six_haves.missing(six)
        found.append([
            row.title, row.get_kind_display(), row.branch.name, f"{row.starts_on:%Y-%m-%d} 至 {row.ends_on:%Y-%m-%d}",
            row.place, row.get_state_display(), each.there or each.people, each.hours, archive.percent(each.attendance),
            archive.percent(each.satisfaction), archive.percent(each.pass_rate), f"{len(six) - len(missing)}/{len(six)}",
            "、".join(missing) + (f"（{row.gap_reason}）" if missing and row.gap_reason else ""),
        ])  # fmt: skip
    return found


def persons(branches, year, *, on):
    """One row of the second sheet for everybody registered in `branches` (rows): three queries, however many there are."""
    order = {branch.pk: (place, branch.name) for place, branch in enumerate(branches)}
    hours = ledger.of_branches(branches, year, on=on)
    names = dict(Member.objects.filter(pk__in=[row.member for row in hours]).values_list("pk", "name"))
    hours.sort(key=lambda row: (order[row.branch][0], names[row.member], row.member))
    return [
        [
            names[row.member], order[row.branch][1], row.classes, row.meetings, row.other, row.total, row.need,
            row.missing or None, row.why_none,
        ]
        for row in hours
    ]  # fmt: skip


def as_workbook(rows, branches, year, *, organ, on, words=()):
    """培训情况统计表: classes on the first sheet, on the second the hours of everybody registered in `branches` in `year`."""
    title = f"{year}年教育培训情况统计表"
    book = Workbook(title=title, created=datetime.combine(on, time()))
    common = {"organ": organ, "on": on}
    _sheet(book, "培训班次", title, HEADERS, WIDTHS, lines(rows, on=on), words=words, **common)
    people = persons(branches, year, on=on)
    _sheet(book, "个人学时", f"{year}年个人学时表", PERSON, PERSON_WIDTHS, people, **common)
    return book.close(), len(people)


def _sheet(book, name, title, headers, widths, rows, *, organ, on, words=()):
    sheet = book.sheet(name)
    sheet.title(title, len(headers) + 1)
    head = f"填报单位（盖章）：{organ}　　统计截止日：{on:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话："
    for text in filter(None, (head, f"范围：{'　'.join(words)}" if words else "")):
        sheet.write(sheet.row, 0, text)
        sheet.row += 1
    sheet.header(["序号", *headers], (6, *widths))
    for number, row in enumerate(rows, 1):
        sheet.append([number, *row], text_wrap=True)
    sheet.write(sheet.row, 0, f"合计：{len(rows)} 行")
