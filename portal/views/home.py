from django.db.models import Case, Q, When
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.policy import PUBLIC, SIGNED_IN, policy
from branches.models import Branch
from branches.rights import may, places, serving
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
    today, user = timezone.localdate(), request.user
    if not may(user, "duty.see"):
        if own.member_of(request) and not serving(user):
            return render(request, "portal/own.html", own.page(request))
        return render(request, "portal/home_plain.html", {"today": today, **board.of_others(user, today)})
    branches = Branch.objects.visible_to(user, verb="duty.see").owing()
    files = Q(path__in=[path for path, _ in places(user, "duty.file")])
    first = list(branches.annotate(files=Case(When(files, then=0), default=1)).order_by("files", "order", "pk")[:2])
    if len(first) == 1 and serving(user):
        return render(request, "portal/home_branch.html", desk.of_branch(user, first[0], today))
    filing = next((branch for branch in first if branch.files == 0), None)
    return render(request, "portal/home_staff.html", board.of_staff(user, branches, today, filing))
