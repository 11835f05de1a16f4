"""教育培训: 班次和学时 (14), 年末学时不足名单 (15)."""

from branches.models import Branch
from members.models import Member
from portal.reports.table import SUM, Column, Table
from training import class_sheet, ledger
from training.models import TrainingClass

CLASSES = [
    Column(label, width, SUM if label in ("人数", "学时") else "")
    for label, width in zip(class_sheet.HEADERS, class_sheet.WIDTHS, strict=True)
]
PERSONS = [
    Column(label, width, SUM if label in ("培训班", "组织生活", "其他", "合计") else "")
    for label, width in zip(class_sheet.PERSON, class_sheet.PERSON_WIDTHS, strict=True)
]
SHORT = [
    Column("党组织", 34), Column("姓名", 12), Column("按何标准", 16), Column("应达学时", 9), Column("已有学时", 9, SUM),
    Column("班次", 8, SUM), Column("组织生活", 9, SUM), Column("其他", 8, SUM), Column("还差学时", 9, SUM), Column("集中培训", 12),
]  # fmt: skip


def classes(ask):
    found = TrainingClass.objects.visible_to(ask.user).exclude(state=TrainingClass.State.CANCELLED)
    found = found.filter(starts_on__range=(ask.first, ask.end)).select_related("branch").order_by("starts_on", "pk")
    if ask.top:
        found = found.filter(branch__in=ask.keys("training.see"))
    rows = [tuple(line) for line in class_sheet.lines(found, on=ask.on)]
    title = f"{ask.year}年教育培训情况统计表"
    note = "签到率、满意度、六个有按目前登记；人数是到过课的，没有签到的按名册。"
    persons = Table(
        "个人学时", f"{ask.year}年个人学时表", PERSONS, lambda most: _persons(ask, most), unit="人", evidence=True,
        note="在册以统计截止日为准，学时计到统计截止日。",
    )  # fmt: skip
    return [Table("培训班次", title, CLASSES, rows, note=note, empty="这一年还没有培训班次"), persons]


def _persons(ask, most):
    branches = list(ask.in_year("training.see"))
    for branch in branches:
        branch.name = ask.name(branch)
    return [tuple(row) for row in class_sheet.persons(branches, ask.year, on=ask.end)][:most]


def short(ask):
    """Who is short of hours, or lacks the class: registered on the last day of the year, or on the day while it runs."""
    found = [
        row for row in ledger.of_branches(ask.keys("training.see"), ask.year, on=ask.end) if row.is_short or row.lacks_class
    ]  # fmt: skip
    branches = Branch.objects.in_bulk({row.branch for row in found})
    names = dict(Member.objects.filter(pk__in=[row.member for row in found]).values_list("pk", "name"))
    found.sort(key=lambda row: (branches[row.branch].order, row.branch, names[row.member], row.member))
    rows = [
        (
            ask.name(branches[row.branch]), names[row.member], "书记、班子成员" if row.is_post else "党员", row.need, row.total,
            row.classes, row.meetings, row.other, row.missing, f"缺 {row.owed_classes - row.concentrated} 次" if row.lacks_class else "",
        )
        for row in found
    ]  # fmt: skip
    return [
        Table("学时不足名单", f"{ask.year}年学时不足名单", SHORT, rows, unit="人", empty="没有学时不足的同志",
              note="按统计截止日在册的同志和当日为止的学时计。")
    ]  # fmt: skip
