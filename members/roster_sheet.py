"""党员花名册 as a workbook (domain-rules §10, number 1): the ID number wholly masked, the phone in part."""

from collections import defaultdict
from datetime import datetime, time

import vault
from members.models import Backbone, GroupMembership, Membership, Post, Standing, Whereabouts
from office.writer import Workbook
from vault.masks import mask_id_number, mask_phone

TITLE = "党员花名册"
COLUMNS = [  # label, width
    ("序号", 5), ("所在党组织", 30), ("姓名", 12), ("性别", 5), ("民族", 8), ("出生日期", 11), ("公民身份号码", 20), ("学历", 10),
    ("入党日期", 11), ("转正日期", 11), ("人员类别", 9), ("党内职务", 14), ("工作岗位/职务", 24), ("职称", 12), ("手机", 14),
    ("党籍状态", 9), ("流动/失联", 10), ("籍贯", 16), ("学位", 6), ("毕业院校及专业", 24), ("参加工作时间", 11), ("任教学科", 9),
    ("任教学段", 9), ("编制", 11), ("骨干类别", 16), ("党小组", 12), ("备注", 24),
]  # fmt: skip
PORTION = 2000


def of_members(stays, *, on, organ, words=(), author=""):
    """The rows of `stays` (memberships in the order of the list) as they stand on a day; the same input gives the same bytes."""
    labels, widths = zip(*COLUMNS, strict=True)
    book = Workbook(title=TITLE, created=datetime.combine(on, time()), author=author)
    sheet = book.sheet(TITLE)
    sheet.title(TITLE, len(labels))
    sheet.write(
        sheet.row,
        0,
        f"填报单位（盖章）：{organ}　　统计截止日：{on:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话：",
    )
    sheet.row += 1
    if words:
        sheet.write(sheet.row, 0, f"范围：{'　'.join(words)}")
        sheet.row += 1
    sheet.header(labels, widths)
    rows = list(stays)
    for start in range(0, len(rows), PORTION):
        portion = rows[start : start + PORTION]
        beside = _Beside([row.member_id for row in portion], on)
        for number, row in enumerate(portion, start + 1):
            sheet.append(_cells(number, row, beside))
    sheet.write(sheet.row, 0, "身份证号不随名册导出。确需带号码的，请按规定申请，经审批后另行导出。")
    return book.close()


class _Beside:
    """What holds on the day beside the row of a person, for a portion of them: six queries."""

    def __init__(self, members, on):
        self.posts = self._of(Post.objects.filter(member__in=members, started_on__lte=on).exclude(ended_on__lt=on))
        self.backbones = self._of(Backbone.objects.filter(member__in=members).on(on))
        self.standings = self._of(Standing.objects.filter(member__in=members).on(on))
        self.whereabouts = self._of(Whereabouts.objects.filter(member__in=members).on(on))
        self.groups = self._of(GroupMembership.objects.filter(member__in=members).on(on).select_related("group"))

    @staticmethod
    def _of(rows):
        found = defaultdict(list)
        for row in rows.order_by("pk"):
            found[row.member_id].append(row)
        return found


def _cells(number, row, beside):
    member, pk = row.member, row.member_id
    standing = "、".join(each.get_kind_display() for each in beside.standings[pk]) or Standing.NORMAL
    return [
        number, row.branch.name, member.name, member.get_sex_display(), member.get_ethnicity_display(), member.birth_on,
        mask_id_number(vault.reveal(member, "id_number")), member.get_education_display(), member.joined_on,
        member.converted_on, Membership.Kind(row.kind).label,
        "、".join(each.get_office_display() for each in beside.posts[pk]),
        "／".join(filter(None, [member.get_work_display(), member.position])), member.title,
        mask_phone(vault.reveal(member, "phone")), standing,
        "、".join(each.get_kind_display() for each in beside.whereabouts[pk]), member.native_place,
        member.get_degree_display(), member.graduated_from, member.work_began, member.subject,
        member.get_teaching_stage_display(), member.get_staffing_display(),
        "、".join(each.name for each in beside.backbones[pk]), "、".join(each.group.name for each in beside.groups[pk]),
        member.note,
    ]  # fmt: skip
