from django.db import models
from django.db.models import Q

from branches.models import ScopedQuerySet
from meetings.models.meeting import Meeting


class FlagQuerySet(ScopedQuerySet):
    branch_lookup = "meeting__branch"
    see = "meeting.review"

    def open(self):
        return self.filter(settled_at__isnull=True)


class Flag(models.Model):
    """A question about a record, for the reviewer alone: never a deduction, never shown as a fault."""

    class Kind(models.TextChoices):
        SIMILAR = "similar", "记录与另一份相近"
        PHOTO = "photo", "照片用过"
        BURST = "burst", "一晚集中录入"
        FULL = "full", "党员较多而全部到会"

    meeting = models.ForeignKey(Meeting, verbose_name="会议", on_delete=models.PROTECT, related_name="flags")
    kind = models.CharField("疑问", max_length=8, choices=Kind)
    other = models.ForeignKey(
        Meeting, verbose_name="相关记录", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    share = models.PositiveSmallIntegerField("相近程度（%）", null=True, blank=True)
    found_at = models.DateTimeField("发现时间", auto_now_add=True)
    answer = models.CharField("核实情况", max_length=200, blank=True)
    settled_by = models.ForeignKey(
        "accounts.User", verbose_name="核实人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    settled_at = models.DateTimeField("核实时间", null=True, blank=True)

    objects = FlagQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "审核疑问"
        constraints = [
            models.UniqueConstraint("meeting", "kind", "other", nulls_distinct=False, name="flag_once"),
            models.CheckConstraint(
                condition=Q(settled_by__isnull=True, settled_at__isnull=True)
                | Q(settled_by__isnull=False, settled_at__isnull=False),
                name="flag_settled_by_somebody",
            ),
        ]
