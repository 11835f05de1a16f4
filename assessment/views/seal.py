"""What is sealed: the list with its check, the receipt of one seal, what changed afterwards, and a publication taken back."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from assessment import afterwards, canonical, reopening, results, sealing, verification
from assessment.forms.round import VersionForm
from assessment.forms.seal import ChangeFilter, ReopenForm, SealedFilter
from assessment.models import Reopening, Scheme, Seal, SealedScore
from assessment.views.round import seen_round
from assessment.views.year import checked
from branches.actions import root
from branches.models import Branch
from branches.rights import may
from branches.views.acting import acted
from jobs import actions as jobs
from jobs.models import Job
from vault import seal_keys

SHOWN = 30
AT_ONCE = 2_000  # rows that are checked while one waits: about five seconds
RECORDS = 6  # of one part shown at once
CHECK = "assessment.seal_verify"


def _seals(user):
    return Seal.objects.visible_to(user).select_related("round", "sealed_by")


@require_safe
@policy("seal.see")
def seal_list(request):
    """Every seal, newest first; the check; what waits to be published again."""
    page = Paginator(_seals(request.user).order_by("-number"), SHOWN).get_page(request.GET.get("page"))
    checks = Job.objects.visible_to(request.user).filter(kind=CHECK, state=Job.State.DONE)
    last = checks.order_by("-finished_at").first()
    context = {
        "page": page, "query": request.GET, "may_check": may(request.user, "seal.see", at=root()), "last": last,
        "found": verification.from_result(last.result) if last else None,
        "waiting": Reopening.objects.visible_to(request.user).open().select_related("round", "asked_by"),
        "years": sorted({row.round.year for row in page}, reverse=True),
    }  # fmt: skip
    return render(request, "assessment/seal_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("seal.see")
def seal_verify(request):
    """Walk every seal and say what does not hold, for those who see the whole county; a long walk is left to the worker."""
    if not may(request.user, "seal.see", at=root()):
        messages.error(request, "查验全部封存由工委办理。")
        return redirect("assessment:seals")
    if request.method == "POST":
        is_small = sum(Seal.objects.visible_to(request.user).values_list("count", flat=True)) <= AT_ONCE
        try:
            job = jobs.start(CHECK, {}, by=request.user, is_small=is_small)
        except ValidationError as refusal:
            messages.error(request, "；".join(refusal.messages))
            return redirect("portal:jobs")
        return redirect("assessment:seal_verify") if is_small else redirect("portal:job", job.pk)
    checks = Job.objects.visible_to(request.user).filter(kind=CHECK, state=Job.State.DONE)
    job = checks.order_by("-finished_at").first()
    if job is None:
        return redirect("assessment:seals")
    found = verification.from_result(job.result)
    context = {"found": found, "at": job.finished_at, "heads": sealing.kept_heads()[-31:]}
    return render(request, "assessment/seal_verify.html", context)


@require_safe
@policy("seal.see")
def seal_detail(request, pk):
    """The receipt of a seal, to be printed and kept on paper, and the organisations under it that the reader may see."""
    seal = get_object_or_404(_seals(request.user), pk=pk)
    form = SealedFilter(request.GET)
    rows = SealedScore.objects.visible_to(request.user).filter(seal=seal).select_related("branch").order_by("position")
    if "q" in form.asked:
        rows = rows.filter(branch__name__contains=form.asked["q"])
    page = Paginator(rows.defer("inputs"), SHOWN).get_page(request.GET.get("page"))
    context = {
        "seal": seal, "year": seal.round.year, "form": form, "page": page, "query": request.GET,
        "rows": [_line(row, canonical.data(row.result), seal.round.year) for row in page],
        "head": _in_groups(seal.head), "signature": _in_groups(seal.signature), "before": _in_groups(seal.previous),
        "public": _in_groups(seal_keys.exported(seal.key_id)),
        "is_kept": (seal.number, seal.head) in sealing.kept_heads(),
    }  # fmt: skip
    return render(request, "assessment/seal.html", context)


def _line(row, told, year):
    url = reverse("assessment:sheet", args=[year, row.branch_id])
    return {"row": row, "total": told["total"], "grade": told["grade"], "digest": row.digest[:16], "url": url}


def _in_groups(digits):
    """Digits as they can be read aloud and compared with paper."""
    return " ".join(digits[at : at + 8] for at in range(0, len(digits), 8))


@require_safe
@policy("seal.see")
def changes(request, year):
    """公布以后变动的记录: nothing of it changes what is sealed."""
    round = seen_round(request, year)
    form = ChangeFilter(request.GET)
    kind = form.asked.get("kind", Scheme.Kind.BRANCH)
    seal, rows, page = results.sealed(checked(year), kind), [], None
    if seal:
        visible = Branch.objects.visible_to(request.user, verb="seal.see")
        if "q" in form.asked:
            visible = visible.filter(name__contains=form.asked["q"])
        only = set(visible.values_list("pk", flat=True))
        found = afterwards.changes(seal, only=only, vetoes=may(request.user, "veto.see"))
        page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
        seen = afterwards.records(list(page), request.user)
        rows = [_change(each, seen, year) for each in page]
    context = {
        "round": round, "year": year, "seal": seal, "form": form, "page": page, "rows": rows, "query": request.GET,
        "may_reopen": round.state in reopening.OPEN and may(request.user, "round.run"),
    }  # fmt: skip
    return render(request, "assessment/seal_changes.html", context)


def _change(each, seen, year):
    def listed(keys):
        found = [(seen.get((each.model, key)), key) for key in keys[:RECORDS]]
        return [{"url": row.get_absolute_url() if row else "", "words": str(row) if row else ""} for row, _ in found]

    return {
        "change": each, "added": listed(each.added), "removed": listed(each.removed),
        "more": max(0, len(each.added) - RECORDS) + max(0, len(each.removed) - RECORDS),
        "url": reverse("assessment:sheet", args=[year, each.branch.pk]),
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("round.run")
def reopen(request, year):
    """Ask that a published year be put right and published again."""
    round = seen_round(request, year)
    form = ReopenForm(request.POST or None)

    def act():
        return reopening.ask(year, reason=form.cleaned_data["reason"], by=request.user)

    return acted(
        request, form, act, "已提出，等另一位同志批准。", lambda row: reverse("assessment:reopening", args=[row.pk]),
        "assessment/seal_reopen.html", cancel=reverse("assessment:round", args=[year]), year=year, round=round,
        is_open=round.state in reopening.OPEN,
    )  # fmt: skip


def _reopening(request, pk):
    rows = Reopening.objects.visible_to(request.user).select_related("round", "asked_by", "approved_by", "closed_by")
    return get_object_or_404(rows, pk=pk)


def _decided(request, pk, act, done):
    row = _reopening(request, pk)
    form = VersionForm(request.POST or None, initial={"version": row.version})
    approves, closes = reopening.may_decide(request.user, row)
    is_open = not row.approved_at and not row.closed_at and row.round.state in reopening.OPEN
    return acted(
        request, form, lambda: act(row, version=form.cleaned_data["version"], by=request.user), done,
        reverse("assessment:reopening", args=[pk]), "assessment/seal_reopening.html",
        cancel=reverse("assessment:round", args=[row.round.year]), row=row, year=row.round.year,
        may_approve=is_open and approves, may_close=is_open and closes, is_own=row.asked_by_id == request.user.pk,
        events=audit.of(row)[:10], now=timezone.now(),
    )  # fmt: skip


@require_safe
@policy("seal.see")
def reopening_detail(request, pk):
    return _decided(request, pk, None, "")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("round.final")
def reopening_approve(request, pk):
    return _decided(request, pk, reopening.approve, "已批准，考核回到复核；改好以后重新公布。")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("round.see")
def reopening_close(request, pk):
    return _decided(request, pk, reopening.close, "申请已经办结，公布的结果不变。")
