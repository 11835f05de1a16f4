from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.policy import policy
from branches.models import Branch
from branches.rights import may
from members import actions, register
from members.forms.exemption import CadreFilter, CadreForm, ExemptionFilter, ExemptionForm, LastDayForm
from members.models import Exemption, LeadingCadre, Member, Membership

SHOWN = 30


@require_safe
@policy("member.see")
def exemption_list(request):
    """Who need not come now, or is not counted, and until when."""
    today = timezone.localdate()
    homes = Membership.objects.visible_to(request.user).on(today)
    branches = Branch.objects.visible_to(request.user, verb="member.see").filter(pk__in=homes.values("branch"))
    form = ExemptionFilter(request.GET, branch=branches.in_order())
    if branches.count() <= 1:
        form.drop("branch")
    rows, asked = Exemption.objects.visible_to(request.user), form.asked
    if "when" not in asked:
        rows = rows.exclude(ended_on__lt=today)
    if "q" in asked:
        rows = register.named(rows, asked["q"])
    if "branch" in asked:
        rows = rows.filter(member__in=homes.filter(branch=asked["branch"]).values("member"))
    if "scope" in asked:
        rows = rows.filter(scope=asked["scope"])
    page, at = _paged(request, rows, homes)
    context = {
        "form": form, "page": page, "query": request.GET, "has_many": "branch" in form.fields,
        "rows": [
            {
                "exemption": row, "branch": at.get(row.member_id),
                "state": "na" if row.ended_on and row.ended_on < today else "wait" if row.started_on > today else "done",
                **dict(zip(("reason", "basis"), row.told(knows=_may_edit(request, at, row)), strict=True)),
                "may_end": (row.ended_on is None or row.ended_on >= today) and _may_edit(request, at, row),
            }
            for row in page
        ],
    }  # fmt: skip
    return render(request, "members/exemptions.html", context)


def _paged(request, rows, homes):
    """(one page of persons' rows, member id → the branch of today)."""
    found = rows.select_related("member").order_by("-started_on", "-pk")
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    at = homes.filter(member__in=[row.member_id for row in page]).select_related("branch")
    return page, {row.member_id: row.branch for row in at}


def _may_edit(request, at, row):
    return row.member_id in at and may(request.user, "member.edit", at=at[row.member_id])


@require_safe
@policy("member.see")
def cadre_list(request):
    today = timezone.localdate()
    form = CadreFilter(request.GET)
    rows = LeadingCadre.objects.visible_to(request.user)
    if "when" not in form.asked:
        rows = rows.exclude(ended_on__lt=today)
    if "q" in form.asked:
        rows = register.named(rows, form.asked["q"])
    page, at = _paged(request, rows, Membership.objects.visible_to(request.user).on(today))
    context = {
        "may_see_meetings": may(request.user, "meeting.see"),
        "form": form, "page": page, "query": request.GET,
        "rows": [
            {
                "cadre": row, "branch": at.get(row.member_id),
                "may_end": row.ended_on is None and _may_edit(request, at, row),
            }
            for row in page
        ],
    }  # fmt: skip
    return render(request, "members/cadres.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
def exemption_add(request, pk):
    member = get_object_or_404(Member.objects.visible_to(request.user, verb="member.edit"), pk=pk)
    form = ExemptionForm(
        request.POST or None, instance=Exemption(member=member), initial={"started_on": timezone.localdate()}
    )
    return _entered(request, form, member, actions.exempt, "members/exemption_form.html")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
def cadre_add(request, pk):
    member = get_object_or_404(Member.objects.visible_to(request.user, verb="member.edit"), pk=pk)
    form = CadreForm(request.POST or None, instance=LeadingCadre(member=member))
    return _entered(request, form, member, actions.name_cadre, "members/cadre_form.html")


def _entered(request, form, member, act, page):
    if request.method == "POST" and form.is_valid():
        try:
            act(form.instance, by=request.user, on=timezone.localdate())
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, "已登记。")
            return redirect(member)
    return render(request, page, {"form": form, "member": member})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
def exemption_end(request, pk):
    found = Exemption.objects.visible_to(request.user, verb="member.edit").select_related("member")
    row = get_object_or_404(found, pk=pk)
    title = f"{row.member}的“{row.get_scope_display()}”到哪天为止？"
    return _ended(request, row, actions.end_exemption, title, "members:exemption_end")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
def cadre_end(request, pk):
    found = LeadingCadre.objects.visible_to(request.user, verb="member.edit").select_related("member")
    row = get_object_or_404(found, pk=pk)
    return _ended(request, row, actions.release_cadre, f"{row.member}哪天免去{row.office}？", "members:cadre_end")


def _ended(request, row, act, title, route):
    """Asks for the last day on a page of its own."""
    today = timezone.localdate()
    form = LastDayForm(request.POST or None, initial={"last": today})
    if request.method == "POST" and form.is_valid():
        try:
            act(row, last=form.cleaned_data["last"], by=request.user, on=today)
        except ValidationError as error:
            form.add_error("last", error.messages)
        else:
            messages.success(request, "已登记。")
            return redirect(row.member)
    context = {"form": form, "member": row.member, "title": title, "act_url": reverse(route, args=[row.pk])}
    return render(request, "members/last_day.html", context)
