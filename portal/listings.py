"""The lists that may be exported, each with its columns and just the rows of its page."""

from collections import defaultdict

import vault
from branches.facts.dossier import beside_files
from branches.models import Branch, Term
from branches.views.organisation import filtered as filtered_branches
from meetings.models import MeetingKind
from meetings.views.record import filtered as filtered_meetings
from members.models import Membership, Post
from members.roster_sheet import COLUMNS, Beside
from members.views.member import filtered as filtered_members
from portal.exports import Column, Listing, listing
from vault.masks import mask_phone


def _words(form):
    """The filters as the page says them."""
    said = [chip["label"] for chip in form.chips]
    return [*said, f"搜索：{form.asked['q']}"] if "q" in form.asked else said


def _may_export(user):
    """Whoever sees far in one post and exports in another takes along only what lies in the reach of the second."""
    return Branch.objects.visible_to(user, verb="export.run").values("pk")


# ---- 党员花名册


def _members(user, data, on):
    form, rows, _ = filtered_members(user, data, on)
    return rows.filter(branch__in=_may_export(user)), _words(form)


listing(
    Listing(
        key="members", label="党员花名册", verb="member.see", page="members:list", rows=_members,
        columns={key: Column(*column) for key, column in COLUMNS.items()},
        beside=lambda rows, on: Beside([row.member_id for row in rows], on),
        usual=(
            "branch", "name", "sex", "ethnicity", "birth_on", "id_number", "education", "joined_on", "converted_on", "kind",
            "posts", "work", "title", "phone", "standing", "whereabouts", "note",
        ),
    )
)  # fmt: skip


# ---- 党组织基本情况表 (domain-rules §10, number 2)


def _branches(user, data, on):
    form, rows = filtered_branches(user, data, on)
    rows = rows.filter(pk__in=_may_export(user))
    return rows.select_related("parent").prefetch_related("schools"), _words(form)


class _OfBranches:
    """The present term, secretary, groups, headcounts and file of a portion of organisations: a few queries, not one a row."""

    def __init__(self, rows, on):
        pks = [row.pk for row in rows]
        self.terms = {term.branch_id: term for term in Term.objects.filter(branch__in=pks).on(on)}
        self.secretaries = dict(
            Post.objects.filter(term__in=self.terms.values(), office=Post.Office.SECRETARY, ended_on=None).values_list(
                "term__branch", "member__name"
            )
        )
        self.counts = defaultdict(lambda: {"full": 0, "probationary": 0})
        for branch, kind in Membership.objects.filter(branch__in=pks).on(on).values_list("branch", "kind"):
            self.counts[branch][kind] += 1
        self.files = beside_files(pks, on)
        self.groups = defaultdict(int)
        for row in rows:
            self.groups[row.pk] = sum(group.ended_on is None for group in row.groups.all())

    def secretary(self, row):
        term = self.terms.get(row.pk)
        return self.secretaries.get(row.pk) or (term.secretary_name if term else "")


def _of_term(name):
    return lambda row, beside: getattr(beside.terms.get(row.pk), name, None)


def _of_file(place):
    return lambda row, beside: beside.files[row.pk][place]


listing(
    Listing(
        key="branches", label="党组织基本情况表", verb="branch.see", page="branches:list",
        rows=lambda user, data, on: _with_groups(_branches(user, data, on)), beside=_OfBranches,
        columns={
            "name": Column("党组织名称", 34, lambda row, beside: row.name),
            "kind": Column("类别", 10, lambda row, beside: row.get_kind_display()),
            "parent": Column("上级党组织", 30, lambda row, beside: row.parent.name if row.parent else ""),
            "founded_on": Column("成立日期", 11, lambda row, beside: row.founded_on),
            "secretary": Column("书记", 12, lambda row, beside: beside.secretary(row)),
            "started_on": Column("换届日期", 11, _of_term("started_on")),
            "expires_on": Column("届满日期", 11, _of_term("expires_on")),
            "committee_size": Column("支委数", 7, _of_term("committee_size")),
            "full": Column("正式党员", 8, lambda row, beside: beside.counts[row.pk]["full"]),
            "probationary": Column("预备党员", 8, lambda row, beside: beside.counts[row.pk]["probationary"]),
            "groups": Column("党小组数", 8, lambda row, beside: beside.groups[row.pk]),
            "schools": Column(
                "覆盖单位", 30, lambda row, beside: "、".join(school.name for school in row.schools.all())
            ),
            "stage": Column("学段", 9, lambda row, beside: row.get_stage_display()),
            "contact_phone": Column(
                "联系电话", 14, lambda row, beside: mask_phone(vault.reveal(row, "contact_phone")),
                lambda row, beside: vault.reveal(row, "contact_phone"), "S2",
            ),
            "contact": Column("联系点领导", 14, _of_file(0)), "instructor": Column("党建指导员", 14, _of_file(1)),
            "led": Column("党组织领导的校长负责制", 14, _of_file(2)),
            "note": Column("备注", 24, lambda row, beside: row.note),
        },
        usual=(
            "name", "kind", "parent", "founded_on", "secretary", "started_on", "expires_on", "committee_size", "full",
            "probationary", "groups", "schools", "contact_phone",
        ),
    )
)  # fmt: skip


def _with_groups(found):
    rows, words = found
    return rows.prefetch_related("groups"), words


# ---- 组织生活台账


def _meetings(user, data, on):
    form, rows = filtered_meetings(user, data)
    return rows.filter(branch__in=_may_export(user)), _words(form)


_KINDS = dict(MeetingKind.Kind.choices)

listing(
    Listing(
        key="meetings", label="组织生活台账", verb="meeting.see", page="meetings:list", rows=_meetings,
        beside=lambda rows, on: None,
        columns={
            "branch": Column("党组织", 34, lambda row, beside: row.branch.name),
            "kinds": Column(
                "类型", 22, lambda row, beside: "、".join(_KINDS[each.kind] for each in row.kinds.all())
            ),
            "held_on": Column("日期", 11, lambda row, beside: row.held_on),
            "topic": Column("主题", 40, lambda row, beside: row.topic),
            "host": Column("主持人", 12, lambda row, beside: row.host),
            "place": Column("地点", 16, lambda row, beside: row.place),
            "due_count": Column("应到", 7, lambda row, beside: row.due_count),
            "attended_count": Column("实到", 7, lambda row, beside: row.attended_count),
            "state": Column("状态", 9, lambda row, beside: row.get_state_display()),
            "submitted_at": Column("提交时间", 16, lambda row, beside: row.submitted_at),
        },
        usual=("branch", "kinds", "held_on", "topic", "host", "due_count", "attended_count", "state"),
    )
)  # fmt: skip
