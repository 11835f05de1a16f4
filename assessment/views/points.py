from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.policy import SIGNED_IN, policy
from assessment import points
from assessment.views.year import checked
from branches.models import Branch
from meetings.models import Meeting
from members.models import CommunityService, Honour
from rulebook.book import in_force


def _points_off(request):
    return render(request, "assessment/points_off.html")


def _cards(user, cards):
    """Cards for the template; a record is a link where the reader may see it."""
    wanted = {}
    for card in cards:
        for item in card.items:
            for _, thing in item.rows:
                if thing is not None:
                    wanted.setdefault(type(thing), set()).add(thing.pk)
    seen = {
        model: set(model.objects.visible_to(user).filter(pk__in=wanted[model]).values_list("pk", flat=True))
        for model in (Meeting, CommunityService, Honour)
        if model in wanted
    }
    return [
        {
            "member": card.member, "aside": card.aside, "total": card.total, "rank": card.rank,
            "items": [
                {
                    "label": item.label, "most": item.most, "got": item.got, "words": item.words,
                    "rows": [
                        {"words": words, "url": thing.get_absolute_url() if thing and thing.pk in seen[type(thing)] else ""}
                        for words, thing in item.rows
                    ],
                }
                for item in card.items
            ],
        }
        for card in cards
    ]  # fmt: skip


def _points_rules(on):
    book = in_force(on=on)
    return {"cite": book["points.items"].source, "lapse": book["points.dues_lapse"].value}


@require_safe
@policy("points.see")  # held in the own organisation alone: nobody reads the sheets of many branches
def points_sheet(request, year, pk):
    """The yearly sheet for the 党员大会 of the branch: by points, inside the branch alone. Not for those above it."""
    today = timezone.localdate()
    branch = get_object_or_404(Branch.objects.visible_to(request.user, verb="points.see").graded(), pk=pk)
    if not points.is_on(today):
        return _points_off(request)
    cards = points.cards(branch, checked(year), today)
    cards.sort(key=lambda card: (card.rank is None, card.rank or 0))
    context = {
        "branch": branch, "year": year, "rows": _cards(request.user, cards), "rules": _points_rules(today),
        "years": [{"year": each, "is_shown": each == year} for each in range(today.year - 1, today.year + 1)],
    }  # fmt: skip
    return render(request, "assessment/points.html", context)


@require_safe
@policy(SIGNED_IN)
def own_points(request, year):
    """One's own card, without the others and without a rank."""
    today = timezone.localdate()
    if not points.is_on(today):
        return _points_off(request)
    member = getattr(request.user, "member", None)
    home = member.memberships.filter(ended_on=None).select_related("branch").first() if member else None
    if home is None:
        raise Http404
    cards = [card for card in points.cards(home.branch, checked(year), today) if card.member == member]
    rows = _cards(request.user, cards)
    context = {"branch": home.branch, "year": year, "row": rows[0] if rows else None, "rules": _points_rules(today)}
    return render(request, "assessment/points_own.html", context)
