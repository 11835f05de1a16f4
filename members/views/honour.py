"""荣誉: the list of all honours, entering and taking back, and figures of a year."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import search_word, whole_number
from branches.models import Branch
from branches.rights import may
from members import appraisal_sheets, honours
from members.facts.honour import commended
from members.forms.honour import HonourFilter, HonourForm, RevokeForm
from members.models import Honour, Member, Membership
from members.views.appraisal import SHOWN, download, refuse


def _asked(request, today, verb):
    found = Honour.objects.visible_to(request.user, verb=verb)
    branches = Branch.objects.visible_to(request.user, verb=verb).filter(pk__in=found.values("branch"))
    form = HonourFilter(request.GET, running=today.year, branch=branches.in_order())
    if branches.count() <= 1:
        form.drop("branch")
    asked = form.asked
    if "q" in asked:
        word = asked["q"]
        found = found.filter(
            Q(title__contains=word) | Q(member__name__contains=word) | Q(member__initials__startswith=word.lower())
        )
    if "year" in asked:
        found = found.filter(conferred_on__year=int(asked["year"]))
    if "level" in asked:
        found = found.filter(level=asked["level"])
    if "subject" in asked:
        found = found.filter(member__isnull=asked["subject"] == "branch")
    if "branch" in asked:
        found = found.filter(branch=asked["branch"])
    if "gone" not in asked:
        found = found.filter(revoked_on=None)
    return form, found.select_related("branch", "member").order_by("-conferred_on", "branch__order", "-pk")


@require_safe
@policy("honour.see")
def honour_list(request):
    today = timezone.localdate()
    form, found = _asked(request, today, "honour.see")
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    year = int(form.asked.get("year", today.year))
    seen = Branch.objects.visible_to(request.user, verb="honour.see")
    groups, persons = commended(seen, year, on=today)
    context = {
        "form": form, "page": page, "query": request.GET, "year": year, "groups": groups, "persons": persons,
        "may_run": may(request.user, "honour.run"),
        "rows": [
            {"honour": row, "may_revoke": row.revoked_on is None and may(request.user, "honour.run", at=row.branch)}
            for row in page
        ],
    }  # fmt: skip
    return render(request, "members/honours.html", context)


@require_safe
@policy("report.export")
def honour_export(request):
    """表彰名单 of exactly what is filtered."""
    today = timezone.localdate()
    form, found = _asked(request, today, "report.export")
    highest = Branch.objects.visible_to(request.user, verb="report.export").order_by("path").first()
    words = [chip["label"] for chip in form.chips]
    rows = list(found)
    data = appraisal_sheets.of_honours(rows, organ=highest.name if highest else "", on=today, words=words)
    audit.record("report.export", by=request.user, report="表彰名单", rows=len(rows), on=str(today))
    return download(data, "表彰名单.xlsx")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("honour.run")
def honour_add(request):
    """First the organisation, then whom of it and what for."""
    today = timezone.localdate()
    branches = Branch.objects.visible_to(request.user, verb="honour.run").filter(closed_on=None)
    asked = whole_number(request.GET.get("branch"))
    if asked is None:
        return render(request, "members/honour_choose.html", _choice(request, branches))
    branch = get_object_or_404(branches, pk=asked)
    stays = Membership.objects.visible_to(request.user).filter(branch=branch)
    members = Member.objects.visible_to(request.user).filter(pk__in=stays.values("member"))
    form = HonourForm(request.POST or None, instance=Honour(branch=branch), members=members.order_by("initials", "pk"))
    if request.method == "POST" and form.is_valid():
        try:
            honours.enter(form.instance, by=request.user, on=today)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "已登记。")
            return redirect(form.instance)
    return render(request, "members/honour_form.html", {"form": form, "branch": branch})


def _choice(request, branches):
    """Organisations to choose from, by a search that works without script."""
    word = search_word(request.GET)
    found = branches.filter(name__contains=word) if word else branches
    page = Paginator(found.in_order(), SHOWN).get_page(request.GET.get("page"))
    return {"page": page, "word": word, "query": request.GET}


@require_http_methods(["GET", "HEAD", "POST"])
@policy("honour.run")
def honour_revoke(request, pk):
    today = timezone.localdate()
    found = Honour.objects.visible_to(request.user, verb="honour.run").select_related("branch", "member")
    honour = get_object_or_404(found, pk=pk)
    form = RevokeForm(request.POST or None, initial={"revoked_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            honours.revoke(honour, **form.cleaned_data, by=request.user, on=today)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "已撤销，记录保留。")
            return redirect(honour)
    return render(request, "members/honour_revoke.html", {"form": form, "honour": honour})
