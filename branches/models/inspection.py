"""督导检查: the yearly plan, its lines, the visits, what follows; 约谈."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Versioned
from branches import rights
from branches.models.notice import Notice
from branches.models.organisation import Branch, ScopedQuerySet, within


class InspectionQuerySet(ScopedQuerySet):
    see = "inspection.see"


class InspectionPlan(Versioned):
    """The inspections that an organisation will make in a year: a visit that no line names is not made."""

    class State(models.TextChoices):
        DRAFT = "draft", "拟定中"
        ISSUED = "issued", "已印发"

    branch = models.ForeignKey(
        Branch, verbose_name="制定单位", on_delete=models.PROTECT, related_name="inspection_plans"
    )
    year = models.PositiveSmallIntegerField("年度")
    title = models.CharField("名称", max_length=80)
    number = models.CharField("文号", max_length=80, blank=True)
    state = models.CharField("状态", max_length=8, choices=State, default=State.DRAFT)
    created_by = models.ForeignKey("accounts.User", verbose_name="拟定人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("拟定时间", auto_now_add=True)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "督查检查计划"
        ordering = ["-year", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "branch", "year", name="inspectionplan_once", violation_error_message="这一年度的计划已经有了。"
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | ~Q(number=""), name="inspectionplan_issued_by_paper",
                violation_error_message="印发的计划要有文号。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("branches:inspection_plan", args=[self.pk])


class InspectionLineQuerySet(ScopedQuerySet):
    branch_lookup = "plan__branch"
    see = "inspection.see"


class InspectionLine(models.Model):
    """One line of a plan: what is looked at, when, whom it concerns. Added after issuing, it says by which paper."""

    plan = models.ForeignKey(InspectionPlan, verbose_name="计划", on_delete=models.PROTECT, related_name="lines")
    order = models.PositiveSmallIntegerField("次序", default=0)
    label = models.CharField("事项", max_length=80)
    from_month = models.PositiveSmallIntegerField("起月")
    until_month = models.PositiveSmallIntegerField("止月")
    scope = models.CharField("范围", max_length=100, blank=True)
    basis = models.CharField("依据", max_length=100, blank=True, help_text="计划印发后追加的，填批准文号")

    objects = InspectionLineQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "督查检查事项"
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                "plan", "label", name="inspectionline_once", violation_error_message="计划里已有这一项。"
            ),
            models.CheckConstraint(
                condition=Q(from_month__range=(1, 12), until_month__range=(1, 12), until_month__gte=F("from_month")),
                name="inspectionline_months", violation_error_message="月份应在 1 至 12 之间，止月不早于起月。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.label


class VisitQuerySet(InspectionQuerySet):
    """Seen by whom it was paid to and those above; run by the organisation whose plan it belongs to."""

    def visible_to(self, user, *, verb=None):
        if verb == "inspection.run":
            return self.filter(within(rights.places(user, verb), "line__plan__branch__path"))
        return super().visible_to(user, verb=verb)

    def for_list(self):
        return self.select_related("branch", "line__plan", "criticism", "commendation")


class Inspection(Versioned):
    """One visit to one organisation under a line of the plan, followed until what it found is put right.

    `repeat_reason`: why the same organisation is visited a second time within a quarter; `off_month_reason`: why in
    another month than the plan says.
    """

    class State(models.TextChoices):
        OPEN = "open", "跟踪中"
        CLOSED = "closed", "已了结"

    line = models.ForeignKey(InspectionLine, verbose_name="计划事项", on_delete=models.PROTECT, related_name="visits")
    branch = models.ForeignKey(Branch, verbose_name="受检党组织", on_delete=models.PROTECT, related_name="inspections")
    visited_on = models.DateField("检查日期")
    inspectors = models.CharField("检查组成员", max_length=120)
    is_announced = models.BooleanField("事先通知", default=False)
    summary = models.TextField("检查情况", max_length=2000, blank=True)
    repeat_reason = models.CharField("同一季度再次检查的理由", max_length=200, blank=True)
    off_month_reason = models.CharField("不在计划月份检查的理由", max_length=200, blank=True)
    commendation = models.ForeignKey(
        Notice,
        verbose_name="通报表扬",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="commended_visits",
    )
    criticism = models.ForeignKey(
        Notice,
        verbose_name="通报批评",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="criticised_visits",
    )
    state = models.CharField("状态", max_length=8, choices=State, default=State.OPEN)
    outcome = models.CharField("了结说明", max_length=200, blank=True)
    reopen_reason = models.CharField("重新打开的原因", max_length=200, blank=True)
    closed_by = models.ForeignKey(
        "accounts.User", verbose_name="了结人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField("了结时间", null=True, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "督导检查"
        ordering = ["-visited_on", "-pk"]
        indexes = [models.Index(fields=["branch", "visited_on"])]
        constraints = [
            models.UniqueConstraint(
                "line", "branch", "visited_on", name="inspection_once", violation_error_message="这一天的这项检查已经登记。"
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_by__isnull=False, closed_at__isnull=False)
                | Q(state="open", closed_by=None, closed_at=None),
                name="inspection_closed_by_somebody",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.line} {self.visited_on:%Y-%m-%d}"

    def get_absolute_url(self):
        return reverse("branches:inspection", args=[self.pk])


class AdmonitionTalkQuerySet(ScopedQuerySet):
    see = "talk.see"


class AdmonitionTalk(Versioned):
    """约谈: date, parties and result only; there is no field for what was said."""

    class Result(models.TextChoices):
        RECTIFY = "rectify", "限期整改"
        EXPLAINED = "explained", "已说明情况"
        FOLLOW = "follow", "继续跟踪"
        HANDED = "handed", "移交有权限的党组织"

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="admonition_talks")
    talked_on = models.DateField("约谈日期")
    talked_with = models.CharField("约谈对象", max_length=60)
    talked_by = models.CharField("约谈人", max_length=60)
    result = models.CharField("结果", max_length=10, choices=Result)
    inspection = models.ForeignKey(
        Inspection, verbose_name="由哪次检查引起", null=True, blank=True, on_delete=models.PROTECT, related_name="talks"
    )
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = AdmonitionTalkQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "约谈"
        ordering = ["-talked_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "branch", "talked_on", "talked_with", name="admonitiontalk_once",
                violation_error_message="这一天的这次约谈已经登记。",
            )
        ]  # fmt: skip

    def __str__(self):
        return f"{self.branch}约谈"

    def get_absolute_url(self):
        return reverse("branches:talk", args=[self.pk])
