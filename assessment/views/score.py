from datetime import date
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from assessment import actions, balance, forecast, points, results, scoring
from assessment import forecast_sheet as sheets
from assessment import scheme as schemes
from assessment.forms.score import ScoreFilter
from assessment.judging import kind_of
from assessment.models import Round, Scheme
from assessment.result import closed
from assessment.score_lists import Running, Sealed
from assessment.sheet import Sheet, plain
from assessment.views.year import AT_ONCE, checked, looked_at
from branches.forms import search_word
from branches.models import Branch
from branches.rights import may, places
from jobs import actions as jobs
from jobs.models import Job
from office.writer import XLSX

KIND = Scheme.Kind
WORDS = {  # stage → (what the points are called, what the grade is called)
    results.RUNNING: ("预估得分", "预排等次"), results.OVER: ("预估得分", "拟定等次"),
    results.PUBLISHED: ("公布得分", "公布等次"), results.FINAL: ("审定得分", "审定等次"),
}  # fmt: skip


def _asked_year(request, today):
    asked = request.GET.get("year", "")
    return checked(int(asked)) if asked.isdecimal() and len(asked) == 4 else today.year


@require_safe
@policy("score.see")
def score_list(request):
    """Staff: every organisation with rank and grade, the county's target, the course of the year. A branch: its own sheet."""
    today, user = timezone.localdate(), request.user
    year = _asked_year(request, today)
    on, kind = looked_at(year), KIND.COMMITTEE if request.GET.get("kind") == KIND.COMMITTEE else KIND.BRANCH
    visible = Branch.objects.visible_to(user, verb="score.see")
    shows_rank = may(user, "score.rank")
    if not shows_rank and kind == KIND.BRANCH:
        own = list(visible.graded(on=date(year, 12, 31)).values_list("pk", flat=True)[:2])
        if len(own) == 1:
            return redirect("assessment:sheet", year, own[0])
    content = schemes.in_force(year, kind)
    goal = sheets.target(on, content) if shows_rank and kind == KIND.BRANCH else None
    listed, standing, last = _listed(user, year, on, kind, goal, "score.rank" if shows_rank else "score.see")
    stage = standing.stage if standing else results.OVER if on.year > year else results.RUNNING
    tallies = listed.tallies()
    grades = [row["label"] for row in (*content["grades"], content["undetermined"])] if shows_rank else []
    groups = sorted({group for group, _, _ in tallies if group})
    asked = {
        name: request.GET.get(name, "").replace("\0", "").strip() for name in ("group", "grade", "target", "order")
    }
    asked["q"] = search_word(request.GET)
    if not shows_rank:
        asked |= dict.fromkeys(("group", "grade", "target", "order"), "")
    page, rows = listed.page(asked, request.GET.get("page"))
    years = sorted({*range(today.year, today.year - 4, -1), year}, reverse=True)
    base = {"year": year} | ({"kind": kind} if kind != KIND.BRANCH else {})
    course = listed.course() if shows_rank else []
    context = {
        "year": year, "title": content["title"], "source": content["source"], "kind": kind, "page": page, "rows": rows,
        "total": sum(count for _, _, count in tallies), "dimensions": content["dimensions"], "shows_rank": shows_rank,
        "points_word": WORDS[stage][0], "grade_word": WORDS[stage][1], "is_running": standing is None, "stage": stage,
        "seal": standing.seal if standing else None, "last": last, "on": on,
        "form": ScoreFilter(
            initial=asked | base, years=years, groups=groups, grades=grades, goal=goal, kind=kind
        ),
        "chips": _chips(asked, base), "clear": "?" + urlencode(base), "counts": _counts(tallies, grades, base),
        "spread": sheets.distribution(tallies, grades) if shows_rank else [], "grades": grades, "goal": goal,
        "below": _below(listed, tallies, goal, base), "course": course, "picture": sheets.picture(course),
        "tabs": _tabs(visible, year, kind), "unit": "个党组织" if kind == KIND.COMMITTEE else "个支部",
        "may_export": may(user, "grade.export"), "may_judge": may(user, "score.judge"),
        "may_renew": shows_rank and standing is None, "base": base,
    }  # fmt: skip
    return render(request, "assessment/list.html", context)


def _listed(user, year, on, kind, goal, verb):
    """(the list, the standing of a sealed year or None, the last pass of one that runs)."""
    if results.sealed(year, kind):
        reach = set(Branch.objects.visible_to(user, verb=verb).values_list("pk", flat=True))
        standing = results.standing(year, on=on, kind=kind, only=reach)
        return Sealed(standing.scores, year, goal=goal), standing, None
    last = sheets.last_pass(year, on=on, kind=kind)
    return Running(user, year, kind, last.at, verb=verb, goal=goal), None, last


def _tabs(visible, year, kind):
    """党支部 | 党委、党总支, for whoever sees some of the latter."""
    committees = visible.of_kind([Branch.Kind.COMMITTEE, Branch.Kind.GENERAL], date(year, 12, 31))
    if kind == KIND.BRANCH and not committees.exists():
        return []
    return [
        {"label": each.label, "is_shown": each == kind,
         "url": "?" + urlencode({"year": year} | ({"kind": each} if each != KIND.BRANCH else {}))}
        for each in KIND
    ]  # fmt: skip


def _chips(asked, base):
    words = {
        "q": f"名称含“{asked['q']}”", "group": asked["group"], "grade": asked["grade"], "order": "按名次",
        "target": ScoreFilter.TARGETS.get(asked["target"], ""),
    }  # fmt: skip
    chosen = {name: value for name, value in asked.items() if value and words[name]}
    return [
        {
            "label": words[name],
            "url": "?" + urlencode(base | {key: value for key, value in chosen.items() if key != name}),
        }
        for name in chosen
    ]


def _counts(tallies, grades, base):
    """How many organisations each grade would have, with the way to them."""
    found = []
    for grade in grades:
        count = sum(number for _, given, number in tallies if given == grade)
        found.append({"label": grade, "count": count, "url": "?" + urlencode(base | {"grade": grade}) if count else ""})
    return found


def _below(listed, tallies, goal, base):
    """Against the county's target: how many are below it, how many cannot reach it any more, with the ways there."""
    if not goal:
        return None
    count = sum(number for _, grade, number in tallies if grade in goal["grades"])
    beyond = listed.out_of_reach()
    return {
        "count": count, "beyond": beyond,
        "url": "?" + urlencode(base | {"target": "below"}), "beyond_url": "?" + urlencode(base | {"target": "beyond"}),
    }  # fmt: skip


@require_POST
@policy("score.rank")
def score_renew(request):
    """The whole county graded anew, at once or by the worker."""
    today = timezone.localdate()
    asked = request.POST.get("year", "")
    year = checked(int(asked)) if asked.isdecimal() and len(asked) == 4 else today.year
    kind = KIND.COMMITTEE if request.POST.get("kind") == KIND.COMMITTEE else KIND.BRANCH
    back = (
        reverse("assessment:list") + "?" + urlencode({"year": year} | ({"kind": kind} if kind != KIND.BRANCH else {}))
    )
    if results.sealed(year, kind):
        return redirect(back)
    on = looked_at(year)
    if scoring.graded(year, on=on, kind=kind).count() > AT_ONCE:
        return _left_to_the_worker(request, "assessment.forecast", {"year": year, "kind": kind})
    count = forecast.run(year, on=on, kind=kind)
    audit.record("forecast.run", by=request.user, year=year, branches=count)
    return redirect(back)


@require_safe
@policy("score.see")
def score_sheet(request, year, pk):
    """From the grade to the dimension, to the item, to the records counted, with the rule beside each."""
    on, user = looked_at(checked(year)), request.user
    branch = get_object_or_404(Branch.objects.visible_to(user, verb="score.see"), pk=pk)
    kind = kind_of(branch, year)
    shows_rank = may(user, "score.rank", at=branch)
    row, seal = None, results.sealed(year, kind)
    if seal:
        standing = results.standing(year, on=on, kind=kind, only={branch.pk})
        found = next(iter(standing.scores), None)
        score, on, stage = found and closed(found), standing.on, standing.stage
    else:
        row = forecast.latest(branch, year, on=on, kind=kind)
        if row and shows_rank and row.ranked_at is None:  # nobody has graded the county yet
            sheets.last_pass(year, on=on, kind=kind)
            row = forecast.latest(branch, year, on=on, kind=kind)
        score, stage = row and forecast.score_of(row), results.OVER if on.year > year else results.RUNNING
    if score is None:
        raise Http404
    sheet = Sheet(score, year, user=user, on=on, today=timezone.localdate(), is_sealed=seal is not None)
    gone, unsure = balance.short(score, on, is_over=seal is not None)
    context = {
        "branch": branch, "year": year, "on": on, "score": score, "scheme": score.content, "shows_rank": shows_rank,
        "shows_grade": shows_rank or seal is not None, "stage": stage, "seal": seal, "row": row,
        "points_word": WORDS[stage][0], "grade_word": WORDS[stage][1],
        "gains": [] if seal else sheet.gains(row.content["own"]["gains"]), "losses": gone, "unsure": unsure,
        "left_out": balance.left_out(score), "balance": balance.of_score(score, gone, unsure),
        "is_over": seal is not None or on.year > year,
        "dimensions": sheet.dimensions(), "shows_list": shows_rank or _sees_several(user),
        "could": sheets.in_reach(score), "judged": plain(score.judged),
        "unjudged": plain(100 - score.judged) if score.judged < 100 else "",
        "grade_rule": "，".join(_band(row) for row in score.content["grades"]),
        "medians": _medians(row, seal, score, on), "contest_url": _contest_url(user, branch, year),
        "course": (course := [] if seal else sheets.own_course(branch, year, kind)), "picture": sheets.picture(course),
        "shows_points": points.is_on(timezone.localdate()) and may(user, "points.see", at=branch),
        "years": [
            {"year": each, "url": reverse("assessment:sheet", args=[each, branch.pk]), "is_shown": each == year}
            for each in sorted({*range(timezone.localdate().year - 2, timezone.localdate().year + 1), year})
        ],
    }  # fmt: skip
    return render(request, "assessment/sheet.html", context)


def _contest_url(user, branch, year):
    """Where a published item is contested, while it may be; before publication the self-check has the way."""
    if not may(user, "score.contest", at=branch):
        return ""
    open_ones = Round.objects.visible_to(user).filter(
        year=year, state=Round.State.PUBLISHED, objections_until__gte=timezone.localdate()
    )
    return reverse("assessment:contest", args=[year, branch.pk]) if open_ones.exists() else ""


def _sees_several(user):
    held = places(user, "score.see")
    return len(held) > 1 or any(reaches_below for _, reaches_below in held)


def _medians(row, seal, score, on):
    """What is shown of the others: the middle of the comparison group, beside one's own. Lines for a table, or None."""
    found = sheets.medians_of_seal(seal, score.group, on) if seal else sheets.medians_of(row, on)
    if not found:
        return None
    lines = [{"label": "总分", "own": score.total, "median": found["total"]}]
    lines += [
        {"label": each.label, "own": each.points, "median": found["dimensions"].get(each.key)}
        for each in score.dimensions
    ]
    return {"group": found["group"], "count": found["count"], "lines": lines}


def _band(row):
    quota = f"且在本组前 {row['quota']:.0%}" if "quota" in row else ""
    return f"{row['at_least']} 分以上{quota}为{row['label']}" if row["at_least"] else f"其余为{row['label']}"


@require_safe
@policy("grade.export")
def year_workbook(request, year):
    """The year's workbook of the branches in the reader's scope."""
    on = looked_at(checked(year))
    if Branch.objects.visible_to(request.user, verb="grade.export").graded().count() > AT_ONCE:
        return _left_to_the_worker(request, "assessment.workbook", {"year": year})
    name, data = actions.year_file(year, by=request.user, on=on)
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(data, content_type=XLSX().get_content_type(), headers=headers)


def _left_to_the_worker(request, kind, args):
    """Where the work can be watched: one that is under way already is not asked for twice."""
    try:
        job = jobs.start(kind, args, by=request.user, is_small=False)
    except ValidationError:
        job = Job.objects.visible_to(request.user).open().filter(kind=kind).first()
    return redirect("portal:job", job.pk) if job else redirect("portal:jobs")
