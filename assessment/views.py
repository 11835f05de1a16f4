from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from assessment import actions, scoring, workbook
from assessment import scheme as schemes
from assessment.forms import JudgeForm
from assessment.models import ManualScore
from branches.models import Branch
from branches.rights import may
from meetings.models import Meeting
from office.writer import XLSX

FIRST_YEAR = 2000


def _checked(year):
    if not FIRST_YEAR <= year <= timezone.localdate().year + 1:
        raise Http404
    return year


def _looked_at(year):
    """The day on which a year is looked at: today, at the latest the end of March after it."""
    today = timezone.localdate()
    return min(today, today.replace(year=year + 1, month=3, day=31))


@require_safe
@policy("score.see")
def score_list(request):
    """Staff: every branch with rank and 拟定 grade. A branch: its own sheet at once."""
    today = timezone.localdate()
    asked = request.GET.get("year", "")
    year = _checked(int(asked)) if asked.isdecimal() and len(asked) == 4 else today.year
    branches = Branch.objects.visible_to(request.user, verb="score.see").graded()
    if not may(request.user, "score.rank"):
        if branches.count() == 1:
            return redirect("assessment:sheet", year, branches.get().pk)
        scores = scoring.score(branches, year, on=_looked_at(year))
    else:
        ranked = Branch.objects.visible_to(request.user, verb="score.rank")
        visible = set(ranked.values_list("pk", flat=True))
        scores = [score for score in scoring.grade(year, on=_looked_at(year)) if score.branch.pk in visible]
    name = request.GET.get("q", "").strip()
    shown = [score for score in scores if name in score.branch.name]
    if request.GET.get("order") == "rank":
        shown.sort(key=lambda score: (score.rank is None, score.rank or 0))
    content = schemes.of_year(year)
    counts = [(row["label"], sum(score.grade == row["label"] for score in scores)) for row in content["grades"]]
    context = {
        "year": year, "years": range(today.year, today.year - 4, -1), "scheme": content, "q": name,
        "page": Paginator(shown, 30).get_page(request.GET.get("page")), "order": request.GET.get("order", ""),
        "counts": [*counts, (content["undetermined"]["label"], sum(score.grade == content["undetermined"]["label"] for score in scores))],
        "total": len(scores), "shows_rank": may(request.user, "score.rank"), "may_export": may(request.user, "grade.export"),
        "may_judge": may(request.user, "score.judge"), "dimensions": content["dimensions"],
    }
    return render(request, "assessment/list.html", context)


@require_safe
@policy("score.see")
def score_sheet(request, year, pk):
    """From the grade to the dimension, to the item, to the records counted, with the rule beside each."""
    branch = get_object_or_404(Branch.objects.visible_to(request.user, verb="score.see").graded(), pk=pk)
    on = _looked_at(_checked(year))
    shows_rank = may(request.user, "score.rank", at=branch)
    if shows_rank:
        score = next((score for score in scoring.grade(year, on=on) if score.branch == branch), None)
    else:
        score = next(iter(scoring.score(Branch.objects.visible_to(request.user, verb="score.see").filter(pk=pk), year, on=on)))
    if score is None:
        raise Http404
    pks = {pk for item in score.items for part in item.parts if part.fact and part.fact.model == "meetings.Meeting" for pk in part.fact.pks}
    records = {meeting.pk: meeting for meeting in Meeting.objects.visible_to(request.user).filter(pk__in=pks).for_list()}
    context = {
        "branch": branch, "year": year, "on": on, "score": score, "scheme": schemes.of_year(year), "shows_rank": shows_rank,
        "dimensions": [
            {"dimension": dimension, "items": [_item(item, records) for item in dimension.items]} for dimension in score.dimensions
        ],
        "bonus": [_item(item, records) for item in score.bonus],
        "could": (score.total or 0) + score.still,
        "gains": sorted((item for item in score.items if item.still), key=lambda item: -item.still),
    }
    return render(request, "assessment/sheet.html", context)


def _item(item, records):
    """An item with the meetings behind it, newest first, and the widths of its bar in per cent."""
    found = {pk for part in item.parts if part.fact and part.fact.model == "meetings.Meeting" for pk in part.fact.pks}
    meetings = sorted((records[pk] for pk in found if pk in records), key=lambda meeting: meeting.held_on, reverse=True)
    return {
        "item": item, "records": meetings[:12], "more": max(0, len(meetings) - 12), "count": len(meetings),
        "got": f"{item.points / item.most * 100:.2f}" if item.most else "0",
        "still": f"{item.still / item.most * 100:.2f}" if item.most else "0",
    }


@require_safe
@policy("grade.export")
def year_workbook(request, year):
    """The year's workbook of the branches in the reader's scope."""
    on = _looked_at(_checked(year))
    visible = set(Branch.objects.visible_to(request.user, verb="grade.export").values_list("pk", flat=True))
    scores = [score for score in scoring.grade(year, on=on) if score.branch.pk in visible]
    data = workbook.as_workbook(scores, year, on=on)
    audit.record("grade.export", by=request.user, year=year, branches=len(scores))
    headers = {"Content-Disposition": content_disposition_header(True, f"{year}年度量化考核汇总表.xlsx")}
    return HttpResponse(data, content_type=XLSX().get_content_type(), headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("score.judge")
def judge(request, year):
    """The manual items through a plain form: one part, every branch."""
    parts = [
        {"item": item, "part": part}
        for item in schemes.of_year(_checked(year))["items"]
        for part in item["parts"]
        if part["by"] == "manual"
    ]
    key = request.POST.get("part") or request.GET.get("part") or parts[0]["part"]["key"]
    chosen = next((each for each in parts if each["part"]["key"] == key), None)
    if chosen is None:
        raise Http404
    name = request.GET.get("q", "").strip()
    branches = Branch.objects.visible_to(request.user, verb="score.judge").graded().in_order()
    page = Paginator(branches.filter(name__contains=name) if name else branches, 30).get_page(request.GET.get("page"))
    known = {row.branch_id: row for row in ManualScore.objects.visible_to(request.user).filter(scheme__year=year, part=key)}
    forms = [
        JudgeForm(
            request.POST or None, branch=branch, most=chosen["part"]["points"],
            initial={"points": row.points, "reason": row.reason, "version": row.version} if (row := known.get(branch.pk)) else None,
        )
        for branch in page
    ]
    if request.method == "POST" and all([form.is_valid() for form in forms]):
        entries = [
            (form.branch, form.cleaned_data["points"], form.cleaned_data["reason"].strip(), form.cleaned_data["version"])
            for form in forms
            if form.has_changed()
        ]
        try:
            with transaction.atomic():
                written = actions.judge(year, key, entries, by=request.user)
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
        else:
            messages.success(request, f"已保存 {written} 个支部的评定。" if written else "没有改动。")
            return redirect(request.get_full_path())
    context = {
        "year": year, "parts": parts, "chosen": chosen, "page": page, "forms": forms, "q": name,
        "judged": len(known), "total": branches.count(), "has_errors": any(form.errors for form in forms),
    }
    return render(request, "assessment/judge.html", context)
