"""民主评议汇总 (domain-rules §10, number 7) and 表彰名单 as workbooks to print and sign, and the list as a paper."""

from collections import Counter, defaultdict
from datetime import datetime, time

from members.appraisals import VOTES
from members.models import AppraisalRow, Membership, Nomination
from office.paper import LETTERHEAD, PLAIN, Paper, Table, Text
from office.writer import Workbook

SUMMARY = ["应参加", "参加", "缺席", "缺席原因", "预备", "优秀", "合格", "基本合格", "不合格", "优秀占比"]
BALLOTS = ["优秀票", "合格票", "基本合格票", "不合格票"]
PERSONS = ["序号", "党组织", "姓名", "人员类别", "参加", "缺席原因", *BALLOTS, "拟定等次", "审定等次", "告知日期"]
HONOURS = ["序号", "党组织", "表彰对象", "称号", "级别", "表彰单位", "文号", "表彰日期", "撤销日期"]
PERCENT = "0.0%"


def _begin(book, name, title, headers, widths, *, organ, on, words):
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


def of_appraisals(branches, appraisals, year, *, organ, on, words=()):
    """组织生活会与民主评议汇总: a line per branch, whether it handed one in or not; on a second sheet every member."""
    title = f"{year}年度民主评议党员汇总表"
    book = Workbook(title=title, created=datetime.combine(on, time()))
    rows = defaultdict(list)
    found = {each.branch_id: each for each in appraisals}
    lines = AppraisalRow.objects.filter(appraisal__in=[each.pk for each in found.values()]).select_related("member")
    for row in lines.order_by("member__initials", "pk"):
        rows[row.appraisal_id].append(row)
    common = {"organ": organ, "on": on, "words": words}
    headers = ["序号", "党组织", "评议日期", "状态", *SUMMARY]
    sheet = _begin(book, "汇总", title, headers, (5, 34, 12, 12, 8, 8, 8, 24, 8, 8, 8, 10, 8, 10), **common)
    everything = Counter()
    for number, branch in enumerate(branches, 1):
        each = found.get(branch.pk)
        if each is None:
            sheet.append([number, branch.name, "", "未登记", *[""] * len(SUMMARY)])
            continue
        tally, reasons = _tally(rows[each.pk])
        everything.update(tally)
        _line(sheet, [number, branch.name, each.held_on, each.get_state_display()], tally, reasons)
    _line(sheet, ["", "合计", "", ""], everything, "", bold=True)
    sheet.write(sheet.row, 0, "优秀占比＝优秀÷（优秀＋合格＋基本合格＋不合格）；预备党员参加评议，不定等次。")
    detail = _begin(
        book,
        "党员明细",
        f"{year}年度民主评议党员登记表",
        PERSONS,
        (5, 30, 10, 10, 6, 16, 8, 8, 10, 9, 10, 10, 12),
        **common,
    )
    number = 0
    for branch in branches:
        each = found.get(branch.pk)
        for row in rows[each.pk] if each else ():
            number += 1
            votes = [getattr(row, name) for name in VOTES] if each.ballots_returned else [""] * len(VOTES)
            detail.append(
                [number, branch.name, row.member.name, row.get_kind_display(), row.is_present, row.absent_reason, *votes,
                 row.get_proposed_display(), row.get_final_display(), row.told_on]
            )  # fmt: skip
    return book.close()


def _tally(rows):
    tally = Counter(row.proposed for row in rows if row.proposed)
    tally["due"], tally["present"] = len(rows), sum(row.is_present for row in rows)
    tally["probationary"] = sum(row.kind == Membership.Kind.PROBATIONARY for row in rows)
    reasons = Counter(row.absent_reason or "未写" for row in rows if not row.is_present)
    return tally, "；".join(f"{reason} {count} 人" for reason, count in sorted(reasons.items()))


def _line(sheet, head, tally, reasons, **look):
    counts = [tally[name] for name in VOTES]
    absent = tally["due"] - tally["present"]
    row = sheet.row
    cells = [*head, tally["due"], tally["present"], absent, reasons, tally["probationary"], *counts, ""]
    sheet.append(cells, **look)
    if sum(counts):
        share = round(tally["excellent"] / sum(counts), 4)
        sheet.write(row, len(cells) - 1, share, border=1, valign="vcenter", num_format=PERCENT, **look)


def of_honours(honours, *, organ, on, words=()):
    """表彰名单: the list as filtered."""
    title = "表彰名单"
    book = Workbook(title=title, created=datetime.combine(on, time()))
    sheet = _begin(
        book, title, title, HONOURS, (5, 34, 12, 24, 8, 26, 22, 12, 12), organ=organ, on=on, words=words
    )  # fmt: skip
    first = sheet.row - 1
    groups = persons = 0
    for number, row in enumerate(honours, 1):
        groups, persons = groups + (row.member_id is None), persons + (row.member_id is not None)
        who = row.member.name if row.member_id else "党组织"
        sheet.append(
            [number, row.branch.name, who, row.title, row.get_level_display(), row.issuer, row.number, row.conferred_on,
             row.revoked_on]
        )  # fmt: skip
    sheet.filter(first, max(first, sheet.row - 1), len(HONOURS))
    sheet.write(sheet.row, 0, f"合计：组织 {groups} 个，个人 {persons} 人")
    return book.close()


def chosen(each):
    """The nominations that stand: persons by strokes of the surname, organisations in 单位序."""
    rows = each.nominations.filter(state__in=[Nomination.State.PASSED, Nomination.State.CONFERRED])
    order = ("member__strokes", "member__name", "pk") if each.is_of_members else ("branch__order", "pk")
    return rows.select_related("branch", "member", "round").order_by(*order)


def to_paper(each, *, on):
    """表彰名单 of a round: with its number once commended, before that a draft."""
    is_final = each.state == each.State.CONFERRED
    rows = list(chosen(each))
    if each.is_of_members:
        head, order = ["序号", "姓名", "所在党组织"], "按姓氏笔画排序"
        lines = [[number, row.member.name, row.branch.name] for number, row in enumerate(rows, 1)]
    else:
        head, order = ["序号", "党组织"], "按单位序排列"
        lines = [[number, row.branch.name] for number, row in enumerate(rows, 1)]
    unit = "名党员" if each.is_of_members else "个党组织"
    act = "决定授予" if is_final else "拟授予"
    blocks = [Text(f"经推荐、审核、公示，{act}以下{len(rows)}{unit}“{each.year}年度{each.title}”称号。"),
              Text(f"（{order}）", align="left"), Table(head, lines)]  # fmt: skip
    return Paper(
        f"关于表彰{each.year}年度{each.title}的决定" if is_final else f"{each.year}年度{each.title}拟表彰名单",
        dated=each.conferred_on or on, organ=each.branch.name, number=each.number, kind=LETTERHEAD if is_final else PLAIN,
        signer=each.branch.name, is_draft=not is_final, blocks=blocks,
    )  # fmt: skip
