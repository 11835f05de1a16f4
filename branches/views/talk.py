"""约谈: who was talked with on which day and with what result; nothing of what was said."""

from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches import inspection_sheet, inspections
from branches.forms import whole_number
from branches.forms.inspection import TalkFilter, TalkForm
from branches.models import AdmonitionTalk, Branch, Inspection
from branches.rights import may
from branches.views.acting import SHOWN, acted, choice, download, highest


def asked(request, today):
    form = TalkFilter(request.GET, running=today.year)
    found = AdmonitionTalk.objects.visible_to(request.user).filter(talked_on__year=form.of_year)
    if "q" in form.asked:
        found = found.filter(Q(branch__name__contains=form.asked["q"]) | Q(talked_with__contains=form.asked["q"]))
    if "result" in form.asked:
        found = found.filter(result=form.asked["result"])
    return form, found.select_related("branch", "inspection__line").order_by("-talked_on", "-pk")


@require_safe
@policy("talk.see")
def talk_list(request):
    form, found = asked(request, timezone.localdate())
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    context = {
        "form": form, "page": page, "query": request.GET, "year": form.of_year, "may_export": may(request.user, "report.export"),
        "may_edit": may(request.user, "talk.edit"),
        "rows": [{"talk": row, "may_edit": may(request.user, "talk.edit", at=row.branch)} for row in page],
    }  # fmt: skip
    return render(request, "branches/talks.html", context)


@require_safe
@policy("talk.see")
def talk_detail(request, pk):
    """One 约谈 stands as its row of the year's list."""
    row = get_object_or_404(AdmonitionTalk.objects.visible_to(request.user).select_related("branch"), pk=pk)
    return redirect(f"{reverse('branches:talks')}?year={row.talked_on.year}&q={row.branch.name[:50]}")


@require_safe
@policy("talk.see")
def talk_export(request):
    """约谈登记表 of exactly what is filtered, for who may take reports along."""
    today = timezone.localdate()
    form, found = asked(request, today)
    found = list(found.filter(branch__in=Branch.objects.visible_to(request.user, verb="report.export")))
    words = [f"{form.of_year} 年", *(chip["label"] for chip in form.chips if not chip["label"].startswith("年度"))]
    data = inspection_sheet.of_talks(found, organ=highest(request.user, "talk.see"), on=today, words=words)
    audit.record("report.export", by=request.user, report="约谈登记表", year=form.of_year, rows=len(found))
    return download(data, f"{form.of_year}年约谈登记表.xlsx")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("talk.edit")
def talk_add(request):
    branches = Branch.objects.visible_to(request.user, verb="talk.edit").filter(closed_on=None)
    key = whole_number(request.GET.get("branch"))
    visit = whole_number(request.GET.get("visit"))
    if key is None:
        context = choice(request, branches) | {
            "target": f"{reverse('branches:talk_add')}?branch=", "title": "登记约谈", "text": "约谈的是哪个党组织的同志？",
            "list_url": reverse("branches:talks"), "list_label": "约谈",
        }  # fmt: skip
        return render(request, "branches/inspection_choose.html", context)
    branch = get_object_or_404(branches, pk=key)
    return _form(request, AdmonitionTalk(branch=branch), {"talked_on": timezone.localdate(), "inspection": visit})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("talk.edit")
def talk_edit(request, pk):
    found = AdmonitionTalk.objects.visible_to(request.user, verb="talk.edit").select_related("branch")
    return _form(request, get_object_or_404(found, pk=pk), {})


def _form(request, row, initial):
    visits = Inspection.objects.visible_to(request.user).filter(branch=row.branch).select_related("line")
    form = TalkForm(request.POST or None, instance=row, visits=visits.order_by("-visited_on", "-pk"), initial=initial)
    act = lambda: inspections.talk(  # noqa: E731
        form.instance, version=form.cleaned_data.get("version"), by=request.user, on=timezone.localdate()
    )
    return acted(
        request, form, act, "已登记。", lambda made: f"{reverse('branches:talks')}?year={made.talked_on.year}",
        "branches/talk_form.html", cancel=reverse("branches:talks"), branch=row.branch, is_new=row.pk is None,
        fresh=lambda: AdmonitionTalk.objects.visible_to(request.user).get(pk=row.pk),
    )  # fmt: skip
