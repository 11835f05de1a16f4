from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.policy import policy
from meetings.models import Activity


@require_safe
@policy("meeting.see")
def activity_list(request):
    page = Activity.objects.visible_to(request.user).select_related("branch").order_by("-held_on", "-pk")[:30]
    return render(request, "meetings/activities.html", {"rows": page})


@require_safe
@policy("meeting.edit")
def activity_add(request):
    return HttpResponseRedirect(reverse("meetings:activities"))


@require_safe
@policy("meeting.see")
def activity_detail(request, pk):
    activity = get_object_or_404(Activity.objects.visible_to(request.user).select_related("branch"), pk=pk)
    return render(request, "meetings/activities.html", {"rows": [activity]})


@require_safe
@policy("meeting.edit")
def activity_edit(request, pk):
    get_object_or_404(Activity.objects.visible_to(request.user, verb="meeting.edit"), pk=pk)
    return HttpResponseRedirect(reverse("meetings:activities"))


activity_withdraw = activity_edit


@require_safe
@policy("meeting.see")
def activity_ledger(request):
    return activity_list(request)


@require_safe
@policy("report.export")
def activity_export(request):
    return HttpResponseRedirect(reverse("meetings:activities"))


@require_safe
@policy("meeting.see")
def talks(request):
    return HttpResponseRedirect(reverse("meetings:activities"))


@require_safe
@policy("meeting.see")
def leaders(request):
    return HttpResponseRedirect(reverse("meetings:activities"))
