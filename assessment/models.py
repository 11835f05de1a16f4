from django.db import models
from django.db.models import Q

from accounts.models import Versioned
from branches.models import Branch, ScopedQuerySet


class Scheme(models.Model):
    """The grading scheme of a year: the file as it stood when the year was opened, frozen here."""

    year = models.PositiveSmallIntegerField("年度", unique=True)
    title = models.CharField("名称", max_length=100)
    content = models.JSONField("内容")
    opened_at = models.DateTimeField("启用时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "考核方案"

    def __str__(self):
        return self.title


class ManualScoreQuerySet(ScopedQuerySet):
    see = "score.see"


class ManualScore(Versioned):
    """What staff judged on one part of an item that no record can tell; one row per branch and part."""

    scheme = models.ForeignKey(Scheme, verbose_name="方案", on_delete=models.PROTECT, related_name="manual_scores")
    branch = models.ForeignKey(Branch, verbose_name="党支部", on_delete=models.PROTECT, related_name="+")
    part = models.CharField("评分点", max_length=20)
    points = models.DecimalField("得分", max_digits=5, decimal_places=2)
    reason = models.CharField("评定依据", max_length=300)
    judged_by = models.ForeignKey("accounts.User", verbose_name="评定人", on_delete=models.PROTECT, related_name="+")
    judged_at = models.DateTimeField("评定时间", auto_now=True)

    objects = ManualScoreQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "人工评定"
        constraints = [
            models.UniqueConstraint("scheme", "branch", "part", name="manual_score_once"),
            models.CheckConstraint(
                condition=Q(points__gte=0), name="manual_score_not_negative", violation_error_message="得分不能为负。"
            ),
        ]
