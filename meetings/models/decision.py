from django.db import models
from django.urls import reverse

from accounts.models import Versioned
from branches.models import Branch, ScopedQuerySet
from meetings.models.meeting import Meeting


class CollectiveDecisionQuerySet(ScopedQuerySet):
    see = "decision.see"


class CollectiveDecision(Versioned):
    """A 三重一大 matter and the meeting that decided it: without a meeting on record there is no decision."""

    class Kind(models.TextChoices):
        DECISION = "decision", "重大事项决策"
        PERSONNEL = "personnel", "重要人事任免"
        PROJECT = "project", "重大项目安排"
        FUNDS = "funds", "大额度资金使用"

    class Result(models.TextChoices):
        PASSED = "passed", "同意"
        REJECTED = "rejected", "不同意"
        PUT_OFF = "put_off", "暂缓"

    branch = models.ForeignKey(
        Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="collective_decisions"
    )
    kind = models.CharField("类别", max_length=10, choices=Kind)
    matter = models.CharField("事项", max_length=120)
    meeting = models.ForeignKey(
        Meeting, verbose_name="作出决定的会议", on_delete=models.PROTECT, related_name="collective_decisions"
    )
    result = models.CharField("结果", max_length=10, choices=Result)
    amount = models.DecimalField("金额（元）", max_digits=14, decimal_places=2, null=True, blank=True)
    number = models.CharField("纪要号或依据文号", max_length=80, blank=True)
    carried_out = models.CharField("落实情况", max_length=200, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = CollectiveDecisionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "三重一大事项"
        ordering = ["-meeting__held_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "meeting", "matter", name="collectivedecision_once", violation_error_message="这次会议的这个事项已经登记。"
            ),
            models.CheckConstraint(
                condition=models.Q(amount=None) | models.Q(amount__gt=0), name="collectivedecision_amount_positive",
                violation_error_message="金额应大于 0。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.matter

    def get_absolute_url(self):
        return reverse("meetings:decision", args=[self.pk])
