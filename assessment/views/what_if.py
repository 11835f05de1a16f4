"""试算: a scheme on the records of this year or the last one, beside the scheme in force; looked at, printed, taken along."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.policy import policy
from assessment import scoring, what_if, what_if_sheet
from assessment.scheme_check import problems
from assessment.scheme_diff import changes
from assessment.views.scheme import seen_scheme
from assessment.views.year import AT_ONCE, looked_at
from branches.actions import root
from branches.forms import search_word
from jobs import actions as jobs
from jobs.models import Job
from office.writer import XLSX

SHOWN = 30


def years():
    today = timezone.localdate()
    return (today.year, today.year - 1)


def _year(request):
    text = request.GET.get("year", "")
    return int(text) if text in map(str, years()) else years()[0]


@require_safe
@policy("scheme.edit")
def trial(request, pk):
    scheme, year = seen_scheme(request, pk, "scheme.edit"), _year(request)
    if problems(scheme.content, scheme.kind):
        messages.error(request, "方案还有要改的地方，改好以后再试算。")
        return redirect(scheme)
    on = looked_at(year)
    if scoring.graded(year, on=on, kind=scheme.kind).count() > AT_ONCE:
        return _left_to_the_worker(request, scheme, year)
    found = what_if.run(scheme.content, year, kind=scheme.kind, on=on)
    only_moved, name = request.GET.get("all") != "1", search_word(request.GET)
    lines = [line for line in (found.moved if only_moved else found.lines) if name in line.branch.name]
    page = Paginator(lines, SHOWN).get_page(request.GET.get("page"))
    context = {
        "scheme": scheme, "year": year, "on": on, "trial": found, "page": page, "query": request.GET, "q": name,
        "rows": [_row(line) for line in page], "only_moved": only_moved,
        "years": [{"year": each, "is_shown": each == year} for each in years()],
        "distribution": [{"group": group, "rows": rows} for group, rows in _told(found)], "grades": found.grades,
        "gains": [_row(line) for line in found.biggest(up=True)], "losses": [_row(line) for line in found.biggest(up=False)],
        "changes": changes(found.before, found.after),
        "undetermined": [_row(line) for line in found.lines if line.after.rank is None],
    }  # fmt: skip
    return render(request, "assessment/what_if.html", context)


def _told(found):
    for group, counted in found.distribution:
        yield group, [{"grade": grade, "was": was, "now": now, "delta": now - was} for grade, was, now in counted]


def _row(line):
    return {
        "branch": line.branch, "before": line.before, "after": line.after, "why": line.why, "is_moved": line.is_moved,
        "delta": "—" if line.delta is None else what_if.signed(line.delta),
    }  # fmt: skip


@require_safe
@policy("scheme.edit")
def trial_workbook(request, pk):
    scheme, year = seen_scheme(request, pk, "scheme.edit"), _year(request)
    if problems(scheme.content, scheme.kind):
        messages.error(request, "方案还有要改的地方，改好以后再试算。")
        return redirect(scheme)
    on = looked_at(year)
    if scoring.graded(year, on=on, kind=scheme.kind).count() > AT_ONCE:
        return _left_to_the_worker(request, scheme, year)
    found = what_if.run(scheme.content, year, kind=scheme.kind, on=on)
    data = what_if_sheet.as_workbook(found, scheme.title, organ=root().name)
    audit.record("scheme.try", scheme, by=request.user, year=year, branches=len(found.lines))
    headers = {"Content-Disposition": content_disposition_header(True, what_if_sheet.file_name(scheme, year))}
    return HttpResponse(data, content_type=XLSX().get_content_type(), headers=headers)


def _left_to_the_worker(request, scheme, year):
    """Where the work can be watched: one that is under way already is not asked for twice."""
    try:
        job = jobs.start("assessment.what_if", {"scheme": scheme.pk, "year": year}, by=request.user, is_small=False)
    except ValidationError:
        job = Job.objects.visible_to(request.user).open().filter(kind="assessment.what_if").first()
    return redirect("portal:job", job.pk) if job else redirect("portal:jobs")
