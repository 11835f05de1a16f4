"""Two years side by side as a workbook: the branches, how the grades are spread, what changed in the scheme."""

from datetime import datetime, time

from assessment.workbook_sheets import NAME, height
from office.writer import Workbook

COURSES = {"up": "提高", "down": "降低", "same": "不变", "": ""}
NOT_ALIKE = "方案有变化，不作比较"


def as_workbook(found, *, organ, words=()):
    """`found`: what the page compares (`views.comparison.Compared`)."""
    before, after, on = found.before, found.after, found.today
    title = f"{before.year}、{after.year}年度量化考核对比表"
    book = Workbook(title=title, created=datetime.combine(on, time()))
    _pairs(book, found, title, organ, words)
    spread = book.sheet("等次分布")
    spread.title(f"{before.year}、{after.year}年度等次分布", 3 + len(after.labels))
    labels = list(dict.fromkeys([*before.labels, *after.labels]))
    spread.header(["序号", "年度", *labels, "合计"], (6, 18, *(11,) * len(labels), 9))
    for number, row in enumerate(found.distributions, 1):
        counts = dict(row["counts"])
        spread.append([number, _named(row["year"]), *(counts.get(label, 0) for label in labels), row["total"]])
    changed = book.sheet("方案变化")
    changed.title(f"{before.year} 年到 {after.year} 年方案的变化", 7)
    changed.header(["序号", "变化", "指标", "名称", "内容", "原来", "现在"], (6, 8, 10, 26, 20, 52, 52))
    for number, row in enumerate(found.like.changes, 1):
        changed.append(
            [number, row.kind_label, row.code or "总则", row.label, row.what, row.before, row.after], text_wrap=True
        )
    if not found.like.changes:
        changed.append(["", "没有变化", "", "", "", "", ""])
    return book.close()


def _named(year):
    return f"{year.year} 年（{year.word}）"


def _pairs(book, found, title, organ, words):
    before, after, like = found.before, found.after, found.like
    names = [row["label"] for row in after.content["dimensions"]]
    heads = [
        "党支部", "学段", "比较组", *(f"{name} {year.year}" for name in names for year in (before, after)),
        f"总分 {before.year}", f"总分 {after.year}", "总分变化", f"组内名次 {before.year}", f"组内名次 {after.year}",
        f"等次 {before.year}", f"等次 {after.year}", "等次变化",
    ]  # fmt: skip
    widths = (6, NAME, 10, 16, *(8,) * 2 * len(names), 8, 8, 9, 9, 9, 10, 10, 9)
    sheet = book.sheet("对比")
    sheet.title(title, len(heads) + 1)
    for line in (
        f"填报单位（盖章）：{organ}　　统计截止日：{found.today:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话：",
        f"{_named(before)}、{_named(after)}{'' if like.total else f'；{NOT_ALIKE}的，变化一栏空着，见“方案变化”'}",
        f"范围：{'　'.join(words)}" if words else "",
    ):
        if line:
            sheet.write(sheet.row, 0, line)
            sheet.row += 1
    sheet.worksheet.set_row(sheet.row, height(zip(["序号", *heads], widths, strict=True)))
    sheet.header(["序号", *heads], widths)
    plain, points = (
        sheet.book.looks(border=1, valign="vcenter"),
        sheet.book.looks(border=1, valign="vcenter", num_format="0.00"),
    )
    for number, pair in enumerate(found.pairs, 1):
        old, new = pair.before, pair.after
        sheet.put([number, pair.branch.name, pair.branch.get_stage_display(), (new or old).group], plain)
        figures = [each for _, was, now, _ in pair.dimensions for each in (was, now)]
        figures += [old and old.total, new and new.total, pair.difference]
        sheet.put(figures, points, 4)
        rest = [f"{place[0]}／{place[1]}" if place else "" for place in pair.places]
        rest += [old.grade if old else "", new.grade if new else "", COURSES[pair.course]]
        sheet.put(rest, plain, 4 + len(figures))
        sheet.row += 1
