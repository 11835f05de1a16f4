from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from training.models.course import OfClassQuerySet, TrainingClass


class Survey(models.Model):
    """The satisfaction survey (满意度测评) of a class, kept as sums alone: there is no row of an answer.

    `questions`: as `training.survey` says on the day it is opened: {"of_class": [{key, label}], "of_session": […]}.
    `counts`: {"class" or session pk: {question key: [how many gave 1, 2, 3, 4, 5]}}. One row for all, written whole by each
    answer, so that neither a key, an hour, an order nor a transaction leads from an answer to who was answering.
    `remarks` are kept in alphabetical order for the same reason. That somebody has answered is `Enrolment.has_answered`.
    """

    class State(models.TextChoices):
        OPEN = "open", "测评中"
        CLOSED = "closed", "已结束"

    training_class = models.OneToOneField(
        TrainingClass, verbose_name="班次", on_delete=models.PROTECT, related_name="survey"
    )
    state = models.CharField("状态", max_length=8, choices=State, default=State.OPEN)
    until_on = models.DateField("截止")
    questions = models.JSONField("题目", default=dict)
    answered = models.PositiveIntegerField("答卷数", default=0, editable=False)
    counts = models.JSONField("得分", default=dict, editable=False)
    remarks = ArrayField(models.CharField(max_length=300), verbose_name="意见", default=list, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="发起人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("发起时间", auto_now_add=True)
    closed_at = models.DateTimeField("结束时间", null=True, blank=True)

    objects = OfClassQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "满意度测评"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None) | Q(state="closed", closed_at__isnull=False),
                name="survey_closed_at_some_time",
            )
        ]
