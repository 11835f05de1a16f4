"""年初启用: a year's steps, each with how far it is, and one button for all that needs nobody's judgement."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.policy import policy
from branches.actions import root
from branches.forms import whole_number
from branches.models import Branch
from jobs import actions as jobs
from jobs.models import Job
from portal.help.book import link
from portal.settings import year_opening


@require_http_methods(["GET", "HEAD", "POST"])
@policy(year_opening.VERB)
def year_open(request):
    today = timezone.localdate()
    years = year_opening.years(today)
    year = whole_number(request.GET.get("year")) or years[-1]
    if year not in years:
        raise Http404
    if request.method == "POST":
        is_small = Branch.objects.visible_to(request.user).at_work(today).count() <= year_opening.SMALL
        try:
            job = jobs.start("portal.year_open", {"year": year}, by=request.user, is_small=is_small)
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
        else:
            if not is_small:
                return redirect("portal:job", job.pk)
            _tell(request, job)
        return redirect(f"{reverse('portal:year_open')}?year={year}")
    steps = [
        (step, state, link(request.user, step.route))
        for step, state in year_opening.look(year, by=request.user, on=today)
    ]
    opened = audit.of(root()).filter(action=year_opening.VERB)[:10]
    context = {
        "year": year, "years": years, "steps": steps, "report": year_opening.told(opened, year),
        "left": sum(state.state == year_opening.WAITING for _, state, _ in steps),
        "by_hand": sum(state.state == year_opening.BY_HAND for _, state, _ in steps),
    }  # fmt: skip
    return render(request, "portal/settings/year_open.html", context)


def _tell(request, job):
    if job.state != Job.State.DONE:
        messages.error(request, job.error or "没有办成，什么都没有改，请稍后再试。")
    elif job.result:
        messages.success(request, f"已启用，办了 {len(job.result)} 项。")
    else:
        messages.info(request, "要自动办的都已办过，没有改动。")
