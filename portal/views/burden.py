"""填报负担: what is asked of whom, and how much of it is known already."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.policy import policy
from portal import burden


@require_safe
@policy("rule.see")
def burden_page(request):
    this = timezone.localdate().year
    jobs = burden.jobs()
    fields, known = sum(job.fields for job in jobs), sum(job.known for job in jobs)
    context = {
        "jobs": jobs, "fields": fields, "known": known, "required": sum(job.required for job in jobs),
        "years": burden.calls(request.user, (this, this - 1)), "share": round(100 * known / fields),
    }  # fmt: skip
    return render(request, "portal/burden.html", context)
