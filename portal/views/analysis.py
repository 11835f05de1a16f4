"""工作分析: charts with their tables, the map of schools, and the duties behind a figure."""

from datetime import date

from dateutil.relativedelta import relativedelta
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import F, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import FilterForm, whole_number
from branches.models import Branch
from branches.rights import may
from duties import matrix, table
from duties.models import Duty
from duties.periods import GROUPS
from office.word import to_word
from portal import analysis, monthly_records, tiles
from portal.monthly import FIRST_YEAR, LAST_YEAR, NOTE, Month, month_of, next_month
from portal.monthly_records import MATTERS
from rulebook.book import in_force

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BACK = 4  # years to choose from
SHOWN = 30
STATES = {"missed": "缺", "late": "迟办", "met": "已办", "open": "还没办"}
SIGNS = {"done": "done", "late": "late", "miss": "miss", "wait": "wait", "none": "wait"}


class BoardFilter(forms.Form):
    """Which year, and below which organisation."""

    year = forms.ChoiceField(label="年度")
    upper = forms.ChoiceField(label="党组织", required=False)

    def __init__(self, *args, years, choices, **kwargs):
        super().__init__(*args, auto_id="board-%s", **kwargs)
        self.fields["year"].choices = [(str(year), f"{year} 年") for year in years]
        self.fields["upper"].choices = [("", "全部党组织"), *((str(branch.pk), branch.name) for branch in choices)]
        for each in self.fields.values():
            each.widget.attrs["class"] = "form-select"
        if not choices:
            del self.fields["upper"]


def reach_of(request, today):
    year = whole_number(request.GET.get("year"))
    year = year if year is not None and today.year - BACK < year <= today.year else today.year
    return analysis.Reach(request.user, year, today, whole_number(request.GET.get("upper")))


def form_of(reach, today):
    years = range(today.year, today.year - BACK, -1)
    return BoardFilter(
        initial={"year": str(reach.year), "upper": str(reach.top.pk) if reach.top else ""},
        years=years,
        choices=reach.choices,
    )


@require_safe
@policy("board.see")
def board(request):
    today = timezone.localdate()
    reach = reach_of(request, today)
    charts = analysis.charts(reach) if reach.branches else []
    month = (today if reach.year == today.year else date(reach.year, 12, 1)).month
    context = {
        "reach": reach, "form": form_of(reach, today), "today": today, "charts": charts,
        "specs": [chart.spec for chart in charts if chart.rows],
        "areas": tiles.of_reach(reach), "month": month, "may_import": may(request.user, "import.run"),
    }  # fmt: skip
    return render(request, "portal/analysis.html", context)


class FallenFilter(FilterForm):
    """Duties by the month in which their period ended, and what became of them."""

    month = forms.CharField(label="到期月份", widget=forms.HiddenInput)
    year = forms.CharField(label="年度", widget=forms.HiddenInput)
    group = forms.ChoiceField(label="类别", choices=list(GROUPS.items()))
    rule = forms.ChoiceField(label="事项")
    state = forms.ChoiceField(label="情况", choices=[("", "全部"), *STATES.items()])
    upper = forms.ModelChoiceField(label="党组织", queryset=None, empty_label="全部党组织")

    placeholder = "党组织名称"

    def clean_month(self):
        return month_of(self.cleaned_data["month"])

    def clean_year(self):
        year = whole_number(self.cleaned_data["year"])
        return year if year and FIRST_YEAR <= year <= LAST_YEAR else None


@require_safe
@policy("board.see")
def fallen(request):
    """The duties behind a figure: those whose period ends in a month, oldest first."""
    user, today = request.user, timezone.localdate()
    seen = Branch.objects.visible_to(user, verb="board.see")
    book = in_force(on=today)
    names = matrix.columns(today.year, today, None, book)
    form = FallenFilter(request.GET, upper=seen.in_order(), rule=[("", "全部事项"), *names.items()])
    month = form.asked.get("month") or today.replace(day=1)
    group = form.asked.get("group") or "life"
    rules = matrix.columns(form.asked.get("year") or month.year, today, group, book)
    if "rule" in form.asked:
        rules = {form.asked["rule"]}
    found = Duty.objects.visible_to(user).filter(branch__in=seen, rule__in=rules)
    found = found.filter(ends_on__gte=month, ends_on__lt=next_month(month))
    if "year" in form.asked:
        found = found.filter(year=form.asked["year"])
    if "upper" in form.asked:
        found = found.filter(branch__path__startswith=form.asked["upper"].path)
    if "q" in form.asked:
        found = found.filter(branch__name__contains=form.asked["q"])
    found = _of_state(found.select_related("branch", "notice"), form.asked.get("state", ""), today)
    page = Paginator(found.order_by("branch__order", "branch", "ends_on", "pk"), SHOWN)
    page = page.get_page(request.GET.get("page"))
    rows = []
    for duty in page:
        state = duty.state(today)
        name = duty.notice.title if duty.notice_id else table.rule_of(duty, book).label
        rows.append({"duty": duty, "name": name, "sign": SIGNS[state], "word": table.WORDS[state]})
    context = {"form": form, "page": page, "rows": rows, "month": month, "query": request.GET,
               "group": names.get(form.asked.get("rule"), GROUPS[group])}  # fmt: skip
    return render(request, "portal/fallen.html", context)


def _of_state(found, state, today):
    """As the figures count them."""
    tests = {
        "missed": Q(met_on=None, ends_on__lt=today), "open": Q(met_on=None, ends_on__gte=today),
        "met": Q(met_on__isnull=False), "late": Q(met_on__gt=F("due_on")),
    }  # fmt: skip
    return found.filter(tests[state]) if state else found


def _month(request, year, month):
    """(the month asked for, today), or 404 for one that no calendar has; of the future None."""
    today = timezone.localdate()
    first = month_of(f"{year:04}-{month:02}")
    if first is None:
        raise Http404
    if first > today:
        return None, today
    return Month(request.user, first, today, whole_number(request.GET.get("upper"))), today


@require_safe
@policy("board.see")
def monthly(request, year, month):
    """月报 of a month, on one page."""
    found, today = _month(request, year, month)
    if found is None:
        messages.info(request, f"{year} 年 {month} 月还没有到，先看本月的。")
        return redirect("portal:monthly", today.year, today.month)
    following = next_month(found.first)
    context = {
        "month": found, "parts": found.parts(), "note": NOTE, "before": found.first - relativedelta(months=1),
        "following": following if following <= today else None, "choices": found.reach.choices, "top": found.reach.top,
    }  # fmt: skip
    return render(request, "portal/monthly.html", context)


@require_safe
@policy("board.see")
def month_records(request, year, month, matter):
    """What a number of the 月报 counts."""
    found, today = _month(request, year, month)
    if matter not in MATTERS:
        raise Http404
    if found is None:
        return redirect("portal:monthly", today.year, today.month)
    records = monthly_records.of(found, matter, request.GET.get("kind", ""))
    if records is None:
        raise PermissionDenied
    rows, line = records
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    context = {
        "month": found, "title": MATTERS[matter], "page": page, "rows": [line(row) for row in page], "query": request.GET,
        "back": found.reach.of_top(reverse("portal:monthly", args=[year, month]), "upper"),
    }  # fmt: skip
    return render(request, "portal/month_records.html", context)


@require_safe
@policy("board.see")
def monthly_word(request, year, month):
    found, today = _month(request, year, month)
    if found is None:
        return redirect("portal:monthly", today.year, today.month)
    data = to_word(found.paper())
    audit.record("paper.monthly", found.reach.head, by=request.user, month=f"{found.first:%Y-%m}")
    response = HttpResponse(data, content_type=WORD)
    response["Content-Disposition"] = content_disposition_header(True, f"{found.title}.docx")
    return response
