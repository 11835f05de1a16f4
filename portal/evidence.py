"""What the portal can show of an organisation in a stretch of time, as papers: one entry per kind of record, for 迎检资料包.

Every kind reads its rows through `visible_to` of the person who asks; personal numbers stand in none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

from django.db.models import Q

from branches.models import Notice, Receipt, Rectification, Screening, Term
from duties.models import Duty
from files.actions import open_file
from files.intake import clean_name
from meetings.models import CollectiveDecision, MeetingFile, MeetingKind
from members.models import Membership, ResponsibilityLetter
from office.paper import Heading, Paper, Record, Table, Text, official_date
from office.word import to_word
from portal.papers import meeting_pages, records_of
from recruitment import file_zip
from recruitment.models import Application
from rulebook.book import in_force
from training.models import ClassFile, TrainingClass

WHOLE_FILES = 20  # 发展党员 files packed whole; of more only the list
NAME = 50
STATES = {"done": "按时", "late": "迟办", "miss": "缺", "wait": "待办", "none": "未到"}


@dataclass(frozen=True)
class Asked:
    """For whom, of which organisations (in 单位序), from which day to which, as of today."""

    user: object
    branches: tuple
    first: date
    last: date
    on: date

    @property
    def span(self):
        return f"{official_date(self.first)}至{official_date(self.last)}"


@dataclass(frozen=True)
class Paperwork:
    """One file of a pack: its name, its days, how many bytes it will about have, and how to make it."""

    name: str
    make: Callable
    days: tuple = ()
    size: int = 0


def _word(name, paper, days=()):
    return Paperwork(f"{clean_name(name)[:NAME]}.docx", lambda: to_word(paper), tuple(days))


def _upload(label, stored, day):
    ending = stored.name.rpartition(".")[2].lower()
    return Paperwork(f"{clean_name(label)[:NAME]}.{ending}", partial(open_file, stored), (day,), stored.size)


def _table(asked, title, headers, rows, *, widths=(), days=(), note=""):
    """One table as a paper; nothing when it has no row."""
    if not rows:
        return []
    organ = asked.branches[0].name
    blocks = [
        Text(f"{asked.span}，截至{official_date(asked.on)}。{note}"),
        Table(headers, rows, widths=tuple(widths)),
    ]
    return [_word(title, Paper(title, dated=asked.on, organ=organ, blocks=blocks, footer="非涉密"), days)]


# --- the kinds


def _meetings(asked, kind):
    """The records of a kind, a paper per organisation, and what was uploaded to them."""
    found, label = [], dict(MeetingKind.Kind.choices)[kind]
    for branch in asked.branches:
        records = [
            row
            for row in records_of(asked.user, branch, asked.first, asked.last)
            if kind in {each.kind for each in row.kinds.all()}
        ]
        if not records:
            continue
        days = [row.held_on for row in records]
        paper = Paper(
            f"{label}记录", dated=asked.on, organ=branch.name, blocks=[Text(asked.span), *meeting_pages(asked.user, records)],
            footer="非涉密",
        )  # fmt: skip
        found.append(_word(f"{branch.name}{label}记录", paper, days))
        files = (
            MeetingFile.objects.visible_to(asked.user)
            .shown()
            .filter(meeting__in=records)
            .select_related("file", "meeting")
        )
        for number, row in enumerate(files.order_by("meeting__held_on", "pk"), 1):
            found.append(
                _upload(f"{row.meeting.held_on}{row.get_role_display()}{number}", row.file, row.meeting.held_on)
            )
    return found


def _duties(asked):
    rows = Duty.objects.visible_to(asked.user).filter(
        branch__in=asked.branches, due_on__range=(asked.first, asked.last)
    )
    names = {
        key.removeprefix("duty."): rule.label for key, rule in in_force(on=asked.on).items() if key.startswith("duty.")
    }
    lines = []
    for row in rows.select_related("branch", "notice").order_by("branch__order", "branch", "due_on", "pk"):
        matter = row.label if row.notice_id else f"{names.get(row.rule, row.rule)}（{row.label}）"
        lines.append([row.branch.name, matter, row.due_on, row.met_on, STATES[row.state(asked.on)]])
    headers = ["党组织", "事项", "期限", "办结日期", "状态"]
    return _table(asked, "应办事项完成情况", headers, lines, widths=[8, 10, 5, 5, 3])


def _rectifications(asked):
    found = Rectification.objects.visible_to(asked.user).filter(
        branch__in=asked.branches, raised_on__range=(asked.first, asked.last)
    )
    rows = list(
        found.select_related("branch")
        .prefetch_related("attachments__file")
        .order_by("branch__order", "raised_on", "pk")
    )
    lines = [
        [row.branch.name, row.problem, row.measure, row.due_on, row.done, row.get_state_display(), row.settled_on]
        for row in rows
    ]
    headers = ["党组织", "问题", "整改措施", "期限", "整改情况", "状态", "完成日期"]
    papers = _table(
        asked, "整改台账", headers, lines, widths=[5, 7, 7, 4, 7, 3, 4], days=[row.raised_on for row in rows]
    )
    for number, row in enumerate(rows, 1):
        for place, each in enumerate(row.attachments.all(), 1):
            papers.append(_upload(f"整改{number}佐证{place}", each.file, row.raised_on))
    return papers


def _recruitment(asked):
    """Who was on the road in the stretch, and, of not too many, each file as it may be packed for these eyes."""
    rows = Application.objects.visible_to(asked.user).filter(branch__in=asked.branches, applied_on__lte=asked.last)
    rows = list(
        rows.filter(Q(ended_on=None) | Q(ended_on__gte=asked.first))
        .select_related("branch", "member")
        .order_by("branch__order", "applied_on", "pk")
    )
    lines = [[row.branch.name, f"{row.member}", row.applied_on, row.get_stage_display(), row.ended_on] for row in rows]
    headers = ["党组织", "姓名", "申请日期", "发展阶段", "办结日期"]
    note = "" if len(rows) <= WHOLE_FILES else "人数较多，各人档案请在“发展党员”里整卷打包。"
    papers = _table(asked, "发展党员名单", headers, lines, days=[row.applied_on for row in rows], note=note)
    return papers + (_files(asked, rows) if len(rows) <= WHOLE_FILES else [])


def _files(asked, rows):
    return [
        Paperwork(file_zip.name_of(row), partial(file_zip.pack, row, asked.user, on=asked.on), (row.applied_on,))
        for row in rows
    ]


def _classes(asked):
    rows = TrainingClass.objects.visible_to(asked.user).filter(
        branch__in=asked.branches, starts_on__range=(asked.first, asked.last)
    )
    rows = list(rows.exclude(kind=TrainingClass.Kind.REMEDIAL).order_by("starts_on", "pk"))
    lines = [
        [row.title, row.get_kind_display(), row.starts_on, row.ends_on, row.place, row.get_state_display()]
        for row in rows
    ]
    headers = ["班次", "类型", "开班", "结班", "地点", "状态"]
    papers = _table(asked, "教育培训班次", headers, lines, days=[row.starts_on for row in rows])
    files = ClassFile.objects.visible_to(asked.user, verb="training.run").filter(
        training_class__in=rows, removed_at=None
    )
    for number, row in enumerate(files.select_related("file", "training_class").order_by("training_class", "pk"), 1):
        papers.append(
            _upload(
                f"{row.training_class.title}{row.get_role_display()}{number}", row.file, row.training_class.starts_on
            )
        )
    return papers


def _roster(asked):
    """The members of the last day, without numbers, phones and addresses."""
    day = min(asked.last, asked.on)
    rows = Membership.objects.visible_to(asked.user).on(day).filter(branch__in=asked.branches).for_list()
    lines = [
        [row.branch.name, row.member.name, row.member.get_sex_display(), row.member.get_ethnicity_display(),
         str(row.member.birth_on.year) if row.member.birth_on else "", row.member.get_education_display(), row.get_kind_display(),
         row.member.joined_on]
        for row in rows.order_by("branch__order", "branch", "member__strokes", "pk")
    ]  # fmt: skip
    headers = ["党组织", "姓名", "性别", "民族", "出生年", "学历", "类别", "入党日期"]
    return _table(asked, "党员名册", headers, lines, widths=[8, 4, 2, 3, 3, 4, 4, 5], days=[day])


def _notices(asked):
    """What was received or sent in the stretch, with what came of it."""
    received = Receipt.objects.visible_to(asked.user).filter(
        branch__in=asked.branches,
        notice__state=Notice.State.ISSUED,
        notice__issued_at__date__range=(asked.first, asked.last),
    )
    papers, notices = [], {}
    for row in received.select_related("notice__branch", "branch").order_by("notice__issued_at", "branch__order"):
        notices.setdefault(row.notice, []).append(row)
    for notice, rows in notices.items():
        told = [[row.branch.name, row.received_at and row.received_at.date(), row.answer] for row in rows]
        blocks = [
            Record([[("发文机关", notice.branch.name), ("文号", notice.number or "—")], [("办理期限", notice.deadline_on or "—")]]),
            Text(notice.body or notice.title), Heading("签收和办理", numbered=False),
            Table(["党组织", "签收", "办理情况"], told, widths=[8, 4, 12]),
        ]  # fmt: skip
        day = notice.issued_at.date()
        paper = Paper(notice.title, dated=day, organ=notice.branch.name, blocks=blocks, footer="非涉密")
        papers.append(_word(f"{day} {notice.title}", paper, [day]))
    return papers


def _letters(asked):
    rows = ResponsibilityLetter.objects.visible_to(asked.user).filter(
        branch__in=asked.branches, signed_on__range=(asked.first, asked.last)
    )
    rows = list(rows.select_related("branch", "file").order_by("branch__order", "signed_on", "pk"))
    lines = [
        [row.branch.name, row.get_kind_display(), row.year, row.signer, row.counter_signer, row.signed_on, row.number]
        for row in rows
    ]
    headers = ["党组织", "种类", "年度", "签字人", "对方签字人", "签订日期", "文号"]
    papers = _table(asked, "责任书签订情况", headers, lines, days=[row.signed_on for row in rows])
    return papers + [
        _upload(f"{row.branch.name}{row.get_kind_display()}{row.pk}", row.file, row.signed_on)
        for row in rows
        if row.file_id
    ]


def _decisions(asked):
    rows = CollectiveDecision.objects.visible_to(asked.user).filter(
        branch__in=asked.branches, meeting__held_on__range=(asked.first, asked.last)
    )
    rows = list(rows.select_related("branch", "meeting").order_by("meeting__held_on", "pk"))
    lines = [
        [
            row.branch.name,
            row.meeting.held_on,
            row.get_kind_display(),
            row.matter,
            row.get_result_display(),
            row.carried_out,
        ]
        for row in rows
    ]
    headers = ["党组织", "日期", "类别", "事项", "结果", "落实情况"]
    return _table(
        asked, "三重一大事项台账", headers, lines, widths=[6, 4, 4, 9, 3, 7], days=[row.meeting.held_on for row in rows]
    )


def _screenings(asked):
    rows = Screening.objects.visible_to(asked.user).filter(
        branch__in=asked.branches,
        state__in=(Screening.State.APPROVED, Screening.State.ISSUED),
        visited_on__range=(asked.first, asked.last),
    )
    rows = list(rows.select_related("branch").order_by("branch__order", "visited_on", "pk"))
    lines = [[row.branch.name, row.get_kind_display(), row.visited_on, row.approved_class, row.advice] for row in rows]
    headers = ["党组织", "轮次", "到校日期", "审定类别", "整改意见"]
    return _table(asked, "分析研判结果", headers, lines, widths=[7, 4, 4, 4, 12], days=[row.visited_on for row in rows])


def _terms(asked):
    rows = Term.objects.visible_to(asked.user).filter(branch__in=asked.branches).on(min(asked.last, asked.on))
    lines = [
        [row.branch.name, row.started_on, row.expires_on, row.secretary_name, row.committee_size]
        for row in rows.select_related("branch")
    ]
    return _table(
        asked, "班子和换届情况", ["党组织", "换届日期", "届满日期", "书记", "委员数"], lines, widths=[9, 5, 5, 4, 3]
    )


UPLOAD = "upload"
KINDS = {
    **{f"meetings:{kind}": (f"{label}记录", partial(_meetings, kind=kind)) for kind, label in MeetingKind.Kind.choices},
    "duties": ("应办事项完成情况", _duties), "rectifications": ("整改台账和佐证", _rectifications),
    "recruitment": ("发展党员材料", _recruitment), "classes": ("教育培训班次", _classes),
    "roster": ("党员名册（不含身份证号、手机）", _roster),
    "notices": ("收到的通知和办理情况", _notices), "letters": ("责任书", _letters), "decisions": ("三重一大事项", _decisions),
    "screenings": ("分析研判结果", _screenings), "terms": ("班子和换届情况", _terms),
    UPLOAD: ("上传的材料（门户里没有的）", None),
}  # fmt: skip
CHOICES = [(key, label) for key, (label, _) in KINDS.items()]


def found(kind, asked):
    """[Paperwork] of a kind."""
    return KINDS[kind][1](asked)


def of_file(title, stored, on):
    """The one paper of a title that was uploaded."""
    return [_upload(title, stored, on)]
