"""Results over the years: two years of all branches side by side, and one branch over its years."""

from functools import cached_property

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.policy import policy
from assessment import charts, comparison, comparison_sheet
from assessment.forecast_sheet import target
from assessment.forms.comparison import CompareFilter
from assessment.models import SecretaryReview
from branches.models import Branch
from branches.rights import may
from branches.views.acting import SHOWN, download, highest
from rulebook.book import value


class Compared:
    """Two years as a page and its workbook show them: in the reader's reach, by the filters of the address."""

    def __init__(self, request, verb):
        self.today = timezone.localdate()
        self.years, sealed = comparison.offered(self.today)
        form = CompareFilter(request.GET, years=self.years, groups=())
        usual = (
            sorted(sealed, reverse=True) if len(sealed) > 1 else self.years
        )  # what runs stands in where results lack
        after = int(form.asked.get("after", usual[0]))
        before = int(form.asked.get("before", next((year for year in usual if year < after), after)))
        self.before, self.after = (comparison.year_of(year, sealed, on=self.today) for year in sorted((before, after)))
        groups = dict.fromkeys(
            row.group for row in (*self.after.rows.values(), *self.before.rows.values()) if row.group
        )
        self.form = CompareFilter(request.GET, years=self.years, groups=list(groups))
        graded = self.before.rows.keys() | self.after.rows.keys()
        self.branches = list(Branch.objects.visible_to(request.user, verb=verb).filter(pk__in=graded).in_order())
        self.like = comparison.likeness(self.before.content, self.after.content)
        self.pairs = [pair for pair in comparison.pairs(self.branches, self.before, self.after) if self._fits(pair)]

    def _fits(self, pair):
        asked, row = self.form.asked, pair.after or pair.before
        course = asked.get("course")
        return (
            asked.get("q", "") in pair.branch.name
            and asked.get("group") in (None, row.group)
            and (course is None or pair.course in (("up", "down") if course == "changed" else (course,)))
        )

    @property
    def is_one_year(self):
        return self.before.year == self.after.year

    def goal(self):
        """The county's target in words, and how far each year is from it."""
        said = target(self.today, self.after.content)
        if said is None:
            return None
        missed = [
            (row["year"].year, sum(count for label, count in row["counts"] if label in said["grades"]))
            for row in self.distributions
        ]
        return {"text": said["text"], "missed": missed}

    @cached_property
    def distributions(self):
        """Each of the two years with how many have which grade, within the chosen group."""
        among, group = {branch.pk for branch in self.branches}, self.form.asked.get("group", "")
        return [
            {"year": year, "counts": (counts := comparison.distribution(year, among, group)), "bar": charts.bar(counts),
             "total": sum(count for _, count in counts)}
            for year in (self.before, self.after)
        ]  # fmt: skip


@require_safe
@policy("score.rank")
def compare(request):
    """Every branch in two years: totals, dimensions, place within the group, grade; figures that do not compare say so."""
    found = Compared(request, "score.rank")
    page = Paginator(found.pairs, SHOWN).get_page(request.GET.get("page"))
    context = {
        "found": found, "form": found.form, "page": page, "query": request.GET, "rows": [_row(pair, found) for pair in page],
        "distributions": found.distributions, "like": found.like, "goal": found.goal(), "may_export": may(request.user, "grade.export"),
        "dimensions": [
            {"label": row["label"], "is_like": found.like.dimensions[row["key"]]} for row in found.after.content["dimensions"]
        ],
        "counts": {
            word: sum(pair.course == word for pair in found.pairs)
            for word in (comparison.UP, comparison.DOWN, comparison.SAME)
        },
    }  # fmt: skip
    return render(request, "assessment/comparison.html", context)


def _row(pair, found):
    return {
        "pair": pair, "url": reverse("assessment:over_years", args=[pair.branch.pk]),
        "sheets": [
            reverse("assessment:sheet", args=[year.year, pair.branch.pk]) if figures else ""
            for year, figures in ((found.before, pair.before), (found.after, pair.after))
        ],
        "sign": {comparison.UP: "done", comparison.DOWN: "miss"}.get(pair.course, ""),
        "group": (pair.after or pair.before).group,
    }  # fmt: skip


@require_safe
@policy("grade.export")
def compare_export(request):
    """What is filtered on the page as a workbook."""
    found = Compared(request, "grade.export")
    words = [chip["label"] for chip in found.form.chips]
    data = comparison_sheet.as_workbook(found, organ=highest(request.user, "grade.export"), words=words)
    audit.record(
        "grade.export", by=request.user, year=found.after.year, compared=found.before.year, branches=len(found.pairs)
    )
    return download(data, f"{found.before.year}、{found.after.year}年度量化考核对比表.xlsx")


@require_safe
@policy("score.see")
def over_years(request, pk):
    """One branch over the years. To itself: its own figures and the middle of its group; places are for who may rank."""
    today = timezone.localdate()
    branch = get_object_or_404(Branch.objects.visible_to(request.user, verb="score.see"), pk=pk)
    tells_rank = may(request.user, "score.rank", at=branch)
    lines = comparison.over_years(branch, on=today, tells_rank=tells_rank)
    reviews = _reviews(request, branch, today)
    cuts = [line.year.year for line in lines if line.like and not line.like.total]
    dimensions = {row["key"]: row["label"] for line in lines for row in line.year.content["dimensions"]}
    context = {
        "branch": branch, "tells_rank": tells_rank, "dimensions": dimensions.values(),
        "chart": charts.course(
            [(line.year.year, line.figures.total, not line.year.is_sealed) for line in lines],
            [line.median for line in lines], cuts,
        ),
        "rows": [
            {
                "line": line, "url": reverse("assessment:sheet", args=[line.year.year, branch.pk]),
                "points": [
                    {"label": label, "points": line.figures.dimensions.get(key),
                     "is_other": line.like is not None and not line.like.dimensions.get(key, True)}
                    for key, label in dimensions.items()
                ],
                "reviews": reviews.get(line.year.year, ""),
                "grade": line.figures.grade if line.year.is_sealed or tells_rank else "",
            }
            for line in reversed(lines)
        ],
        "changed": [line for line in reversed(lines) if line.like and line.like.changes],
        "shows_list": may(request.user, "score.rank"),
    }  # fmt: skip
    context["reviews"] = any(row["reviews"] for row in context["rows"])
    return render(request, "assessment/comparison_branch.html", context)


def _reviews(request, branch, today):
    """year → the grades of 述职评议 that were told to the branch; it may have had two secretaries in a year."""
    scale = value("review.scale", on=today)
    told = SecretaryReview.objects.visible_to(request.user).filter(branch=branch, state=SecretaryReview.State.TOLD)
    found = {}
    for year, grade in told.order_by("pk").values_list("campaign__year", "grade"):
        found.setdefault(year, []).append(scale[grade]["label"])
    return {year: "、".join(labels) for year, labels in found.items()}
