"""组织设置核查 as the half-yearly return (上报表), and 组织设置变动 as a list: workbooks to print and sign."""

from collections import Counter
from datetime import datetime, time

from branches.models import Branch, OrgChange
from members import faults, structure
from members.plain_sheet import of_list
from office.writer import Workbook

POINTS = ["序号", "党组织", "组织类别", "上级党组织", "正式党员", "党员", "核查发现的问题", "处理意见", "依据"]
WIDTHS = (5, 34, 10, 30, 9, 8, 34, 40, 40)
CHANGES = ["党组织", "方式", "生效日期", "变动前", "变动后", "原因", "批准文号"]


def half(day):
    """(first day of the half-year, its name): what the return that closes with the day is about."""
    return day.replace(month=1 if day.month < 7 else 7, day=1), f"{day.year}年{'上' if day.month < 7 else '下'}半年"


def of_setting(rows, whole, changes, *, organ, on, words=()):
    """`rows`: pairs (organisation, [Fault]) as filtered; `whole`: the same of everything in scope, which the figures count."""
    title = f"{half(on)[1]}党组织设置情况上报表"
    book = Workbook(title=title, created=datetime.combine(on, time()))
    heads = structure.heads(on, [branch for branch, _ in whole])
    _figures(book, title, whole, heads, changes, organ=organ, on=on)
    sheet = _begin(book, "核查情况", f"{title}（核查情况）", POINTS, WIDTHS, organ=organ, on=on, words=words)
    number = 0
    for branch, points in rows:
        own = heads.get(branch.pk, structure.Heads())
        for point in points:
            number += 1
            sheet.append(
                [number, branch.name, branch.get_kind_display(), branch.parent.name if branch.parent else "",
                 own.full, own.members, point.words, point.remedy, point.rule.source], text_wrap=True,
            )  # fmt: skip
    sheet.write(sheet.row, 0, "一个党组织有几个问题的，分行填写；没有问题的不列。")
    return book.close()


def _begin(book, name, title, headers, widths, *, organ, on, words=()):
    sheet = book.sheet(name)
    sheet.title(title, len(headers))
    line = f"填报单位（盖章）：{organ}　　统计截止日：{on:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话："
    sheet.write(sheet.row, 0, line)
    sheet.row += 1
    if words:
        sheet.write(sheet.row, 0, f"范围：{'　'.join(words)}")
        sheet.row += 1
    sheet.header(headers, widths)
    return sheet


def _figures(book, title, whole, heads, changes, *, organ, on):
    """How many organisations of each kind, members, points and changes of the half-year."""
    sheet = _begin(book, "汇总", title, ["序号", "项目", "数量", "单位"], (5, 40, 12, 8), organ=organ, on=on)
    kinds = Counter(branch.kind for branch, _ in whole)
    points = Counter(point.code for _, found in whole for point in found)
    acts = Counter(changes.filter(on__range=(half(on)[0], on)).order_by().values_list("kind", flat=True))
    rows = [("党组织", len(whole), "个")]
    rows += [(f"其中：{label}", kinds[kind], "个") for kind, label in Branch.Kind.choices]
    rows += [
        ("党员", sum(row.members for row in heads.values()), "人"),
        ("其中：正式党员", sum(row.full for row in heads.values()), "人"),
        ("有问题的党组织", sum(any(not point.is_hint for point in found) for _, found in whole), "个"),
    ]
    rows += [(rule.label, points[code], "个") for code, rule in faults.rules_on(on).items()]
    rows += [(f"本半年{label}", acts[kind], "项") for kind, label in OrgChange.Kind.choices]
    for number, row in enumerate(rows, 1):
        sheet.append([number, *row])


def of_changes(rows, *, organ, on, counted, words=()):
    """组织设置变动 as filtered; `counted`: how many organisations count as 优化调整."""
    lines = [
        [row["branch"].name, row["kind"], row["row"].on, row["from"], row["to"], row["row"].reason, row["row"].number]
        for row in rows
    ]
    scope = [*words, f"计入优化调整的党组织 {counted} 个"]
    return of_list("组织设置变动一览表", CHANGES, (34, 12, 12, 30, 30, 24, 22), lines, organ=organ, on=on, words=scope)
