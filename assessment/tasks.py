from django.utils import timezone

from assessment import actions, scoring
from jobs.actions import leave
from jobs.registry import work


@work("assessment.workbook", label="年度考核汇总表")
def year_workbook(job, progress):
    """The year's workbook of a large county, left for its owner to fetch."""
    year = job.args["year"]
    progress(0, 2, "逐个支部算分")
    name, data = actions.year_file(year, by=job.created_by, on=scoring.last_day(year, timezone.localdate()))
    progress(1, 2, "写成工作簿")
    leave(job, name, data)
    return {"bytes": len(data)}
