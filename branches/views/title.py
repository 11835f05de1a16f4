"""称号和主题创建: one list over everything, from the reserve to the naming."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches import dossier_sheet, titles
from branches.actions import root
from branches.forms import search_word, whole_number
from branches.forms.title import EndForm, NameForm, TitleFilter, TitleForm
from branches.models import Branch, CatalogueEntry, Title
from branches.rights import may
from branches.views.attachment import files_of
from branches.views.dossier import SHOWN, TITLE_SIGNS, download, highest, refuse, say, words_of

State = Title.State
STEPS = [State.RESERVE, State.RECOMMENDED, State.REPORTED, State.NAMED]
DONE = {
    "recommend": "已推荐，等上级上报。", "report": "已上报。", "back": "已退回储备。", "name": "已登记命名。", "end": "已终止，记录保留。",
}  # fmt: skip


def _asked(request, today, verb):
    found = Title.objects.visible_to(request.user, verb=verb)
    entries = CatalogueEntry.objects.visible_to(request.user).filter(catalogue=CatalogueEntry.Catalogue.TITLE)
    levels = dict.fromkeys(level for entry in entries for level in titles.levels_of(entry))
    branches = Branch.objects.visible_to(request.user, verb=verb).filter(pk__in=found.values("branch"))
    form = TitleFilter(request.GET, running=today.year, levels=levels, entry=entries, branch=branches.in_order())
    if branches.count() <= 1:
        form.drop("branch")
    asked = form.asked
    if "q" in asked:
        found = found.filter(Q(branch__name__contains=asked["q"]) | Q(name__contains=asked["q"]))
    for name in ("entry", "level", "year", "branch"):
        if name in asked:
            found = found.filter(**{name: asked[name]})
    if asked.get("state") == "due":
        found = found.filter(state__in=titles.EDITABLE, due_on__lt=today)
    elif "state" in asked:
        found = found.filter(state=asked["state"])
    return form, found.select_related("branch", "entry").order_by("-year", "entry__order", "branch__order", "pk")


@require_safe
@policy("file.see")
def title_list(request):
    today = timezone.localdate()
    form, found = _asked(request, today, "file.see")
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    runs = {
        branch.path
        for branch in Branch.objects.visible_to(request.user, verb="file.run").filter(children__titles__in=list(page))
    }
    context = {
        "form": form, "page": page, "query": request.GET, "tab": "titles", "may_add": may(request.user, "file.edit"),
        "may_enter": may(request.user, "file.run", at=root()), "may_export": may(request.user, "report.export"),
        "rows": [
            {
                "row": row, "sign": TITLE_SIGNS[row.state], "is_late": titles.is_late(row, today),
                "may_report": row.state == State.RECOMMENDED and any(row.branch.path.startswith(path) for path in runs),
            }
            for row in page
        ],
    }  # fmt: skip
    context["may_report"] = any(row["may_report"] for row in context["rows"])
    return render(request, "branches/titles.html", context)


@require_safe
@policy("report.export")
def title_export(request):
    """The list as filtered, by level."""
    today = timezone.localdate()
    form, found = _asked(request, today, "report.export")
    rows = list(found.filter(branch__in=Branch.objects.visible_to(request.user, verb="file.see")))
    data = dossier_sheet.of_titles(rows, organ=highest(request.user), on=today, words=words_of(form))
    audit.record("report.export", by=request.user, report="称号和主题创建名单", rows=len(rows), on=str(today))
    return download(data, "称号和主题创建名单.xlsx")


@require_POST
@policy("file.run")
def title_report(request):
    """上报 of everything that was ticked."""
    chosen = [key for each in request.POST.getlist("title") if (key := whole_number(each)) is not None]
    rows = Title.objects.visible_to(request.user, verb="file.run").filter(pk__in=chosen[:500])
    try:
        count = titles.report_all(
            list(rows.select_related("branch", "entry")), by=request.user, on=timezone.localdate()
        )
    except ValidationError as error:
        say(request, error)
    else:
        messages.success(request, f"已上报 {count} 项。")
    return redirect("branches:titles")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("file.edit")
def title_add(request):
    """First the organisation, then what it strives for; with ?named=1 a title that it has already, by its paper."""
    today = timezone.localdate()
    branches = Branch.objects.visible_to(request.user, verb="file.edit").filter(closed_on=None)
    is_named = "named" in request.GET and may(request.user, "file.run", at=root())
    asked = whole_number(request.GET.get("branch"))
    if asked is None:
        only = list(branches[:2])
        if len(only) != 1:
            word = search_word(request.GET)
            found = branches.filter(name__contains=word) if word else branches
            page = Paginator(found.in_order(), SHOWN).get_page(request.GET.get("page"))
            context = {"page": page, "word": word, "query": request.GET, "is_named": is_named}
            return render(request, "branches/title_choose.html", context)
        branch = only[0]
    else:
        branch = get_object_or_404(branches, pk=asked)
    year = whole_number(request.POST.get("year")) or today.year
    form = TitleForm(
        request.POST or None, instance=Title(branch=branch), year=min(year, today.year + 1), is_named=is_named,
        initial={"year": today.year},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            add = titles.enter if is_named else titles.put_up
            add(form.instance, by=request.user, on=today)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "已登记。")
            return redirect(form.instance)
    context = {"form": form, "branch": branch, "is_named": is_named, "stale": None, "title": None}
    return render(request, "branches/title_form.html", context)


def _title(request, pk, verb="file.see"):
    found = Title.objects.visible_to(request.user, verb=verb).select_related("branch", "entry", "created_by")
    return get_object_or_404(found, pk=pk)


@require_safe
@policy("file.see")
def title_detail(request, pk):
    return _page(request, _title(request, pk))


def _page(request, title, name=None, end=None):
    today = timezone.localdate()
    acts, here = titles.allowed(title, request.user), title.state
    at = STEPS.index(here) if here in STEPS else -1
    step, why = titles.next_step(title, request.user)
    context = {
        "next_step": step, "why": why, "steps_now": {*acts} - {"end", "name"},
        "title": title, "sign": TITLE_SIGNS[here], "is_late": titles.is_late(title, today), "acts": acts,
        "steps": [state.label for state in STEPS], "here": at + 1 + (here == State.NAMED), "today": today,
        "may_edit": here in titles.EDITABLE and may(request.user, "file.edit", at=title.branch),
        "name": name or (NameForm(title=title, initial={"named_on": today}) if "name" in acts else None),
        "end": end or EndForm(), "events": audit.of(title)[:20], **files_of(title, request.user),
    }  # fmt: skip
    return render(request, "branches/title.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("file.edit")
def title_edit(request, pk):
    title, today = _title(request, pk, "file.edit"), timezone.localdate()
    if title.state not in titles.EDITABLE:
        messages.warning(request, f"现在是“{title.get_state_display()}”，内容不能再改。")
        return redirect(title)
    form = TitleForm(request.POST or None, instance=title, year=min(title.year, today.year))
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            saved = titles.edit(form.instance, version=form.cleaned_data.get("version") or 0, by=request.user)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "已保存。")
            return redirect(saved)
    if form.is_stale:
        fresh = _title(request, pk, "file.edit")
        form.catch_up(fresh)
        stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
    context = {"form": form, "branch": title.branch, "title": title, "stale": stale, "is_named": False}
    return render(request, "branches/title_form.html", context)


@require_POST
@policy("file.see")
def title_move(request, pk):
    """One step of the road; who may not take it is told why."""
    title, act = _title(request, pk), request.POST.get("act", "")
    forms, data = {}, {}
    if act == "name":
        forms["name"] = NameForm(request.POST, title=title)
    elif act == "end":
        forms["end"] = EndForm(request.POST)
    for form in forms.values():
        if not form.is_valid():
            return _page(request, title, **forms)
        data = form.cleaned_data
    try:
        saved = titles.move(title, act, by=request.user, on=timezone.localdate(), **data)
    except ValidationError as error:
        if forms and act in titles.allowed(title, request.user):
            refuse(forms[act], error)
            return _page(request, title, **forms)
        say(request, error)
        return redirect(title)
    messages.success(request, DONE[act])
    return redirect(saved)
