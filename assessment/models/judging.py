from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import Versioned
from branches import rights
from branches.models import Branch, ScopedQuerySet


class ManualScoreQuerySet(ScopedQuerySet):
    see = "score.see"


class ManualScore(Versioned):
    """The points that count for one part that no record can tell: what two assessors agree on, or a review has settled."""

    year = models.PositiveSmallIntegerField("年度")
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="+")
    part = models.CharField("评分点", max_length=20)
    points = models.DecimalField("得分", max_digits=5, decimal_places=2)
    reason = models.CharField("评定依据", max_length=700)  # what two assessors wrote, one after the other
    is_settled = models.BooleanField("经复核确定", default=False)
    judged_by = models.ForeignKey("accounts.User", verbose_name="评定人", on_delete=models.PROTECT, related_name="+")
    judged_at = models.DateTimeField("评定时间", auto_now=True)

    objects = ManualScoreQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "人工评定"
        constraints = [
            models.UniqueConstraint("year", "branch", "part", name="manual_score_once"),
            models.CheckConstraint(
                condition=Q(points__gte=0), name="manual_score_not_negative", violation_error_message="得分不能为负。"
            ),
        ]


class JudgementQuerySet(ScopedQuerySet):
    see = "score.settle"  # who judged what before they agree is for those who review it

    def visible_to(self, user, *, verb=None):
        """Who judges an organisation sees the own points alone until both count, whatever other post the person holds."""
        mine = [path for task, path in rights.assigned(user) if task == rights.Task.GRADER]
        counted = ManualScore.objects.filter(year=OuterRef("year"), branch=OuterRef("branch"), part=OuterRef("part"))
        return (
            super()
            .visible_to(user, verb=verb)
            .filter(~Q(branch__path__in=mine) | Q(assessor=user.pk) | Exists(counted))
        )


class Judgement(Versioned):
    """What one assessor gave one branch for one part. Two assessors judge without seeing each other's points."""

    year = models.PositiveSmallIntegerField("年度")
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="+")
    part = models.CharField("评分点", max_length=20)
    assessor = models.ForeignKey("accounts.User", verbose_name="评定人", on_delete=models.PROTECT, related_name="+")
    points = models.DecimalField("得分", max_digits=5, decimal_places=2)
    reason = models.CharField("评定依据", max_length=300)
    judged_at = models.DateTimeField("评定时间", auto_now=True)

    objects = JudgementQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "考评组评分"
        constraints = [
            models.UniqueConstraint("year", "branch", "part", "assessor", name="judgement_once_each"),
            models.CheckConstraint(
                condition=Q(points__gte=0), name="judgement_not_negative", violation_error_message="得分不能为负。"
            ),
        ]
