"""述职评议: the year's list, one review, and what whoever stands above does with it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from assessment import review_ballots as ballots
from assessment import review_sheet, review_years
from assessment import secretary_reviews as reviews
from assessment.forms import secretary_review as forms
from assessment.models import SecretaryReport, SecretaryReview, SecretaryReviewCampaign
from assessment.review_figures import GAP, placed
from assessment.review_text import sections
from branches.models import Branch, Rectification
from branches.rights import may
from branches.views.acting import acted, download, highest
from files.actions import serve
from office.paper import chinese_number

SEE, RUN, JUDGE = "secretary_review.see", "secretary_review.run", "secretary_review.accept"
SHOWN = 30
State = SecretaryReview.State
SIGNS = {
    State.DRAFT: "draft", State.SUBMITTED: "wait", State.RETURNED: "back", State.ACCEPTED: "done", State.HELD: "done",
    State.GRADED: "done", State.TOLD: "done",
}  # fmt: skip
STEPS = ("撰写", "审核", "现场述职", "评定等次", "反馈整改")
PLACES = {
    State.DRAFT: 1, State.RETURNED: 1, State.SUBMITTED: 2, State.ACCEPTED: 3, State.HELD: 4, State.GRADED: 5, State.TOLD: 6,
}  # fmt: skip
NEXT = {
    State.SUBMITTED: "上级党组织审核；写得空、缺内容的，写明原因发回重写。",
    State.ACCEPTED: "上级党组织组织现场述职，登记测评票的合计。",
    State.HELD: "上级党组织结合平时掌握评定等次。",
    State.GRADED: "上级党组织反馈意见，指出的问题列入整改。",
}


# --- the year's list


def stages(on):
    """(key, label, sign, test) of where a review can stand; each is in exactly one."""
    return [
        ("draft", "撰写中", "wait", Q(state=State.DRAFT, due_on__gte=on)),
        ("late", "逾期未报", "miss", Q(state__in=[State.DRAFT, State.RETURNED], due_on__lt=on)),
        ("submitted", "待审核", "wait", Q(state=State.SUBMITTED)),
        ("returned", "发回重写", "back", Q(state=State.RETURNED, due_on__gte=on)),
        ("accepted", "待现场述职", "wait", Q(state=State.ACCEPTED)),
        ("held", "待评定等次", "wait", Q(state=State.HELD)),
        ("graded", "待反馈", "wait", Q(state=State.GRADED)),
        ("told", "已反馈", "done", Q(state=State.TOLD)),
    ]


def _asked(request, rows, today):
    """(form, the year's campaign or None, the reviews asked for, the counts of the tiles)."""
    campaigns = list(SecretaryReviewCampaign.objects.visible_to(request.user).order_by("-year"))
    each = stages(today)
    scale = ballots.scale(today)
    places = Branch.objects.visible_to(request.user, verb=SEE).filter(secretary_reviews__isnull=False).distinct()
    data = request.GET.copy()
    if data.get("year") not in [str(row.year) for row in campaigns]:
        data["year"] = str(campaigns[0].year) if campaigns else ""
    form = forms.ReviewFilter(
        data, years=[row.year for row in campaigns], stages=[(key, label) for key, label, _, _ in each],
        grades=[(grade, row["label"]) for grade, row in scale.items()], branch=places.in_order(),
    )  # fmt: skip
    asked = form.asked
    campaign = next((row for row in campaigns if str(row.year) == asked.get("year")), None)
    rows = rows.filter(campaign=campaign)
    if "q" in asked:
        rows = rows.filter(Q(person_name__contains=asked["q"]) | Q(branch__name__contains=asked["q"]))
    if "branch" in asked:
        rows = rows.filter(branch__path__startswith=asked["branch"].path)
    if "grade" in asked:
        rows = rows.filter(grade=asked["grade"])
    counts = rows.order_by().aggregate(**{key: Count("pk", filter=test) for key, _, _, test in each})
    tiles = [
        {"label": label, "value": counts[key], "state": sign if counts[key] else "", "url": _with(data, key) if counts[key] else ""}
        for key, label, sign, _ in each
    ]  # fmt: skip
    tests = {key: test for key, _, _, test in each}
    if asked.get("at") in tests:
        rows = rows.filter(tests[asked["at"]])
    return form, campaign, rows.select_related("branch", "campaign").order_by("branch__order", "branch", "pk"), tiles


def _with(data, key):
    query = data.copy()
    query["at"] = key
    query.pop("page", None)
    return f"?{query.urlencode()}"


def lateness(review, on):
    """(sign, words) of a report that is still to come."""
    if review.state not in (State.DRAFT, State.RETURNED):
        return "", ""
    left = (review.due_on - on).days
    if left < 0:
        return "miss", f"逾期 {-left} 天"
    return ("late", f"还有 {left} 天" if left else "今天到期") if left <= 7 else ("", "")


@require_safe
@policy(SEE)
def review_list(request):
    """Everybody in sight, in 单位序; who has only the own one in sight is led to it."""
    user, today = request.user, timezone.localdate()
    form, campaign, rows, tiles = _asked(request, SecretaryReview.objects.visible_to(user), today)
    narrowed = bool(set(form.asked) - {"year"})
    is_single = Branch.objects.visible_to(user, verb=SEE).count() == 1
    if is_single and not request.GET and (only := rows.first()):
        return redirect(only)
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    problems = review_sheet.problems_of([review.pk for review in page])
    lines = [
        {
            "review": review, "sign": SIGNS[review.state], "points": ballots.points(review, today),
            "grade": ballots.label_of(review.grade, today), "problems": len(problems.get(review.pk, ())),
            "mended": review_sheet.mended(problems.get(review.pk, ())), "late_sign": sign, "late": word,
        }
        for review in page
        for sign, word in [lateness(review, today)]
    ]  # fmt: skip
    runs = may(user, RUN)
    context = {
        "form": form, "page": page, "query": request.GET, "rows": lines, "campaign": campaign,
        "tiles": [tile for tile in tiles if tile["value"] and not is_single], "is_single": is_single,
        "chips": [chip for chip in form.chips if not chip["label"].startswith("述职年度")],
        "clear": f"?year={campaign.year}" if campaign else "?", "is_narrowed": narrowed, "may_run": runs,
        "may_open": runs and _open_years(user, today) != [], "may_export": campaign and may(user, "report.export"),
    }  # fmt: skip
    return render(request, "assessment/secretary_review_list.html", context)


@require_safe
@policy("report.export")
def review_export(request):
    """书记述职评议情况表 of exactly what is filtered."""
    user, today = request.user, timezone.localdate()
    seen = SecretaryReview.objects.visible_to(user) & SecretaryReview.objects.visible_to(user, verb="report.export")
    form, _, rows, _ = _asked(request, seen, today)
    words = [chip["label"] for chip in form.chips]
    content = review_sheet.as_workbook(rows, organ=highest(user, "report.export"), on=today, words=words)
    audit.record("report.export", by=user, report=review_sheet.TITLE, rows=len(rows), asked=sorted(form.asked))
    return download(content, f"{review_sheet.TITLE}.xlsx")


# --- the year itself


def _open_years(user, today):
    known = SecretaryReviewCampaign.objects.visible_to(user).values_list("year", flat=True)
    return [year for year in review_years.years(today) if year not in set(known)]


@require_http_methods(["GET", "HEAD", "POST"])
@policy(RUN)
def review_open(request):
    today = timezone.localdate()
    years = _open_years(request.user, today)
    if not years:
        messages.info(request, "这一年度的述职评议已经启动。")
        return redirect("assessment:secretary_reviews")
    opens_on, due_on, days = review_years.season(years[0], on=today)
    initial = {"opens_on": max(opens_on, today), "due_on": max(due_on, today), "rewrite_days": days}
    form = forms.CampaignForm(request.POST or None, years=years, initial=initial)
    return acted(
        request, form, lambda: review_years.open_year(form.instance, by=request.user, on=today)[0],
        "述职评议已启动，各党组织书记会看到报送期限。", lambda made: "assessment:secretary_reviews",
        "assessment/secretary_review_year.html", title="启动述职评议", label="启动", cancel="assessment:secretary_reviews",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy(RUN)
def review_year(request, pk):
    """Other days for a year that runs."""
    today = timezone.localdate()
    rows = SecretaryReviewCampaign.objects.visible_to(request.user, verb=RUN)
    campaign = get_object_or_404(rows, pk=pk)
    form = forms.CampaignForm(request.POST or None, instance=campaign)
    return acted(
        request, form,
        lambda: review_years.change_year(form.instance, version=form.cleaned_data["version"] or 0, by=request.user, on=today),
        "已保存；还没有报送的，按新的期限提醒。", "assessment:secretary_reviews", "assessment/secretary_review_year.html",
        fresh=lambda: get_object_or_404(rows, pk=pk), title=f"{campaign}", label="保存", campaign=campaign,
    )  # fmt: skip


@require_POST
@policy(RUN)
def review_enlist(request, pk):
    campaign = get_object_or_404(SecretaryReviewCampaign.objects.visible_to(request.user, verb=RUN), pk=pk)
    made = review_years.enlist(campaign, by=request.user, on=timezone.localdate())
    words = f"已补列 {len(made)} 名。" if made else "没有要补列的：有书记的党组织都已列入，书记空缺的不列。"
    messages.success(request, words)
    return redirect("assessment:secretary_reviews")


# --- one review


def found(request, pk, verb=SEE):
    rows = SecretaryReview.objects.visible_to(request.user, verb=verb).select_related(
        "branch", "campaign", "member", "accepted_by", "held_by", "graded_by", "told_by"
    )
    return get_object_or_404(rows, pk=pk)


def shown_report(review, user):
    """The report that this person reads now: the one in hand for who writes, else the last that was handed in."""
    return SecretaryReport.objects.visible_to(user).filter(review=review).order_by("-number").first()


def text_of(report):
    """The three sections with their numbers, each text in pieces (words, figure key, note)."""
    day = report.submitted_on or timezone.localdate()
    return [
        {
            "number": chinese_number(place),
            "label": row["label"],
            "pieces": placed(getattr(report, row["key"]), report.filled),
        }
        for place, row in enumerate(sections(day), 1)
    ]


@require_safe
@policy(SEE)
def review_detail(request, pk):
    user, today = request.user, timezone.localdate()
    review = found(request, pk)
    report = shown_report(review, user)
    sent = list(
        SecretaryReport.objects.visible_to(user).filter(review=review, submitted_on__isnull=False).order_by("-number")
        .select_related("submitted_by", "returned_by", "file")
    )  # fmt: skip
    sign, word = lateness(review, today)
    ways = reviews.ways(review, user)
    pairs = review_sheet.problems_of([review.pk]).get(review.pk, [])
    seen = set(
        Rectification.objects.visible_to(user).filter(pk__in=[item.pk for _, item in pairs if item]).values_list("pk", flat=True)
    )  # fmt: skip
    context = {
        "review": review, "report": report, "sent": sent, "sign": SIGNS[review.state], "late_sign": sign, "late": word,
        "sections": text_of(report) if report else [], "ways": ways, "steps": STEPS, "here": PLACES[review.state],
        "next": NEXT.get(review.state, ""), "points": ballots.points(review, today), "ballots": _ballots(review, today),
        "said": ballots.label_of(ballots.said(review, today), today) if review.ballots else "",
        "grade": ballots.label_of(review.grade, today), "returned": _returned(review, sent),
        "gaps": sum(getattr(report, key).count(GAP) for key in ("achievements", "shortcomings", "plans")) if report else 0,
        "problems": [{"row": row, "item": item if item and item.pk in seen else None} for row, item in pairs],
        "is_own": review.state == State.SUBMITTED and may(user, JUDGE, at=review.branch) and "accept" not in ways,
        "events": audit.of(review)[:20], "others": _other_years(review, user),
        "sees_scores": may(user, "score.see", at=review.branch),
    }  # fmt: skip
    return render(request, "assessment/secretary_review_detail.html", context)


def _ballots(review, on):
    if not review.ballots:
        return []
    scale = ballots.scale(on)
    return [{"label": scale[grade]["label"], "count": count} for grade, count in review.ballots.items()]


def _returned(review, sent):
    """The report that came back and asks for another, while it does."""
    return sent[0] if review.state == State.RETURNED and sent else None


def _other_years(review, user):
    rows = SecretaryReview.objects.visible_to(user).filter(branch=review.branch_id).exclude(pk=review.pk)
    return rows.select_related("campaign").order_by("-campaign__year")[:5]


@require_safe
@policy(SEE)
def review_compare(request, pk):
    """A report that came back beside the one that followed, section by section."""
    review = found(request, pk)
    rows = list(SecretaryReport.objects.visible_to(request.user).filter(review=review).order_by("number"))
    asked = request.GET.get("after", "")
    after = next((row for row in rows if str(row.number) == asked), rows[-1] if rows else None)
    before = next((row for row in reversed(rows) if after and row.number < after.number), None)
    if before is None:
        raise Http404
    parts = [
        {"label": row["label"], "before": getattr(before, row["key"]), "after": getattr(after, row["key"])}
        for row in sections(timezone.localdate())
    ]
    context = {"review": review, "before": before, "after": after, "parts": parts, "pairs": rows[1:]}
    return render(request, "assessment/secretary_review_compare.html", context)


@require_safe
@policy(SEE)
def report_file(request, pk):
    """The document that was uploaded."""
    report = get_object_or_404(SecretaryReport.objects.visible_to(request.user).select_related("file"), pk=pk)
    if report.file is None:
        raise Http404
    return serve(report.file, request)
