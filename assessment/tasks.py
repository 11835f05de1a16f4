from urllib.parse import urlencode

from celery import shared_task
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from assessment import actions, forecast, results, scoring, sealing, verification, what_if, what_if_sheet
from assessment.models import Scheme
from branches.actions import root
from branches.rights import require
from jobs.actions import leave
from jobs.registry import work


@shared_task
def forecast_all():
    """Each night, after the duties of the day are there: 预估得分 of everybody. Safe to run twice or late."""
    today = timezone.localdate()
    for year in forecast.years(today):
        for kind in Scheme.Kind:
            if results.sealed(year, kind) is None:
                forecast.run(year, on=scoring.last_day(year, today), kind=kind)


def _list_page(job):
    return f"{reverse('assessment:list')}?{urlencode(job.args)}"


@work("assessment.forecast", label="重新计算预估得分", leads_to=_list_page, leads_label="看得分")
def renew_forecasts(job, progress):
    """The same of one year of a large county, for somebody who does not wait for the night."""
    require(job.created_by, "score.rank", at=root())
    year, kind = job.args["year"], job.args["kind"]
    progress(0, 1, "逐个党组织算分")
    count = forecast.run(year, on=scoring.last_day(year, timezone.localdate()), kind=kind)
    audit.record("forecast.run", by=job.created_by, year=year, branches=count)
    return {"rows": count}


@work("assessment.workbook", label="年度考核汇总表")
def year_workbook(job, progress):
    """The year's workbook of a large county, left for its owner to fetch."""
    year = job.args["year"]
    progress(0, 2, "逐个支部算分")
    name, data = actions.year_file(year, by=job.created_by, on=scoring.last_day(year, timezone.localdate()))
    progress(1, 2, "写成工作簿")
    leave(job, name, data)
    return {"bytes": len(data)}


@work("assessment.what_if", label="考核方案试算")
def try_scheme(job, progress):
    """A scheme on a year's records in a large county: the workbook is left for its owner; nothing else is kept."""
    require(job.created_by, "scheme.edit", at=root())
    scheme, year = Scheme.objects.get(pk=job.args["scheme"]), job.args["year"]
    progress(0, 2, "按两份方案逐个算分")
    on = scoring.last_day(year, timezone.localdate())
    trial = what_if.run(scheme.content, year, kind=scheme.kind, on=on)
    progress(1, 2, "写成工作簿")
    data = what_if_sheet.as_workbook(trial, scheme.title, organ=root().name)
    audit.record("scheme.try", scheme, by=job.created_by, year=year, branches=len(trial.lines))
    leave(job, what_if_sheet.file_name(scheme, year), data)
    return {"bytes": len(data)}


@shared_task
def keep_heads():
    """Each hour: heads of seals whose process fell before it wrote them where the database's owner cannot change them."""
    sealing.keep_heads()


def _seals_page(job):
    return reverse("assessment:seal_verify")


@work("assessment.seal_verify", label="查验封存", leads_to=_seals_page, leads_label="看查验结果")
def verify_seals(job, progress):
    """Every seal, row by row; what was found stays with the job."""
    require(job.created_by, "seal.see", at=root())
    return verification.as_result(verification.verify(heads=sealing.kept_heads(), progress=progress))
