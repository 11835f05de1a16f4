"""A list on paper as offices hand it on: one sheet with its title, the line of who reports until when, and its rows."""

from datetime import datetime, time

from office.writer import Workbook


def of_list(title, headers, widths, rows, *, organ, on, words=()):
    """The bytes of a workbook with one sheet; 序号 comes first by itself. The same input, the same bytes."""
    book = Workbook(title=title, created=datetime.combine(on, time()))
    sheet = book.sheet(title[:31])
    sheet.title(title, len(headers) + 1)
    line = f"填报单位（盖章）：{organ}　　统计截止日：{on:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话："
    sheet.write(sheet.row, 0, line)
    sheet.row += 1
    if words:
        sheet.write(sheet.row, 0, f"范围：{'　'.join(words)}")
        sheet.row += 1
    sheet.header(["序号", *headers], (6, *widths))
    for number, row in enumerate(rows, 1):
        sheet.append([number, *row], text_wrap=True)
    return book.close()
