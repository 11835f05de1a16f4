"""考核方案: the list by year, one of them as a page, its papers, and what is done with it as a whole."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from assessment import drafting, scheme_paper
from assessment import scheme as schemes
from assessment.forms.scheme import PublishForm, StartForm
from assessment.models import Scheme
from assessment.rule_words import how, plain, what
from assessment.scheme_check import problems
from assessment.scheme_diff import band, changes
from branches.forms import whole_number
from branches.models import Branch
from branches.rights import may
from branches.views.acting import SHOWN, refuse
from office.word import to_word

State = Scheme.State
SIGNS = {State.DRAFT: "draft", State.PUBLISHED: "done", State.SUPERSEDED: "na", State.CLOSED: "na"}
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def seen_scheme(request, pk, verb="scheme.see"):
    return get_object_or_404(Scheme.objects.visible_to(request.user, verb=verb), pk=pk)


@require_safe
@policy("scheme.see")
def scheme_list(request):
    found = Scheme.objects.visible_to(request.user).defer("content").select_related("published_by")
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    rows = [{"scheme": each, "sign": SIGNS[each.state]} for each in page]
    context = {
        "rows": rows, "page": page, "query": request.GET, "may_edit": may(request.user, "scheme.edit"),
        "may_score": may(request.user, "score.see"),
    }  # fmt: skip
    return render(request, "assessment/schemes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("scheme.edit")
def scheme_start(request):
    today = timezone.localdate()
    years = drafting.years(today)
    form = StartForm(request.POST or None, years=years, kinds=Scheme.Kind.choices, initial={"year": today.year + 1})
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                made = drafting.start(**form.cleaned_data, by=request.user, on=today)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "已由上一份方案起草，逐项核对修改后再发布。")
            return redirect(made)
    return render(request, "assessment/scheme_start.html", {"form": form})


@require_safe
@policy("scheme.see")
def scheme_detail(request, pk):
    scheme = seen_scheme(request, pk)
    today, is_draft = timezone.localdate(), scheme.state == State.DRAFT
    content, may_edit = scheme.content, may(request.user, "scheme.edit")
    found = problems(content, scheme.kind) if is_draft else []
    before = _before(request, scheme)
    context = {
        "scheme": scheme, "content": content, "sign": SIGNS[scheme.state], "is_draft": is_draft, "may_edit": may_edit,
        "is_sample": content["status"] == "示例", "dimensions": _dimensions(content, found),
        "sums": _sums(content), "problems": [_linked(scheme, each) for each in found],
        "grades": [band(row) for row in content["grades"]], "rest": content["undetermined"], "groups": _groups(content),
        "applicable": plain(content["undetermined"]["applicable"] * 100), "before": before,
        "changes": changes(before.content, content) if before else [],
        "may_close": may_edit and drafting.may_close(scheme, on=today), "events": audit.of(scheme)[:20] if may_edit else [],
        "years": (today.year, today.year - 1),
    }  # fmt: skip
    return render(request, "assessment/scheme.html", context)


def _before(request, scheme):
    """The scheme of the years before with which this one is compared."""
    found = Scheme.objects.visible_to(request.user).filter(
        kind=scheme.kind, year__lt=scheme.year, state__in=schemes.IN_FORCE
    )
    return found.order_by("-year").first()


def _linked(scheme, problem):
    """A problem with the page on which it is put right."""
    words = str(problem).strip("： ")
    item = drafting.item_of(scheme.content, problem.code)
    if item is None:
        section = next((name for name, (_, keys) in drafting.SECTIONS.items() if problem.field in keys), "")
        return {"words": words, "section": section, "code": "", "part": ""}
    part = problem.part if drafting.part_of(item, problem.part) else ""
    return {"words": words, "section": "", "code": problem.code, "part": part}


def _sums(content):
    """Each dimension with what it should come to and what its items come to, and the whole."""
    rows, got, whole = [], 0, 0
    for row in content["dimensions"]:
        points = sum(item["points"] for item in content["items"] if item["dimension"] == row["key"])
        got, whole = got + points, whole + row["weight"]
        rows.append(_sum(row["label"], points, row["weight"]))
    return {"rows": rows, "whole": _sum("合计", got, whole), "is_hundred": round(whole, 2) == 100}


def _sum(label, points, weight):
    points = round(points, 2)
    gap = round(points - weight, 2)
    words = "" if not gap else f"多 {plain(gap)} 分" if gap > 0 else f"差 {plain(-gap)} 分"
    return {"label": label, "points": plain(points), "weight": plain(weight), "gap": words}


def _dimensions(content, found):
    wrong = {each.code for each in found}
    rows = [(row["key"], row["label"], plain(row["weight"])) for row in content["dimensions"]]
    rows += [("bonus", "加分", ""), ("veto", "一票否决", "")]
    made = []
    for key, label, weight in rows:
        items = [item for item in content["items"] if item["dimension"] == key]
        if items or weight:
            made.append(
                {
                    "key": key, "label": label, "weight": weight,
                    "items": [item_row(item, wrong, content) for item in items],
                }
            )  # fmt: skip
    return made


def item_row(item, wrong=(), content=None):
    """An item as tables show it."""
    return {
        "code": item["code"], "label": item["label"], "points": plain(item["points"]), "clause": item["clause"],
        "source": item["source"], "evidence": item["evidence"], "method": item["method"], "who": scheme_paper.who(item),
        "is_wrong": item["code"] in wrong, "parts": [part_row(part) for part in item["parts"]],
    }  # fmt: skip


def part_row(part):
    stages = dict(Branch.Stage.choices)
    return {
        "key": part["key"], "label": part["label"], "points": plain(part["points"]), "what": what(part), "how": how(part),
        "stages": "、".join(stages.get(stage, stage) for stage in part.get("stages", ())),
    }  # fmt: skip


def _groups(content):
    stages = dict(Branch.Stage.choices) | {"": "未填学段"}
    return [
        row | {"words": "、".join(stages.get(each, each) for each in row["stages"])}
        for row in content["groups"]["rows"]
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@policy("scheme.edit")
def scheme_publish(request, pk):
    scheme = seen_scheme(request, pk, "scheme.edit")
    form = PublishForm(request.POST or None, initial={"version": scheme.version})
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                drafting.publish(
                    scheme, form.cleaned_data["number"], by=request.user, version=form.cleaned_data["version"]
                )
        except ValidationError as error:
            refuse(form, error)
            form.data = form.data.copy()
            form.data["version"] = str(seen_scheme(request, pk, "scheme.edit").version)
        else:
            messages.success(request, "方案已发布，不能再改。")
            return redirect(scheme)
    now = Scheme.objects.visible_to(request.user).filter(year=scheme.year, kind=scheme.kind, state=State.PUBLISHED)
    context = {
        "form": form, "scheme": scheme, "is_sample": scheme.content["status"] == "示例", "now": now.first(),
        "problems": [_linked(scheme, each) for each in problems(scheme.content, scheme.kind)],
    }  # fmt: skip
    return render(request, "assessment/scheme_publish.html", context)


def told(request, act, done, back):
    try:
        with transaction.atomic():
            act()
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
        return None
    messages.success(request, done)
    return redirect(back)


@require_POST
@policy("scheme.edit")
def scheme_close(request, pk):
    scheme = seen_scheme(request, pk, "scheme.edit")
    on = timezone.localdate()
    answer = told(request, lambda: drafting.close(scheme, by=request.user, on=on), "方案已结束。", scheme)
    return answer or redirect(scheme)


@require_POST
@policy("scheme.edit")
def scheme_discard(request, pk):
    scheme = seen_scheme(request, pk, "scheme.edit")
    version = whole_number(request.POST.get("version")) or 0
    answer = told(
        request,
        lambda: drafting.discard(scheme, by=request.user, version=version),
        "草稿已删去。",
        "assessment:schemes",
    )
    return answer or redirect("assessment:scheme", pk)


@require_safe
@policy("scheme.see")
def scheme_word(request, pk, which):
    """《量化考核实施办法》 or 《考核细则》 as Word."""
    scheme = seen_scheme(request, pk)
    if which not in scheme_paper.PAPERS:
        raise Http404
    label, write = scheme_paper.PAPERS[which]
    data = to_word(write(scheme, on=timezone.localdate()))
    headers = {"Content-Disposition": content_disposition_header(True, f"{scheme.title}（{label}）.docx")}
    return HttpResponse(data, content_type=WORD, headers=headers)
