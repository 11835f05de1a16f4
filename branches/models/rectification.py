"""整改: a problem, what is done about it, by whom and until when, and who says that it is done."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Versioned
from branches.models.inspection import Inspection
from branches.models.organisation import Branch, ScopedQuerySet
from branches.models.screening import Screening, ScreeningMark


class RectificationQuerySet(ScopedQuerySet):
    see = "rectify.see"

    def unsettled(self):
        """Not yet accepted."""
        return self.filter(
            state__in=[Rectification.State.OPEN, Rectification.State.SUBMITTED, Rectification.State.RETURNED]
        )

    def at_branch(self):
        """Those on which the branch has to act: what was handed in waits for somebody else."""
        return self.filter(state__in=[Rectification.State.OPEN, Rectification.State.RETURNED])

    def overdue(self, on):
        return self.at_branch().filter(due_on__lt=on)


class Rectification(Versioned):
    """One 整改 item of a branch: open → submitted → accepted → closed; submitted → returned → submitted; closed → reopened.

    What it came from is a screening, an inspection, or a record to the right of here (`origin_label`, `origin_id`, as
    text), or it was entered by hand. Nobody accepts what they submitted.
    """

    class Source(models.TextChoices):
        SCREENING = "screening", "分析研判"
        INSPECTION = "inspection", "督导检查"
        PATROL = "patrol", "巡察反馈"
        LIFE_MEETING = "life_meeting", "组织（民主）生活会"
        APPRAISAL = "appraisal", "民主评议"
        REVIEW = "review", "述职评议"
        SETTING = "setting", "组织设置核查"
        OTHER = "other", "其他"

    class State(models.TextChoices):
        OPEN = "open", "整改中"
        SUBMITTED = "submitted", "待验收"
        RETURNED = "returned", "退回再改"
        ACCEPTED = "accepted", "已验收"
        CLOSED = "closed", "已销号"

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="rectifications")
    source = models.CharField("来源", max_length=14, choices=Source)
    source_number = models.CharField("来源文号", max_length=80, blank=True)
    screening = models.ForeignKey(
        Screening, verbose_name="研判", null=True, blank=True, on_delete=models.PROTECT, related_name="rectifications"
    )
    mark = models.ForeignKey(
        ScreeningMark, verbose_name="研判项目", null=True, blank=True, on_delete=models.PROTECT,
        related_name="rectifications",
    )  # fmt: skip
    inspection = models.ForeignKey(
        Inspection,
        verbose_name="督导检查",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="rectifications",
    )
    origin_label = models.CharField(max_length=60, blank=True, editable=False)
    origin_id = models.BigIntegerField(null=True, blank=True, editable=False)
    problem = models.CharField("问题", max_length=300)
    measure = models.CharField("整改措施", max_length=300, blank=True)
    owner = models.CharField("责任人", max_length=50, blank=True)
    raised_on = models.DateField("提出日期")
    due_on = models.DateField("整改期限")
    state = models.CharField("状态", max_length=10, choices=State, default=State.OPEN)
    done = models.CharField("整改情况", max_length=500, blank=True)
    submitted_by = models.ForeignKey(
        "accounts.User", verbose_name="提交人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    accepted_by = models.ForeignKey(
        "accounts.User", verbose_name="验收人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    accepted_at = models.DateTimeField("验收时间", null=True, blank=True)
    settled_on = models.DateField("整改完成日期", null=True, blank=True, help_text="提交并获验收的那次提交的日期")
    reopened = models.PositiveSmallIntegerField("重新打开次数", default=0)
    created_by = models.ForeignKey("accounts.User", verbose_name="提出人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = RectificationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "整改事项"
        ordering = ["due_on", "pk"]
        indexes = [models.Index(fields=["branch", "state", "due_on"]), models.Index(fields=["state", "due_on"])]
        constraints = [
            models.UniqueConstraint(
                "origin_label", "origin_id", condition=~Q(origin_label=""), name="rectification_once_per_origin",
                violation_error_message="这条记录已经转为整改事项。",
            ),
            models.CheckConstraint(
                condition=Q(due_on__gte=F("raised_on")), name="rectification_due_after_raised",
                violation_error_message="整改期限不能早于提出日期。",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "returned"]) | Q(submitted_by__isnull=False, submitted_at__isnull=False) & ~Q(done=""),
                name="rectification_submitted_with_words", violation_error_message="提交验收要写明整改情况。",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["accepted", "closed"], accepted_by__isnull=False, accepted_at__isnull=False,
                    settled_on__isnull=False,
                )
                | Q(~Q(state__in=["accepted", "closed"]), accepted_by=None, accepted_at=None, settled_on=None),
                name="rectification_accepted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(accepted_by=None) | ~Q(accepted_by=F("submitted_by")), name="rectification_accepted_by_another",
                violation_error_message="不能验收自己提交的整改，请由另一位同志验收。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.problem

    def get_absolute_url(self):
        return reverse("branches:rectification", args=[self.pk])

    @property
    def held_on(self):
        """The day on which it was settled or falls due, as evidence among other records."""
        return self.settled_on or self.due_on


class RectificationStepQuerySet(ScopedQuerySet):
    branch_lookup = "item__branch"
    see = "rectify.see"


class RectificationStep(models.Model):
    """One step of an item as it was taken: never changed."""

    class Act(models.TextChoices):
        RAISE = "raise", "提出"
        PLAN = "plan", "制定措施"
        SUBMIT = "submit", "提交验收"
        RETURN = "return", "退回"
        ACCEPT = "accept", "验收"
        CLOSE = "close", "销号"
        REOPEN = "reopen", "重新打开"
        POSTPONE = "postpone", "延期"

    item = models.ForeignKey(Rectification, verbose_name="整改事项", on_delete=models.PROTECT, related_name="steps")
    act = models.CharField("步骤", max_length=10, choices=Act)
    on = models.DateField("日期")
    words = models.CharField("说明", max_length=500, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="办理人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("办理时间", auto_now_add=True)

    objects = RectificationStepQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "整改步骤"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(act__in=["return", "reopen", "postpone"]) | ~Q(words=""), name="rectificationstep_says_why",
                violation_error_message="请写明原因。",
            )
        ]  # fmt: skip
