from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.policy import PUBLIC, SIGNED_IN, policy
from branches.models import Branch
from branches.rights import may, serving
from portal import board, desk
from portal.views import own


@require_safe
@policy(PUBLIC)
def livez(request):
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@policy(SIGNED_IN)
def home(request):
    """工作台: a branch's month for its secretary, the county's year for staff, one's own record for who holds no post."""
    today = timezone.localdate()
    branches = Branch.objects.visible_to(request.user, verb="duty.see").owing()
    if not may(request.user, "duty.see"):
        if own.member_of(request) and not serving(request.user):
            return render(request, "portal/own.html", own.page(request))
        return render(request, "portal/home_plain.html", {"today": today})
    if branches.count() == 1:
        return render(request, "portal/home_branch.html", desk.of_branch(request.user, branches.get(), today))
    return render(request, "portal/home_staff.html", board.of_staff(request.user, branches, today))
