"""What came out of a screening: one branch's result, its approval by another person, and 回头看 beside the first round."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import SIGNED_IN, policy
from branches import feedback, screenings, visits
from branches.forms import whole_number
from branches.forms.visit import ApprovalFilter, ApproveForm, ReturnForm
from branches.models import Rectification, Screening, ScreeningCampaign
from branches.rights import may, places
from branches.views.acting import acted
from branches.views.attachment import files_of
from branches.views.visit import SIGNS, seen

SHOWN = 50
State = Screening.State
PEOPLE = ("assessor", "submitted_by", "approved_by", "issued_by")
SETTLED = (State.APPROVED, State.ISSUED)


def is_above(user, branch):
    """Whether somebody sees the branch from above, not as one of its own or because of a task."""
    return any(below and branch.path.startswith(path) for path, below in places(user, "screening.see"))


def may_read_letter(user, screening):
    """Of those who see a screening: the branch once the letter is out, those above it before that too."""
    if screening.state == State.ISSUED:
        return may(user, "screening.see", at=screening.branch)
    return screening.state == State.APPROVED and is_above(user, screening.branch)


def label_of(screening):
    """The class of a screening in words: as approved, before that as it follows from the points."""
    return screenings.label_of(screening.campaign.scale, screening.approved_class or screening.computed_class)


# --- one result


@require_safe
@policy(SIGNED_IN)
def screening_detail(request, pk):
    """For those above at any time, for the branch once the letter is out, for the assessor while the task runs."""
    user = request.user
    rows = Screening.objects.visible_to(user).select_related("branch", "campaign__standard", "first", *PEOPLE)
    screening = get_object_or_404(rows, pk=pk)
    if screening.state in screenings.OPEN and screening.assessor_id == user.pk and _judges(user, screening):
        return redirect("branches:visit", pk)
    from_above = is_above(user, screening.branch)
    parts = feedback.parts(screening)
    items = Rectification.objects.visible_to(user).filter(screening=screening).order_by("due_on", "pk")
    before = feedback.final(Screening.objects.visible_to(user).filter(branch=screening.branch), screening.campaign.year)
    back = Screening.objects.visible_to(user).filter(first=screening).first()
    is_judged = screening.state not in screenings.OPEN
    context = {
        "screening": screening, "sign": SIGNS[screening.state], "from_above": from_above, "items": items,
        "parts": [{"part": part, "lines": [{"row": row, **seen(row)} for row in part.lines]} for part in parts],
        "label": label_of(screening) if is_judged else "", "percent": feedback.percent(screening) if is_judged else None,
        "computed": screenings.label_of(screening.campaign.scale, screening.computed_class),
        "before": _summary(before.get(screening.branch_id)), "look_back": back, "is_judged": is_judged,
        "compares": bool(back or (screening.first_id and from_above)) or screening.kind == Screening.Kind.LOOK_BACK,
        "events": audit.of(screening)[:20] if from_above else [], "steps": _steps(screening) if from_above else [],
        "has_letter": may_read_letter(user, screening),
        **_ways(user, screening), **files_of(screening, user),
    }  # fmt: skip
    return render(request, "branches/screening.html", context)


def _judges(user, screening):
    return may(user, "screening.judge", at=screening.branch)


def _ways(user, screening):
    """Only acts that may succeed."""
    approves = may(user, "screening.approve", at=screening.branch)
    is_open = screening.campaign.state == ScreeningCampaign.State.OPEN
    other = user.pk not in (screening.assessor_id, screening.submitted_by_id)
    acts = visits.ROAD[State(screening.state)] if is_open else {}
    return {
        "may_approve": approves and other and "approve" in acts,
        "may_return": approves and other and "send_back" in acts,
        "is_own": approves and not other and "approve" in acts,
        "may_issue": screening.state == State.APPROVED and may(user, "screening.run", at=screening.branch),
    }


def _steps(screening):
    """(word, who, when) of what was done, in its order."""
    rows = [
        ("到校", screening.assessor, screening.visited_on), ("提交", screening.submitted_by, _day(screening.submitted_at)),
        ("审定", screening.approved_by, _day(screening.approved_at)), ("反馈", screening.issued_by, _day(screening.issued_at)),
    ]  # fmt: skip
    return [{"word": word, "who": who, "on": day} for word, who, day in rows]


def _day(moment):
    return timezone.localtime(moment).date() if moment else None


def _summary(screening):
    if screening is None:
        return None
    return {
        "screening": screening, "label": label_of(screening), "points": screening.points, "whole": screening.whole,
        "percent": feedback.percent(screening),
    }  # fmt: skip


# --- approval


def _approvable(user):
    rows = Screening.objects.visible_to(user, verb="screening.approve")
    return rows.filter(campaign__state=ScreeningCampaign.State.OPEN)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("screening.approve")
def approvals(request):
    """What waits for approval; several at once by the class that follows from their points."""
    user, found = request.user, _approvable(request.user)
    if request.method == "POST":
        return _approve_ticked(request, found)
    open_ones = ScreeningCampaign.objects.visible_to(user).filter(state=ScreeningCampaign.State.OPEN)
    form = ApprovalFilter(request.GET, campaign=open_ones)
    if len(form.fields["campaign"].queryset) <= 1:
        form.drop("campaign")
    state = form.asked.get("state") or State.SUBMITTED
    rows = found.filter(state=state).select_related("branch", "campaign", "assessor")
    if "q" in form.asked:
        rows = rows.filter(branch__name__contains=form.asked["q"])
    if "campaign" in form.asked:
        rows = rows.filter(campaign=form.asked["campaign"])
    page = Paginator(rows.order_by("submitted_at", "pk"), SHOWN).get_page(request.GET.get("page"))
    lines = [_line(row, user) for row in page]
    _with_year_before(lines, Screening.objects.visible_to(user))
    context = {
        "form": form, "page": page, "query": request.GET, "rows": lines, "is_waiting": state == State.SUBMITTED,
        "has_ticks": any(line["tick"] for line in lines), "approved": found.filter(state=State.APPROVED).count(),
    }  # fmt: skip
    return render(request, "branches/approvals.html", context)


def _line(row, user):
    own = user.pk in (row.assessor_id, row.submitted_by_id)
    return {
        "screening": row, "label": label_of(row), "percent": feedback.percent(row), "is_own": own,
        "tick": row.state == State.SUBMITTED and not own, "before": None,
    }  # fmt: skip


def _with_year_before(lines, rows):
    """Put the class of the year before beside each line, by one query for each year that is on the page."""
    for year in {line["screening"].campaign.year for line in lines}:
        of_year = [line for line in lines if line["screening"].campaign.year == year]
        known = feedback.final(rows.filter(branch__in=[line["screening"].branch_id for line in of_year]), year)
        for line in of_year:
            line["before"] = _summary(known.get(line["screening"].branch_id))


def _approve_ticked(request, found):
    pks = [key for text in request.POST.getlist("pk")[:SHOWN] if (key := whole_number(text))]
    done, refused = 0, []
    for screening in found.filter(pk__in=pks).select_related("branch").order_by("branch__order", "pk"):
        try:
            visits.approve(screening, by=request.user)
            done += 1
        except ValidationError as error:
            refused.append(f"{screening.branch}：{'；'.join(error.messages)}")
    if done:
        messages.success(request, f"已审定 {done} 个党组织，类别照分数得出的。")
    if refused:
        messages.warning(request, "；".join(refused))
    if not done and not refused:
        messages.warning(request, "请先勾选要审定的党组织。")
    return redirect("branches:approvals")


def _one(request, pk):
    rows = _approvable(request.user).exclude(state__in=[*screenings.OPEN, State.ISSUED])
    return get_object_or_404(rows.select_related("branch", "campaign"), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("screening.approve")
def screening_approve(request, pk):
    screening = _one(request, pk)
    form = ApproveForm(request.POST or None, screening=screening)

    def act():
        given = form.cleaned_data
        return visits.approve(
            screening, by=request.user, chosen=given["chosen"], reason=given["reason"], seen=given["version"]
        )

    return acted(
        request, form, act, f"已审定{screening.branch}。", reverse("branches:approvals"), "branches/screening_approve.html",
        fresh=lambda: _one(request, pk), screening=screening, label=label_of(screening), percent=feedback.percent(screening),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("screening.approve")
def screening_return(request, pk):
    screening = _one(request, pk)
    form = ReturnForm(request.POST or None, screening=screening)

    def act():
        given = form.cleaned_data
        return visits.send_back(screening, by=request.user, reason=given["reason"], seen=given["version"])

    return acted(
        request, form, act, f"已退回，由{screening.assessor}重新研判。", reverse("branches:approvals"),
        "branches/screening_return.html", fresh=lambda: _one(request, pk), screening=screening,
    )  # fmt: skip


# --- before and after


@require_safe
@policy("screening.see")
def screening_compare(request, pk):
    """First round and 回头看 side by side, item by item, with what was put right in between."""
    rows = Screening.objects.visible_to(request.user).select_related("branch", "campaign", "first__campaign")
    after = get_object_or_404(rows.filter(kind=Screening.Kind.LOOK_BACK), pk=pk)
    before = get_object_or_404(rows, pk=after.first_id)
    was = {row.item_id: row for part in feedback.parts(before) for row in part.lines}
    items = Rectification.objects.visible_to(request.user).filter(screening=before).order_by("due_on", "pk")
    of_mark = {}
    for item in items:
        of_mark.setdefault(item.mark_id, []).append(item)
    groups = [
        {"label": part.label, "lines": [_pair(was.get(row.item_id), row, of_mark) for row in part.lines]}
        for part in feedback.parts(after)
    ]
    settled = after.state in SETTLED
    context = {
        "before": before, "after": after, "groups": groups, "items": items, "change": feedback.change(after, before) if settled else None,
        "closed": sum(item.state in ("accepted", "closed") for item in items),
        "label_before": label_of(before), "label_after": label_of(after) if settled else "",
        "percent_before": feedback.percent(before), "percent_after": feedback.percent(after),
        "up": sum(line["sign"] == "up" for group in groups for line in group["lines"]),
        "down": sum(line["sign"] == "down" for group in groups for line in group["lines"]),
    }  # fmt: skip
    return render(request, "branches/screening_compare.html", context)


def _pair(before, after, of_mark):
    old, new = (row.points if row else None for row in (before, after))
    sign = "" if None in (old, new) else "up" if new > old else "down" if new < old else "same"
    return {
        "item": after.item, "old": old, "new": new, "sign": sign, "by": abs(new - old) if sign in ("up", "down") else None,
        "old_na": before is not None and not before.is_applicable, "new_na": not after.is_applicable,
        "items": of_mark.get(before.pk, []) if before else [],
    }  # fmt: skip
