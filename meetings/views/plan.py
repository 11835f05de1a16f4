from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches.models import Branch
from branches.rights import may
from duties.periods import labels
from meetings import plans
from meetings.forms.plan import PlanFilter, PlanForm
from meetings.models import Meeting, StudyPlan
from rulebook.book import in_force


@require_safe
@policy("meeting.see")
def plan_list(request):
    """One's own plans, those below, and those from above that one follows."""
    form = PlanFilter(request.GET)
    found = StudyPlan.objects.visible_to(request.user).select_related("branch").annotate(count=Count("items"))
    asked = form.asked
    if "q" in asked:
        found = found.filter(title__contains=asked["q"])
    if "kind" in asked:
        found = found.filter(kind=asked["kind"])
    if "year" in asked:
        found = found.filter(year=asked["year"])
    page = Paginator(found.order_by("-year", "branch__order", "branch", "kind"), 30).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "may_add": may(request.user, "plan.edit"), "query": request.GET}
    return render(request, "meetings/plans.html", context)


@require_safe
@policy("meeting.see")
def plan_detail(request, pk):
    """The items and how often meetings of the organisation and below have studied each."""
    plan = get_object_or_404(StudyPlan.objects.visible_to(request.user).select_related("branch", "created_by"), pk=pk)
    today, meetings = timezone.localdate(), Meeting.objects.visible_to(request.user)
    items = list(plans.progress(plan, meetings, on=today))
    is_from_above = not _is_own(request.user, plan)
    if is_from_above:  # who has a plan of its own follows that one: no fault if this one is not named
        for item in items:
            if not item.times:
                item.state, item.word = "na", "没有对应的议题"
    held, whole = plans.share(plan, meetings, on=today)
    rule, names = in_force(on=today)["agenda.first_and_second"], labels(today)
    context = {
        "plan": plan, "is_from_above": is_from_above, "items": items, "held": held, "whole": whole,
        "studied": sum(item.times > 0 for item in items),
        "percent": round(100 * held / whole) if whole else None, "rule": rule,
        "kinds": [names[kind] for kind in rule.value if kind in names], "events": audit.of(plan)[:20],
        "agenda": "第一议题" if plan.kind == StudyPlan.Kind.STUDY else "第二议题",
        "may_edit": may(request.user, "plan.edit", at=plan.branch),
    }  # fmt: skip
    return render(request, "meetings/plan.html", context)


def _is_own(user, plan):
    """Whether the plan belongs to what one looks after; a branch reads the plan of 上级 too, and follows its own."""
    return Branch.objects.visible_to(user, verb="meeting.see").filter(pk=plan.branch_id).exists()


@require_http_methods(["GET", "HEAD", "POST"])
@policy("plan.edit")
def plan_add(request):
    return _form(request, StudyPlan())


@require_http_methods(["GET", "HEAD", "POST"])
@policy("plan.edit")
def plan_edit(request, pk):
    return _form(request, get_object_or_404(_mine(request), pk=pk))


def _mine(request):
    """The plans that one may change, without those from above."""
    branches = Branch.objects.visible_to(request.user, verb="plan.edit")
    return StudyPlan.objects.visible_to(request.user, verb="plan.edit").filter(branch__in=branches)


def _form(request, plan):
    pk, today = plan.pk, timezone.localdate()
    first = Branch.objects.visible_to(request.user, verb="plan.edit").order_by("path").first()
    initial = {} if pk else {"year": today.year, "kind": request.GET.get("kind", StudyPlan.Kind.STUDY), "branch": first}
    form = PlanForm(request.POST or None, instance=plan, initial=initial, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            saved = plans.save(form.instance, form.items, by=request.user, version=form.cleaned_data["version"] or 0)
        except ValidationError as error:
            form.add_error("lines" if getattr(error, "code", "") == "studied" else None, error)
        else:
            messages.success(request, "计划已保存。")
            return redirect(saved)
    stale = None
    if form.is_stale:
        fresh = _mine(request).get(pk=pk)
        form.catch_up(fresh)
        stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
    return render(request, "meetings/plan_form.html", {"form": form, "pk": pk, "plan": plan, "stale": stale})
