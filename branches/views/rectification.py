"""整改: the ledger with what is overdue, one item with its road, and raising problems."""

from django.apps import apps
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches import rectifications
from branches.actions import root
from branches.forms import whole_number
from branches.forms.rectification import RaiseForm, RectificationFilter, tell
from branches.models import Branch, Inspection, Rectification, Screening
from branches.rectification_sheet import as_workbook
from branches.rights import may
from branches.views.attachment import files_of
from office.writer import XLSX

SHOWN = 30
UPPER = (Branch.Kind.COMMITTEE, Branch.Kind.GENERAL)  # chosen for all that lies below them
FIRST_YEAR = 2024
State = Rectification.State
SIGNS = {
    State.OPEN: "wait", State.SUBMITTED: "wait", State.RETURNED: "back", State.ACCEPTED: "done", State.CLOSED: "done",
}  # fmt: skip
STEPS = ("整改", "提交验收", "验收", "销号")
PLACES = {State.OPEN: 1, State.RETURNED: 1, State.SUBMITTED: 3, State.ACCEPTED: 4, State.CLOSED: 5}
NEXT = {
    State.OPEN: "党组织制定措施、改好以后，写明整改情况，提交验收。",
    State.SUBMITTED: "上级党组织验收；没有改到位的，写明原因退回。",
    State.ACCEPTED: "上级党组织销号；问题又出现的，可以重新打开。",
}
ALONG = {"accept": "accept", "close": "close"}  # what is done to many at once


def lateness(item, on):
    """(sign, words) of an item that is with the branch: 超期 12 天, 还有 3 天."""
    if item.state not in (State.OPEN, State.RETURNED):
        return "", ""
    left = (item.due_on - on).days
    if left < 0:
        return "miss", f"超期 {-left} 天"
    return ("late", f"还有 {left} 天" if left else "今天到期") if left <= 7 else ("", "")


# --- the ledger


def _asked(request, rows, today):
    """(form, the items asked for, the counts of the tiles over all other filters)."""
    raised = Q(rectifications__isnull=False) | Q(kind__in=UPPER)
    places = Branch.objects.visible_to(request.user, verb="rectify.see").filter(raised).distinct()
    each = rectifications.stages(today)
    form = RectificationFilter(
        request.GET, range(today.year, FIRST_YEAR - 1, -1), [(key, label) for key, label, _, _ in each],
        branch=places.in_order(),
    )  # fmt: skip
    if len(form.fields["branch"].queryset) <= 1:
        form.drop("branch")
    asked = form.asked
    if "q" in asked:
        rows = rows.filter(Q(problem__contains=asked["q"]) | Q(branch__name__contains=asked["q"]))
    for name, lookup in (("source", "source"), ("state", "state"), ("year", "raised_on__year")):
        if name in asked:
            rows = rows.filter(**{lookup: asked[name]})
    if "branch" in asked:
        rows = rows.filter(branch__path__startswith=asked["branch"].path)
    tiles = [
        {"label": label, "state": sign if count else "", "value": count, "url": _with(request, key) if count else ""}
        for key, label, sign, count in rectifications.counted(rows, today)
    ]
    tests = {key: test for key, _, _, test in each}
    if asked.get("at") in tests:
        rows = rows.filter(tests[asked["at"]])
    elif not {"at", "state", "year"} & set(asked):
        rows = rows.exclude(state=State.CLOSED)
    return form, rows.select_related("branch").order_by("due_on", "pk"), tiles


def _with(request, key):
    query = request.GET.copy()
    query["at"] = key
    query.pop("page", None)
    return f"?{query.urlencode()}"


@require_safe
@policy("rectify.see")
def rectification_list(request):
    user, today = request.user, timezone.localdate()
    form, rows, tiles = _asked(request, Rectification.objects.visible_to(user), today)
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    found = [_row(item, user, today) for item in page]
    if has_one := "branch" not in form.fields:
        tiles = [tile for tile in tiles if tile["value"]]  # of a single branch the empty ones say nothing
    context = {
        "form": form, "page": page, "query": request.GET, "tiles": tiles, "rows": found, "chips": form.chips, "clear": form.beyond,
        "is_narrowed": bool(form.asked), "may_raise": may(user, "rectify.raise"),
        "may_export": may(user, "report.export"), "ticks": {row["tick"] for row in found} - {""},
        "waits": rectifications.waiting(user).count(), "has_one": has_one,
    }  # fmt: skip
    return render(request, "branches/rectifications.html", context)


def _row(item, user, today):
    sign, word = lateness(item, today)
    ways = rectifications.ways(item, user)
    return {
        "item": item, "sign": SIGNS[item.state], "late_sign": sign, "late": word,
        "tick": next((act for act in ALONG if act in ways), ""),
    }  # fmt: skip


@require_POST
@policy("rectify.accept")
def rectification_settle(request):
    """Accept or close what was ticked; each item by itself, and what could not be done is said."""
    act, today = request.POST.get("act"), timezone.localdate()
    pks = {key for text in request.POST.getlist("pk")[:SHOWN] if (key := whole_number(text))}
    found = Rectification.objects.visible_to(request.user, verb="rectify.accept").filter(pk__in=pks).order_by("pk")
    if act not in ALONG or not pks:
        messages.error(request, "还没有选：在要办的整改前打勾，再点下面的按钮。")
        return redirect("branches:rectifications")
    done, refused = 0, {}
    for item in found:
        try:
            getattr(rectifications, act)(item, by=request.user, on=today)
            done += 1
        except ValidationError as error:
            refused.setdefault("；".join(error.messages), []).append(item)
    if done:
        messages.success(request, f"已{'验收' if act == 'accept' else '销号'} {done} 件。")
    for words, items in refused.items():
        messages.warning(request, f"{len(items)} 件没有办：{words}")
    return redirect("branches:rectifications")


@require_safe
@policy("report.export")
def rectification_export(request):
    """整改台账 of exactly what is filtered."""
    user, today = request.user, timezone.localdate()
    seen = Rectification.objects.visible_to(user) & Rectification.objects.visible_to(user, verb="report.export")
    form, rows, _ = _asked(request, seen, today)
    own = Branch.objects.visible_to(user, verb="report.export").order_by("path").first()
    words = [chip["label"] for chip in form.chips] or ["没有销号的"]
    content = as_workbook(rows, organ=own.name if own else root().name, on=today, words=words)
    audit.record("report.export", by=user, report="整改台账", rows=len(rows), asked=sorted(form.asked))
    headers = {"Content-Disposition": content_disposition_header(True, "整改台账.xlsx")}
    return HttpResponse(content, content_type=XLSX().get_content_type(), headers=headers)


# --- one item


def _origin(item, user):
    """(label, address) of what the item came from, when this person may see that."""
    rows = {"screening": (Screening, "看研判反馈"), "inspection": (Inspection, "看这次检查")}
    for name, (model, label) in rows.items():
        if key := getattr(item, f"{name}_id"):
            found = model.objects.visible_to(user).filter(pk=key).first()
            return (label, found.get_absolute_url()) if found else None
    if item.origin_label:
        found = apps.get_model(item.origin_label).objects.visible_to(user).filter(pk=item.origin_id).first()
        return ("看原来的记录", found.get_absolute_url()) if found else None
    return None


def _found(request, pk):
    rows = Rectification.objects.visible_to(request.user).select_related(
        "branch", "created_by", "submitted_by", "accepted_by"
    )
    return get_object_or_404(rows, pk=pk)


@require_safe
@policy("rectify.see")
def rectification_detail(request, pk):
    user, today = request.user, timezone.localdate()
    item = _found(request, pk)
    sign, word = lateness(item, today)
    taken = list(item.steps.select_related("created_by"))
    context = {
        "item": item, "sign": SIGNS[item.state], "late_sign": sign, "late": word, "steps": STEPS,
        "here": PLACES[item.state], "next": NEXT.get(item.state, ""), "taken": taken,
        "returned": next((step for step in reversed(taken) if step.act == "return"), None) if item.state == State.RETURNED else None,
        "ways": rectifications.ways(item, user), "origin": _origin(item, user),
        "is_own_submission": item.state == State.SUBMITTED and item.submitted_by_id == user.pk
        and may(user, "rectify.accept", at=item.branch),
        "events": audit.of(item)[:20], **files_of(item, user),
    }  # fmt: skip
    return render(request, "branches/rectification.html", context)


@require_safe
@policy("rectify.see")
def rectification_print(request, pk):
    """The item on one sheet, to be signed."""
    item = _found(request, pk)
    context = {"item": item, "taken": item.steps.select_related("created_by"), "files": item.attachments.count()}
    return render(request, "branches/rectification_print.html", context)


# --- raising


@require_http_methods(["GET", "HEAD", "POST"])
@policy("rectify.raise")
def rectification_add(request):
    """One problem for one organisation, or the same for several."""
    user, today = request.user, timezone.localdate()
    branches = Branch.objects.visible_to(user, verb="rectify.raise").filter(closed_on=None)
    chosen = {key for text in request.GET.getlist("branch") if (key := whole_number(text))}
    form = RaiseForm(
        request.POST or None, branches=branches, initial={"due_on": rectifications.usual_due(today)}
    )  # fmt: skip
    if request.method == "POST":
        chosen = {key for text in request.POST.getlist("branches") if (key := whole_number(text))}
        if form.is_valid() and (made := _raise(form, user, today)):
            words = "已提出，党组织会在工作台和提醒里看到。" if len(made) == 1 else f"已向 {len(made)} 个党组织提出。"
            messages.success(request, words)
            return redirect(made[0] if len(made) == 1 else "branches:rectifications")
    context = {"form": form, "groups": _groups(branches, chosen), "chosen": len(chosen)}
    return render(request, "branches/rectification_add.html", context)


def _raise(form, user, today):
    given = dict(form.cleaned_data)
    rows = [{**given, "branch": branch} for branch in given.pop("branches")]
    try:
        return rectifications.raise_items(rows, by=user, on=today)
    except PermissionDenied:
        raise
    except ValidationError as error:
        tell(form, error)
        return []


def _groups(branches, chosen):
    """The organisations under the name of the one above them, those with a tick open."""
    found = {}
    for branch in branches.select_related("parent").in_order():
        rows = found.setdefault(branch.parent.name if branch.parent else "本级", [])
        rows.append({"branch": branch, "is_chosen": branch.pk in chosen})
    count = sum(map(len, found.values()))
    return [
        {
            "label": label,
            "rows": rows,
            "chosen": (ticked := sum(row["is_chosen"] for row in rows)),
            "is_open": ticked or count < 12,
        }
        for label, rows in found.items()
    ]
