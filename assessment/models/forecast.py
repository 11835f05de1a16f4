from django.db import models

from assessment.models.scheme import Scheme
from branches.models import Branch, ScopedQuerySet


class ForecastQuerySet(ScopedQuerySet):
    see = "score.see"


class Forecast(models.Model):
    """预估得分 of a branch as last computed, one row for each month, so that a year shows its course.

    Nothing rests on it: it is read to spare the computing and written over when something newer is on record. The columns are
    of the last pass over everybody (`ranked_at`); `on`, `seen`, `computed_at` are of the branch's own newest score in `content`.
    """

    year = models.PositiveSmallIntegerField("年度")
    kind = models.CharField("对象", max_length=12, choices=Scheme.Kind, default=Scheme.Kind.BRANCH)
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="+")
    month = models.DateField("月份")  # its first day
    on = models.DateField("算到哪一天")
    seen = models.BigIntegerField("算时最后的操作记录")
    computed_at = models.DateTimeField("计算时间")
    total = models.DecimalField("预估得分", max_digits=6, decimal_places=2, null=True, blank=True)
    still = models.DecimalField("还可得", max_digits=6, decimal_places=2)
    lost = models.DecimalField("已失分", max_digits=6, decimal_places=2)
    judged = models.DecimalField("已评分值", max_digits=6, decimal_places=2)
    rank = models.PositiveIntegerField("名次", null=True, blank=True)
    ranked_at = models.DateTimeField("排名时间", null=True, blank=True)
    grade = models.CharField("预排等次", max_length=20, blank=True)
    group = models.CharField("比较组", max_length=40, blank=True)
    content = models.JSONField("明细", default=dict)

    objects = ForecastQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "预估得分"
        constraints = [models.UniqueConstraint("year", "branch", "month", name="forecast_once_a_month")]
        indexes = [models.Index(fields=["year", "kind", "ranked_at"], name="forecast_of_a_pass")]
