from functools import lru_cache

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.policy import SIGNED_IN, policy
from branches.actions import root
from office.pdf import to_pdf
from portal import places
from portal.help import book, manual
from portal.help.ticks import TICKS
from rulebook.book import in_force

HERE = "portal:places"  # does not list itself
LONGEST = 50  # signs of what is looked for


def _steps(guide, user, today):
    """The steps of a guide with what of them is done; None where the records do not say."""
    return [
        {
            "step": step,
            "url": book.link(user, step.route),
            "is_done": TICKS[step.tick](user, today) if step.tick else None,
        }
        for step in guide.steps
    ]


def _asked(user):
    """The questions with where each leads this person."""
    return [
        (group, [{"question": each, "url": book.link(user, each.route)} for each in questions])
        for group, questions in book.questions().items()
    ]


@require_safe
@policy(SIGNED_IN)
def places_page(request):
    """全部栏目: whatever this person may open, in groups, each with what it is for."""
    asked = request.GET.get("q", "").strip()[:LONGEST]
    groups = [
        (
            group.label,
            [
                (place, reverse(place.route))
                for place in found
                if place.route != HERE and asked in f"{place.label}{place.about}"
            ],
        )
        for group, found in places.open_to(request.user)
    ]
    context = {"asked": asked, "groups": [(label, found) for label, found in groups if found]}
    return render(request, "portal/places.html", context)


@require_safe
@policy(SIGNED_IN)
def help_home(request):
    """帮助: one's own first day, what people ask, the chapters of the manual; all searched by one word."""
    today = timezone.localdate()
    asked = request.GET.get("q", "").strip()[:LONGEST]
    own = book.guides_of(request.user)
    context = {
        "asked": asked,
        "found": book.find(asked) if asked else None,
        "guides": [(guide, _steps(guide, request.user, today)) for guide in own],
        "others": [guide for guide in book.guides() if guide not in own],
        "chapters": book.chapters(),
        "groups": book.questions(),
    }
    return render(request, "portal/help/home.html", context)


@require_safe
@policy(SIGNED_IN)
def guide(request, key):
    found = next((each for each in book.guides() if each.key == key), None)
    if found is None:
        raise Http404
    is_own = found in book.guides_of(request.user)
    steps = [
        row if is_own else {**row, "is_done": None} for row in _steps(found, request.user, timezone.localdate())
    ]  # what somebody else has done is not told
    return render(request, "portal/help/guide.html", {"guide": found, "steps": steps, "is_own": is_own})


@require_safe
@policy(SIGNED_IN)
def questions(request):
    return render(request, "portal/help/questions.html", {"groups": _asked(request.user)})


@require_safe
@policy(SIGNED_IN)
def terms(request):
    return render(request, "portal/help/terms.html", {"terms": book.terms()})


@require_safe
@policy(SIGNED_IN)
def manual_contents(request):
    return render(request, "portal/help/manual.html", {"chapters": book.chapters()})


@require_safe
@policy(SIGNED_IN)
def manual_chapter(request, key):
    chapters = book.chapters()
    at = next((number for number, chapter in enumerate(chapters) if chapter.key == key), None)
    if at is None:
        raise Http404
    today = timezone.localdate()
    rules = in_force(on=today)
    sections = [
        {
            "section": section,
            "rules": [rules[rule] for rule in section.rules if rule in rules],
            "links": [
                {"url": url, "label": label}
                for route in section.routes
                if (label := places.label_of(route)) and (url := book.link(request.user, route))
            ],
            "pictures": [picture for picture in section.pictures if manual.exists(picture)],
        }
        for section in chapters[at].sections
    ]
    context = {
        "chapter": chapters[at], "number": at + 1, "sections": sections, "today": today,
        "before": chapters[at - 1] if at else None, "after": chapters[at + 1] if at + 1 < len(chapters) else None,
    }  # fmt: skip
    return render(request, "portal/help/chapter.html", context)


@require_safe
@policy(SIGNED_IN)
def manual_pdf(request):
    """The manual on paper, whole or one chapter of it; by the rules of today, so that it names their day."""
    key = request.GET.get("chapter", "")
    chapters = [chapter for chapter in book.chapters() if key in ("", chapter.key)]
    if not chapters:
        raise Http404
    paper = manual.paper(chapters, organ=root().name, on=timezone.localdate())
    response = HttpResponse(_written(paper), content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(False, f"{paper.title.replace(chr(10), '')}.pdf")
    return response


@lru_cache(maxsize=4)
def _written(paper):
    """One writing serves everybody until a rule, a picture or the day changes."""
    return to_pdf(paper)
