from django.db import models
from django.db.models import Count, F, Min, OuterRef, Q, Subquery
from django.urls import reverse

from branches.models import Branch, ScopedQuerySet


class DutyQuerySet(ScopedQuerySet):
    see = "duty.see"

    def with_met(self):
        """Adds `met_on`: the day of the earliest record that fulfils the duty, or null."""
        return self.annotate(met_on=Min("fulfilments__on"))

    def counted(self, *groups, on):
        """Per group (field names; none: one row over all) what fell due by `on`, and what of it was met, late, missed, open.

        Late: met after the due day. Owed: the period is over, or the duty is met already.
        """
        met = Q(met_on__isnull=False)
        counts = {
            "owed": Count("pk", filter=Q(ends_on__lt=on) | met),
            "met": Count("pk", filter=met),
            "late": Count("pk", filter=Q(met_on__gt=F("due_on"))),
            "missed": Count("pk", filter=Q(met_on__isnull=True, ends_on__lt=on)),
            "open": Count("pk", filter=Q(met_on__isnull=True, opens_on__lte=on, ends_on__gte=on)),
        }
        first = Fulfilment.objects.filter(duty=OuterRef("pk")).order_by("on").values("on")[:1]
        duties = self.annotate(met_on=Subquery(first))
        return duties.values(*groups).annotate(**counts).order_by(*groups) if groups else duties.aggregate(**counts)


class Duty(models.Model):
    """What one branch owes in one period: made by `generate` from the rulebook, never by hand.

    It may be met from `opens_on` to `ends_on`; by `target_on` it is punctual as 工委 wishes, by `due_on` it still has
    full credit, afterwards it is late (迟办) and after `ends_on` it is missed (缺).
    """

    branch = models.ForeignKey(Branch, verbose_name="党支部", on_delete=models.PROTECT, related_name="duties")
    rule = models.CharField("事项", max_length=40)
    year = models.PositiveSmallIntegerField("考核年度")
    period = models.CharField("期次", max_length=10)
    opens_on = models.DateField("开始")
    target_on = models.DateField("宜于何日前")
    due_on = models.DateField("截止")
    ends_on = models.DateField("期末")

    objects = DutyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "应办事项"
        constraints = [
            models.UniqueConstraint("branch", "rule", "year", "period", name="duty_once"),
            models.CheckConstraint(
                condition=Q(opens_on__lte=F("target_on"), target_on__lte=F("due_on"), due_on__lte=F("ends_on")),
                name="duty_dates_in_order",
            ),
        ]
        indexes = [models.Index(fields=["year", "rule"])]

    def get_absolute_url(self):
        return f"{reverse('duties:list')}?branch={self.branch_id}&year={self.year}"

    def state(self, on):
        """done, late, miss, wait (open now) or none (not yet open) on that day; needs `with_met`."""
        if self.met_on:
            return "late" if self.met_on > self.due_on else "done"
        if self.ends_on < on:
            return "miss"
        return "wait" if self.opens_on <= on else "none"

    @property
    def label(self):
        """期次 in words: 11 月, 第四季度, 2026 年."""
        if "-Q" in self.period:
            return f"第{'一二三四'[int(self.period[-1]) - 1]}季度"
        if "-" in self.period:
            return f"{int(self.period[5:])} 月"
        return f"{self.year} 年度"


class Fulfilment(models.Model):
    """A record that meets a duty. One record may meet several duties; the earliest record of a duty decides its date."""

    duty = models.ForeignKey(Duty, on_delete=models.CASCADE, related_name="fulfilments")
    label = models.CharField("记录类型", max_length=60)
    object_id = models.BigIntegerField("记录编号")
    on = models.DateField("办理日期")

    class Meta:
        verbose_name = verbose_name_plural = "办结"
        constraints = [models.UniqueConstraint("duty", "label", "object_id", name="fulfilment_once")]
        indexes = [models.Index(fields=["label", "object_id"])]
