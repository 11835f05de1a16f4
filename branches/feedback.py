"""反馈函: what a branch is told after its screening, as a letter; issuing it raises the 整改 items and tells the branch."""

import io
import re
import zipfile
from dataclasses import dataclass, field
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from branches import visits
from branches.models import Notice, Receipt, Rectification, Screening, ScreeningCampaign, ScreeningMark
from branches.rectifications import raise_items, usual_due
from branches.rights import require
from branches.screenings import label_of
from branches.visits import plain
from office.paper import LETTERHEAD, Heading, Paper, Table, Text, official_date
from office.word import to_word

AT_ONCE = 200  # letters issued at a time
PACKED = 50  # letters in one file: a page's wait of a few seconds
NUMBERED = re.compile(r"(?P<prefix>.*?)(?P<serial>\d+)号")
TITLE = "关于反馈分析研判意见的函"  # of the notice: it says that there is a letter, never what stands in it


# --- what came out, by group


@dataclass
class Part:
    """A group of the standard with the lines of one screening."""

    label: str
    lines: list = field(default_factory=list)

    @property
    def points(self):
        return visits.totals(self.lines)[0]

    @property
    def whole(self):
        return visits.totals(self.lines)[1]

    @property
    def judged(self):
        return sum(visits.is_judged(row) for row in self.lines)

    @property
    def is_strong(self):
        """Whether nearly all points of the group were had."""
        return bool(self.whole) and self.points * 100 >= self.whole * 90


def parts(screening):
    """The groups of a screening in the order of its standard."""
    marks = ScreeningMark.objects.filter(screening=screening).select_related("item__group", "marked_by")
    found = {}
    for row in marks.order_by("item__group__order", "item__group_id", "item__order", "item_id"):
        found.setdefault(row.item.group_id, Part(row.item.group.label)).lines.append(row)
    return list(found.values())


# --- issuing


def next_number(campaign, on):
    """(prefix, serial) that follow the last letter of this organ in this year; before the first only the year is known."""
    last = (
        Screening.objects.filter(campaign__branch=campaign.branch_id, letter_number__contains=f"〔{on.year}〕")
        .order_by("-issued_at", "-pk")
        .values_list("letter_number", flat=True)[:AT_ONCE]
    )
    found = [match for match in map(NUMBERED.fullmatch, last) if match]
    if not found:
        return f"〔{on.year}〕", 1
    newest = found[0]["prefix"]
    return newest, max(int(match["serial"]) for match in found if match["prefix"] == newest) + 1


def default_due(campaign, on):
    """The last day of the phase of 整改提升, or when that is over the usual time from today."""
    return campaign.rectifies_until if campaign.rectifies_until > on else usual_due(on)


@transaction.atomic
def issue(campaign, screenings, *, prefix, serial, due_on, by, on):
    """Send the letters of approved screenings: numbers in 单位序, 整改 items raised, each branch told. Returns the rows."""
    campaign = ScreeningCampaign.objects.select_for_update(of=("self",)).select_related("branch").get(pk=campaign.pk)
    require(by, "screening.run", at=campaign.branch)
    chosen = Screening.objects.filter(pk__in=[row.pk for row in screenings], campaign=campaign)
    rows = list(chosen.select_related("branch").order_by("branch__order", "branch_id", "pk"))
    if not rows:
        raise ValidationError("请先选定要反馈的党组织。")
    if len(rows) > AT_ONCE:
        raise ValidationError(f"一次最多反馈 {AT_ONCE} 份，请分批办理。")
    if due_on <= on:
        raise ValidationError({"due_on": "整改期限应在今天以后。"})
    numbers = [f"{prefix.strip()}{serial + place}号" for place in range(len(rows))]
    if taken := _taken(numbers):
        raise ValidationError({"serial": f"文号 {taken} 已经用过，请改起始号。"})
    issued = []
    for row, number in zip(rows, numbers, strict=True):
        screening = visits.locked(row, "issue", "screening.run", by=by)
        visits.take(screening)
        screening.letter_number, screening.issued_by, screening.issued_at = number, by, timezone.now()
        issued.append(visits.moved(screening, "issue", by=by))
    _raise(issued, due_on, by=by, on=on)
    _tell(campaign, issued, by=by)
    return issued


def _taken(numbers):
    """One of the numbers that is in use already, or None."""
    found = set(Notice.objects.filter(number__in=numbers).values_list("number", flat=True))
    found |= set(Screening.objects.filter(letter_number__in=numbers).values_list("letter_number", flat=True))
    return next((number for number in numbers if number in found), None)


def _raise(screenings, due_on, *, by, on):
    by_key = {screening.pk: screening for screening in screenings}
    marks = (
        ScreeningMark.objects.filter(screening__in=by_key)
        .exclude(problem="")
        .order_by("screening", "item__order", "pk")
    )
    raise_items(
        [
            {
                "branch": by_key[row.screening_id].branch, "source": Rectification.Source.SCREENING,
                "source_number": by_key[row.screening_id].letter_number, "problem": row.problem, "mark": row,
                "screening": by_key[row.screening_id], "due_on": row.due_on if row.due_on and row.due_on > on else due_on,
            }
            for row in marks
        ], by=by, on=on,
    )  # fmt: skip


def _tell(campaign, screenings, *, by):
    """One notice per branch, addressed to it alone. It names no points and no class: more people read notices."""
    now = timezone.now()
    notices = Notice.objects.bulk_create(
        Notice(
            branch=campaign.branch, kind=Notice.Kind.LETTER, number=screening.letter_number, title=TITLE,
            body=f"{campaign.title}的反馈函已经发出，请党组织负责人在“研判整改”的“研判反馈”中查看、下载，"
                 "并在“整改事项”中逐项制定措施、按期提交。",
            state=Notice.State.ISSUED, created_by=by, issued_by=by, issued_at=now,
        )
        for screening in screenings
    )  # fmt: skip
    link = Notice.addressed_to.through
    pairs = list(zip(notices, screenings, strict=True))
    link.objects.bulk_create(link(notice=notice, branch=screening.branch) for notice, screening in pairs)
    Receipt.objects.bulk_create(Receipt(notice=notice, branch=screening.branch) for notice, screening in pairs)
    for notice in notices:
        audit.record("notice.issue", notice, by=by, before=Notice.State.DRAFT, after=notice.state)


# --- the letter


def letter(screening, *, on):
    """The letter of one branch as a Paper; before it is issued a draft without a number."""
    campaign, found = screening.campaign, parts(screening)
    is_issued = screening.state == visits.State.ISSUED
    lines = [row for part in found for row in part.lines]
    label = label_of(campaign.scale, screening.approved_class or screening.computed_class)
    points, whole = visits.totals(lines)
    strong = [part.label for part in found if part.is_strong]
    visited = f"{official_date(screening.visited_on)}，" if screening.visited_on else ""
    problems = _problems(screening, lines)
    asked = "请在系统“整改事项”中逐项写明措施和责任人，按期提交整改情况，由上级党组织验收。" if problems else ""
    blocks = [
        Text(f"{visited}研判组到你单位开展{campaign.title}{screening.get_kind_display()}工作。按照{campaign.standard}，经综合研判、审定，现将有关情况反馈如下。"),
        Heading("总体情况"),
        Text(f"计分项目满分 {plain(whole)} 分，得 {plain(points)} 分，类别为“{label}”。"),
        Table(["分组", "满分", "得分"], [[part.label, plain(part.whole), plain(part.points)] for part in found], widths=[8, 3, 3]),
        Heading("做得较好的方面"),
        Text("、".join(strong) + "。" if strong else "各组均有失分，请对照项目逐项改进。"),
        Heading("需要整改的问题"),
        Table(["序号", "项目", "问题", "整改期限"], problems, widths=[3, 8, 13, 6], empty="没有需要整改的问题"),
        Heading("整改意见"),
        Text(screening.advice or "请巩固成绩，继续抓好各项工作。"),
        Text(f"{asked}本函只发你单位和上级党组织。"),
    ]  # fmt: skip
    return Paper(
        f"关于反馈{campaign.title}意见的函", organ=campaign.branch.name, mark=campaign.branch.name,
        dated=timezone.localtime(screening.issued_at).date() if is_issued else on, number=screening.letter_number,
        addressee=screening.branch.name, kind=LETTERHEAD, signer=campaign.branch.name, is_draft=not is_issued,
        blocks=blocks,
    )  # fmt: skip


def _problems(screening, lines):
    raised = {item.mark_id: item for item in screening.rectifications.filter(mark__isnull=False)}
    found = []
    for row in lines:
        if item := raised.get(row.pk):
            found.append((row.item.label, item.problem, item.due_on.isoformat()))
        elif row.problem:
            found.append((row.item.label, row.problem, row.due_on.isoformat() if row.due_on else "另定"))
    return [(number, *words) for number, words in enumerate(found, 1)]


def packed(screenings, *, on):
    """All letters in one zip, a Word file for each, in 单位序; the same rows, the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, screening in enumerate(screenings, 1):
            name = re.sub(r"[\\/:*?\"<>|\s]", "", screening.branch.name)[:60]
            info = zipfile.ZipInfo(f"{place:03}{name}.docx", (1980, 1, 1, 0, 0, 0))
            archive.writestr(info, to_word(letter(screening, on=on)), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


# --- against the round before


def final(screenings, before_year):
    """branch id → the last approved screening of an earlier year: its 回头看 where there was one."""
    rows = screenings.filter(campaign__year__lt=before_year, state__in=[visits.State.APPROVED, visits.State.ISSUED])
    rows = rows.select_related("campaign").order_by("branch", "-campaign__year", "-campaign_id", "-kind")
    return {row.branch_id: row for row in rows.distinct("branch")}


def change(now, before):
    """(sign, word) of a class against that of another round; None when there is nothing to compare."""
    if now is None or before is None:
        return None
    ranks = [visits.rank(row.campaign, row.approved_class) for row in (now, before)]
    if None in ranks:
        return None
    if ranks[0] == ranks[1]:
        return "na", "保持"
    return ("done", "晋位") if ranks[0] < ranks[1] else ("late", "退位")


def percent(screening):
    """Points in per cent of what was judged, one decimal."""
    if screening is None or not screening.whole:
        return None
    return (screening.points * 100 / screening.whole).quantize(Decimal("0.1"))
