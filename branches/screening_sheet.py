"""晋位升级表 (domain-rules §10, number 11): each branch's class beside that of the round before, ready to print and sign."""

from collections import Counter
from datetime import datetime, time

from office.writer import Workbook

HEADERS = ["序号", "党组织", "学段", "上轮得分", "上轮类别", "本轮得分", "本轮类别", "变化", "研判人", "审定人"]
WIDTHS = (6, 36, 10, 12, 10, 12, 10, 8, 14, 14)


def as_workbook(lines, campaign, *, organ, on, words=()):
    """The bytes of the workbook; points are given in per cent of what was judged, as the classes are."""
    title = f"{campaign.year}年党支部分类定级和晋位升级表"
    book = Workbook(title=title, created=datetime.combine(on, time()))
    sheet = book.sheet("晋位升级表")
    sheet.title(title, len(HEADERS))
    line = f"填报单位（盖章）：{organ}　　统计截止日：{on:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话："
    sheet.write(sheet.row, 0, line)
    sheet.row += 1
    sheet.write(sheet.row, 0, "　".join([f"范围：{campaign}", *words, "得分按研判项目折算成百分"]))
    sheet.row += 1
    sheet.header(HEADERS, WIDTHS)
    first = sheet.row - 1
    for number, row in enumerate(lines, 1):
        screening, before = row["screening"], row["before"]
        sheet.append(
            [
                number, row["branch"].name, row["branch"].get_stage_display(), row["percent_before"],
                row["label_before"] if before else "", row["percent"], row["label"], row["change"][1] if row["change"] else "",
                screening.assessor.name if screening.assessor else "",
                screening.approved_by.name if screening.approved_by else "",
            ]
        )  # fmt: skip
    sheet.filter(first, max(first, sheet.row - 1), len(HEADERS))
    classes = Counter(row["label"] for row in lines)
    changes = Counter(row["change"][1] for row in lines if row["change"])
    told = [f"{row['label']} {classes[row['label']]} 个" for row in campaign.scale]
    told += [f"{word} {changes[word]} 个" for word in ("晋位", "保持", "退位") if changes[word]]
    sheet.write(sheet.row, 0, f"合计：{len(lines)} 个党组织；" + "，".join(told))
    return book.close()
