"""到校研判: the assessor's list, the page that is filled in on a phone during the visit, its end, and the records behind a line."""

from django.apps import apps
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.models import Stale
from accounts.policy import SIGNED_IN, policy
from branches import feedback, screenings, visits
from branches.forms.visit import FinishForm, VisitForm
from branches.models import Screening, ScreeningMark, StandardItem
from branches.views.acting import refuse
from branches.views.attachment import files_of

SHOWN = 30
SIGNS = {
    "waiting": "wait",
    "judging": "draft",
    "submitted": "wait",
    "returned": "back",
    "approved": "done",
    "issued": "done",
}
WITH = {  # what the words of a record need, so that a page of them is one query
    "duties.Duty": ("notice",), "duties.Filing": ("duty",), "members.Transfer": ("member",), "members.Honour": ("member",),
    "members.Member": (),
}  # fmt: skip
DAYS = (
    "held_on",
    "filed_on",
    "conferred_on",
    "due_on",
    "started_on",
    "on",
)  # what a record is dated by, the first it has


def mine(user):
    """What somebody has to judge, as far as the task still runs."""
    return Screening.objects.visible_to(user, verb="screening.judge").select_related("branch", "campaign", "first")


def until(screening):
    """The last day of the phase."""
    name = screenings.UNTIL[screening.kind]
    return getattr(screening.campaign, name)


@require_safe
@policy("screening.judge")
def visit_list(request):
    today = timezone.localdate()
    unjudged = Q(marks__points=None, marks__is_applicable=True)
    rows = mine(request.user).annotate(items=Count("marks"), left=Count("marks", filter=unjudged))
    open_first = sorted(rows, key=lambda row: (row.state not in screenings.OPEN, until(row), row.branch.order, row.pk))
    page = Paginator(open_first, SHOWN).get_page(request.GET.get("page"))
    context = {
        "page": page, "query": request.GET, "open": sum(row.state in screenings.OPEN for row in open_first),
        "rows": [
            {
                "screening": row, "sign": SIGNS[row.state], "until": until(row), "done": row.items - row.left,
                "is_open": row.state in screenings.OPEN, "is_late": row.state in screenings.OPEN and until(row) < today,
            }
            for row in page
        ],
    }  # fmt: skip
    return render(request, "branches/visits.html", context)


# --- the visit


def _own(request, pk):
    return get_object_or_404(mine(request.user), pk=pk)


@require_POST
@policy("screening.judge")
def visit_start(request, pk):
    screening = _own(request, pk)
    try:
        visits.start(screening, by=request.user)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    return redirect("branches:visit", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("screening.judge")
def visit(request, pk):
    """All items of the branch. Sent by script in between it answers in few words, so that a weak line is enough."""
    screening = _own(request, pk)
    if screening.state in (Screening.State.WAITING, Screening.State.RETURNED):
        return _before(request, screening)
    if screening.state != Screening.State.JUDGING:
        return redirect(screening)
    parts = feedback.parts(screening)
    rows = [row for part in parts for row in part.lines]
    posted = request.method == "POST"
    form = VisitForm(request.POST if posted else None, screening=screening, rows=rows)
    in_between = request.headers.get("x-visit") == "1"
    stale = None
    if posted and form.is_valid():
        try:
            kept = visits.mark(
                screening, form.judgements, visited_on=form.cleaned_data["visited_on"],
                version=form.cleaned_data["version"], by=request.user, on=timezone.localdate(),
            )  # fmt: skip
        except Stale as error:
            if in_between:
                return JsonResponse({"stale": True, "words": error.messages[0]}, status=409)
            form.add_error(None, error)
            stale = _caught_up(request, form, screening, rows)
        except ValidationError as error:
            refuse(form, error)
        else:
            if in_between:
                return JsonResponse({"version": kept.version})
            if "finish" in request.POST:
                return redirect("branches:visit_finish", pk)
            messages.success(request, "已暂存。")
            return redirect("branches:visit", pk)
    if in_between:
        faults = {name: found[0] for name, found in form.errors.items()}
        return JsonResponse({"faults": faults}, status=422)
    context = _shown(screening, parts, form) | {
        "form": form, "screening": screening, "until": until(screening), "stale": stale, "is_posted": posted,
        "draft_key": request.user.pk,
        **files_of(screening, request.user),
    }  # fmt: skip
    return render(request, "branches/visit.html", context)


def _before(request, screening):
    """Judging has not begun, or begins again: what was said then, and the one button."""
    items = screening.marks.aggregate(count=Count("pk"), filled=Count("pk", filter=Q(is_filled=True)))
    context = {"screening": screening, "until": until(screening), "items": items["count"], "filled": items["filled"]}
    return render(request, "branches/visit_start.html", context)


def _caught_up(request, form, screening, rows):
    """What another saved in between, item by item; the next submission goes on from there."""
    fresh = Screening.objects.visible_to(request.user, verb="screening.judge").get(pk=screening.pk)
    form.data = form.data.copy()
    form.data["version"] = str(fresh.version)
    typed = form.judgements
    changed = [row for row in rows if typed[row.pk] != visits.told(row)]
    return {
        "rows": [{"label": row.item.label, "now": _told(row)} for row in changed],
        "event": audit.of(fresh).first(),
    }


def _told(row):
    if not row.is_applicable:
        return f"不适用　{row.words}".strip()
    return "还没有判" if row.points is None else f"{visits.plain(row.points)} 分　{row.words}".strip()


def _shown(screening, parts, form):
    """The groups with their lines, each with its boxes and what the records say."""
    groups, number = [], 0
    for part in parts:
        lines = []
        for row in part.lines:
            number += 1
            lines.append(
                {"row": row, "number": number, **form.bound(row), **seen(row), "is_judged": visits.is_judged(row)}
            )
        groups.append(
            {"label": part.label, "lines": lines, "judged": part.judged, "count": len(lines), "whole": part.whole}
        )
    judged = sum(group["judged"] for group in groups)
    return {"groups": groups, "judged": judged, "count": number}


def seen(row):
    """What the records said of a line, in words: the figure, what is missing, how many records there are to look at."""
    found, was = row.seen, visits.filled(row)
    figure = ""
    if found.get("value") is not None:
        is_minus = row.item.rule == StandardItem.Rule.MINUS
        figure = f"{found['value']} 处，每处扣 {visits.plain(row.item.each)} 分" if is_minus else found["value"]
        if not is_minus and found.get("whole"):
            figure = f"应有 {found['whole']}，做到 {found['value']}"
    return {
        "is_filled": row.is_filled, "figure": figure, "missing": found.get("missing", []), "note": found.get("note", ""),
        "records": len(found.get("pks", [])) if found.get("model") else 0, "is_changed": row.is_filled and row.marked_by_id is not None,
        "was": "" if was is None else "不适用" if not was[1] else f"{visits.plain(was[0])} 分" if was[0] is not None else "",
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("screening.judge")
def visit_finish(request, pk):
    """What it comes to, what shall be put right, and handing it in."""
    screening = _own(request, pk)
    if screening.state != Screening.State.JUDGING:
        return redirect("branches:visit", pk)
    parts = feedback.parts(screening)
    lines = [row for part in parts for row in part.lines]
    short = [row for row in lines if row.is_applicable and row.points is not None and row.points < row.item.points]
    form = FinishForm(request.POST or None, screening=screening, rows=short)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            screening = visits.mark(
                screening, form.judgements, visited_on=given["visited_on"], advice=given["advice"],
                version=given["version"], by=request.user, on=timezone.localdate(),
            )  # fmt: skip
            form.data = form.data.copy()  # kept from here on, whether it can be handed in or not
            form.data["version"] = str(screening.version)
            if "submit" in request.POST:
                visits.submit(screening, by=request.user)
        except ValidationError as error:
            refuse(form, error)
            if form.has_error(NON_FIELD_ERRORS, "stale"):
                form.data = form.data.copy()
                form.data["version"] = str(_own(request, pk).version)
        else:
            if "submit" in request.POST:
                messages.success(request, "已提交，等待另一位同志审定。")
                return redirect("branches:visits")
            messages.success(request, "已暂存。")
            return redirect("branches:visit_finish", pk)
    points, whole = visits.totals(lines)
    left = sum(not visits.is_judged(row) for row in lines)
    scale = screening.campaign.scale
    context = {
        "form": form, "screening": screening, "parts": parts, "points": points, "whole": whole, "left": left,
        "short": [{"row": row, **form.bound(row)} for row in short], "draft_key": request.user.pk,
        "label": screenings.label_of(scale, screenings.class_of(scale, points, whole)) if whole and not left else "",
        "usual_due": feedback.default_due(screening.campaign, timezone.localdate()), "is_posted": request.method == "POST",
    }  # fmt: skip
    return render(request, "branches/visit_finish.html", context)


# --- the records behind a line


@require_safe
@policy(SIGNED_IN)
def mark_evidence(request, pk):
    """The records that filled a line in: of those only what this person may see, the rest as a number."""
    rows = ScreeningMark.objects.visible_to(request.user).select_related(
        "screening__branch", "screening__campaign", "item"
    )
    row = get_object_or_404(rows, pk=pk)
    label, pks = row.seen.get("model", ""), row.seen.get("pks", [])
    page, name = None, ""
    if label and pks:
        model = apps.get_model(label)
        name = model._meta.verbose_name
        found = model.objects.visible_to(request.user).filter(pk__in=pks)
        day = next((each for each in DAYS if _has(model, each)), None)
        found = found.select_related(*WITH.get(label, ())).order_by(*([f"-{day}"] if day else []), "pk")
        page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
        for record in page:
            record.dated = getattr(record, day) if day else None
            record.words = _words(label, record)
    total = page.paginator.count if page else 0
    context = {
        "row": row, "screening": row.screening, "page": page, "query": request.GET, "name": name, "hidden": len(pks) - total,
        "back": _back(request, row.screening), **seen(row),
    }  # fmt: skip
    return render(request, "branches/visit_evidence.html", context)


def _words(label, record):
    """A record in words; what has no name of its own is told by its period."""
    if label == "duties.Filing":
        return f"{record.duty.label}　{record}"
    if label == "branches.Term":
        until = f"{record.expires_on:%Y-%m-%d}" if record.expires_on else "没有登记届满日期"
        return f"{record.started_on:%Y-%m-%d} 至 {until}的一届"
    return str(record)


def _has(model, name):
    return any(field.name == name for field in model._meta.concrete_fields)


def _back(request, screening):
    """The page to go back to: the visit for whoever is judging, else the result."""
    judging = screening.state in screenings.OPEN and screening.assessor_id == request.user.pk
    return ("branches:visit", "研判评分") if judging else ("branches:screening", "研判结果")
