from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.policy import policy
from assessment import earned
from branches.rights import may


@require_safe
@policy("score.see")
def record_earned(request, label, pk):
    """What one record earned: a panel on the record's page, or a page of its own."""
    found = earned.found_for(request.user, label, pk, on=timezone.localdate())
    if found is None:
        raise Http404
    record, lines = found
    for line in lines:  # who compares organisations speaks in codes, a branch in words
        line["shows_code"] = may(request.user, "score.rank", at=line["branch"])
    page = "assessment/earned.html#lines" if request.htmx else "assessment/earned.html"
    return render(request, page, {"record": record, "lines": lines, "back": record.get_absolute_url()})
