from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.policy import policy
from branches.models import Branch
from duties import matrix
from duties.models import Duty
from duties.periods import labels


def year_asked(request, today):
    """The year in the address, else this one."""
    asked = request.GET.get("year", "")
    return int(asked) if asked.isdecimal() and 2000 <= int(asked) <= today.year + 1 else today.year


@require_safe
@policy("duty.see")
def duty_list(request):
    today = timezone.localdate()
    year = year_asked(request, today)
    branches = Branch.objects.visible_to(request.user, verb="duty.see").graded().in_order()
    asked = request.GET.get("branch", "")
    if asked.isdecimal():
        return _of_branch(request, get_object_or_404(branches, pk=int(asked)), year, today)
    if branches.count() == 1:
        return _of_branch(request, branches.get(), year, today)
    name, only = request.GET.get("q", "").strip(), request.GET.get("only", "")
    shown = branches.filter(name__contains=name) if name else branches
    if only == "missing":
        missing = Duty.objects.visible_to(request.user).filter(year=year, ends_on__lt=today, fulfilments=None)
        shown = shown.filter(pk__in=missing.values("branch"))
    page = Paginator(shown, 30).get_page(request.GET.get("page"))
    context = {
        "year": year, "today": today, "years": range(today.year, today.year - 4, -1), "q": name, "only": only, "page": page,
        "columns": matrix.columns(year, today).values(), "rows": matrix.rows(page.object_list, year, today),
        "totals": matrix.totals(branches.values("pk"), year, today), "months": matrix.by_month(branches.values("pk"), year, today),
    }
    return render(request, "duties/matrix.html", context)


def _of_branch(request, branch, year, today):
    duties = Duty.objects.visible_to(request.user).filter(branch=branch, year=year).with_met().order_by("opens_on", "rule")
    rules = labels(today)
    groups = {label: [] for label in rules.values()}
    for duty in duties:
        groups[rules[duty.rule]].append({"duty": duty, "state": duty.state(today)})
    context = {
        "branch": branch, "year": year, "today": today, "years": range(today.year, today.year - 4, -1),
        "groups": {label: rows for label, rows in groups.items() if rows},
        "totals": matrix.totals([branch.pk], year, today),
    }
    return render(request, "duties/branch.html", context)
