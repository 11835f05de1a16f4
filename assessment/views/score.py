from datetime import date
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.policy import policy
from assessment import actions, points, scoring
from assessment import scheme as schemes
from assessment.forms.score import ScoreFilter
from assessment.sheet import Sheet, plain
from assessment.views.year import AT_ONCE, checked, looked_at
from branches.models import Branch
from branches.rights import may
from jobs import actions as jobs
from jobs.models import Job
from office.writer import XLSX


@require_safe
@policy("score.see")
def score_list(request):
    """Staff: every branch with rank and 拟定 grade. A branch: its own sheet at once."""
    today = timezone.localdate()
    asked = request.GET.get("year", "")
    year = checked(int(asked)) if asked.isdecimal() and len(asked) == 4 else today.year
    branches = Branch.objects.visible_to(request.user, verb="score.see").graded(on=date(year, 12, 31))
    if not may(request.user, "score.rank"):
        if branches.count() == 1:
            return redirect("assessment:sheet", year, branches.get().pk)
        scores = scoring.score(branches, year, on=looked_at(year))
    else:
        ranked = Branch.objects.visible_to(request.user, verb="score.rank")
        visible = set(ranked.values_list("pk", flat=True))
        scores = [score for score in scoring.grade(year, on=looked_at(year)) if score.branch.pk in visible]
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "grade", "order")}
    shown = [score for score in scores if asked["q"] in score.branch.name and asked["grade"] in ("", score.grade)]
    shows_rank = may(request.user, "score.rank")
    if shows_rank and asked["order"] == "rank":
        shown.sort(key=lambda score: (score.rank is None, score.rank or 0))
    content = schemes.in_force(year)
    grades = [row["label"] for row in (*content["grades"], content["undetermined"])] if shows_rank else []
    page = Paginator(shown, 30).get_page(request.GET.get("page"))
    years = sorted({*range(today.year, today.year - 4, -1), year}, reverse=True)
    context = {
        "is_over": looked_at(year).year > year, "year": year, "title": content["title"], "source": content["source"],
        "page": page, "total": len(scores),
        "rows": [_row(score, year) for score in page], "dimensions": content["dimensions"], "shows_rank": shows_rank,
        "form": ScoreFilter(initial=asked | {"year": year}, years=years, grades=grades),
        "chips": _chips(asked, year), "clear": f"?year={year}", "counts": _counts(scores, grades, year),
        "may_export": may(request.user, "grade.export"), "may_judge": may(request.user, "score.judge"),
    }  # fmt: skip
    return render(request, "assessment/list.html", context)


def _row(score, year):
    """A line of the list; nothing of it needs arithmetic any more."""
    return {
        "name": score.branch.name, "url": reverse("assessment:sheet", args=[year, score.branch.pk]),
        "points": [{"label": each.label, "points": each.points} for each in score.dimensions],
        "total": score.total, "still": score.still, "judged": plain(score.judged), "rank": score.rank,
        "group": score.group, "grade": score.grade, "why": score.why,
    }  # fmt: skip


def _chips(asked, year):
    words = {"q": f"名称含“{asked['q']}”", "grade": asked["grade"], "order": "按名次"}
    chosen = {name: value for name, value in asked.items() if value}
    return [
        {
            "label": words[name],
            "url": "?" + urlencode({"year": year} | {key: value for key, value in chosen.items() if key != name}),
        }
        for name in chosen
    ]


def _counts(scores, grades, year):
    """How many branches each grade would have, with the way to them."""
    found = []
    for grade in grades:
        count = sum(score.grade == grade for score in scores)
        found.append(
            {"label": grade, "count": count, "url": "?" + urlencode({"year": year, "grade": grade}) if count else ""}
        )
    return found


@require_safe
@policy("score.see")
def score_sheet(request, year, pk):
    """From the grade to the dimension, to the item, to the records counted, with the rule beside each."""
    on, last = looked_at(checked(year)), date(year, 12, 31)
    branch = get_object_or_404(Branch.objects.visible_to(request.user, verb="score.see").graded(on=last), pk=pk)
    shows_rank = may(request.user, "score.rank", at=branch)
    if shows_rank:
        score = next((score for score in scoring.grade(year, on=on) if score.branch == branch), None)
    else:
        score = next(
            iter(scoring.score(Branch.objects.visible_to(request.user, verb="score.see").filter(pk=pk), year, on=on))
        )
    if score is None:
        raise Http404
    sheet = Sheet(score, year, user=request.user, on=on)
    content = schemes.in_force(year)
    several = Branch.objects.visible_to(request.user, verb="score.see").graded().count() > 1
    context = {
        "branch": branch, "year": year, "on": on, "score": score, "scheme": content, "shows_rank": shows_rank,
        "is_over": on.year > year, "dimensions": sheet.dimensions(), "gains": sheet.gains(), "shows_list": several,
        "could": (score.total or 0) + score.still, "judged": plain(score.judged),
        "unjudged": plain(100 - score.judged) if score.judged < 100 else "",
        "grade_rule": "，".join(_band(row) for row in content["grades"]),
        "shows_points": points.is_on(timezone.localdate()) and may(request.user, "points.see", at=branch),
        "years": [
            {"year": each, "url": reverse("assessment:sheet", args=[each, branch.pk]), "is_shown": each == year}
            for each in sorted({*range(timezone.localdate().year - 2, timezone.localdate().year + 1), year})
        ],
    }  # fmt: skip
    return render(request, "assessment/sheet.html", context)


def _band(row):
    quota = f"且在本组前 {row['quota']:.0%}" if "quota" in row else ""
    return f"{row['at_least']} 分以上{quota}为{row['label']}" if row["at_least"] else f"其余为{row['label']}"


@require_safe
@policy("grade.export")
def year_workbook(request, year):
    """The year's workbook of the branches in the reader's scope."""
    on = looked_at(checked(year))
    if Branch.objects.visible_to(request.user, verb="grade.export").graded().count() > AT_ONCE:
        return _left_to_the_worker(request, year)
    name, data = actions.year_file(year, by=request.user, on=on)
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(data, content_type=XLSX().get_content_type(), headers=headers)


def _left_to_the_worker(request, year):
    """Where the work can be watched: one that is under way already is not asked for twice."""
    try:
        job = jobs.start("assessment.workbook", {"year": year}, by=request.user, is_small=False)
    except ValidationError:
        job = Job.objects.visible_to(request.user).open().filter(kind="assessment.workbook").first()
    return redirect("portal:job", job.pk) if job else redirect("portal:jobs")
