"""The columns of 党员花名册 (domain-rules §10, number 1): each as it is shown, and what is masked as it is."""

from collections import defaultdict

import vault
from members.models import Backbone, GroupMembership, Member, Post, Standing, Whereabouts
from vault.masks import mask_id_number, mask_phone

STARS = mask_id_number("x")  # no number need be opened to be hidden


class Beside:
    """What holds on the day beside the row of a person, for a portion of them: five queries."""

    def __init__(self, members, on):
        posts = Post.objects.filter(member__in=members, started_on__lte=on).exclude(ended_on__lt=on)
        self.posts = self._of(posts, "office", Post.Office)
        self.backbones = self._of(Backbone.objects.filter(member__in=members).on(on), "name")
        self.standings = self._of(Standing.objects.filter(member__in=members).on(on), "kind", Standing.Kind)
        self.whereabouts = self._of(Whereabouts.objects.filter(member__in=members).on(on), "kind", Whereabouts.Kind)
        self.groups = self._of(GroupMembership.objects.filter(member__in=members).on(on), "group__name")

    @staticmethod
    def _of(rows, name, choices=None):
        """member → the words of its rows, in the order in which they were entered."""
        found, labels = defaultdict(list), dict(choices.choices) if choices else {}
        for member, told in rows.order_by("pk").values_list("member", name):
            found[member].append(labels.get(told, told))
        return found


def _plain(name):
    return lambda row, beside: getattr(row.member, name)


def _word(name):
    words = dict(Member._meta.get_field(name).flatchoices)  # once: a list of codes is long
    return lambda row, beside: words.get(getattr(row.member, name), "")


def _dated(name):
    return lambda row, beside: "、".join(getattr(beside, name).get(row.member_id, ()))


def _standing(row, beside):
    return "、".join(beside.standings.get(row.member_id, ())) or Standing.NORMAL


def _sealed(name, mask=None):
    def cell(row, beside):
        found = vault.reveal(row.member, name)
        return mask(found) if mask else found

    return cell


WORK = _word("work")
# key → label, width, the cell, and of classified ones the cell in clear and its class (shared security bar, §4)
COLUMNS = {
    "branch": ("所在党组织", 30, lambda row, beside: row.branch.name),
    "name": ("姓名", 12, _plain("name")),
    "sex": ("性别", 5, _word("sex")),
    "ethnicity": ("民族", 8, _word("ethnicity")),
    "birth_on": (
        "出生日期", 11, lambda row, beside: row.member.birth_on and f"{row.member.birth_on.year} 年",
        _plain("birth_on"), "S2",
    ),
    "id_number": ("公民身份号码", 20, lambda row, beside: STARS if row.member.id_number else "", _sealed("id_number"), "S3"),
    "education": ("学历", 10, _word("education")),
    "joined_on": ("入党日期", 11, _plain("joined_on")),
    "converted_on": ("转正日期", 11, _plain("converted_on")),
    "kind": ("人员类别", 9, lambda row, beside: row.get_kind_display()),
    "posts": ("党内职务", 14, _dated("posts")),
    "work": (
        "工作岗位/职务", 24,
        lambda row, beside: "／".join(filter(None, [WORK(row, beside), row.member.position])),
    ),
    "title": ("职称", 12, _plain("title")),
    "phone": ("手机", 14, _sealed("phone", mask_phone), _sealed("phone"), "S2"),
    "standing": ("党籍状态", 9, _standing),
    "whereabouts": ("流动/失联", 10, _dated("whereabouts")),
    "native_place": ("籍贯", 16, _plain("native_place")),
    "degree": ("学位", 6, _word("degree")),
    "graduated_from": ("毕业院校及专业", 24, _plain("graduated_from")),
    "work_began": ("参加工作时间", 11, _plain("work_began")),
    "subject": ("任教学科", 9, _plain("subject")),
    "teaching_stage": ("任教学段", 9, _word("teaching_stage")),
    "staffing": ("编制", 11, _word("staffing")),
    "backbone": ("骨干类别", 16, _dated("backbones")),
    "group": ("党小组", 12, _dated("groups")),
    "address": (
        "家庭住址", 30, lambda row, beside: "已登记" if row.member.address else "", _sealed("address"), "S2",
    ),
    "note": ("备注", 24, _plain("note")),
}  # fmt: skip
