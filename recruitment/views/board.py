"""Who is where on the road and what is due: by stage for the day's work, as a ledger for looking up."""

from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.policy import policy
from branches.models import Branch
from branches.rights import may
from members import register
from recruitment import outlook, wording
from recruitment.forms.application import BoardFilter, ListFilter
from recruitment.models import Application
from recruitment.turns import ABOVE_SIDE, Eyes, side
from recruitment.views.step import url_of

SHOWN = 30  # persons in a column, the most urgent first; the rest in the list
MINE, ALL = "mine", "all"


def branches_of(user, today):
    return Branch.objects.visible_to(user, verb="recruit.see").at_work(today).in_order()


def narrowed(rows, asked):
    if "q" in asked:
        rows = register.named(rows, asked["q"])
    if "branch" in asked:
        rows = rows.filter(branch__path__startswith=asked["branch"].path)
    if "stage" in asked:
        rows = rows.filter(stage=asked["stage"])
    return rows


def urgency(road):
    following = road.next
    return wording.urgency(following, road.on) if following else (True,)


def line(road):
    """One person as boards and lists show the road: what comes next, its mark, whose turn."""
    found = {
        "application": road.application, "unlawful": road.unlawful, "late": road.late,
        "mark": None, "say": "", "who": "", "url": "", "is_mine": road.is_mine,
    }  # fmt: skip
    branch = road.application.branch
    if road.is_gone:
        found |= {"say": "把档案转到接续的党支部", "mark": wording.GONE, "who": ABOVE_SIDE}
        if road.eyes.is_above(branch):
            found["url"] = reverse("recruitment:transfer", args=[road.application.pk])
    elif (following := road.next) is not None:
        found |= {
            "say": road.step(following.step).label, "mark": road.mark(following), "who": side(following.step),
        }  # fmt: skip
        if road.may_take(following.step) and following.earliest <= road.on:
            found["url"] = url_of(road, following.step)
    return found


@require_safe
@policy("recruit.see")
def board(request):
    today, user = timezone.localdate(), request.user
    branches = branches_of(user, today)
    form = BoardFilter(request.GET, branch=branches)
    if form.refused:
        return redirect(f"{reverse('recruitment:board')}?{form.data.urlencode()}")
    everything = Application.objects.visible_to(user).open()
    rows, total, eyes = narrowed(everything, form.asked), everything.count(), Eyes(user)
    acts = may(user, "recruit.edit") or may(user, "recruit.approve")
    tab = form.asked.get("tab") or (MINE if acts else ALL)
    if tab == MINE:
        number, roads = _mine(rows, eyes, today)
        mine = len(roads)
    if tab == ALL or not (mine or "tab" in form.asked):
        tab, roads = ALL, outlook.roads(rows.for_list().only(*outlook.LISTED), user, today, eyes)
        number, mine = len(roads), sum(road.is_mine for road in roads)
    columns = []
    for stage in Application.Stage:
        found = sorted((road for road in roads if road.application.stage == stage), key=urgency)
        columns.append({
            "stage": stage, "label": stage.label, "count": len(found), "lines": [line(road) for road in found[:SHOWN]],
            "more": len(found) - SHOWN,
        })  # fmt: skip
    context = {
        "form": form, "columns": columns, "tab": tab, "mine": mine, "all": number, "total": total,
        "acts": acts, "may_add": may(user, "recruit.edit"), "may_batch": may(user, "recruit.edit"),
        "may_batch_above": may(user, "recruit.approve"), "may_import": may(user, "import.run"), "today": today,
    }  # fmt: skip
    return render(request, "recruitment/board.html", context)


def _mine(rows, eyes, today):
    """(how many there are, [Road] on which it is this person's turn): the others are not judged."""
    briefs = list(outlook.briefly(rows))
    keys = [brief.pk for brief in outlook.turning(briefs, eyes, today)]
    roads = outlook.roads(rows.filter(pk__in=keys).for_list().only(*outlook.LISTED), eyes.user, today, eyes)
    return len(briefs), [road for road in roads if road.is_mine]


@require_safe
@policy("recruit.see")
def ledger(request):
    today, user = timezone.localdate(), request.user
    form = ListFilter(request.GET, branch=branches_of(user, today))
    if form.refused:
        return redirect(f"{reverse('recruitment:list')}?{form.data.urlencode()}")
    everything = Application.objects.visible_to(user)
    rows = narrowed(everything, form.asked)
    if "year" in form.asked:
        rows = rows.filter(applied_on__year=form.asked["year"])
    state = form.asked.get("state", "")
    if state != "all":
        rows = rows.exclude(outcome="") if state == "closed" else rows.open()
    page = Paginator(rows.for_list().only(*outlook.LISTED), 30).get_page(request.GET.get("page"))
    lines = [line(road) for road in outlook.roads(page.object_list, user, today)]
    context = {
        "form": form, "page": page, "query": form.data, "lines": lines, "total": everything.count(),
        "may_add": may(user, "recruit.edit"), "may_import": may(user, "import.run"), "may_export": may(user, "report.export"),
    }  # fmt: skip
    return render(request, "recruitment/list.html", context)
