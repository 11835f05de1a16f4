"""Numbers that were typed in one branch and belong to somebody of another: for whoever stands above both."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import AuditEvent
from accounts.policy import policy
from branches.models import Branch
from members.models import Member, Membership


@require_safe
@policy("member.reveal")
def duplicate_list(request):
    """Only attempts whose both sides the reader may look up."""
    branches = {str(branch.pk): branch for branch in Branch.objects.visible_to(request.user, verb="member.reveal")}
    known = Member.objects.visible_to(request.user, verb="member.reveal").values("pk")
    events = AuditEvent.objects.filter(
        action="member.duplicate", object_id__in=list(branches), detail__known__in=list(known.values_list("pk", flat=True))
    )  # fmt: skip
    page = Paginator(events.select_related("by").order_by("-pk"), 30).get_page(request.GET.get("page"))
    homes = Membership.objects.visible_to(request.user, verb="member.reveal").filter(
        member__in=[event.detail["known"] for event in page], ended_on=None
    )
    at = {row.member_id: row for row in homes.select_related("member", "branch")}
    rows = [
        {"event": event, "branch": branches[event.object_id], "home": at.get(event.detail["known"])} for event in page
    ]
    return render(request, "members/duplicates.html", {"page": page, "rows": rows, "query": request.GET})
