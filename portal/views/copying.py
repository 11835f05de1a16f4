"""抄录: the text of a record in the order of another platform's form, and the list of what is not entered there yet."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts.policy import policy
from branches.forms import whole_number
from portal import copying
from portal.forms import CopyFilter

SHOWN = 30


def _matter(key):
    if key not in copying.MATTERS:
        raise Http404
    return copying.MATTERS[key]


def _copy(matter, system, row, marks):
    """How one record stands to one platform: its text, when it was entered, whether it changed since."""
    words = copying.text(matter, system, row)
    mark = marks.get(row.pk)
    changed = mark is not None and mark.digest != copying.digest(words)
    state = ("late", "已录入，后有改动") if changed else ("done", "已录入") if mark else ("wait", "未录入")
    return {
        "system": system,
        "text": words,
        "rows": len(system.fields) + 2,
        "mark": mark,
        "changed": changed,
        "state": state,
    }


@require_safe
@policy("copying.mark")
def copying_list(request):
    """What is not entered yet, by matter and platform; ticked many at once."""
    user, today = request.user, timezone.localdate()
    form = CopyFilter(request.GET, today=today)
    matter = copying.MATTERS[form.asked.get("matter", "meeting")]
    systems = copying.systems(matter, on=today)
    system = next((each for each in systems if each.key == form.asked.get("system")), systems[0])
    found = matter.rows(copying.belongs(user, matter))
    if matter.key == "meeting":
        found = found.filter(held_on__year=form.of_year)
    if "q" in form.asked:
        found = found.filter(**{f"{matter.search}__contains": form.asked["q"]})
    only = form.asked.get("only", "todo")
    found = copying.done(found, matter, system) if only == "done" else copying.waiting(found, matter, system)
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    marks = copying.entered(matter, system, page)
    kinds = matter.words.get("活动类型", lambda row: "")
    rows = [
        {
            "row": row,
            "note": kinds(row),
            "branch": matter.branch(row),
            "day": matter.day(row),
            "copy": _copy(matter, system, row, marks),
        }
        for row in page
    ]
    branches = {each["branch"] for each in rows}
    context = {
        "only_branch": branches.pop() if len(branches) == 1 else None,
        "form": form, "page": page, "rows": rows, "matter": matter, "system": system, "only": only, "is_done": only == "done",
        "systems": [{"key": each.key, "label": each.name, "is_shown": each == system} for each in systems],
        "matters": [{"key": key, "label": each.label, "is_shown": each == matter} for key, each in copying.MATTERS.items()],
        "back": request.get_full_path(),
    }  # fmt: skip
    return render(request, "portal/copying.html", context)


@require_safe
@policy("copying.mark")
def copying_one(request, matter, pk):
    """One record as text for each platform, to be copied by one tap."""
    matter = _matter(matter)
    row = get_object_or_404(matter.rows(copying.belongs(request.user, matter)), pk=pk)
    copies = [
        _copy(matter, system, row, copying.entered(matter, system, [row]))
        for system in copying.systems(matter, on=timezone.localdate())
    ]
    context = {
        "row": row, "matter": matter, "copies": copies, "branch": matter.branch(row), "back": row.get_absolute_url(),
        "here": reverse("portal:copying_one", args=[matter.key, row.pk]),
    }  # fmt: skip
    return render(request, "portal/copying_one.html", context)


@require_POST
@policy("copying.mark")
def copying_mark(request, matter):
    """Tick as entered, or take the tick away; by the button for the whole page all that it showed."""
    matter = _matter(matter)
    systems = {system.key: system for system in copying.systems(matter, on=timezone.localdate())}
    system = systems.get(request.POST.get("system", ""))
    keys = {
        key
        for text in request.POST.getlist("shown" if "page" in request.POST else "row")[: copying.MOST + 1]
        if (key := whole_number(text)) is not None
    }
    if system is None:
        messages.error(request, "请先选平台，再勾选已经录入的记录。")
        return redirect("portal:copying")
    rows = matter.rows(copying.belongs(request.user, matter)).filter(pk__in=keys)
    is_entered = "undo" not in request.POST
    try:
        count = copying.mark(matter, system, rows, is_entered=is_entered, by=request.user)
    except (ValidationError, PermissionDenied) as error:
        messages.error(request, "；".join(error.messages) if isinstance(error, ValidationError) else str(error))
    else:
        messages.success(request, f"{count} 条已标记为录入{system.name}。" if is_entered else f"{count} 条已取消标记。")
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return redirect(back if safe else reverse("portal:copying"))
