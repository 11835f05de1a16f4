from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.policy import policy
from meetings.models import Campaign


@require_safe
@policy("campaign.see")
def campaign_list(request):
    return render(request, "meetings/campaigns.html", {"rows": Campaign.objects.visible_to(request.user)})


@require_safe
@policy("campaign.run")
def campaign_add(request):
    return HttpResponseRedirect(reverse("meetings:campaigns"))


@require_safe
@policy("campaign.see")
def campaign_detail(request, pk):
    campaign = get_object_or_404(Campaign.objects.visible_to(request.user), pk=pk)
    return render(request, "meetings/campaigns.html", {"rows": [campaign]})


campaign_branch = campaign_detail


@require_safe
@policy("campaign.run")
def campaign_edit(request, pk):
    get_object_or_404(Campaign.objects.visible_to(request.user, verb="campaign.run"), pk=pk)
    return HttpResponseRedirect(reverse("meetings:campaigns"))


campaign_guidance = campaign_edit


@require_POST
@policy("campaign.run")
def campaign_move(request, pk):
    get_object_or_404(Campaign.objects.visible_to(request.user, verb="campaign.run"), pk=pk)
    return HttpResponseRedirect(reverse("meetings:campaigns"))
