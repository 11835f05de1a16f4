"""督查通报、约谈、责任书 (domain-rules §10, number 18): one workbook of a year, each sheet as far as the person may see it."""

from django.db.models import Q
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.policy import policy
from branches import inspection_sheet as sheets
from branches.forms import whole_number
from branches.models import AdmonitionTalk, Branch, Inspection, Notice, Receipt
from branches.rights import may
from branches.views.acting import download, highest
from branches.views.inspection import FOUND, LEFT
from members.models import ResponsibilityLetter
from reminders.models import LadderStep

LETTERS = (
    ("党组织", 36), ("种类", 26), ("签订人", 12), ("签字人", 12), ("对方签字人", 12), ("签订日期", 11), ("依据文号", 24), ("扫描件", 8),
)  # fmt: skip
TOLD = (Notice.Kind.COMMENDATION, Notice.Kind.CRITICISM)
BACK = 10  # years that may be asked for


@require_safe
@policy("report.export")
def supervision_report(request):
    user, today = request.user, timezone.localdate()
    year = whole_number(request.GET.get("year")) or today.year
    year = year if today.year - BACK < year <= today.year else today.year
    organ = {"organ": highest(user, "report.export"), "on": today, "words": [f"{year} 年"]}
    reach = Branch.objects.visible_to(user, verb="report.export")
    book = sheets.begun("督查通报、约谈和责任书", today)
    rows = 0
    for verb, name, columns, found in (
        ("inspection.see", "督查检查", sheets.VISITS, _visits),
        ("notice.see", "通报表扬批评", sheets.NOTICES, _notices),
        ("talk.see", "约谈", sheets.TALKS, _talks),
        ("letter.see", "责任书", LETTERS, _letters),
    ):
        if may(user, verb):
            listed = found(user, year, reach)
            sheets.add(book, name, columns, listed, title=f"{year}年{name}登记表", **organ)
            rows += len(listed)
    audit.record("report.export", by=user, report="督查通报、约谈和责任书", year=year, rows=rows)
    return download(book.close(), f"{year}年督查通报、约谈和责任书.xlsx")


def _visits(user, year, reach):
    found = Inspection.objects.visible_to(user).filter(branch__in=reach, visited_on__year=year)
    return sheets.visit_rows(found.annotate(found_count=FOUND, left_count=LEFT).for_list().order_by("visited_on", "pk"))


def _notices(user, year, reach):
    found = Receipt.objects.visible_to(user).filter(branch__in=reach, notice__kind__in=TOLD)
    found = found.filter(notice__state=Notice.State.ISSUED, notice__issued_at__year=year)
    return sheets.notice_rows(
        found.select_related("branch", "notice").order_by("notice__issued_at", "branch__order", "pk")
    )


def _talks(user, year, reach):
    """约谈 that were entered by themselves, and those that the ladder of reminders led to."""
    found = AdmonitionTalk.objects.visible_to(user).filter(branch__in=reach, talked_on__year=year)
    own = sheets.talk_rows(found.select_related("branch", "inspection__line"))
    steps = LadderStep.objects.visible_to(user).filter(Q(level=LadderStep.Level.TALK), branch__in=reach, on__year=year)
    laddered = [
        (step.branch.name, step.on, step.parties, "", step.outcome, "应办事项逾期")
        for step in steps.select_related("branch")
    ]
    return sorted([*own, *laddered], key=lambda row: (row[1], row[0]))


def _letters(user, year, reach):
    found = ResponsibilityLetter.objects.visible_to(user).filter(branch__in=reach, year=year)
    found = found.select_related("branch", "member").order_by("kind", "branch__order", "branch", "pk")
    return [
        (
            row.branch.name, row.get_kind_display(), row.member.name if row.member else "", row.signer, row.counter_signer,
            row.signed_on, row.number, row.file_id is not None,
        )
        for row in found
    ]  # fmt: skip
