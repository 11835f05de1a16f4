"""Writing a 述职报告: the text, a document from elsewhere, its figures with their records, the Word document."""

from django.apps import apps
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from assessment import review_figures as figures
from assessment import review_writing as writing
from assessment import secretary_reviews as reviews
from assessment.forms import secretary_review as forms
from assessment.models import SecretaryReport
from assessment.review_paper import paper
from assessment.review_text import sections
from assessment.views.secretary_review import SEE, found, lateness
from branches.views.acting import caught_up, refuse
from office.word import to_word

WRITE = "secretary_review.write"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LISTED = 20  # records of one figure


def _in_hand(request, pk):
    """(review, report in hand, None), or the way back with the reason why nothing is written now."""
    review = found(request, pk, WRITE)
    report = SecretaryReport.objects.visible_to(request.user).filter(review=review, submitted_on=None).first()
    words = reviews.refusal(review, "write", request.user) or ("" if report else "请先点“按记录起草”。")
    if words:
        messages.warning(request, words)
        return review, None, redirect(review)
    return review, report, None


@require_POST
@policy(WRITE)
def review_start(request, pk):
    """The first draft, filled from the records as of today."""
    review = found(request, pk, WRITE)
    try:
        writing.start(review, by=request.user, on=timezone.localdate())
    except ValidationError as error:
        messages.warning(request, "；".join(error.messages))
        return redirect(review)
    return redirect("assessment:secretary_review_write", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@policy(WRITE)
def review_write(request, pk):
    """The three sections; saving keeps half a report, handing in asks for a whole one."""
    today = timezone.localdate()
    review, report, back = _in_hand(request, pk)
    if back:
        return back
    form, stale = forms.ReportForm(request.POST or None, instance=report, sections=sections(today)), None
    if request.method == "POST" and form.is_valid():
        submits = request.POST.get("act") == "submit"
        try:
            _write(form, submits, request.user, today)
        except ValidationError as error:
            refuse(form, error)
            if form.is_stale:
                stale = caught_up(
                    form, get_object_or_404(SecretaryReport.objects.visible_to(request.user), pk=report.pk)
                )
        else:
            messages.success(request, "述职报告已提交，等上级审核。" if submits else "已保存。")
            return redirect(review)
    sign, word = lateness(review, today)
    returned = SecretaryReport.objects.visible_to(request.user).filter(review=review, returned_on__isnull=False).last()
    context = {
        "review": review, "report": report, "form": form, "stale": stale, "late_sign": sign, "late": word, "returned": returned,
        "fields": [{"field": form[row["key"]], "hint": row["hint"]} for row in sections(today)],
        "kept": figures.in_order(report.filled, report.filled_on), "opens_on": review.campaign.opens_on,
        "is_early": today < review.campaign.opens_on,
    }  # fmt: skip
    return render(request, "assessment/secretary_review_write.html", context)


def _write(form, submits, user, today):
    given = {"texts": form.texts(), "version": form.cleaned_data["version"] or 0, "by": user}
    if submits:
        return writing.save_and_submit(form.instance, **given, on=today)
    return writing.save(form.instance, **given)


@require_http_methods(["GET", "HEAD", "POST"])
@policy(WRITE)
def review_upload(request, pk):
    """A document from elsewhere; its words come into the boxes, to be looked at before they are handed in."""
    review, report, back = _in_hand(request, pk)
    if back:
        return back
    form = forms.UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            writing.take_file(report, form.cleaned_data["file"], by=request.user, on=timezone.localdate())
        except ValidationError as error:
            form.add_error("file", error.messages)
        else:
            messages.success(request, "文件已保存，文字已放进三个部分，请核对后提交。")
            return redirect("assessment:secretary_review_write", pk)
    rows = sections(timezone.localdate())
    return render(
        request,
        "assessment/secretary_review_upload.html",
        {"review": review, "report": report, "form": form, "rows": rows},
    )


@require_POST
@policy(WRITE)
def review_refill(request, pk):
    """Figures that still read as they were filled in are brought up to date."""
    _, report, back = _in_hand(request, pk)
    if back:
        return back
    version = request.POST.get("version", "")
    try:
        _, count = writing.refill(
            report, version=int(version) if version.isascii() and version.isdecimal() and len(version) < 9 else 0, by=request.user,
            on=timezone.localdate(),
        )  # fmt: skip
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, f"更新了 {count} 处数字。" if count else "数字没有变化，或者已经手改。")
    return redirect("assessment:secretary_review_write", pk)


@require_safe
@policy(SEE)
def review_figures(request, pk):
    """Every figure as it is now, with its records; beside it what was filled in."""
    review, today = found(request, pk), timezone.localdate()
    report = SecretaryReport.objects.visible_to(request.user).filter(review=review).order_by("-number").first()
    kept = report.filled if report else {}
    rows = []
    for _, each in figures.of(review.branch, review.campaign.year, on=today):
        for figure in each:
            then = kept.get(figure.key)
            rows.append(
                {
                    "figure": figure, "then": then["say"] if then and then["say"] != figure.text else "",
                    "records": _records(figure, request.user), "count": len(figure.rows[1]), "page": _page(figure, review),
                }
            )  # fmt: skip
    context = {"review": review, "report": report, "rows": rows, "on": today}
    return render(request, "assessment/secretary_review_figures.html", context)


def _page(figure, review):
    """Where the whole list stands, of figures that have no records of their own to be listed."""
    if review.branch.kind in figures.UPPER:
        return ""
    pages = {
        "members": f"{reverse('members:list')}?branch={review.branch_id}",
        "hours": f"{reverse('training:hours')}?branch={review.branch_id}&year={review.campaign.year}",
        "dues": reverse("members:dues_year", args=[review.branch_id, review.campaign.year]),
    }
    return pages.get(figure.key, "")


def _records(figure, user):
    """[(words, address)] of the first records that this person may open."""
    label, pks = figure.rows
    if not pks or figure.key == "members":  # its record is the organisation itself
        return []
    known = apps.get_model(label).objects.visible_to(user).filter(pk__in=pks).order_by("pk")[:LISTED]
    found_rows = []
    for row in known:
        try:
            day = getattr(row, "held_on", None)
            found_rows.append((f"{day:%m-%d} {row}" if day else str(row), row.get_absolute_url()))
        except (AttributeError, NoReverseMatch):
            return []
    return found_rows


@require_safe
@policy(SEE)
def report_word(request, pk):
    """The report as a Word document with its footnotes."""
    rows = SecretaryReport.objects.visible_to(request.user).select_related("review__branch", "review__campaign")
    report = get_object_or_404(rows, pk=pk)
    data = to_word(paper(report, on=timezone.localdate()))
    audit.record("secretary_review.print", report.review, by=request.user, number=report.number)
    name = f"{report.review.campaign.year}年度述职报告（{report.review.branch.name}）.docx"
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(data, content_type=DOCX, headers=headers)
