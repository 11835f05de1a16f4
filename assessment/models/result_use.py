from django.db import models

from accounts.models import Versioned
from branches.models import Branch, ScopedQuerySet


class ResultUseQuerySet(ScopedQuerySet):
    see = "use.see"


class ResultUse(Versioned):
    """结果运用: what was done because of a year's result: by whom, on which paper."""

    year = models.PositiveSmallIntegerField("考核年度")
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="result_uses")
    use = models.CharField("运用方式", max_length=20)  # a key of the rulebook's list
    grade = models.CharField("审定等次", max_length=20)
    words = models.CharField("做了什么", max_length=300)
    organ = models.CharField("办理单位", max_length=80)
    number = models.CharField("文号", max_length=80, blank=True)
    on = models.DateField("日期")
    entered_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField("登记时间", auto_now_add=True)
    withdrawn_by = models.ForeignKey(
        "accounts.User", verbose_name="撤回人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)
    withdrawn_why = models.CharField("撤回理由", max_length=200, blank=True)

    objects = ResultUseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "结果运用"
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(withdrawn_by=None, withdrawn_at=None, withdrawn_why="")
                | models.Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False) & ~models.Q(withdrawn_why=""),
                name="result_use_withdrawn_with_reason", violation_error_message="撤回要写明理由。",
            )
        ]  # fmt: skip
