"""万名党员进党校: how far each organisation is, and who has not been yet."""

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.policy import policy
from branches.models import Branch
from branches.views.acting import download, highest
from members import plain_sheet, register
from members.models import Exemption, Membership
from training import coverage, ledger
from training.forms.hours import BEEN, CoverageFilter, UncoveredFilter
from training.views.hours import may_export, refused, reported

SHOWN = 30


def _organisations(request, on, reach):
    """(the form, the organisations with somebody registered, as filtered)."""
    form = CoverageFilter(request.GET, running=on.year, branch=reach.at_work(on).in_order())
    day = ledger.day_of(form.of_year, on)
    here = Membership.objects.visible_to(request.user, verb="training.see").on(day).filter(branch=OuterRef("pk"))
    found = form.within(reach).filter(Exists(here))
    if "q" in form.asked:
        found = found.filter(name__contains=form.asked["q"])
    return form, found


@require_safe
@policy("training.see")
def coverage_list(request):
    today = timezone.localdate()
    form, found = _organisations(request, today, Branch.objects.visible_to(request.user, verb="training.see"))
    year = form.of_year
    page = Paginator(found.in_order(), SHOWN).get_page(request.GET.get("page"))
    counted = coverage.of_branches([branch.pk for branch in page], year, on=today)
    wanted = coverage.wanted(year, on=today)
    context = {
        "form": form, "page": page, "query": request.GET, "year": year, "total": coverage.total(found.values("pk"), year, on=today),
        "rows": [
            {"branch": branch, "coverage": row, "is_met": row.reaches(wanted or 0)}
            for branch in page for row in [counted.get(branch.pk, coverage.Coverage())]
        ],
        "is_over": ledger.day_of(year, today) < today,
        "may_export": may_export(request),
    }  # fmt: skip
    return render(request, "training/coverage.html", context)


@require_safe
@policy("training.see")
def coverage_export(request):
    """进党校覆盖情况表 of what is filtered, an organisation a line."""
    if not may_export(request):
        return refused(request, "training:coverage")
    today = timezone.localdate()
    form, found = _organisations(request, today, reported(request))
    year, found = form.of_year, list(found.in_order())
    counted = coverage.of_branches([branch.pk for branch in found], year, on=today)
    rows = [
        [branch.name, row.registered, row.covered, row.left, f"{row.percent}%"]
        for branch in found for row in [counted[branch.pk]]
    ]  # fmt: skip
    total = [sum(row[index] for row in rows) for index in (1, 2, 3)]
    rows.append(["合计", *total, f"{coverage.Coverage(total[0], total[1]).percent or 0}%"])
    data = plain_sheet.of_list(
        f"{year}年万名党员进党校覆盖情况表", ["党组织", "在册党员", "已进党校", "还没有进", "覆盖率"], (40, 12, 12, 12, 10), rows,
        organ=highest(request.user, "training.see"), on=today, words=[chip["label"] for chip in form.chips],
    )  # fmt: skip
    audit.record(
        "report.export", by=request.user, report="进党校覆盖情况表", year=year, rows=len(rows) - 1, on=str(today)
    )
    return download(data, f"{year}年万名党员进党校覆盖情况表.xlsx")


def _people(request, on, reach):
    """(the form, the memberships as filtered: who has not been, or who has)."""
    form = UncoveredFilter(request.GET, running=on.year, branch=reach.at_work(on).in_order())
    year = form.of_year
    rows = Membership.objects.visible_to(request.user, verb="training.see").filter(branch__in=form.within(reach))
    rows, been = rows.on(ledger.day_of(year, on)), coverage.been(year, on=on)
    rows = rows.filter(been) if form.asked.get("state") == BEEN else rows.exclude(been)
    if "q" in form.asked:
        rows = register.named(rows, form.asked["q"])
    return form, register.in_order(rows.for_list())


@require_safe
@policy("training.see")
def coverage_people(request):
    """Who has not been yet; those excused from attendance are marked, for the whole register is to be covered."""
    today = timezone.localdate()
    form, rows = _people(request, today, Branch.objects.visible_to(request.user, verb="training.see"))
    page = Paginator(rows.only(*register.NAMED), SHOWN).get_page(request.GET.get("page"))
    excused = Exemption.objects.visible_to(request.user, verb="training.see").filter(
        scope=Exemption.Scope.ATTENDANCE, member__in=[row.member_id for row in page]
    )
    excused = set(excused.on(ledger.day_of(form.of_year, today)).values_list("member", flat=True))
    context = {
        "form": form, "page": page, "query": request.GET, "year": form.of_year, "has_been": form.asked.get("state") == BEEN,
        "rows": [{"stay": row, "is_excused": row.member_id in excused} for row in page],
        "has_many": "branch" in form.fields,
        "may_export": may_export(request),
    }  # fmt: skip
    return render(request, "training/coverage_people.html", context)


@require_safe
@policy("training.see")
def coverage_people_export(request):
    if not may_export(request):
        return refused(request, "training:coverage_people")
    today = timezone.localdate()
    form, rows = _people(request, today, reported(request))
    name = "已进党校党员名单" if form.asked.get("state") == BEEN else "未进党校党员名单"
    lines = [[row.branch.name, row.member.name, row.get_kind_display()] for row in rows]
    data = plain_sheet.of_list(
        f"{form.of_year}年{name}", ["党组织", "姓名", "人员类别"], (40, 14, 14), lines,
        organ=highest(request.user, "training.see"), on=today, words=[chip["label"] for chip in form.chips],
    )  # fmt: skip
    audit.record("report.export", by=request.user, report=name, year=form.of_year, rows=len(lines), on=str(today))
    return download(data, f"{form.of_year}年{name}.xlsx")
