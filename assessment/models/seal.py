from django.db import models

from assessment.models.round import Round
from assessment.models.scheme import Scheme
from branches import rights
from branches.models import Branch, ScopedQuerySet


class SealQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self if rights.may(user, "seal.see") else self.none()


class Seal(models.Model):
    """What a year's grading rested on and gave, closed for good: at publication, and again when it is final.

    Only ever inserted (a trigger refuses UPDATE, DELETE and TRUNCATE). `head` covers every row below it in their order, this
    row, and the seal before it; it is signed with a key that the database does not hold, and kept outside it.
    """

    class Stage(models.TextChoices):
        PUBLISHED = "published", "公布"
        FINAL = "final", "审定"

    number = models.PositiveIntegerField("序号", unique=True)
    round = models.ForeignKey(Round, verbose_name="年度考核", on_delete=models.PROTECT, related_name="seals")
    kind = models.CharField("对象", max_length=12, choices=Scheme.Kind)
    stage = models.CharField("阶段", max_length=12, choices=Stage)
    as_of = models.DateField("统计截止日")
    sealed_at = models.DateTimeField("封存时间")
    sealed_by = models.ForeignKey("accounts.User", verbose_name="封存人", on_delete=models.PROTECT, related_name="+")
    scheme = models.TextField("方案（规范文本）")
    county = models.TextField(
        "全县口径（规范文本）"
    )  # what holds for all branches alike: year, day, what is not recorded yet
    count = models.PositiveIntegerField("份数")
    previous = models.CharField("上一封存的链头", max_length=64)
    head = models.CharField("链头", max_length=64)
    key_id = models.CharField("签名密钥", max_length=20)
    signature = models.CharField("签名", max_length=128)

    objects = SealQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "封存"
        ordering = ["number"]
        constraints = [models.UniqueConstraint("round", "kind", "stage", name="seal_once")]

    def __str__(self):
        return f"{self.round} {self.get_kind_display()} {self.get_stage_display()}"


class SealedScoreQuerySet(ScopedQuerySet):
    see = "score.see"


class SealedScore(models.Model):
    """One organisation's inputs and result under a seal, as canonical text; `digests` tells each column's own digest."""

    seal = models.ForeignKey(Seal, verbose_name="封存", on_delete=models.PROTECT, related_name="scores")
    position = models.PositiveIntegerField("位次")
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="+")
    inputs = models.TextField("依据（规范文本）")
    result = models.TextField("结果（规范文本）")
    digests = models.JSONField("各列摘要")
    digest = models.CharField("摘要", max_length=64)
    signature = models.CharField("签名", max_length=128)

    objects = SealedScoreQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "封存的得分"
        ordering = ["seal", "position"]
        constraints = [
            models.UniqueConstraint("seal", "position", name="sealed_score_position"),
            models.UniqueConstraint("seal", "branch", name="sealed_score_once"),
        ]
