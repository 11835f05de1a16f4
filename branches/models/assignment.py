from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from branches import rights
from branches.models.organisation import Branch, ScopedQuerySet


class AssignmentQuerySet(ScopedQuerySet):
    see = "account.manage"

    def running(self, on):
        return self.filter(started_on__lte=on).exclude(until__lt=on)


class Assignment(models.Model):
    """A task that gives somebody rights in one organisation until a day: to judge it, to guide it, to instruct it.

    What the task allows is `rights.TASKS`; a post of the same person elsewhere gives nothing here.
    """

    user = models.ForeignKey("accounts.User", verbose_name="人员", on_delete=models.PROTECT, related_name="assignments")
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="assignments")
    task = models.CharField("任务", max_length=20, choices=rights.Task)
    group = models.CharField("组别", max_length=40, blank=True)
    started_on = models.DateField("开始", default=timezone.localdate)
    until = models.DateField("结束")
    created_by = models.ForeignKey("accounts.User", verbose_name="分派人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("分派时间", auto_now_add=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "任务分派"
        indexes = [models.Index(fields=["user", "until"])]
        constraints = [
            models.UniqueConstraint(
                "user", "branch", "task", "started_on", name="assignment_once",
                violation_error_message="这位同志已经分派到这个党组织。",
            ),
            models.CheckConstraint(
                condition=Q(until__gte=F("started_on")), name="assignment_ends_after_start",
                violation_error_message="结束日期不能早于开始日期。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.user} {self.get_task_display()}"
