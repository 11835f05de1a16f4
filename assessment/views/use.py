"""结果运用: the final results against the uses expected of them, what is on record, and the lists to hand on."""

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header, urlencode
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from assessment import use_lists, uses
from assessment.forms.use import ResultFilter, UseForm, WithdrawForm
from assessment.models import ResultUse, Round
from assessment.views.year import checked
from branches.forms import whole_number
from branches.models import Branch
from branches.rights import may
from branches.views.acting import SHOWN, acted, download, highest
from office.word import to_word

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BACK = 4  # years to choose from
OFFERED = 300  # organisations on one page of ticks; a search finds the others


def year_of(request, today):
    """The year of the address, else the last one that is decided, else the one before this."""
    asked = whole_number(request.GET.get("year"))
    if asked is not None:
        return checked(asked)
    last = Round.objects.visible_to(request.user).filter(state=Round.State.FINAL).first()
    return last.year if last else today.year - 1


def link(year, **more):
    return f"{reverse('assessment:uses')}?{urlencode({'year': year} | more)}"


@require_safe
@policy("use.see")
def use_list(request):
    today = timezone.localdate()
    year = year_of(request, today)
    board = uses.Board(year, user=request.user, on=today)
    form = ResultFilter(request.GET, ways=board.ways, grades=board.grades)
    shows_done = request.GET.get("show") == "done"
    may_edit = may(request.user, "use.edit")
    rows = _entered(board, form, may_edit) if shows_done else _open(board, form, may_edit)
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    context = {
        "year": year, "board": board, "form": form, "page": page, "query": request.GET, "shows_done": shows_done,
        "years": [
            {"year": each, "url": link(each), "is_shown": each == year}
            for each in sorted({*range(today.year - BACK, today.year + 1), year}, reverse=True)
        ],
        "sums": [_sum(row, year, may_edit) for row in board.sums], "share": uses.share(board.done, board.expected),
        "open_url": link(year), "done_url": link(year, show="done"), "may_edit": may_edit,
        "may_export": may(request.user, "report.export"), "counts": {"open": len(board.open), "done": len(board.entered)},
    }  # fmt: skip
    return render(request, "assessment/use.html", context)


def _open(board, form, may_edit):
    """The results that nobody made use of, with the way to enter each."""
    asked = form.asked
    return [
        {
            "branch": result.branch, "grade": result.figures.grade, "url": reverse("assessment:sheet", args=[board.year, result.branch.pk]),
            "missing": [
                {"label": way.label, "url": _entry(board.year, way, result.branch.pk) if may_edit else ""}
                for way in result.missing
                if asked.get("use") in (None, way.key)
            ],
            "done": [way.label for way in board.ways if result.done.get(way.key)],
        }
        for result in board.open
        if asked.get("q", "") in result.branch.name
        and asked.get("grade") in (None, result.figures.grade)
        and ("use" not in asked or any(way.key == asked["use"] for way in result.missing))
    ]  # fmt: skip


def _entry(year, way, branch):
    """Where a use is entered: 约谈 in its own register."""
    if not way.is_entered:
        return f"{reverse('branches:talk_add')}?branch={branch}"
    return f"{reverse('assessment:use_add')}?{urlencode({'year': year, 'use': way.key, 'branch': branch})}"


def _entered(board, form, may_edit):
    asked, labels = form.asked, {way.key: way.label for way in board.ways}
    return [
        {"use": row, "label": labels[row.use], "may_withdraw": may_edit}
        for row in board.entered
        if asked.get("q", "") in row.branch.name
        and asked.get("grade") in (None, row.grade)
        and asked.get("use") in (None, row.use)
    ]


def _sum(row, year, may_edit):
    way = row.way
    return {
        "sum": row, "open_url": link(year, use=way.key),
        "add_url": f"{reverse('assessment:use_add')}?{urlencode({'year': year, 'use': way.key})}"
        if may_edit and way.is_entered
        else "",
        "list": urlencode({"year": year, "use": way.key}),
    }  # fmt: skip


# ---- entering, taking back


@require_http_methods(["GET", "HEAD", "POST"])
@policy("use.edit")
def use_add(request):
    """First the kind of use, then what was done and for whom."""
    today = timezone.localdate()
    year = year_of(request, today)
    board = uses.Board(year, user=request.user, on=today)
    ways = [way for way in board.ways if way.is_entered]
    way = next((way for way in ways if way.key == request.GET.get("use")), None)
    if way is None or board.round is None:
        sums = [row for row in board.sums if row.way in ways]
        return render(
            request, "assessment/use_choose.html", {"year": year, "board": board, "sums": sums, "back": link(year)}
        )
    offered = _offered(request, board, way)
    form = UseForm(
        request.POST or None, offered=offered, initial={"day": today, "organ": highest(request.user, "use.edit")}
    )
    act = lambda: uses.enter(  # noqa: E731
        year, way.key, form.chosen, words=form.cleaned_data["words"], organ=form.cleaned_data["organ"],
        number=form.cleaned_data["number"], day=form.cleaned_data["day"], by=request.user, on=today,
    )  # fmt: skip
    return acted(
        request, form, act, f"已登记“{way.label}”。", link(year), "assessment/use_form.html", year=year, way=way, board=board,
        only=offered[0] if len(offered) == 1 else None, offered=offered, query=request.GET.get("q", ""), limit=OFFERED,
    )  # fmt: skip


def _offered(request, board, way):
    """The organisations that the use may be entered for: the one of the address, else those that are still without it."""
    reach = set(Branch.objects.visible_to(request.user, verb="use.edit").values_list("pk", flat=True))
    fitting = [result for result in board.results if result.branch.pk in reach and result.figures.grade in way.fits]
    one = whole_number(request.GET.get("branch"))
    if one is not None:
        chosen = [result.branch for result in fitting if result.branch.pk == one]
        if not chosen:
            raise Http404
        return chosen
    name = request.GET.get("q", "").strip()[:50]
    return [
        result.branch
        for result in fitting
        if not result.done.get(way.key) and (way in result.expected or not way.grades) and name in result.branch.name
    ][:OFFERED]


@require_http_methods(["GET", "HEAD", "POST"])
@policy("use.edit")
def use_withdraw(request, pk):
    today = timezone.localdate()
    keys = [way.key for way in uses.ways_for(request.user, today)]
    rows = ResultUse.objects.visible_to(request.user, verb="use.edit").filter(use__in=keys)
    row = get_object_or_404(rows.select_related("branch", "entered_by", "withdrawn_by"), pk=pk)
    form = WithdrawForm(request.POST or None, initial={"version": row.version})
    act = lambda: uses.withdraw(  # noqa: E731
        row, why=form.cleaned_data["why"], version=form.cleaned_data["version"], by=request.user
    )
    return acted(
        request, form, act, "已撤回，记录和理由保留。", link(row.year, show="done"), "assessment/use_withdraw.html", use=row,
        label=next(way.label for way in uses.ways(today) if way.key == row.use),
        fresh=lambda: ResultUse.objects.visible_to(request.user).get(pk=row.pk),
    )  # fmt: skip


# ---- lists


def _board(request):
    """(board of what may be taken along, the ways asked for) of an export."""
    today = timezone.localdate()
    board = uses.Board(year_of(request, today), user=request.user, on=today)
    reach = set(Branch.objects.visible_to(request.user, verb="report.export").values_list("pk", flat=True))
    board.results = [result for result in board.results if result.branch.pk in reach]
    return board, [way for way in board.ways if way.key == request.GET.get("use")] or board.ways


@require_safe
@policy("report.export")
def use_export(request):
    """The lists as a workbook: of one kind of use, or a sheet for each."""
    board, chosen = _board(request)
    data = use_lists.as_workbook(board, chosen, organ=highest(request.user, "use.see"))
    return _taken(request, board, chosen, lambda name: download(data, f"{name}.xlsx"))


@require_safe
@policy("report.export")
def use_word(request):
    """One list as a paper to send."""
    board, ways = _board(request)
    chosen = ways[:1]
    data = to_word(use_lists.as_paper(board, chosen[0], organ=highest(request.user, "use.see")))

    def answer(name):
        headers = {"Content-Disposition": content_disposition_header(True, f"{name}.docx")}
        return HttpResponse(data, content_type=WORD, headers=headers)

    return _taken(request, board, chosen, answer)


def _taken(request, board, chosen, answer):
    label = f"（{chosen[0].label}）" if len(chosen) == 1 else ""
    rows = sum(len(use_lists.listed(board, way)) for way in chosen)
    audit.record("report.export", by=request.user, report="结果运用名单", year=board.year, rows=rows)
    return answer(f"{board.year}年度量化考核结果运用名单{label}")
