"""督查检查, 通报, 约谈 and 责任书 (18), each sheet as far as its reader may see it."""

from datetime import timedelta

from branches import inspection_sheet as sheets
from branches.models import AdmonitionTalk, Inspection, Notice, Receipt
from branches.rights import may
from branches.views.inspection import FOUND, LEFT
from members.models import ResponsibilityLetter
from portal.reports.table import Column, Table
from reminders.models import LadderStep

LETTERS = (
    ("党组织", 34), ("种类", 24), ("签订人", 12), ("签字人", 12), ("对方签字人", 12), ("签订日期", 11), ("依据文号", 22), ("扫描件", 8),
)  # fmt: skip
TOLD = (Notice.Kind.COMMENDATION, Notice.Kind.CRITICISM)


def supervision(ask):
    tables = []
    for verb, name, columns, found in (
        ("inspection.see", "督查检查", sheets.VISITS, _visits),
        ("notice.see", "通报表扬批评", sheets.NOTICES, _notices),
        ("talk.see", "约谈", sheets.TALKS, _talks),
        ("letter.see", "责任书", LETTERS, _letters),
    ):
        if may(ask.user, verb):
            rows = found(ask, ask.keys(verb))
            tables.append(
                Table(name, f"{ask.year}年{name}登记表", [Column(*each) for each in columns], rows, unit="件",
                      empty=f"这一年没有登记{name}")
            )  # fmt: skip
    return tables


def _visits(ask, keys):
    found = Inspection.objects.visible_to(ask.user).filter(branch__in=keys, visited_on__range=(ask.first, ask.end))
    return sheets.visit_rows(found.annotate(found_count=FOUND, left_count=LEFT).for_list().order_by("visited_on", "pk"))


def _notices(ask, keys):
    found = Receipt.objects.visible_to(ask.user).filter(branch__in=keys, notice__kind__in=TOLD)
    found = found.filter(notice__state=Notice.State.ISSUED, notice__issued_at__year=ask.year)
    found = found.filter(notice__issued_at__date__lt=ask.end + timedelta(days=1)).select_related("branch", "notice")
    return sheets.notice_rows(found.order_by("notice__issued_at", "branch__order", "pk"))


def _talks(ask, keys):
    """约谈 entered by themselves, and those that the ladder of reminders led to."""
    span = (ask.first, ask.end)
    found = AdmonitionTalk.objects.visible_to(ask.user).filter(branch__in=keys, talked_on__range=span).order_by("pk")
    own = sheets.talk_rows(found.select_related("branch", "inspection__line"))
    steps = LadderStep.objects.visible_to(ask.user).filter(level=LadderStep.Level.TALK, branch__in=keys, on__range=span)
    laddered = [
        (step.branch.name, step.on, step.parties, "", step.outcome, "应办事项逾期")
        for step in steps.select_related("branch").order_by("pk")
    ]
    return sorted([*own, *laddered], key=lambda row: (row[1], row[0]))


def _letters(ask, keys):
    found = ResponsibilityLetter.objects.visible_to(ask.user).filter(
        branch__in=keys, year=ask.year, signed_on__lte=ask.on
    )  # fmt: skip
    found = found.select_related("branch", "member").order_by("kind", "branch__order", "branch", "pk")
    return [
        (
            row.branch.name, row.get_kind_display(), row.member.name if row.member else "", row.signer, row.counter_signer,
            row.signed_on, row.number, row.file_id is not None,
        )
        for row in found
    ]  # fmt: skip
