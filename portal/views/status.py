import logging

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.policy import PUBLIC, policy
from portal.models import MaintenanceRun
from portal.operations import health

SHOWN = 20
log = logging.getLogger(__name__)


@require_safe
@policy(PUBLIC)
def readyz(request):
    """For the front and the guard of the services: yes or no. What is wrong stands in the log and on the status page."""
    if lacking := health.ready():
        log.error("not ready: %s", ", ".join(lacking))
        return HttpResponse("not ready", content_type="text/plain", status=503)
    return HttpResponse("ready", content_type="text/plain")


@require_safe
@policy("status.see")
def status_page(request):
    """系统状态: everything that somebody should know before people call."""
    now = timezone.now()
    checks = health.all_checks(now)
    order = {health.BAD: 0, health.CARE: 1, health.FINE: 2}
    context = {
        "now": now, "checks": sorted(checks, key=lambda each: order[each.state]),
        "bad": sum(each.state == health.BAD for each in checks), "care": sum(each.state == health.CARE for each in checks),
        "runs": [_told(run) for run in MaintenanceRun.objects.visible_to(request.user)[:SHOWN]],
    }  # fmt: skip
    return render(request, "portal/status.html", context)


def _told(run):
    """A run with its figures in words."""
    figures = run.detail
    words = [f"{figures['rows']} 行"] if "rows" in figures else []
    if "bytes" in figures:
        words.append(f"{figures['bytes'] / 1e6:.1f} MB")
    if run.kind == MaintenanceRun.Kind.BACKUP and run.is_good:
        words.append("已加密" if figures.get("is_locked") else "未加密")
    words += [f"{figures[key]} {unit}" for key, unit in (("values", "处密文"), ("pages", "个页面")) if key in figures]
    return {
        "run": run,
        "seconds": round((run.finished_at - run.started_at).total_seconds()),
        "figures": "，".join(words),
    }
