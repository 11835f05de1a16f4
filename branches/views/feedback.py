"""研判反馈: results of all branches with the year before, the table of promotions, the letters and their issuing."""

from collections import Counter

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

from accounts import audit
from accounts.policy import policy
from branches import feedback, visits
from branches.forms import whole_number
from branches.forms.visit import FIRST, LOOK_BACK, IssueForm, LetterFilter, ResultFilter
from branches.models import Branch, Screening, ScreeningCampaign
from branches.rights import may, places
from branches.screening_sheet import as_workbook
from branches.views.acting import download, highest, refuse
from branches.views.screening import SETTLED, State, label_of, may_read_letter
from office.word import to_word

SHOWN = 30
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


# --- results


def _campaigns(user):
    rows = ScreeningCampaign.objects.visible_to(user).filter(screenings__in=Screening.objects.visible_to(user))
    return rows.exclude(state=ScreeningCampaign.State.DRAFT).distinct().order_by("-year", "-pk")


def _asked(request):
    """(form, campaign, lines of all that is asked for but the class, those of the class too)."""
    user, campaigns = request.user, _campaigns(request.user)
    chosen = campaigns.filter(pk=whole_number(request.GET.get("campaign"))).first() or campaigns.first()
    scale = chosen.scale if chosen else []
    form = ResultFilter(request.GET, classes=[row["label"] for row in scale], campaign=campaigns)
    if chosen is None:
        return form, None, [], []
    asked, seen = form.asked, Screening.objects.visible_to(user)
    rows = seen.filter(campaign=chosen, state__in=SETTLED)
    if asked.get("round"):
        rows = rows.filter(kind=asked["round"])
    else:  # the last word on each branch: 回头看 where there was one
        rows = rows.filter(pk__in=rows.order_by("branch", "-kind").distinct("branch").values("pk"))
    if "q" in asked:
        rows = rows.filter(branch__name__contains=asked["q"])
    if "stage" in asked:
        rows = rows.filter(branch__stage=asked["stage"])
    rows = list(rows.select_related("branch", "assessor", "approved_by").order_by("branch__order", "branch_id"))
    if asked.get("round") == LOOK_BACK:
        firsts = seen.filter(campaign=chosen, kind=FIRST, state__in=SETTLED)
        known = {row.branch_id: row for row in firsts.select_related("campaign")}
    else:
        known = feedback.final(seen, chosen.year)
    lines = []
    for row in rows:
        row.campaign = chosen
        lines.append(_line(row, known.get(row.branch_id)))
    place = int(asked.get("place") or 0)
    return form, chosen, lines, [line for line in lines if not place or line["rank"] == place - 1]


def _line(row, before):
    return {
        "screening": row, "branch": row.branch, "label": label_of(row), "percent": feedback.percent(row), "before": before,
        "label_before": label_of(before) if before else "", "percent_before": feedback.percent(before),
        "change": feedback.change(row, before), "rank": visits.rank(row.campaign, row.approved_class),
    }  # fmt: skip


@require_safe
@policy("screening.see")
def results(request):
    user = request.user
    form, campaign, every, lines = _asked(request)
    page = Paginator(lines, SHOWN).get_page(request.GET.get("page"))
    wide = any(below for _, below in places(user, "screening.see"))
    context = {
        "form": form, "campaign": campaign, "page": page, "query": request.GET, "rows": list(page), "is_wide": wide,
        "tiles": _tiles(request, campaign, every) if wide and every else [], "changes": _changes(every) if wide else [],
        "may_export": may(user, "report.export"), "may_issue": campaign and may(user, "screening.run", at=campaign.branch),
        "is_narrowed": bool(set(form.asked) - {"campaign"}),
    }  # fmt: skip
    return render(request, "branches/results.html", context)


def _tiles(request, campaign, lines):
    """How many came to each class; a class is asked for by its place, so that its name stands in no address."""
    counted = Counter(line["rank"] for line in lines)
    tiles = []
    for place, row in enumerate(campaign.scale):
        query = request.GET.copy()
        query["place"] = str(place + 1)
        query.pop("page", None)
        share = f"{counted[place] * 100 / len(lines):.1f}%"
        url = f"?{query.urlencode()}" if counted[place] else ""
        tiles.append({"label": row["label"], "value": counted[place], "note": f"占 {share}", "url": url})
    return tiles


def _changes(lines):
    counted = Counter(line["change"] for line in lines if line["change"])
    return [{"sign": sign, "word": word, "count": count} for (sign, word), count in sorted(counted.items())]


@require_safe
@policy("screening.see")
def results_export(request):
    """晋位升级表 of exactly what is filtered."""
    user, today = request.user, timezone.localdate()
    form, campaign, _, lines = _asked(request)
    if campaign is None or not may(user, "report.export"):
        messages.warning(request, "还没有可以导出的研判结果。" if campaign is None else "您的岗位不能导出这张表。")
        return redirect("branches:results")
    exported = set(Branch.objects.visible_to(user, verb="report.export").values_list("pk", flat=True))
    lines = [line for line in lines if line["branch"].pk in exported]
    words = [chip["label"] for chip in form.chips]
    data = as_workbook(lines, campaign, organ=highest(user, "report.export"), on=today, words=words)
    audit.record("report.export", by=user, report="晋位升级表", year=campaign.year, rows=len(lines))
    return download(data, f"{campaign.year}年党支部晋位升级表.xlsx")


# --- letters


def _run(request, pk):
    rows = ScreeningCampaign.objects.visible_to(request.user, verb="screening.run").exclude(
        state=ScreeningCampaign.State.DRAFT
    )
    return get_object_or_404(rows.select_related("branch"), pk=pk)


def _letters(request, campaign):
    """(form, those of the campaign that are approved or out, as filtered, in 单位序)."""
    found = Screening.objects.visible_to(request.user, verb="screening.run").filter(campaign=campaign)
    uppers = Branch.objects.visible_to(request.user, verb="screening.run").filter(children__screenings__in=found)
    form = LetterFilter(request.GET, committee=uppers.distinct().in_order())
    if "q" in form.asked:
        found = found.filter(branch__name__contains=form.asked["q"])
    if "committee" in form.asked:
        found = found.filter(branch__parent=form.asked["committee"])
    if "kind" in form.asked:
        found = found.filter(kind=form.asked["kind"])
    return form, found.select_related("branch", "campaign").order_by("branch__order", "branch_id", "pk")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("screening.run")
def letters(request, pk):
    """Approved and not yet told: tick, number, send. Below, what is out."""
    campaign, today = _run(request, pk), timezone.localdate()
    form, found = _letters(request, campaign)
    is_out = request.GET.get("tab") == "out"
    waiting = found.filter(state=State.APPROVED)
    prefix, serial = feedback.next_number(campaign, today)
    usual = {"prefix": prefix, "serial": serial, "due_on": feedback.default_due(campaign, today)}
    issue = IssueForm(request.POST or None, initial=usual)
    if request.method == "POST" and issue.is_valid():
        pks = [key for text in request.POST.getlist("pk")[: feedback.AT_ONCE] if (key := whole_number(text))]
        try:
            with transaction.atomic():
                sent = feedback.issue(
                    campaign, list(waiting.filter(pk__in=pks)), by=request.user, on=today, **issue.cleaned_data
                )
        except ValidationError as error:
            refuse(issue, error)
        else:
            messages.success(request, f"已发出 {len(sent)} 份反馈函，整改事项已交各党组织。")
            return redirect(f"{reverse('branches:letters', args=[pk])}?tab=out")
    rows = found.filter(state=State.ISSUED) if is_out else waiting
    page = Paginator(rows, SHOWN if is_out else feedback.AT_ONCE).get_page(request.GET.get("page"))
    ticked = set(request.POST.getlist("pk")) if request.method == "POST" else None
    lines = [
        {"screening": row, "label": label_of(row), "is_ticked": ticked is None or str(row.pk) in ticked} for row in page
    ]
    context = {
        "campaign": campaign, "filters": form, "form": issue, "page": page, "query": request.GET, "rows": lines,
        "batches": Paginator(rows, feedback.PACKED) if is_out else [], "is_out": is_out,
        "waiting": waiting.count(), "out": found.filter(state=State.ISSUED).count(),
        "most": feedback.AT_ONCE, "is_narrowed": bool(set(form.asked) - {"tab"}),
    }  # fmt: skip
    return render(request, "branches/letters.html", context)


@require_safe
@policy("screening.run")
def letters_pack(request, pk):
    """The letters that are out, as filtered, a batch in one file."""
    campaign = _run(request, pk)
    _, found = _letters(request, campaign)
    found = found.filter(state=State.ISSUED).select_related("campaign__branch", "campaign__standard")
    batch = Paginator(found, feedback.PACKED).get_page(request.GET.get("page"))
    if not batch.object_list:
        messages.warning(request, "还没有发出的反馈函。")
        return redirect(f"{reverse('branches:letters', args=[pk])}?tab=out")
    data = feedback.packed(batch, on=timezone.localdate())
    audit.record("screening.print", campaign, by=request.user, letters=len(batch))
    return _file(data, f"{campaign.year}年反馈函（{batch.start_index()}至{batch.end_index()}）.zip", "application/zip")


@require_safe
@policy("screening.see")
def screening_letter(request, pk):
    """The letter of one branch as Word; before it is out those above have it as a draft. Who only judged has it never."""
    rows = Screening.objects.visible_to(request.user).filter(state__in=SETTLED)
    screening = get_object_or_404(rows.select_related("branch", "campaign__branch", "campaign__standard"), pk=pk)
    if not may_read_letter(request.user, screening):
        raise Http404
    data = to_word(feedback.letter(screening, on=timezone.localdate()))
    audit.record("screening.print", screening, by=request.user)
    return _file(data, f"反馈函（{screening.branch}）.docx", WORD)


def _file(data, name, content_type):
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(data, content_type=content_type, headers=headers)
