"""研判进度表: every branch of a campaign that was chosen, who judges it, and how far it is."""

from datetime import datetime, time

from office.writer import Workbook

TITLE = "分析研判进度表"
HEADERS = ("序号", "党组织", "学段", "轮次", "研判人", "到校日期", "进度", "得分", "满分", "得分率", "类别")
WIDTHS = (6, 32, 10, 10, 12, 12, 10, 8, 8, 8, 10)


def as_workbook(rows, *, organ, on, words=()):
    """The bytes of a workbook with one sheet; `rows`: (Screening, words of its class). The same input, the same bytes."""
    book = Workbook(title=TITLE, created=datetime.combine(on, time()))
    sheet = book.sheet(TITLE)
    sheet.title(TITLE, len(HEADERS))
    line = f"填报单位（盖章）：{organ}　　统计截止日：{on:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话："
    sheet.write(sheet.row, 0, line)
    sheet.row += 1
    if words:
        sheet.write(sheet.row, 0, f"范围：{'　'.join(words)}")
        sheet.row += 1
    sheet.header(HEADERS, WIDTHS)
    for number, (row, reached) in enumerate(rows, 1):
        share = f"{row.points * 100 / row.whole:.1f}%" if row.whole else ""
        sheet.append(
            [
                number, row.branch.name, row.branch.get_stage_display(), row.get_kind_display(),
                str(row.assessor or "还没有派人"), row.visited_on, row.get_state_display(), row.points, row.whole, share,
                reached,
            ],
            text_wrap=True,
        )  # fmt: skip
    return book.close()
