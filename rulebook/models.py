from django.db import models
from django.db.models import F, Q


class DecisionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What the county decided is no secret: everybody is judged by it."""
        return self


class Decision(models.Model):
    """What the county decided about a local rule: overrides the file's row from a date, never before it."""

    key = models.CharField("规则", max_length=80)
    value = models.JSONField("取值")
    from_on = models.DateField("自何日起")
    source = models.CharField("依据（文号或会议）", max_length=200)
    reason = models.CharField("补登事由", max_length=200, blank=True, help_text="从已经过去的一天算起的，写明为什么")
    decided_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "本县决定"
        ordering = ["key", "from_on", "pk"]


class CalendarDayQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Public days."""
        return self


class CalendarDay(models.Model):
    """A day that differs from its weekday: a holiday on a weekday, or a working day on a weekend (国务院假日安排)."""

    on = models.DateField("日期", primary_key=True)
    is_working = models.BooleanField("上班")
    name = models.CharField("说明", max_length=40, blank=True)
    source = models.CharField("依据", max_length=120)

    objects = CalendarDayQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "节假日"


class SchoolTermQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Public days."""
        return self


class SchoolTerm(models.Model):
    """One 学期. Dates not yet announced are entered as provisional and said to be so."""

    name = models.CharField("学期", max_length=40, unique=True)
    started_on = models.DateField("开学")
    ended_on = models.DateField("放假")
    is_provisional = models.BooleanField("暂定", default=False)

    objects = SchoolTermQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "学期"
        ordering = ["started_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on__gt=F("started_on")),
                name="school_term_ends_after_it_starts",
                violation_error_message="放假日期应晚于开学日期。",
            )
        ]
