from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import ExtractYear
from django.urls import reverse

from accounts.models import Versioned
from branches.models import Branch, ScopedQuerySet
from files.models import StoredFile
from members.models import Member


class OtherHoursQuerySet(ScopedQuerySet):
    see = "training.see"

    def counted(self):
        """What was entered counts until it is sent back."""
        return self.exclude(state=OtherHours.State.RETURNED)


class OtherHours(Versioned):
    """Hours (学时) that a member got elsewhere, with what proves them. A course over New Year is two rows."""

    class Kind(models.TextChoices):
        UPPER = "upper", "上级调训"
        PARTY_SCHOOL = "party_school", "上级党校（行政学院）"
        ONLINE = "online", "网络学习"
        LECTURING = "lecturing", "讲授党课、宣讲"
        SELF = "self", "自学"
        OTHER = "other", "其他"

    class State(models.TextChoices):
        ENTERED = "entered", "待核实"
        CONFIRMED = "confirmed", "已核实"
        RETURNED = "returned", "已退回"

    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="other_hours")
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField("年度")
    kind = models.CharField("类别", max_length=12, choices=Kind)
    title = models.CharField("内容", max_length=120)
    organiser = models.CharField("举办单位", max_length=100, blank=True)
    started_on = models.DateField("起")
    ended_on = models.DateField("止")
    hours = models.DecimalField("学时", max_digits=5, decimal_places=1)
    is_concentrated = models.BooleanField("集中培训", default=False, help_text="脱产或成班举办的培训")
    # One proof may serve several members.
    file = models.ForeignKey(
        StoredFile, verbose_name="证明材料", null=True, blank=True, on_delete=models.PROTECT, related_name="other_hours"
    )
    evidence = models.CharField("证明", max_length=120, blank=True, help_text="结业证号、通知文号等；没有文件时填写")
    state = models.CharField("状态", max_length=10, choices=State, default=State.ENTERED)
    return_reason = models.CharField("退回原因", max_length=200, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)
    checked_by = models.ForeignKey(
        "accounts.User", verbose_name="核实人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    checked_at = models.DateTimeField("核实时间", null=True, blank=True)

    objects = OtherHoursQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "其他学时"
        ordering = ["-started_on", "-pk"]
        indexes = [models.Index(fields=["year", "member"]), models.Index(fields=["branch", "state"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on__gte=F("started_on")), name="otherhours_ends_after_start",
                violation_error_message="止日不能早于起日。",
            ),
            models.CheckConstraint(
                condition=Q(year=ExtractYear("started_on")) & Q(year=ExtractYear("ended_on")),
                name="otherhours_of_one_year",
                violation_error_message="学时按自然年度计算；跨年的培训请分成两条登记。",
            ),
            models.CheckConstraint(
                condition=Q(hours__gt=Decimal(0), hours__lte=Decimal(400)), name="otherhours_hours_of_a_year",
                violation_error_message="学时须大于 0，一条最多 400。",
            ),
            models.CheckConstraint(
                condition=Q(file__isnull=False) | ~Q(evidence=""), name="otherhours_with_evidence",
                violation_error_message="请上传证明材料，或写明结业证号、通知文号。",
            ),
            models.CheckConstraint(
                condition=Q(state="entered", checked_by=None, checked_at=None)
                | (~Q(state="entered") & Q(checked_by__isnull=False, checked_at__isnull=False)),
                name="otherhours_checked_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(checked_by=None) | ~Q(checked_by=F("created_by")), name="otherhours_checked_by_another",
                violation_error_message="登记的人不能核实自己登记的学时。",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(return_reason=""), name="otherhours_returned_with_reason",
                violation_error_message="退回须写明原因。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("training:other_hours_detail", args=[self.pk])
