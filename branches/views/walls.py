"""七个一 of a branch and of all; the 责任清单 of the 四责."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.models import Stale
from accounts.policy import policy
from branches import dossier, dossier_sheet
from branches.forms import whole_number
from branches.forms.attachment import FilesField
from branches.forms.dossier import NONE, SHORT, LineFilter, LineForm, WallForm, WallsFilter
from branches.models import Attachment, Branch, ResponsibilityLine, SevenOnes
from branches.rights import may
from branches.views.attachment import keep_all
from branches.views.dossier import SHOWN, download, found_branch, highest, refuse, say, words_of

# --- 七个一


def _asked(request, today, verb):
    """(the filters, the branches with members of their own, their year's entries)."""
    form = WallsFilter(request.GET, running=today.year)
    entries = list(dossier.walls(form.of_year))
    seven = [entry.pk for entry in entries if not entry.is_extra]
    found = Branch.objects.visible_to(request.user, verb=verb).graded().at_work(today)
    if "q" in form.asked:
        found = found.filter(name__contains=form.asked["q"])
    if state := form.asked.get("state"):
        found = dossier_sheet.narrow_walls(found, state, form.of_year, seven)
    return form, entries, found.in_order()


@require_safe
@policy("file.see")
def wall_list(request):
    today = timezone.localdate()
    form, entries, found = _asked(request, today, "file.see")
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    rows = dossier_sheet.lines(list(page), form.of_year, on=today)
    seen = Branch.objects.visible_to(request.user, verb="file.see").graded().at_work(today)
    seven = [entry.pk for entry in entries if not entry.is_extra]
    context = {
        "form": form, "page": page, "query": request.GET, "tab": "walls", "year": form.of_year, "today": today,
        "rows": [{"branch": row.branch, "walls": dossier_sheet.walls_of(row.walls, entries)} for row in rows],
        "may_export": may(request.user, "report.export"), "total": seen.count(),
        "full": dossier_sheet.narrow_walls(seen, "full", form.of_year, seven).count(),
        "none": dossier_sheet.narrow_walls(seen, NONE, form.of_year, seven).count(), "states": {"none": NONE, "short": SHORT},
    }  # fmt: skip
    return render(request, "branches/sevens.html", context)


@require_safe
@policy("report.export")
def wall_export(request):
    today = timezone.localdate()
    form, entries, found = _asked(request, today, "report.export")
    found = found.filter(pk__in=Branch.objects.visible_to(request.user, verb="file.see").values("pk"))
    rows = dossier_sheet.lines(list(found), form.of_year, on=today)
    data = dossier_sheet.of_walls(
        rows, entries, form.of_year, organ=highest(request.user), on=today, words=words_of(form)
    )  # fmt: skip
    audit.record("report.export", by=request.user, report="七个一对照表", rows=len(rows), on=str(today))
    return download(data, f"{form.of_year}年度七个一对照表.xlsx")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("file.see")
def walls(request, pk):
    """One branch and year: each thing there or not, with a note and, if one likes, a photo."""
    branch, today = found_branch(request, pk), timezone.localdate()
    asked = whole_number(request.POST.get("year") or request.GET.get("year"))
    year = asked if asked and 2018 <= asked <= today.year else today.year
    may_edit = may(request.user, "file.edit", at=branch) and year >= today.year - 1
    if request.method == "POST" and not may_edit:
        messages.error(request, "七个一由本党组织或者工委登记，只登记今年和去年的。")
        return redirect(_of_year(branch, year))
    if request.method == "POST" and "carry" in request.POST:
        try:
            dossier.carry_walls(branch, year, by=request.user, on=today)
            messages.success(request, "已按上年填好，请逐项核对后保存。")
        except ValidationError as error:
            say(request, error)
        return redirect(_of_year(branch, year))
    rows = list(SevenOnes.objects.visible_to(request.user).filter(branch=branch, year=year))
    return _walls_page(request, branch, year, rows, may_edit, today)


def _of_year(branch, year):
    return f"{reverse('branches:seven', args=[branch.pk])}?year={year}"


def _walls_page(request, branch, year, rows, may_edit, today):
    known, entries = {row.entry_id: row for row in rows}, list(dossier.walls(year))
    data = request.POST if request.method == "POST" else None
    lines = [
        {
            "entry": entry,
            "row": known.get(entry.pk),
            "form": WallForm(data, prefix=str(entry.pk), initial=_initial(known.get(entry.pk))),
        }
        for entry in entries
    ]
    problem = stale = None
    if data is not None and all(line["form"].is_valid() for line in lines):
        answers = {
            line["entry"].pk: tuple(line["form"].cleaned_data[name] for name in ("is_there", "note")) for line in lines
        }
        try:
            dossier.check_walls(
                branch, year, answers, seen=whole_number(data.get("seen")) or 0, by=request.user, on=today
            )
        except ValidationError as error:
            problem = error
            stale = _stale(branch, lines, answers) if isinstance(error, Stale) else None
        else:
            _keep_photos(request, branch, year, entries)
            messages.success(request, "已保存。")
            return redirect(_of_year(branch, year))
    photos = (
        Attachment.objects.visible_to(request.user, verb="file.see").filter(seven_ones__in=rows).select_related("file")
    )
    for line in lines:
        line["photos"] = [each for each in photos if line["row"] and each.seven_ones_id == line["row"].pk]
    ticks = {row.entry_id: row.is_there for row in rows}
    context = {
        "branch": branch, "year": year, "lines": lines, "may_edit": may_edit, "seen": dossier.stamp(rows),
        "problem": problem, "stale": stale,
        "walls": dossier_sheet.walls_of(ticks, entries), "has_rows": bool(rows), "years": [today.year, today.year - 1],
        "last": max((row.checked_on for row in rows), default=None), "events": audit.of(branch).filter(action__startswith="seven.")[:10],
    }  # fmt: skip
    return render(request, "branches/seven.html", context)


def _stale(branch, lines, answers):
    """What another saved of the year, thing by thing, beside what was ticked and typed here."""
    rows = []
    for line in lines:
        now = (line["row"].is_there, line["row"].note) if line["row"] else (False, "")
        if now != answers[line["entry"].pk]:
            rows.append({"label": line["entry"].label, "now": f"{'已有' if now[0] else '没有'}　{now[1]}".strip()})
    event = audit.of(branch).filter(action__startswith="seven.").first()
    return {"rows": rows, "event": event}


def _initial(row):
    return {"is_there": row.is_there, "note": row.note} if row else {}


def _keep_photos(request, branch, year, entries):
    """Photos that came with the form, each to its thing."""
    if not request.FILES:
        return
    rows = SevenOnes.objects.visible_to(request.user, verb="file.edit").filter(branch=branch, year=year)
    field = FilesField(accept="image/*")
    for row in rows:
        try:
            uploads = field.clean(request.FILES.getlist(f"{row.entry_id}-photo"))
        except ValidationError as error:
            say(request, error)
        else:
            keep_all(request, row, uploads)


# --- 四责


def _lines(request, today):
    """(the filters, the lines that hold for whoever looks, by duty and order)."""
    year = whole_number(request.GET.get("year")) or today.year
    found = ResponsibilityLine.objects.visible_to(request.user)
    posts = dict.fromkeys(found.filter(year=year).order_by("post").values_list("post", flat=True))
    form = LineFilter(request.GET, running=today.year, posts=posts)
    found = found.filter(year=form.of_year)
    if "q" in form.asked:
        found = found.filter(text__contains=form.asked["q"])
    for name in ("duty", "post"):
        if name in form.asked:
            found = found.filter(**{name: form.asked[name]})
    return form, found.select_related("branch").order_by("branch__path", "order", "pk")


def _grouped(rows):
    return [
        {"label": label, "rows": lines}
        for duty, label in ResponsibilityLine.Duty.choices
        if (lines := [row for row in rows if row.duty == duty])
    ]


@require_safe
@policy("file.see")
def duty_list(request):
    today = timezone.localdate()
    form, found = _lines(request, today)
    mine = _owners(request)
    own = set(mine.values_list("pk", flat=True))
    rows = list(found)
    for row in rows:
        row.may_edit = row.branch_id in own
    have = {row.branch_id for row in rows}
    context = {
        "form": form, "groups": _grouped(rows), "tab": "duties", "year": form.of_year, "may_run": bool(own),
        "carry": [branch for branch in mine.in_order()[:1] if branch.pk not in have and not form.asked.keys() - {"year"}],
        "count": len(rows),
    }  # fmt: skip
    return render(request, "branches/duties4.html", context)


@require_safe
@policy("file.see")
def duty_print(request):
    """The list on A4, as it hangs on the wall."""
    today = timezone.localdate()
    form, found = _lines(request, today)
    back = f"{reverse('branches:duties4')}?{request.GET.urlencode()}"
    context = {
        "groups": _grouped(list(found)),
        "year": form.of_year,
        "words": words_of(form),
        "back": back,
        "today": today,
    }
    return render(request, "branches/duties4_print.html", context)


def _owners(request):
    return Branch.objects.visible_to(request.user, verb="file.run").filter(kind__in=dossier.UPPERS, closed_on=None)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("file.run")
def duty_add(request):
    today = timezone.localdate()
    return _written(request, ResponsibilityLine(year=today.year), today)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("file.run")
def duty_edit(request, pk):
    """A line of one's own list; with `strike` it is taken off."""
    found = ResponsibilityLine.objects.visible_to(request.user, verb="file.run").filter(branch__in=_reach(request))
    line, today = get_object_or_404(found.select_related("branch"), pk=pk), timezone.localdate()
    if request.method == "POST" and "strike" in request.POST:
        year = line.year
        dossier.strike_line(line, by=request.user)
        messages.success(request, "已删去，操作记录里还查得到。")
        return redirect(f"{reverse('branches:duties4')}?year={year}")
    return _written(request, line, today)


def _reach(request):
    return Branch.objects.visible_to(request.user, verb="file.run")


def _written(request, line, today):
    form = LineForm(request.POST or None, instance=line, owners=_owners(request).in_order())
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            version = form.cleaned_data.get("version") or 0
            saved = dossier.write_line(form.instance, version=version, by=request.user, on=today)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "已保存。")
            return redirect(f"{reverse('branches:duties4')}?year={saved.year}")
    if form.is_stale:
        fresh = ResponsibilityLine.objects.visible_to(request.user, verb="file.run").get(pk=line.pk)
        form.catch_up(fresh)
        stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
    return render(request, "branches/duties4_form.html", {"form": form, "pk": line.pk, "stale": stale})


@require_POST
@policy("file.run")
def duty_carry(request):
    """沿用上年, for one's own organisation."""
    branch = _owners(request).filter(pk=whole_number(request.POST.get("branch"))).first()
    today = timezone.localdate()
    if branch is None:
        messages.error(request, "请从清单页上选制定单位，再沿用上年。")
        return redirect("branches:duties4")
    year = whole_number(request.POST.get("year")) or today.year
    try:
        count = dossier.carry_lines(branch, year, by=request.user, on=today)
        messages.success(request, f"已沿用上年 {count} 条，请逐条核对。")
    except ValidationError as error:
        say(request, error)
    return redirect(f"{reverse('branches:duties4')}?year={year}")
