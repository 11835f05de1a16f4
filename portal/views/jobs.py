from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.policy import SIGNED_IN, policy
from jobs import actions, registry
from jobs.models import Job

MARKS = {"waiting": "wait", "running": "wait", "done": "done", "failed": "miss", "cancelled": "na"}
DOWNLOAD = "application/octet-stream"
UNKNOWN = "以前的后台工作"  # of a kind that this version no longer has
ANOTHER_POST = "提出这件工作以后您的岗位有变动，当时生成的文件不再提供。仍然需要的，请按现在的岗位重新办理。"


@require_safe
@policy(SIGNED_IN)
def job_list(request):
    """The long works that the signed-in person asked for."""
    jobs = Job.objects.visible_to(request.user).select_related("output").defer("output__content")
    page = Paginator(jobs, 20).get_page(request.GET.get("page"))
    return render(request, "portal/jobs.html", {"page": page, "rows": [_row(job) for job in page]})


@require_safe
@policy(SIGNED_IN)
def job_page(request, pk):
    """How far a work is; the page asks again by itself, and when the work is done it leads on to the result."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    row = _row(job)
    before = None
    if job.state == Job.State.WAITING:
        before = Job.objects.visible_to(request.user).open().filter(pk__lt=job.pk).count()
    context = row | {"percent": 100 * job.done // job.total if job.total else 0, "before": before}
    response = render(request, "portal/job.html#state" if request.htmx else "portal/job.html", context)
    if request.htmx and job.state == Job.State.DONE and row["url"] and not row["has_file"]:
        response["HX-Redirect"] = row["url"]
    elif request.htmx and not job.is_open:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@policy(SIGNED_IN)
def job_stop(request, pk):
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    try:
        actions.stop(job, by=request.user)
    except ValidationError as refusal:
        messages.error(request, "；".join(refusal.messages))
    else:
        messages.success(request, "已要求取消，没有写入任何数据。")
    return redirect("portal:job", pk)


@require_safe
@policy(SIGNED_IN)
def job_file(request, pk):
    """The file that a work left for the person who asked for it."""
    job = get_object_or_404(Job.objects.visible_to(request.user).select_related("output"), pk=pk)
    if not _has_file(job):
        raise Http404
    if _has_lost_a_post(job):
        messages.error(request, ANOTHER_POST)
        return redirect("portal:job", pk)
    name, data = actions.fetch(job)
    audit.record("job.fetch", job, by=request.user, kind=job.kind)
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(data, content_type=DOWNLOAD, headers=headers)


def _has_file(job):
    return hasattr(job, "output")


def _has_lost_a_post(job):
    """The file shows what its owner could see then; with a post fewer it may be too much."""
    return job.created_by.appointments.lost_since(job.created_at, on=timezone.localdate()).exists()


def _row(job):
    """A job with its words, and where its result is to be seen."""
    work = registry.known(job.kind)
    url = work.leads_to(job) if work and work.leads_to and job.state == Job.State.DONE else ""
    return {
        "job": job, "label": work.label if work else UNKNOWN, "mark": MARKS[job.state],
        "has_file": job.state == Job.State.DONE and _has_file(job), "url": url,
        "url_label": work.leads_label if work else "",
    }  # fmt: skip
