"""整改台账 as offices hand it on: every item that was chosen, with where it stands and since when it is overdue."""

from datetime import datetime, time

from branches.models import Rectification
from office.writer import Workbook

TITLE = "整改台账"
HEADERS = (
    "序号", "党组织", "来源", "来源文号", "问题", "整改措施", "责任人", "提出日期", "整改期限", "超期天数", "状态", "整改情况",
    "完成日期", "重新打开次数",
)  # fmt: skip
WIDTHS = (6, 28, 12, 16, 36, 36, 10, 12, 12, 8, 10, 36, 12, 8)
AT_BRANCH = (Rectification.State.OPEN, Rectification.State.RETURNED)


def as_workbook(rows, *, organ, on, words=()):
    """The bytes of a workbook with one sheet. The same input, the same bytes."""
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
    for number, row in enumerate(rows, 1):
        late = (on - row.due_on).days if row.state in AT_BRANCH and row.due_on < on else None
        sheet.append(
            [
                number, row.branch.name, row.get_source_display(), row.source_number, row.problem, row.measure, row.owner,
                row.raised_on, row.due_on, late, row.get_state_display(), row.done, row.settled_on, row.reopened or None,
            ],
            text_wrap=True,
        )  # fmt: skip
    return book.close()
