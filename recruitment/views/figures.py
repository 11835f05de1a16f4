"""The year's figures with the people behind them, and the sheets that leave the portal: 台账, 名册, 计划完成表."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.policy import policy
from branches.models import Branch
from branches.rights import may
from members import register
from office.writer import XLSX
from recruitment import figures, ledger, ledger_sheet
from recruitment.facts.people import years_without
from recruitment.forms.application import ListFilter
from recruitment.forms.quota import YearFilter
from recruitment.models import Application
from recruitment.views.board import branches_of, narrowed
from recruitment.views.quota import chosen, rows_of, years_of
from rulebook.book import value
from rulebook.facts import Period

SHOWN = 200  # persons behind one number; more stand in the exported ledger


@require_safe
@policy("recruit.see")
def figures_page(request):
    """积极分子, 发展对象, 新接收, 转正 of a year; below them the persons of the number that was chosen."""
    today, user = timezone.localdate(), request.user
    branches = branches_of(user, today)
    form = YearFilter(request.GET, years=[each for each in years_of(today) if each <= today.year], branch=branches)
    if form.refused:
        return redirect(f"{reverse('recruitment:figures')}?{form.data.urlencode()}")
    applications, places = Application.objects.visible_to(user), branches
    if "branch" in form.asked:
        path = form.asked["branch"].path
        applications = applications.filter(branch__path__startswith=path)
        places = branches.filter(path__startswith=path)
    found = figures.of_year(applications, form.chosen_year, on=today)
    key = request.GET.get("show", "")
    key = key if key in figures.LABELS else "admitted"
    people = sorted(found.people[key], key=lambda each: (each.on, each.application.pk))
    if "q" in form.asked:  # the numbers stay those of the year
        named = set(register.named(applications, form.asked["q"]).values_list("pk", flat=True))
        people = [person for person in people if person.application.pk in named]
    names = dict(Branch.objects.visible_to(user, verb="recruit.see").in_order().values_list("pk", "name"))
    period = Period.of_year(form.chosen_year, on=today)
    without = years_without(places.graded(), period) or {}
    quiet = [{"name": names[pk], "words": without[pk].missing[0]} for pk in names if pk in without]
    query = request.GET.copy()
    for name in ("show", "page"):
        query.pop(name, None)
    context = {
        "form": form, "found": found, "year": form.chosen_year, "key": key, "label": figures.LABELS[key],
        "tiles": [
            {"label": label, "count": found.count(each), "url": f"?{'&'.join(filter(None, (query.urlencode(), f'show={each}')))}#people"}
            for each, label in figures.LABELS.items()
        ],
        "people": [{"person": person, "branch": names.get(person.branch, "")} for person in people[:SHOWN]],
        "more": max(0, len(people) - SHOWN), "may_export": may(user, "report.export"),
        "page": Paginator(quiet, 30).get_page(request.GET.get("page")), "paged": request.GET,
        "none_years": value("recruit.none_years", on=found.on),
    }  # fmt: skip
    return render(request, "recruitment/figures.html", context)


def _taking(request):
    """What leaves lies in the reach of report.export, whatever else this person may read."""
    places = Branch.objects.visible_to(request.user, verb="report.export")
    return Application.objects.visible_to(request.user).filter(branch__in=places.values("pk"))


def _organ(request):
    found = Branch.objects.visible_to(request.user, verb="report.export").order_by("path").first()
    return found.name if found else ""


def _sent(request, data, name, rows):
    """A workbook as an answer; who took it is recorded."""
    audit.record("recruit.ledger", by=request.user, report=name, rows=rows)
    response = HttpResponse(data, content_type=XLSX().get_content_type())
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{name}.xlsx")
    return response


@require_safe
@policy("report.export")
def export_ledger(request):
    """发展党员台账 of what the list shows under the filters of this address."""
    today = timezone.localdate()
    form = ListFilter(request.GET, branch=branches_of(request.user, today))
    if form.refused:
        return redirect(f"{reverse('recruitment:export')}?{form.data.urlencode()}")
    rows, state = narrowed(_taking(request), form.asked), form.asked.get("state", "")
    if state != "all":
        rows = rows.exclude(outcome="") if state == "closed" else rows.open()
    lines = ledger.lines(rows.for_list(), request.user, today)
    words = [chip["label"] for chip in form.chips]
    data = ledger_sheet.of_ledger(lines, on=today, organ=_organ(request), words=words)
    return _sent(request, data, "发展党员工作台账", len(lines))


@require_safe
@policy("report.export")
def export_rolls(request):
    """名册 of today, and 发展计划完成表 of the year of the address."""
    today = timezone.localdate()
    year = chosen(request, today)
    lines = ledger.lines(_taking(request).open().for_list(), request.user, today)
    plans = rows_of(request.user, year, today)
    data = ledger_sheet.of_rolls(lines, plans, year, on=today, organ=_organ(request))
    return _sent(request, data, f"发展党员名册和{year}年计划完成表", len(lines))
