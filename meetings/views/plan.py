from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.policy import policy
from meetings.models import StudyPlan


@require_safe
@policy("meeting.see")
def plan_list(request):
    return render(request, "meetings/plans.html", {"rows": StudyPlan.objects.visible_to(request.user)})


@require_safe
@policy("plan.edit")
def plan_add(request):
    return HttpResponseRedirect(reverse("meetings:plans"))


@require_safe
@policy("meeting.see")
def plan_detail(request, pk):
    plan = get_object_or_404(StudyPlan.objects.visible_to(request.user), pk=pk)
    return render(request, "meetings/plans.html", {"rows": [plan]})


@require_safe
@policy("plan.edit")
def plan_edit(request, pk):
    get_object_or_404(StudyPlan.objects.visible_to(request.user, verb="plan.edit"), pk=pk)
    return HttpResponseRedirect(reverse("meetings:plans"))
