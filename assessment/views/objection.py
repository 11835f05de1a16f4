"""A branch's part in the round: its self-check, what it contests, the answers; and the points put right by staff."""

from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.policy import policy
from assessment import judging, objections, results, scoring
from assessment.forms.round import (
    AdjustForm,
    AnswerForm,
    ContestForm,
    ObjectionFilter,
    ReturnForm,
    SelfCheckFilter,
    SelfCheckForm,
)
from assessment.models import Adjustment, Objection, Round, SelfCheck
from assessment.result import SCORED
from assessment.views.round import SHOWN, seen_round
from assessment.views.year import looked_at
from branches.models import Branch
from branches.rights import may
from branches.views.acting import acted

State = Round.State
PUBLISHED = (State.PUBLISHED, State.DECIDING, State.FINAL)


def _in_round(request, round, pk, verb="score.see"):
    """An organisation that the round grades, for who may do this in it; what others have is like what is not there."""
    rows = Branch.objects.visible_to(request.user, verb=verb)
    return get_object_or_404(rows.filter(pk__in=judging.graded(round, timezone.localdate()).values("pk")), pk=pk)


def _names(round, branch):
    """part key → its name in the scheme of the organisation."""
    content = judging.content_of(round, judging.kind_of(branch, round.year))
    return {part["key"]: judging.title_of(item, part) for item, part in objections.parts_of(content)} if content else {}


def _check_of(user, round, branch):
    return SelfCheck.objects.visible_to(user).filter(round=round, branch=branch).select_related("submitted_by").first()


# ---- the branch's own view


@require_safe
@policy("score.contest")
def own_round(request):
    """The round of this year for one's own organisation; who serves in several chooses."""
    user, today = request.user, timezone.localdate()
    round = Round.objects.visible_to(user).select_related("scheme", "committee_scheme").first()
    found = []
    if round is not None:
        own = Branch.objects.visible_to(user, verb="score.contest")
        found = list(own.filter(pk__in=judging.graded(round, today).values("pk")).in_order()[:SHOWN])
    if len(found) == 1:
        return redirect("assessment:round_branch", round.year, found[0].pk)
    return render(request, "assessment/round_own.html", {"round": round, "branches": found})


@require_safe
@policy("score.see")
def round_branch(request, year, pk):
    """How far the year is, what this branch said and got, and what it may do until when."""
    round, user, today = seen_round(request, year), request.user, timezone.localdate()
    branch = _in_round(request, round, pk)
    names, check = _names(round, branch), _check_of(user, round, branch)
    contests = may(user, "score.contest", at=branch)
    rows = (
        Objection.objects.visible_to(user).filter(round=round, branch=branch).select_related("raised_by", "answered_by")
    )
    phase = objections.phase_of(round, check, today)
    made = Adjustment.objects.visible_to(user).filter(round=round, branch=branch).order_by("pk")
    runs = may(user, "round.run")
    score = _standing(round, branch, today) if round.state in PUBLISHED else None
    adjustments = [{"row": row, "title": names.get(row.part, row.part)} for row in made]
    is_moved = score is not None and adjustments and round.state != State.FINAL
    now = results.total_now(round, branch, kind=judging.kind_of(branch, year)) if is_moved else None
    context = {
        "round": round, "year": year, "branch": branch, "check": check, "today": today, "phase": phase,
        "writes": contests and objections.is_checking(round, check, today), "contests": contests and phase is not None,
        "steps": _own_steps(round, today),
        "objections": [
            {"row": row, "title": names.get(row.part, row.part), "is_waiting": row.answered_at is None,
             "may_withdraw": contests and row.answered_at is None and row.phase == Objection.Phase.SELF_CHECK
             and round.state in (State.SELF_CHECK, State.JUDGING)}
            for row in rows
        ],
        "adjustments": adjustments, "now": now if score and now != score.total else None,
        "score": score, "runs": runs, "is_published": round.state in PUBLISHED, "is_final": round.state == State.FINAL,
        "may_adjust": runs and round.state == State.PUBLISHED and today <= round.objections_until,
        "may_return": runs and check is not None and check.state == SelfCheck.State.SUBMITTED
        and round.state in (State.SELF_CHECK, State.JUDGING),
        "shows_round": may(user, "round.see"),
    }  # fmt: skip
    return render(request, "assessment/round_branch.html", context)


def _standing(round, branch, today):
    """What the branch got, by the seal."""
    found = results.standing(
        round.year, on=scoring.last_day(round.year, today), kind=judging.kind_of(branch, round.year), only={branch.pk}
    )
    return next(iter(found.scores), None)


def _own_steps(round, today):
    """Until when one may say something, in the order of the year."""
    rows = [("自查", round.self_check_until, round.state == State.SELF_CHECK)]
    if round.published_on:
        rows.append(("提出异议", round.objections_until, round.state == State.PUBLISHED))
    return [{"label": label, "until": until, "is_open": is_open and today <= until} for label, until, is_open in rows]


@require_http_methods(["GET", "HEAD", "POST"])
@policy("score.contest")
def self_check(request, year, pk):
    """The branch's own sheet beside its words; kept as a draft, or handed in."""
    round, user, today = seen_round(request, year), request.user, timezone.localdate()
    branch = _in_round(request, round, pk, "score.contest")
    check = _check_of(user, round, branch)
    first = {"words": check.words, "version": check.version} if check else None
    form = SelfCheckForm(request.POST or None, initial=first)
    submits = "submit" in request.POST
    here = reverse("assessment:self_check", args=[year, pk])

    def act():
        return objections.save_self_check(year, branch, **form.cleaned_data, submits=submits, by=user, on=today)

    done = "自查已提交。" if submits else "已暂存，截止以前记得提交。"
    return acted(
        request, form, act, done, lambda _: reverse("assessment:round_branch", args=[year, pk]) if submits else here,
        "assessment/self_check.html", cancel=reverse("assessment:round_branch", args=[year, pk]),
        fresh=lambda: _check_of(user, round, branch), round=round, year=year, branch=branch, check=check,
        is_open=objections.is_checking(round, check, today), dimensions=_own_sheet(request, round, branch, user),
        contests=objections.phase_of(round, check, today) is not None,
    )  # fmt: skip


def _own_sheet(request, round, branch, user):
    """The live points, part by part, each with the way to contest it and what was contested already."""
    chosen = Branch.objects.visible_to(user, verb="score.contest").filter(pk=branch.pk)
    content = judging.content_of(round, judging.kind_of(branch, round.year))
    score = scoring.score(
        chosen, round.year, on=looked_at(round.year), content=content, kind=judging.kind_of(branch, round.year)
    )[0]
    waiting = set(
        Objection.objects.visible_to(user)
        .filter(round=round, branch=branch, answered_at=None)
        .values_list("part", flat=True)
    )
    allowed = {part["key"] for _, part in objections.parts_of(content)}
    return [
        {
            "label": dimension.label, "points": dimension.points, "weight": dimension.weight,
            "rows": [
                {"label": item.label if len(item.parts) == 1 else f"{item.label}：{part.label}", "part": part,
                 "is_scored": part.state == SCORED, "is_waiting": part.key in waiting, "may": part.key in allowed}
                for item in dimension.items for part in item.parts
            ],
        }
        for dimension in score.dimensions
    ]  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("score.contest")
def contest(request, year, pk):
    round, user, today = seen_round(request, year), request.user, timezone.localdate()
    branch = _in_round(request, round, pk, "score.contest")
    check = _check_of(user, round, branch)
    phase = objections.phase_of(round, check, today)
    names = _names(round, branch)
    waiting = Objection.objects.visible_to(user).filter(round=round, branch=branch, answered_at=None)
    asked = request.GET.get("part", "")
    known = waiting.filter(part=asked).first() if asked in names else None
    first = {"part": asked if asked in names else "", "words": known.words if known else ""}
    form = ContestForm(request.POST or None, parts=names.items(), initial=first)

    def act():
        return objections.contest(year, branch, **form.cleaned_data, by=user, on=today)

    return acted(
        request, form, act, "异议已提交，工委答复后在这里看到。", reverse("assessment:round_branch", args=[year, pk]),
        "assessment/objection_form.html", round=round, year=year, branch=branch, phase=phase, known=known,
        title=names.get(asked, ""),
        standing=_part_now(round, branch, asked, today) if asked in names and round.state in PUBLISHED else None,
    )  # fmt: skip


@require_POST
@policy("score.contest")
def objection_withdraw(request, pk):
    rows = Objection.objects.visible_to(request.user, verb="score.contest").select_related("round", "branch")
    row = get_object_or_404(rows, pk=pk)
    try:
        objections.withdraw(row, by=request.user, on=timezone.localdate())
    except ValidationError as error:
        messages.error(request, "".join(error.messages))
    else:
        messages.success(request, "异议已撤回。")
    return redirect("assessment:round_branch", row.round.year, row.branch_id)


# ---- staff


@require_safe
@policy("round.see")
def self_check_list(request, year):
    """Every organisation of the round with its self-check and how much it contests."""
    round, user, today = seen_round(request, year), request.user, timezone.localdate()
    form = SelfCheckFilter(request.GET)
    whole = Branch.objects.visible_to(user, verb="round.see").filter(pk__in=judging.graded(round, today).values("pk"))
    checks = SelfCheck.objects.visible_to(user).filter(round=round)
    listed = whole
    if "q" in form.asked:
        listed = listed.filter(name__contains=form.asked["q"])
    if state := form.asked.get("state"):
        written = checks if state == "none" else checks.filter(state=state)
        keys = written.values("branch")
        listed = listed.exclude(pk__in=keys) if state == "none" else listed.filter(pk__in=keys)
    page = Paginator(listed.in_order(), SHOWN).get_page(request.GET.get("page"))
    known = {row.branch_id: row for row in checks.filter(branch__in=list(page)).select_related("submitted_by")}
    said = (
        Objection.objects.visible_to(user)
        .filter(round=round, branch__in=list(page))
        .values_list("branch", "answered_at")
    )
    counts = {}
    for branch, answered in said:
        count = counts.setdefault(branch, [0, 0])
        count[0] += 1
        count[1] += answered is None
    context = {
        "round": round, "year": year, "form": form, "page": page, "query": request.GET, "whole": whole.count(),
        "submitted": checks.filter(state=SelfCheck.State.SUBMITTED).count(),
        "rows": [
            {"branch": branch, "check": (check := known.get(branch.pk)), "is_sent": bool(check) and check.state != SelfCheck.State.DRAFT,
             "raised": counts.get(branch.pk, [0, 0])[0],
             "waiting": counts.get(branch.pk, [0, 0])[1]}
            for branch in page
        ],
    }  # fmt: skip
    return render(request, "assessment/self_check_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("round.run")
def self_check_return(request, year, pk):
    round, user = seen_round(request, year), request.user
    branch = _in_round(request, round, pk, "round.run")
    check, form = _check_of(user, round, branch), ReturnForm(request.POST or None)

    def act():
        if check is None:
            raise ValidationError("支部还没有写自查，不用退回。")
        return objections.return_self_check(check, **form.cleaned_data, by=user)

    return acted(
        request, form, act, f"已退回{branch}的自查。", reverse("assessment:round_branch", args=[year, pk]),
        "assessment/self_check_return.html", round=round, year=year, branch=branch, check=check,
    )  # fmt: skip


@require_safe
@policy("round.see")
def objections_now(request):
    """To what waits for an answer, in the year of the oldest that does."""
    waiting = Objection.objects.visible_to(request.user, verb="round.see").filter(answered_at=None)
    year = waiting.order_by("raised_on", "pk").values_list("round__year", flat=True).first()
    if year is None:
        return redirect("assessment:rounds")
    return redirect(f"{reverse('assessment:objections', args=[year])}?state=waiting")


@require_safe
@policy("round.see")
def objection_list(request, year):
    round, user = seen_round(request, year), request.user
    form = ObjectionFilter(request.GET)
    rows = Objection.objects.visible_to(user, verb="round.see").filter(round=round)
    waiting = rows.filter(answered_at=None).count()
    total = rows.count()
    if "q" in form.asked:
        rows = rows.filter(branch__name__contains=form.asked["q"])
    if "phase" in form.asked:
        rows = rows.filter(phase=form.asked["phase"])
    if state := form.asked.get("state"):
        rows = rows.filter(answered_at=None) if state == "waiting" else rows.filter(outcome=state)
    rows = rows.select_related("branch").prefetch_related("adjustments").order_by("branch__order", "branch", "pk")
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    titles = {}
    for kind, content in judging.schemes_of(round):
        titles[kind] = {part["key"]: judging.title_of(item, part) for item, part in objections.parts_of(content)}
    kinds = judging.kinds_of([row.branch for row in page], year)
    context = {
        "round": round, "year": year, "form": form, "page": page, "query": request.GET, "waiting": waiting, "total": total,
        "may_answer": may(user, "round.run"),
        "rows": [
            {"row": row, "title": titles.get(kinds[row.branch_id], {}).get(row.part, row.part),
             "adjusted": list(row.adjustments.all())}
            for row in page
        ],
    }  # fmt: skip
    return render(request, "assessment/objection_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("round.run")
def objection_answer(request, pk):
    """What the branch says, the points as they stand, and the answer."""
    user, today = request.user, timezone.localdate()
    rows = Objection.objects.visible_to(user, verb="round.run")
    row = get_object_or_404(
        rows.select_related("branch", "round__scheme", "round__committee_scheme", "raised_by"), pk=pk
    )
    round = row.round
    content = judging.content_of(round, judging.kind_of(row.branch, round.year))
    item, part = next(
        ((item, part) for item, part in objections.parts_of(content or {"items": []}) if part["key"] == row.part),
        (None, None),
    )
    is_published = row.phase == Objection.Phase.PUBLISHED
    most = Decimal(str(part["points"])) if part and is_published else None
    form = AnswerForm(request.POST or None, most=most, initial={"version": row.version})

    def act():
        return objections.answer(row, **form.cleaned_data, by=user, on=today)

    return acted(
        request, form, act, f"已答复{row.branch}的异议。", reverse("assessment:objections", args=[round.year]) + "?state=waiting",
        "assessment/objection_answer.html", fresh=lambda: rows.get(pk=pk), round=round, row=row, item=item,
        title=judging.title_of(item, part) if part else row.part, standing=_part_now(round, row.branch, row.part, today),
        is_published=is_published, made=list(row.adjustments.all()), year=round.year,
        barred="" if row.answered_at else objections.barred(user, round, row.branch, row.part, today, objection=row),
    )  # fmt: skip


def _part_now(round, branch, key, today):
    """The part as it stands, live or sealed, with the words that go with it."""
    found = results.standing(
        round.year, on=scoring.last_day(round.year, today), kind=judging.kind_of(branch, round.year), only={branch.pk}
    )
    score = next(iter(found.scores), None)
    parts = [part for item in score.items for part in item.parts] if score else []
    return next((part for part in parts if part.key == key), None)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("round.run")
def adjust(request, year, pk):
    """Staff found a mistake themselves while objections are received."""
    round, user, today = seen_round(request, year), request.user, timezone.localdate()
    branch = _in_round(request, round, pk, "round.run")
    names, asked = _names(round, branch), request.GET.get("part", "")
    if not names:
        raise Http404
    form = AdjustForm(request.POST or None, parts=names.items(), initial={"part": asked if asked in names else ""})

    def act():
        return objections.adjust(year, branch, **form.cleaned_data, by=user, on=today)

    return acted(
        request, form, act, f"已调整{branch}的得分。", reverse("assessment:round_branch", args=[year, pk]),
        "assessment/objection_adjust.html", round=round, year=year, branch=branch,
        is_open=round.state == State.PUBLISHED and today <= round.objections_until,
    )  # fmt: skip
