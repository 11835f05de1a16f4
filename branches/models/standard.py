from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Versioned
from branches.models.organisation import Branch, ScopedQuerySet


class StandardQuerySet(ScopedQuerySet):
    see = "screening.run"


class Standard(Versioned):
    """A yardstick for branches (五强五好, 标准化建设六个方面): groups → items → points. Frozen once a campaign goes by it.

    A later edition is a new row that names its `origin`.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "可修改"
        FROZEN = "frozen", "已定稿"
        RETIRED = "retired", "已停用"

    branch = models.ForeignKey(Branch, verbose_name="制定单位", on_delete=models.PROTECT, related_name="standards")
    title = models.CharField("名称", max_length=80)
    edition = models.CharField("版本", max_length=40, help_text="如 2026 年版；样本写“示例”")
    number = models.CharField("依据文号", max_length=80, blank=True)
    source = models.CharField("来源说明", max_length=200, blank=True)
    is_sample = models.BooleanField("示例", default=False)
    state = models.CharField("状态", max_length=8, choices=State, default=State.DRAFT)
    origin = models.ForeignKey(
        "self", verbose_name="由哪一版改来", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_by = models.ForeignKey("accounts.User", verbose_name="制定人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("制定时间", auto_now_add=True)

    objects = StandardQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "研判标准"
        ordering = ["state", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "branch", "title", "edition", name="standard_once", violation_error_message="这一版已经有了。"
            )
        ]

    def __str__(self):
        return f"{self.title}（{self.edition}）"

    def get_absolute_url(self):
        return reverse("branches:standard", args=[self.pk])


class StandardGroupQuerySet(ScopedQuerySet):
    branch_lookup = "standard__branch"
    see = "screening.run"


class StandardGroup(models.Model):
    """A group of a standard: 组织设置强, 作用发挥好."""

    standard = models.ForeignKey(Standard, verbose_name="标准", on_delete=models.PROTECT, related_name="groups")
    label = models.CharField("分组", max_length=40)
    order = models.PositiveSmallIntegerField("次序", default=0)

    objects = StandardGroupQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "标准分组"
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                "standard", "label", name="standardgroup_once", violation_error_message="已有同名的分组。"
            )
        ]

    def __str__(self):
        return self.label


class StandardItemQuerySet(ScopedQuerySet):
    branch_lookup = "group__standard__branch"
    see = "screening.run"


class StandardItem(models.Model):
    """One item of a standard. With a `fact` it is filled in from the records, else the assessor judges it."""

    class Judged(models.TextChoices):
        RECORDS = "records", "调阅记录"
        SITE = "site", "实地查看"
        TALK = "talk", "座谈了解"

    class Rule(models.TextChoices):
        SHARE = "share", "按完成比例"
        MINUS = "minus", "每有一处扣分"

    group = models.ForeignKey(StandardGroup, verbose_name="分组", on_delete=models.PROTECT, related_name="items")
    label = models.CharField("项目", max_length=120)
    points = models.DecimalField("分值", max_digits=5, decimal_places=2)
    evidence = models.CharField("看什么", max_length=200, blank=True)
    judged = models.CharField("怎么看", max_length=8, choices=Judged, default=Judged.SITE)
    fact = models.CharField("由哪项记录预填", max_length=80, blank=True)
    options = models.JSONField("预填参数", default=dict, blank=True)
    rule = models.CharField("预填怎样计分", max_length=8, choices=Rule, blank=True)
    each = models.DecimalField("每处扣分", max_digits=4, decimal_places=2, null=True, blank=True)
    is_scored_elsewhere = models.BooleanField(
        "量化考核另有计分", default=False, help_text="已在量化考核其他指标计分的，不再计入标准化得分"
    )
    order = models.PositiveSmallIntegerField("次序", default=0)

    objects = StandardItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "标准项目"
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                "group", "label", name="standarditem_once", violation_error_message="这个分组里已有同名的项目。"
            ),
            models.CheckConstraint(
                condition=Q(points__gt=0), name="standarditem_has_points", violation_error_message="分值应大于 0。"
            ),
            models.CheckConstraint(
                condition=Q(fact="", rule="") | ~Q(fact="") & ~Q(rule=""), name="standarditem_fact_with_rule",
                violation_error_message="由记录预填的，要写明怎样计分。",
            ),
            models.CheckConstraint(
                condition=~Q(rule="minus") | Q(each__gt=0), name="standarditem_minus_says_how_much",
                violation_error_message="每有一处扣分的，要写明扣几分。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.label
