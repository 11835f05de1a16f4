"""正风肃纪 (restricted): 廉政风险点 with measure and review date; 四种形态 as date, kind and count only."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Versioned
from branches.models.organisation import Branch, ScopedQuerySet


class IntegrityRiskQuerySet(ScopedQuerySet):
    see = "integrity.see"

    def open(self):
        return self.filter(closed_on=None)


class IntegrityRisk(Versioned):
    """A 廉政风险点 of a post or a process, how it is guarded, and when that is looked at again. It names no person."""

    class Level(models.TextChoices):
        HIGH = "high", "高"
        MIDDLE = "middle", "中"
        LOW = "low", "低"

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="integrity_risks")
    place = models.CharField("岗位或环节", max_length=60, help_text="写岗位，如 食堂采购，不写姓名")
    risk = models.CharField("风险点", max_length=200)
    level = models.CharField("等级", max_length=8, choices=Level)
    measure = models.CharField("防控措施", max_length=300)
    owner_post = models.CharField("责任岗位", max_length=60)
    found_on = models.DateField("排查日期")
    review_on = models.DateField("下次复查日期")
    reviewed_on = models.DateField("上次复查日期", null=True, blank=True)
    closed_on = models.DateField("消除日期", null=True, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = IntegrityRiskQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "廉政风险点"
        ordering = ["review_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                "branch", "place", "risk", condition=Q(closed_on=None), name="integrityrisk_once",
                violation_error_message="这个风险点已经登记。",
            ),
            models.CheckConstraint(
                condition=Q(review_on__gte=F("found_on")), name="integrityrisk_reviewed_after_found",
                violation_error_message="复查日期不能早于排查日期。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.risk

    def get_absolute_url(self):
        return reverse("branches:risk", args=[self.pk])


class FormCountQuerySet(ScopedQuerySet):
    see = "discipline.see"


class FormCount(models.Model):
    """How often one of the 四种形态 was applied in an organisation on a day: a count, never a name or a matter."""

    class Form(models.IntegerChoices):
        FIRST = 1, "第一种形态"
        SECOND = 2, "第二种形态"
        THIRD = 3, "第三种形态"
        FOURTH = 4, "第四种形态"

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="form_counts")
    on = models.DateField("日期")
    form = models.PositiveSmallIntegerField("形态", choices=Form)
    count = models.PositiveSmallIntegerField("人次")
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = FormCountQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "四种形态"
        ordering = ["-on", "form"]
        constraints = [
            models.UniqueConstraint(
                "branch", "on", "form", name="formcount_once", violation_error_message="这一天的这一种形态已经登记。"
            ),
            models.CheckConstraint(
                condition=Q(count__gt=0), name="formcount_counts", violation_error_message="人次应大于 0。"
            ),
        ]
