from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.policy import policy
from members.models import Exemption, LeadingCadre, Member


@require_safe
@policy("member.see")
def exemption_list(request):
    return render(request, "members/exemptions.html", {"rows": Exemption.objects.visible_to(request.user)})


@require_safe
@policy("member.edit")
def exemption_add(request, pk):
    return redirect(get_object_or_404(Member.objects.visible_to(request.user, verb="member.edit"), pk=pk))


@require_safe
@policy("member.edit")
def exemption_end(request, pk):
    get_object_or_404(Exemption.objects.visible_to(request.user, verb="member.edit"), pk=pk)
    return HttpResponseRedirect(reverse("members:exemptions"))


@require_safe
@policy("member.see")
def cadre_list(request):
    return render(request, "members/exemptions.html", {"rows": LeadingCadre.objects.visible_to(request.user)})


cadre_add = exemption_add


@require_safe
@policy("member.edit")
def cadre_end(request, pk):
    get_object_or_404(LeadingCadre.objects.visible_to(request.user, verb="member.edit"), pk=pk)
    return HttpResponseRedirect(reverse("members:cadres"))
