"""The tree and the heads of any day; merging, splitting and moving, each shown before it is done."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch, Succession
from branches.rights import may
from members import structure
from members.forms.election import tell
from members.forms.structure import MergeForm, MoveForm, SplitForm, TreeFilter
from members.models import Member, Membership
from members.structure_checks import LEAVES, UPPERS
from rulebook.book import in_force

SHOWN = 50
CITE = "《中国共产党支部工作条例（试行）》第二章：党支部的调整、撤销由上级党组织决定，党员同时安排到其他党支部"


@require_safe
@policy("member.see")
def organisation(request):
    """某日组织和人数: below whom each organisation stood on a day, and how many members it had."""
    today = timezone.localdate()
    form = TreeFilter(request.GET)
    day = min(form.asked.get("on", today), today)
    visible = Branch.objects.visible_to(request.user, verb="member.see")
    places = structure.tree(day, visible)
    rows = _branchy(places)
    if "q" in form.asked:
        rows = [row for row in rows if form.asked["q"] in row["place"].name]
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    successions = Succession.objects.visible_to(request.user, verb="member.see").select_related("old", "new")
    successions = list(successions.order_by("-on", "-pk")[:SHOWN])
    both = {pk for row in successions for pk in (row.old_id, row.new_id)}  # the other side may be nobody's to open
    context = {
        "form": form, "page": page, "query": request.GET, "rows": list(page), "day": day, "is_today": day == today,
        "full": sum(place.heads.full for place in places.values()),
        "probationary": sum(place.heads.probationary for place in places.values()),
        "successions": successions,
        "known": set(Branch.objects.visible_to(request.user).filter(pk__in=both).values_list("pk", flat=True)),
        "may_restructure": may(request.user, "branch.restructure"),
    }  # fmt: skip
    return render(request, "members/structure.html", context)


def _branchy(places):
    """The tree as lines from the top: each with its depth and what lies below it counted in."""
    below = {}
    for pk, place in places.items():
        below.setdefault(place.parent if place.parent in places else None, []).append(pk)

    def lines(pk, depth):
        inner = [line for child in below.get(pk, ()) for line in lines(child, depth + 1)]
        own = places[pk].heads
        whole = structure.Heads(
            own.full + sum(line["place"].heads.full for line in inner),
            own.probationary + sum(line["place"].heads.probationary for line in inner),
        )
        return [
            {"pk": pk, "place": places[pk], "depth": min(depth, 3), "whole": whole, "has_below": bool(inner)},
            *inner,
        ]

    return [line for pk in below.get(None, ()) for line in lines(pk, 0)]


def _branches(request, day):
    return Branch.objects.visible_to(request.user, verb="branch.restructure").at_work(day).in_order()


@require_http_methods(["GET", "HEAD", "POST"])
@policy("branch.restructure")
def branch_merge(request):
    today = timezone.localdate()
    branches = _branches(request, today)
    first = branches.filter(pk=whole_number(request.GET.get("branch"))).first()
    form = MergeForm(
        request.POST or None, branches=branches.filter(kind__in=LEAVES),
        parents=branches.filter(kind__in=UPPERS), initial={"since": today, "old_1": first},
    )  # fmt: skip

    def act(seen, *, is_real):
        asked = form.asked() | {"by": request.user, "on": today, "seen": seen}
        olds = asked.pop("olds")
        return structure.merge(olds, **asked) if is_real else structure.rehearse(structure.merge, olds, **asked)

    context = {"title": "合并党支部", "template": "members/merge.html", "about": "", "label": "确认合并"}
    return staged(request, form, act, context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("branch.restructure")
def branch_split(request, pk):
    today = timezone.localdate()
    branch = get_object_or_404(Branch.objects.visible_to(request.user, verb="branch.restructure"), pk=pk)
    stays = Membership.objects.visible_to(request.user, verb="branch.restructure").on(today).filter(branch=branch)
    members = Member.objects.visible_to(request.user, verb="branch.restructure").filter(pk__in=stays.values("member"))
    form = SplitForm(
        request.POST or None, members=members.order_by("strokes", "pk"), initial={"since": today, "keeps": True},
        schools=branch.schools.order_by("name"),
    )  # fmt: skip

    def act(seen, *, is_real):
        asked = form.asked() | {"by": request.user, "on": today, "seen": seen}
        parts = asked.pop("parts")
        if is_real:
            return structure.split(branch, parts, **asked)
        return structure.rehearse(structure.split, branch, parts, **asked)

    context = {"title": "拆分党支部", "template": "members/split.html", "about": branch.name, "label": "确认拆分"}
    return staged(request, form, act, context)


def staged(request, form, act, context):
    """First the form, then what would happen, then the act itself; typed text is kept on every way back."""
    today = timezone.localdate()
    context |= {
        "form": form,
        "cite": CITE,
        "least": in_force(on=today)["branch.min_full_members"],
        "back": context.get("back") or reverse("members:structure"),
    }
    if request.method == "POST" and "back" not in request.POST and form.is_valid():
        is_real = "confirm" in request.POST
        try:
            outcome = act(request.POST.get("seen"), is_real=is_real)
        except ValidationError as error:
            tell(form, error)
        else:
            if not is_real:
                return render(
                    request, "members/structure_preview.html", context | {"outcome": outcome} | _words(outcome)
                )
            messages.success(request, "已办理。新党支部应当及时选举，新的任职请管理员办理。")
            return redirect(outcome.branch)
    return render(request, context["template"], context)


def _words(outcome):
    """The rehearsal as rows of the page."""
    return {
        "lines": [
            {
                "name": branch.name,
                "before": before,
                "after": after,
                "closes": branch.closed_on,
                "founds": not before.members,
            }
            for branch, before, after in outcome.lines
        ],
        "count": len(outcome.moves),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@policy("branch.restructure")
def branch_move(request, pk):
    today = timezone.localdate()
    branches = _branches(request, today)
    mine = Branch.objects.visible_to(request.user, verb="branch.restructure").select_related("parent")
    branch = get_object_or_404(mine, pk=pk)
    parents = branches.filter(kind__in=UPPERS).exclude(path__startswith=branch.path)
    form = MoveForm(request.POST or None, parents=parents, initial={"since": today})
    inner = branches.filter(path__startswith=branch.path)
    stays = Membership.objects.visible_to(request.user, verb="branch.restructure").on(today)
    context = {
        "form": form, "branch": branch, "cite": CITE, "back": branch.get_absolute_url(), "inner": inner.count() - 1,
        "members": stays.filter(branch__in=inner.values("pk")).count(),
    }  # fmt: skip
    if request.method == "POST" and "back" not in request.POST and form.is_valid():
        asked = form.asked() | {"by": request.user, "on": today}
        is_real = "confirm" in request.POST
        try:
            if is_real:
                structure.move(branch, **asked)
            else:
                structure.rehearse(structure.move, branch, **asked)
        except ValidationError as error:
            tell(form, error)
        else:
            if not is_real:
                return render(
                    request, "members/move.html", context | {"upper": asked["parent"], "since": asked["since"]}
                )
            messages.success(request, f"已划转到{asked['parent']}。")
            return redirect(branch)
    return render(request, "members/move.html", context)
