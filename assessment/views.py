from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts.policy import SIGNED_IN, policy
from assessment import actions, points, scoring
from assessment import scheme as schemes
from assessment.forms import BranchSearch, JudgeForm, ScoreFilter
from assessment.models import ManualScore
from assessment.sheet import Sheet, plain
from branches.forms import search_word
from branches.models import Branch
from branches.rights import may
from jobs import actions as jobs
from jobs.models import Job
from meetings.models import Meeting
from members.models import CommunityService, Honour
from office.writer import XLSX
from rulebook.book import in_force

FIRST_YEAR = 2000
AT_ONCE = 300  # branches whose workbook is made while one waits


def _checked(year):
    if not FIRST_YEAR <= year <= timezone.localdate().year + 1:
        raise Http404
    return year


def _looked_at(year):
    return scoring.last_day(year, timezone.localdate())


@require_safe
@policy("score.see")
def score_list(request):
    """Staff: every branch with rank and 拟定 grade. A branch: its own sheet at once."""
    today = timezone.localdate()
    asked = request.GET.get("year", "")
    year = _checked(int(asked)) if asked.isdecimal() and len(asked) == 4 else today.year
    branches = Branch.objects.visible_to(request.user, verb="score.see").graded(on=date(year, 12, 31))
    if not may(request.user, "score.rank"):
        if branches.count() == 1:
            return redirect("assessment:sheet", year, branches.get().pk)
        scores = scoring.score(branches, year, on=_looked_at(year))
    else:
        ranked = Branch.objects.visible_to(request.user, verb="score.rank")
        visible = set(ranked.values_list("pk", flat=True))
        scores = [score for score in scoring.grade(year, on=_looked_at(year)) if score.branch.pk in visible]
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
        "is_over": _looked_at(year).year > year, "year": year, "title": content["title"], "source": content["source"],
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
    on, last = _looked_at(_checked(year)), date(year, 12, 31)
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
    on = _looked_at(_checked(year))
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


def _title(each):
    """The item's name, with the part where only a part of it is judged."""
    item, part = each["item"], each["part"]
    return item["label"] if len(item["parts"]) == 1 else f"{item['label']}（{part['label']}）"


@require_http_methods(["GET", "HEAD", "POST"])
@policy("score.judge")
def judge(request, year):
    """The manual items through a plain form: one part, every branch."""
    parts = [
        {"item": item, "part": part}
        for item in schemes.in_force(_checked(year))["items"]
        for part in item["parts"]
        if part["by"] == "manual"
    ]
    key = request.POST.get("part") or request.GET.get("part") or parts[0]["part"]["key"]
    chosen = next((each for each in parts if each["part"]["key"] == key), None)
    if chosen is None:
        raise Http404
    name = search_word(request.GET)
    branches = Branch.objects.visible_to(request.user, verb="score.judge").graded().in_order()
    page = Paginator(branches.filter(name__contains=name) if name else branches, 30).get_page(request.GET.get("page"))
    known = {
        row.branch_id: row for row in ManualScore.objects.visible_to(request.user).filter(scheme__year=year, part=key)
    }
    forms = [
        JudgeForm(
            request.POST or None,
            branch=branch,
            most=chosen["part"]["points"],
            initial={"points": row.points, "reason": row.reason, "version": row.version}
            if (row := known.get(branch.pk))
            else None,
        )
        for branch in page
    ]
    checked = [form.is_valid() for form in forms]  # each of them, so that all errors show at once
    if request.method == "POST" and all(checked):
        entries = [
            (
                form.branch,
                form.cleaned_data["points"],
                form.cleaned_data["reason"].strip(),
                form.cleaned_data["version"],
            )
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
        "year": year, "page": page, "forms": forms, "judged": len(known), "total": branches.count(),
        "item": chosen["item"], "part": chosen["part"], "title": _title(chosen), "search": BranchSearch(initial={"q": name, "part": key}),
        "parts": [
            {"label": _title(each), "url": f"?part={each['part']['key']}", "is_chosen": each is chosen} for each in parts
        ],
        "problems": [
            {"branch": form.branch.name, "label": form[field].label, "id": form[field].auto_id, "message": message}
            for form in forms
            for field, found in form.errors.items()
            for message in found
        ],
    }  # fmt: skip
    return render(request, "assessment/judge.html", context)


# --- 党员积分卡: the yearly sheet of one branch for its secretary, and each member's own card


def _points_off(request):
    return render(request, "assessment/points_off.html")


def _cards(user, cards):
    """Cards for the template; a record is a link where the reader may see it."""
    wanted = {}
    for card in cards:
        for item in card.items:
            for _, thing in item.rows:
                if thing is not None:
                    wanted.setdefault(type(thing), set()).add(thing.pk)
    seen = {
        model: set(model.objects.visible_to(user).filter(pk__in=wanted[model]).values_list("pk", flat=True))
        for model in (Meeting, CommunityService, Honour)
        if model in wanted
    }
    return [
        {
            "member": card.member, "aside": card.aside, "total": card.total, "rank": card.rank,
            "items": [
                {
                    "label": item.label, "most": item.most, "got": item.got, "words": item.words,
                    "rows": [
                        {"words": words, "url": thing.get_absolute_url() if thing and thing.pk in seen[type(thing)] else ""}
                        for words, thing in item.rows
                    ],
                }
                for item in card.items
            ],
        }
        for card in cards
    ]  # fmt: skip


def _points_rules(on):
    book = in_force(on=on)
    return {"cite": book["points.items"].source, "lapse": book["points.dues_lapse"].value}


@require_safe
@policy("points.see")  # held in the own organisation alone: nobody reads the sheets of many branches
def points_sheet(request, year, pk):
    """The yearly sheet for the 党员大会 of the branch: by points, inside the branch alone. Not for those above it."""
    today = timezone.localdate()
    branch = get_object_or_404(Branch.objects.visible_to(request.user, verb="points.see").graded(), pk=pk)
    if not points.is_on(today):
        return _points_off(request)
    cards = points.cards(branch, _checked(year), today)
    cards.sort(key=lambda card: (card.rank is None, card.rank or 0))
    context = {
        "branch": branch, "year": year, "rows": _cards(request.user, cards), "rules": _points_rules(today),
        "years": [{"year": each, "is_shown": each == year} for each in range(today.year - 1, today.year + 1)],
    }  # fmt: skip
    return render(request, "assessment/points.html", context)


@require_safe
@policy(SIGNED_IN)
def own_points(request, year):
    """One's own card, without the others and without a rank."""
    today = timezone.localdate()
    if not points.is_on(today):
        return _points_off(request)
    member = getattr(request.user, "member", None)
    home = member.memberships.filter(ended_on=None).select_related("branch").first() if member else None
    if home is None:
        raise Http404
    cards = [card for card in points.cards(home.branch, _checked(year), today) if card.member == member]
    rows = _cards(request.user, cards)
    context = {"branch": home.branch, "year": year, "row": rows[0] if rows else None, "rules": _points_rules(today)}
    return render(request, "assessment/points_own.html", context)
