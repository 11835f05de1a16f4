from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Versioned
from branches.models import Branch, ScopedQuerySet
from reminders.models.bulletin import Bulletin


class LadderStepQuerySet(ScopedQuerySet):
    see = "ladder.see"

    def open(self):
        return self.filter(closed_at__isnull=True)


class LadderStep(Versioned):
    """One rung of 提醒→通报→约谈→问责建议 on one matter of one organisation, taken by a person on a day.

    `subject` is the duty rule that is not kept; `basis` says which periods, and why now. Of a 约谈 only day, parties and
    outcome are kept. 问责 is decided by the competent body: recorded are the proposal, when it was handed to whom, the outcome.
    """

    class Level(models.TextChoices):
        REMINDER = "reminder", "提醒"
        BULLETIN = "bulletin", "通报"
        TALK = "talk", "约谈"
        ACCOUNTABILITY = "accountability", "问责建议"

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="ladder_steps")
    level = models.CharField("环节", max_length=16, choices=Level)
    subject = models.CharField("事项", max_length=40)
    basis = models.TextField("依据")
    # Keys, not a relation: a duty that is owed no longer goes, and what was done about it stays.
    duties = ArrayField(models.BigIntegerField(), verbose_name="所涉应办事项", default=list, blank=True)
    on = models.DateField("日期")
    bulletin = models.ForeignKey(
        Bulletin, verbose_name="通报", null=True, blank=True, on_delete=models.PROTECT, related_name="ladder_steps"
    )
    parties = models.CharField("谈话人和谈话对象", max_length=100, blank=True)
    handed_to = models.CharField("移交给", max_length=100, blank=True)
    handed_on = models.DateField("移交日期", null=True, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="办理人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)
    answer = models.TextField("党组织的说明", blank=True)
    answered_by = models.ForeignKey(
        "accounts.User", verbose_name="说明人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField("说明时间", null=True, blank=True)
    outcome = models.CharField("结果", max_length=200, blank=True)
    closed_by = models.ForeignKey(
        "accounts.User", verbose_name="了结人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField("了结时间", null=True, blank=True)

    objects = LadderStepQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "提醒、通报、约谈和问责建议"
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["branch", "subject"])]
        constraints = [
            models.UniqueConstraint(
                "branch", "subject", "level", condition=Q(closed_at__isnull=True), name="ladder_one_open_step",
                violation_error_message="这件事项的这一环节正在办理，了结以前不能再办一次。",
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_by__isnull=False, answered_at__isnull=False)),
                name="ladder_answered_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", closed_by__isnull=True, closed_at__isnull=True)
                | (~Q(outcome="") & Q(closed_by__isnull=False, closed_at__isnull=False)),
                name="ladder_closed_with_an_outcome",
                violation_error_message="了结时要写明结果。",
            ),
            models.CheckConstraint(
                condition=(Q(level="talk") & ~Q(parties="")) | (~Q(level="talk") & Q(parties="")),
                name="ladder_talk_names_its_parties",
                violation_error_message="约谈要写明谈话人和谈话对象。",
            ),
            models.CheckConstraint(
                condition=Q(handed_to="", handed_on__isnull=True)
                | (~Q(handed_to="") & Q(handed_on__isnull=False, handed_on__gte=F("on"), level="accountability")),
                name="ladder_only_a_proposal_is_handed_over",
                violation_error_message="只有问责建议可以移交，移交日期不能早于提出的日期。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.branch} {self.get_level_display()}"

    def get_absolute_url(self):
        return reverse("reminders:ladder_branch", args=[self.branch_id])
