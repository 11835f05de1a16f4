"""The parts of a member's page, one for each matter that is kept with its days. A matter adds its function to PARTS.

A part takes (member, at) and gives a `Part` or None when there is nothing to show to that reader. Its rows are all shown;
where a matter has a page of its own, `url` leads there.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.urls import reverse

from branches.rights import may
from members.models import Standing
from members.standing import GONE


@dataclass(frozen=True)
class At:
    """Who looks, and when: `may_edit` is the right to change this member's record. What several parts rest on is read once:
    where the member is (`now_in`) and was (`stays`), and the standings, newest first."""

    user: Any
    on: date
    may_edit: bool
    now_in: Any
    stays: list
    standings: list


class Line(NamedTuple):
    """One row: what it is, from when to when, further words, and what can be done with it."""

    lead: str
    span: str = ""
    words: tuple = ()  # pairs (label, text)
    note: str = ""
    state: str = ""
    url: str = ""
    act_url: str = ""
    act: str = ""


class Part(NamedTuple):
    title: str
    lines: list
    empty: str = ""
    add_url: str = ""
    add: str = "登记"


def span(row, start="started_on", end="ended_on"):
    """2020-01-02 至今; both days belong to it."""
    until = getattr(row, end)
    return f"{getattr(row, start):%Y-%m-%d} 至{f' {until:%Y-%m-%d}' if until else '今'}"


def _branches(member, at):
    lines, ask = [], ""
    for row in at.stays:
        if row.ended_on is None and may(at.user, "transfer.ask", at=row.branch):
            ask = f"{reverse('members:transfer_add')}?member={member.pk}"
        words = [("类别", row.get_kind_display())]
        if row.end_reason:
            # Why somebody left the Party is for those who deal with it.
            knows = any(may(at.user, verb, at=row.branch) for verb in ("standing.edit", "sanction.see"))
            told = row.get_end_reason_display() if knows or row.end_reason not in row.CLOSED else GONE
            words.append(("结束", told))
        note = "起始日期为推定：取入党日期和支部成立日期中较晚的一天" if row.start_estimated else ""
        lines.append(Line(row.branch.name, span(row), tuple(words), note))
    return Part("所在支部", lines, "没有登记所在支部。", ask, "办理转出")


def _groups(member, at):
    rows = member.groups.select_related("group__branch").order_by("-started_on")
    lines = [Line(row.group.name, span(row), (("党支部", row.group.branch.name),)) for row in rows]
    return Part("党小组", lines) if lines else None


def _posts(member, at):
    rows = member.posts.select_related("term__branch").order_by("-started_on")
    lines = []
    for row in rows:
        may_end = row.ended_on is None and may(at.user, "election.edit", at=row.term.branch)
        lines.append(
            Line(
                row.get_office_display(), span(row), (("党支部", row.term.branch.name),),
                act="登记免职" if may_end else "", act_url=reverse("members:post_end", args=[row.pk]),
            )
        )  # fmt: skip
    return Part("党内职务", lines, "没有登记党内职务。")


def _backbones(member, at):
    lines = [
        Line(
            row.name, span(row),
            tuple(pair for pair in (("类别", row.get_kind_display()), ("依据", row.basis)) if pair[1]),
            "认定日期为推定：名册没有写明，取导入的日期" if row.start_estimated else "",
            act="结束" if at.may_edit and not row.ended_on else "",
            act_url=reverse("members:backbone_end", args=[row.pk]),
        )
        for row in member.backbones.order_by("-started_on", "-pk")
    ]  # fmt: skip
    add = reverse("members:backbone_add", args=[member.pk]) if at.may_edit else ""
    empty = "没有登记。业务骨干登记后，计入双培养的统计。"
    return Part("骨干", lines, empty, add) if lines or at.may_edit else None


def _standings(member, at):
    may_act = at.now_in is not None and may(at.user, "standing.edit", at=at.now_in.branch)
    lines = [
        Line(
            row.get_kind_display(), span(row), note="起始日期为推定" if row.start_estimated else "", state="late",
            act="恢复" if may_act and not row.ended_on else "", act_url=reverse("members:standing_end", args=[row.pk]),
        )
        for row in at.standings
    ]  # fmt: skip
    if not may_act:
        return Part("党籍状态", lines) if lines else None
    lines.append(
        Line(
            "离开党的组织", words=(("情形", "去世、退党、除名等"),), act="办理",
            act_url=reverse("members:leave", args=[member.pk]),
        )
    )  # fmt: skip
    return Part("党籍状态", lines, "", reverse("members:standing_add", args=[member.pk]), "停止党籍")


def _whereabouts(member, at):
    lines = [
        Line(
            row.get_kind_display(), span(row),
            tuple(
                pair
                for pair in (
                    ("情形", row.get_lost_reason_display()), ("去向", row.destination),
                    ("最近联系", f"{row.contacted_on:%Y-%m-%d}" if row.contacted_on else ""),
                )
                if pair[1]
            ),
            act="结束" if at.may_edit and not row.ended_on else "",
            act_url=reverse("members:whereabouts_end", args=[row.pk]),
        )
        for row in member.whereabouts.order_by("-started_on")
    ]  # fmt: skip
    add = reverse("members:whereabouts_add", args=[member.pk]) if at.may_edit else ""
    return (
        Part("流动和失联", lines, "没有登记。失去联系、外出六个月以上、出国的，在这里登记。", add)
        if lines or add
        else None
    )


def _exemptions(member, at):
    lines = []
    for row in member.exemptions.order_by("-started_on", "-pk"):
        reason, basis = row.told(knows=at.may_edit)
        is_open = not row.ended_on or row.ended_on >= at.on
        lines.append(
            Line(
                row.get_scope_display(), span(row), (("原因", reason),), basis, act="结束" if at.may_edit and is_open else "",
                act_url=reverse("members:exemption_end", args=[row.pk]),
            )
        )  # fmt: skip
    add = reverse("members:exemption_add", args=[member.pk]) if at.may_edit else ""
    return Part("考勤豁免", lines, "没有登记。年老体弱、长期请假的，登记后不再算缺席。", add)


def _cadres(member, at):
    lines = [
        Line(
            row.office, span(row), act="免职" if at.may_edit and not row.ended_on else "",
            act_url=reverse("members:cadre_end", args=[row.pk]),
        )
        for row in member.leading_posts.order_by("-started_on", "-pk")
    ]  # fmt: skip
    add = reverse("members:cadre_add", args=[member.pk]) if at.may_edit else ""
    empty = "不是党员领导干部。登记后，另看其参加所在支部组织生活的情况。"
    return Part("党员领导干部", lines, empty, add) if lines or at.may_edit else None


def _wall(member, at):
    """政治生日, 承诺, photo: what the 党员身份墙 shows."""
    if member.joined_on is None:
        return None
    lines = [Line(f"{row.year} 年承诺", words=(("承诺", row.text),)) for row in member.pledges.order_by("-year")[:3]]
    day = f"{member.joined_on.month} 月 {member.joined_on.day} 日"
    first = Line("政治生日", day, act="贺卡", act_url=reverse("members:birthday_card", args=[member.pk]))
    if member.joined_on.year >= at.on.year:
        first = Line("政治生日", day)
    add = reverse("members:photo_upload", args=[member.pk]) if at.may_edit else ""
    return Part("政治生日和承诺", [first, *lines], "", add, "换照片" if member.photo_id else "上传照片")


PARTS = [_branches, _groups, _posts, _backbones, _standings, _whereabouts, _exemptions, _cadres, _wall]


def parts(member, at):
    """The parts of a member's page for one reader, in the order of the page."""
    return [part for make in PARTS if (part := make(member, at)) is not None]


def standing_now(standings):
    """党籍状态 of today in a word."""
    row = next((row for row in standings if row.ended_on is None), None)
    return row.get_kind_display() if row else Standing.NORMAL
