"""群众测评 of a year: which branch has one, the totals, and entering one after the other."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch
from branches.rights import may
from members import appraisals
from members.forms.appraisal import BACK, NONE, PollFilter, PollForm
from members.models import MassPoll
from members.views.appraisal import SHOWN, refuse
from rulebook.book import value


def _branches(request, year, today, verb):
    branches = Branch.objects.visible_to(request.user, verb=verb).graded()
    return branches.at_work(today.replace(year=year, month=1, day=1), today.replace(year=year, month=12, day=31))


@require_safe
@policy("poll.see")
def poll_list(request):
    today = timezone.localdate()
    form = PollFilter(
        request.GET, usual=appraisals.shown_year(MassPoll.objects.visible_to(request.user), today), running=today.year,
        branch=_branches(request, today.year, today, "poll.see").in_order(),
    )  # fmt: skip
    year = form.of_year
    every = branches = _branches(request, year, today, "poll.see")
    held = MassPoll.objects.visible_to(request.user).filter(year=year)
    if len(form.fields["branch"].queryset) <= 1:
        form.drop("branch")
    if "q" in form.asked:
        branches = branches.filter(name__contains=form.asked["q"])
    if "branch" in form.asked:
        branches = branches.filter(pk=form.asked["branch"].pk)
    if "state" in form.asked:
        branches = branches.filter(pk__in=held.values("branch")) if form.asked["state"] != NONE else branches.exclude(
            pk__in=held.values("branch"))  # fmt: skip
    page = Paginator(branches.in_order(), SHOWN).get_page(request.GET.get("page"))
    found = {poll.branch_id: poll for poll in held.filter(branch__in=list(page))}
    least = value("poll.least_ballots", on=today)
    may_edit = may(request.user, "poll.edit")
    missing = every.exclude(pk__in=held.values("branch")).in_order().first() if may_edit else None
    context = {
        "form": form, "page": page, "query": request.GET, "year": year, "least": least, "whole": every.count(),
        "held": held.filter(branch__in=every).count(), "may_edit": may_edit, "next": missing,
        "rows": [_line(request, branch, found.get(branch.pk), least) for branch in page],
    }  # fmt: skip
    return render(request, "members/polls.html", context)


def _line(request, branch, poll, least):
    return {
        "branch": branch, "poll": poll, "is_few": poll is not None and poll.valid < least,
        "share": f"{100 * (poll.satisfied + poll.fairly) / poll.valid:.1f}%" if poll and poll.valid else "—",
        "may_edit": may(request.user, "poll.edit", at=branch),
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("poll.edit")
def poll_edit(request, pk):
    """One branch's totals; afterwards the next one that lacks them, with the same day."""
    today = timezone.localdate()
    branch = get_object_or_404(Branch.objects.visible_to(request.user, verb="poll.edit"), pk=pk)
    year = whole_number(request.GET.get("year")) or appraisals.assessed_year(today)
    year = year if today.year - BACK < year <= today.year else appraisals.assessed_year(today)
    polls = MassPoll.objects.visible_to(request.user, verb="poll.edit")
    known = polls.filter(branch=branch, year=year).first()
    initial = {"unsure": 0, "held_on": request.GET.get("held_on") or today}
    form = PollForm(
        request.POST or None, instance=known or MassPoll(branch=branch, year=year), initial={} if known else initial
    )
    if request.method == "POST" and form.is_valid():
        try:
            appraisals.keep_poll(form.instance, by=request.user, on=today)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, f"已保存{branch}的测评。")
            return redirect(_onward(request, polls, year, form.instance.held_on, today))
    context = {
        "form": form, "branch": branch, "year": year, "is_new": known is None,
        "least": value("poll.least_ballots", on=today), "back": f"{reverse('members:polls')}?year={year}",
    }  # fmt: skip
    return render(request, "members/poll_form.html", context)


def _onward(request, polls, year, held_on, today):
    """The next branch without totals, when asked for; else the list."""
    missing = _branches(request, year, today, "poll.edit").exclude(pk__in=polls.filter(year=year).values("branch"))
    following = missing.in_order().first() if "next" in request.POST else None
    if following is None:
        return f"{reverse('members:polls')}?year={year}"
    return f"{reverse('members:poll', args=[following.pk])}?year={year}&held_on={held_on}"
