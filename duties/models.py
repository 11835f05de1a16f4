from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse

from accounts.models import Versioned
from branches.models import Branch, Notice, ScopedQuerySet


def label_of(year, period):
    """期次 in words: 11 月, 第四季度, 下半年, 秋季学期, 2026 年度."""
    if "-Q" in period:
        return f"第{'一二三四'[int(period[-1]) - 1]}季度"
    if "-H" in period:
        return "上半年" if period.endswith("1") else "下半年"
    if "-T" in period:
        return "春季学期" if period.endswith("1") else "秋季学期"
    if "-" in period:
        return f"{int(period[5:])} 月"
    return f"{year} 年度"


class DutyQuerySet(ScopedQuerySet):
    see = "duty.see"

    def counted(self, *groups, on):
        """Per group (field names; none: one row over all) what fell due by `on`, and what of it was met, late, missed, open.

        Late: met after the due day. Owed: the period is over, or the duty is met already.
        """
        met, undone = Q(met_on__isnull=False), Q(met_on=None)
        counts = {
            "owed": Count("pk", filter=Q(ends_on__lt=on) | met),
            "met": Count("pk", filter=met),
            "late": Count("pk", filter=Q(met_on__gt=F("due_on"))),
            "missed": Count("pk", filter=undone & Q(ends_on__lt=on)),
            "open": Count("pk", filter=undone & Q(opens_on__lte=on, ends_on__gte=on)),
        }
        return self.values(*groups).annotate(**counts).order_by(*groups) if groups else self.aggregate(**counts)


class OwedManager(models.Manager.from_queryset(DutyQuerySet)):
    """What is owed: nothing counts, lists or reminds of the others."""

    def get_queryset(self):
        return super().get_queryset().filter(is_owed=True)


class FilingQuerySet(ScopedQuerySet):
    branch_lookup = "duty__branch"
    see = "duty.see"


class Duty(models.Model):
    """What one organisation owes in one period: made by `generate` from the rulebook, or by a notice with a deadline.

    It may be met from `opens_on` to `ends_on`; by `target_on` it is punctual as 工委 wishes, by `due_on` it still has
    full credit, afterwards it is late (迟办) and after `ends_on` it is missed (缺). A record of the period can be entered
    until `locks_on`, later only with an `Unlock`.
    """

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="duties")
    rule = models.CharField("事项", max_length=40)
    year = models.PositiveSmallIntegerField("考核年度")
    period = models.CharField("期次", max_length=10)
    opens_on = models.DateField("开始")
    target_on = models.DateField("宜于何日前")
    due_on = models.DateField("截止")
    ends_on = models.DateField("期末")
    locks_on = models.DateField("补登截止")
    is_provisional = models.BooleanField("日期暂定", default=False)
    # Of the earliest record that meets it: the database keeps it by what stands in Fulfilment (migration 0003), nobody else.
    met_on = models.DateField("办结日期", null=True, blank=True, editable=False)
    notice = models.ForeignKey(
        Notice, verbose_name="通知", null=True, blank=True, on_delete=models.PROTECT, related_name="duties"
    )
    # False: no longer owed, but something was filed or asked about it, which is kept. `generate` decides.
    is_owed = models.BooleanField("仍应办", default=True, db_default=True, editable=False)
    handed_to = models.ForeignKey(
        "accounts.User",
        verbose_name="交给",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="handed_duties",
    )
    handed_by = models.ForeignKey(
        "accounts.User", verbose_name="交办人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    handed_at = models.DateTimeField("交办时间", null=True, blank=True)

    objects = OwedManager()
    every = DutyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "应办事项"
        constraints = [
            models.UniqueConstraint("branch", "rule", "year", "period", name="duty_once"),
            models.CheckConstraint(
                condition=Q(
                    opens_on__lte=F("target_on"),
                    target_on__lte=F("due_on"),
                    due_on__lte=F("ends_on"),
                    ends_on__lte=F("locks_on"),
                ),
                name="duty_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(rule="notice", notice__isnull=False) | (~Q(rule="notice") & Q(notice__isnull=True)),
                name="duty_of_a_notice_names_it",
            ),
            models.CheckConstraint(
                condition=Q(handed_to__isnull=True, handed_by__isnull=True, handed_at__isnull=True)
                | Q(handed_to__isnull=False, handed_by__isnull=False, handed_at__isnull=False),
                name="duty_handed_by_somebody_sometime",
            ),
        ]
        indexes = [
            models.Index(fields=["year", "rule"]),
            models.Index(fields=["ends_on"], condition=Q(met_on=None), name="duty_unmet"),
        ]

    def get_absolute_url(self):
        return f"{reverse('duties:list')}?branch={self.branch_id}&year={self.year}"

    def state(self, on):
        """done, late, miss, wait (open now) or none (not yet open) on that day."""
        if self.met_on:
            return "late" if self.met_on > self.due_on else "done"
        if self.ends_on < on:
            return "miss"
        return "wait" if self.opens_on <= on else "none"

    @property
    def label(self):
        """期次 in words; of a notice its title."""
        return self.notice.title if self.notice_id else label_of(self.year, self.period)


class FulfilmentQuerySet(ScopedQuerySet):
    branch_lookup = "duty__branch"
    see = "duty.see"


class Fulfilment(models.Model):
    """A record that meets a duty. One record may meet several duties; the earliest record of a duty decides its date."""

    duty = models.ForeignKey(Duty, on_delete=models.CASCADE, related_name="fulfilments")
    label = models.CharField("记录类型", max_length=60)
    object_id = models.BigIntegerField("记录编号")
    on = models.DateField("办理日期")

    objects = FulfilmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "办结"
        constraints = [models.UniqueConstraint("duty", "label", "object_id", name="fulfilment_once")]
        indexes = [models.Index(fields=["label", "object_id"])]


class Filing(Versioned):
    """What met a duty by a form alone: a monthly return, an answer to 一月一调度, a setting check. `answers` go by `filings.yaml`."""

    duty = models.OneToOneField(Duty, verbose_name="应办事项", on_delete=models.PROTECT, related_name="filing")
    answers = models.JSONField("填报内容")
    filed_on = models.DateField("填报日期")
    created_by = models.ForeignKey("accounts.User", verbose_name="填报人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("填报时间", auto_now_add=True)

    objects = FilingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "填报"

    def __str__(self):
        return "已填报"

    def get_absolute_url(self):
        return reverse("duties:duty", args=[self.duty_id])


class UnlockQuerySet(ScopedQuerySet):
    branch_lookup = "duty__branch"
    see = "duty.see"

    def in_force(self, on):
        return self.filter(expires_on__gte=on)


class Unlock(models.Model):
    """Leave to enter a record after its duty was locked: asked for by the branch, granted for a time or refused by 上级."""

    duty = models.ForeignKey(Duty, verbose_name="应办事项", on_delete=models.PROTECT, related_name="unlocks")
    reason = models.CharField("申请补办的原因", max_length=200)
    created_by = models.ForeignKey("accounts.User", verbose_name="申请人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("申请时间", auto_now_add=True)
    expires_on = models.DateField("准予补办至", null=True, blank=True)
    answer = models.CharField("批复意见", max_length=200, blank=True)
    decided_by = models.ForeignKey(
        "accounts.User", verbose_name="批准人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField("批复时间", null=True, blank=True)

    objects = UnlockQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "补办申请"
        constraints = [
            models.UniqueConstraint(
                "duty", condition=Q(decided_at__isnull=True), name="unlock_asked_once",
                violation_error_message="这件事项已经申请过补办，请等待批复。",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True, decided_at__isnull=True, expires_on__isnull=True)
                | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="unlock_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("created_by")),
                name="unlock_not_by_the_asker",
                violation_error_message="申请人不能批准自己的申请。",
            ),
        ]  # fmt: skip
