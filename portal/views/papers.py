from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import FilterForm
from branches.models import Branch
from office.pdf import to_pdf
from office.word import to_word
from portal import papers

FORMATS = {
    "docx": (to_word, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pdf": (to_pdf, "application/pdf"),
}
FIRST_YEAR = 2018
BACK = 4  # years to choose from
PER_PAGE = 30


class PaperFilter(FilterForm):
    """Of which branch and year the papers are wanted."""

    year = forms.ChoiceField(label="年度")

    placeholder = "党支部名称"

    def __init__(self, data, years):
        self.years = years
        super().__init__(data)

    def full_clean(self):
        self.fields["year"].choices = [(str(year), f"{year} 年") for year in self.years]
        super().full_clean()


def _branches(request):
    return Branch.objects.visible_to(request.user, verb="meeting.see").graded().in_order()


@require_safe
@policy("meeting.see")
def paper_list(request):
    """资料: 工作手册 of a year and 党务公开表 of its quarters, for each branch in reach."""
    today = timezone.localdate()
    form = PaperFilter(request.GET, range(today.year, today.year - BACK, -1))
    year = int(form.asked.get("year", today.year))
    branches = _branches(request)
    has_many = branches.count() > 1
    if "q" in form.asked:
        branches = branches.filter(name__contains=form.asked["q"])
    quarters = [
        {"number": number, "label": f"第{papers.QUARTERS[number - 1]}季度"}
        for number in range(1, 5)
        if (year, 3 * number - 2) <= (today.year, today.month)
    ]
    context = {
        "form": form, "year": year, "today": today, "has_many": has_many, "branches": branches[:PER_PAGE],
        "left_out": max(0, branches.count() - PER_PAGE), "quarters": quarters,
    }  # fmt: skip
    return render(request, "portal/papers.html", context)


def _asked(request, pk, year):
    """(branch, day, format) of a download, or 404 for a year or a format that there is none of."""
    today = timezone.localdate()
    branch = get_object_or_404(_branches(request).select_related("parent").prefetch_related("schools"), pk=pk)
    ending = request.GET.get("format", "docx")
    if not FIRST_YEAR <= year <= today.year or ending not in FORMATS:
        raise Http404
    return branch, today, ending


def _file(request, paper, name, branch, ending, **detail):
    write, content_type = FORMATS[ending]
    data = write(paper)
    audit.record(f"paper.{name}", branch, by=request.user, format=ending, **detail)
    title = paper.title.replace("\n", "")
    response = HttpResponse(data, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, f"{branch.name}{title}.{ending}")
    return response


@require_safe
@policy("meeting.see")
def handbook(request, pk, year):
    branch, today, ending = _asked(request, pk, year)
    paper = papers.handbook(request.user, branch, year, on=today)
    return _file(request, paper, "handbook", branch, ending, year=year)


@require_safe
@policy("meeting.see")
def disclosure(request, pk, year):
    branch, today, ending = _asked(request, pk, year)
    asked = request.GET.get("quarter", "1")
    if asked not in ("1", "2", "3", "4") or (year, 3 * int(asked) - 2) > (today.year, today.month):
        raise Http404
    paper = papers.disclosure(request.user, branch, year, int(asked), on=today)
    return _file(request, paper, "disclosure", branch, ending, year=year, quarter=int(asked))
