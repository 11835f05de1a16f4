from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Versioned
from assessment.models.round import Round
from assessment.models.scheme import Scheme
from branches import rights
from branches.models import Branch, ScopedQuerySet


class SealQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self if rights.may(user, "seal.see") else self.none()


class Seal(models.Model):
    """What a year's grading rested on and gave, closed for good: at publication, and again when it is final.

    Only ever inserted (a trigger refuses UPDATE, DELETE and TRUNCATE). `digests` tell each column's own digest; `head` covers
    them, the last row below it and the seal before it; it is signed with a key that the database does not hold, and kept
    outside it. `attempt` counts publications: a year that was reopened is published, and sealed, once more.
    """

    class Stage(models.TextChoices):
        PUBLISHED = "published", "公布"
        FINAL = "final", "审定"

    number = models.PositiveIntegerField("序号", unique=True)
    round = models.ForeignKey(Round, verbose_name="年度考核", on_delete=models.PROTECT, related_name="seals")
    kind = models.CharField("对象", max_length=12, choices=Scheme.Kind)
    stage = models.CharField("阶段", max_length=12, choices=Stage)
    attempt = models.PositiveSmallIntegerField("第几次公布", default=1)
    as_of = models.DateField("统计截止日")
    sealed_at = models.DateTimeField("封存时间")
    sealed_by = models.ForeignKey("accounts.User", verbose_name="封存人", on_delete=models.PROTECT, related_name="+")
    scheme = models.TextField("方案（规范文本）")
    county = models.TextField(
        "全县口径（规范文本）"
    )  # what holds for all branches alike: year, day, what is not recorded yet
    count = models.PositiveIntegerField("份数")
    previous = models.CharField("上一封存的链头", max_length=64)
    digests = models.JSONField("各列摘要", default=dict)
    head = models.CharField("链头", max_length=64)
    key_id = models.CharField("签名密钥", max_length=20)
    signature = models.CharField("签名", max_length=128)

    objects = SealQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "封存"
        ordering = ["number"]
        constraints = [models.UniqueConstraint("round", "kind", "stage", "attempt", name="seal_once")]

    def __str__(self):
        again = f"（第 {self.attempt} 次）" if self.attempt > 1 else ""
        return f"{self.round.year} 年度{self.get_kind_display()}考核{self.get_stage_display()}{again}"

    def get_absolute_url(self):
        return reverse("assessment:seal", args=[self.pk])


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


class ReopeningQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self if rights.may(user, "seal.see") else self.none()

    def open(self):
        return self.filter(approved_at=None, closed_at=None)

    def approved(self):
        return self.filter(approved_at__isnull=False)


class Reopening(Versioned):
    """改后重新公布: a published year goes back to review, asked for by one person and approved by another, before it is final.

    What was published stays sealed; the next publication is sealed beside it.
    """

    round = models.ForeignKey(Round, verbose_name="年度考核", on_delete=models.PROTECT, related_name="reopenings")
    reason = models.TextField("理由", max_length=500)
    asked_by = models.ForeignKey("accounts.User", verbose_name="提出人", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField("提出时间", auto_now_add=True)
    approved_by = models.ForeignKey(
        "accounts.User", verbose_name="批准人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField("批准时间", null=True, blank=True)
    closed_by = models.ForeignKey(
        "accounts.User", verbose_name="不同意或撤回", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField("不同意或撤回时间", null=True, blank=True)

    objects = ReopeningQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "重新公布"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                "round", condition=Q(approved_at=None, closed_at=None), name="reopening_one_open",
                violation_error_message="已有一份重新公布的申请，正等批准。",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False, closed_at=None) & ~Q(approved_by=F("asked_by")),
                name="reopening_two_persons", violation_error_message="重新公布要由提出人以外的另一人批准。",
            ),
            models.CheckConstraint(
                condition=Q(closed_by=None, closed_at=None) | Q(closed_by__isnull=False, closed_at__isnull=False),
                name="reopening_closed_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""), name="reopening_has_reason", violation_error_message="请写明为什么要重新公布。"
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.round.year} 年度重新公布"
