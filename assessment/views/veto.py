"""一票否决: proposed by one, confirmed by another, lifted by a paper."""

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.policy import policy
from assessment import judging, scoring, vetoes
from assessment import scheme as schemes
from assessment.forms.round import LiftForm, VersionForm, VetoFilter, VetoForm
from assessment.models import Round, Scheme, Veto
from branches.models import Branch
from branches.rights import may
from branches.views.acting import acted

SHOWN = 30
PEOPLE = ("branch", "proposed_by", "confirmed_by", "lifted_by")


def _labels(years):
    """(year, kind) → {key: label} of the reasons, one scheme each."""
    return {
        (year, kind): {row["key"]: row["label"] for row in vetoes.reasons(schemes.in_force(year, kind))}
        for year in years
        for kind in Scheme.Kind
    }


def _kinds(vetoes):
    """year → organisation id → kind, of what these vetoes are about."""
    of = {}
    for row in vetoes:
        of.setdefault(row.year, []).append(row.branch)
    return {year: judging.kinds_of(branches, year) for year, branches in of.items()}


def _row(veto, known, kinds, user, finals):
    is_waiting = veto.confirmed_at is None and veto.lifted_at is None
    is_over = veto.year in finals
    state, sign = ("已解除", "na") if veto.lifted_at else ("等确认", "wait") if is_waiting else ("生效", "miss")
    found = known.get((veto.year, kinds[veto.year][veto.branch_id]), {})
    return {
        "veto": veto, "label": found.get(veto.reason, veto.reason), "state": state, "sign": sign,
        "may_confirm": is_waiting and not is_over and veto.proposed_by_id != user.pk
        and may(user, "veto.confirm", at=veto.branch),
        "may_lift": veto.lifted_at is None and not is_over and may(user, "veto.propose", at=veto.branch),
        "waits_for_other": is_waiting and veto.proposed_by_id == user.pk,
    }  # fmt: skip


def _finals(user):
    return set(Round.objects.visible_to(user).filter(state=Round.State.FINAL).values_list("year", flat=True))


@require_safe
@policy("veto.see")
def veto_list(request):
    user, today = request.user, timezone.localdate()
    years = range(today.year, today.year - 4, -1)
    form = VetoFilter(request.GET, year=[("", "全部年度"), *((str(year), f"{year} 年") for year in years)])
    rows = Veto.objects.visible_to(user).select_related(*PEOPLE)
    if "q" in form.asked:
        rows = rows.filter(branch__name__contains=form.asked["q"])
    if "year" in form.asked:
        rows = rows.filter(year=form.asked["year"])
    if state := form.asked.get("state"):
        rows = {
            "waiting": rows.filter(confirmed_at=None, lifted_at=None), "lifted": rows.exclude(lifted_at=None),
            "in_force": rows.filter(confirmed_at__isnull=False, lifted_at=None),
        }[state]  # fmt: skip
    page = Paginator(rows.order_by("-year", "branch__order", "-pk"), SHOWN).get_page(request.GET.get("page"))
    known, kinds, finals = _labels({row.year for row in page}), _kinds(page), _finals(user)
    context = {
        "form": form, "page": page, "query": request.GET, "rows": [_row(row, known, kinds, user, finals) for row in page],
        "may_propose": may(user, "veto.propose"),
    }  # fmt: skip
    return render(request, "assessment/veto_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("veto.propose")
def veto_add(request):
    user, today = request.user, timezone.localdate()
    years = [year for year in (today.year, today.year - 1) if year not in _finals(user)]
    reasons = {}
    for found in _labels(years).values():
        reasons |= found
    kinds = [scoring.graded(year, on=scoring.last_day(year, today), kind=kind).values("pk")
             for year in years for kind in Scheme.Kind]  # fmt: skip
    reach = Branch.objects.visible_to(user, verb="veto.propose")
    branches = reach.none()
    for keys in kinds:
        branches |= reach.filter(pk__in=keys)
    form = VetoForm(request.POST or None, years=years, branches=branches.in_order(), reasons=reasons.items())

    def act():
        given = form.cleaned_data
        return vetoes.propose(
            given["branch"], given["year"], reason=given["reason"], number=given["number"], dated=given["dated"], by=user,
            on=today,
        )  # fmt: skip

    return acted(
        request,
        form,
        act,
        "已提出，由另一位同志确认后生效。",
        reverse("assessment:vetoes"),
        "assessment/veto_form.html",
        years=years,
    )


def _one(request, pk, verb):
    return get_object_or_404(Veto.objects.visible_to(request.user, verb=verb).select_related(*PEOPLE), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("veto.confirm")
def veto_confirm(request, pk):
    veto, user = _one(request, pk, "veto.confirm"), request.user
    form = VersionForm(request.POST or None, initial={"version": veto.version})

    def act():
        return vetoes.confirm(veto, version=form.cleaned_data["version"], by=user)

    row = _row(veto, _labels({veto.year}), _kinds([veto]), user, _finals(user))
    return acted(
        request, form, act, f"已确认，{veto.year} 年度{veto.branch}的等次按此限定。", reverse("assessment:vetoes"),
        "assessment/veto_confirm.html", fresh=lambda: _one(request, pk, "veto.confirm"), row=row, veto=veto,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("veto.propose")
def veto_lift(request, pk):
    veto, user = _one(request, pk, "veto.propose"), request.user
    form = LiftForm(request.POST or None, initial={"version": veto.version})

    def act():
        return vetoes.lift(veto, **form.cleaned_data, by=user)

    row = _row(veto, _labels({veto.year}), _kinds([veto]), user, _finals(user))
    return acted(
        request, form, act, "已解除。", reverse("assessment:vetoes"), "assessment/veto_lift.html",
        fresh=lambda: _one(request, pk, "veto.propose"), row=row, veto=veto,
    )  # fmt: skip
