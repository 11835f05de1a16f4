from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Versioned
from branches.models import Branch, ScopedQuerySet
from members.models.person import Member, Membership


class AppraisalQuerySet(ScopedQuerySet):
    see = "appraisal.see"

    def settled(self):
        return self.filter(state=Appraisal.State.APPROVED)


class Appraisal(Versioned):
    """民主评议党员 of one branch for one assessment year: who came, the totals of the ballots, the grades.

    Ballots are anonymous: only totals are kept, never who voted what. Source: 支部工作条例（试行）第十八条.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        SUBMITTED = "submitted", "待上级审定"
        RETURNED = "returned", "已退回"
        APPROVED = "approved", "已审定"

    branch = models.ForeignKey(Branch, verbose_name="党支部", on_delete=models.PROTECT, related_name="appraisals")
    year = models.PositiveSmallIntegerField("考核年度")
    held_on = models.DateField("评议日期")
    ballots_issued = models.PositiveSmallIntegerField("发出测评票", default=0)
    ballots_returned = models.PositiveSmallIntegerField("收回测评票", default=0)
    state = models.CharField("状态", max_length=10, choices=State, default=State.DRAFT)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)
    submitted_by = models.ForeignKey(
        "accounts.User", verbose_name="上报人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField("上报时间", null=True, blank=True)
    approved_by = models.ForeignKey(
        "accounts.User", verbose_name="审定人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField("审定时间", null=True, blank=True)
    return_reason = models.CharField("退回原因", max_length=200, blank=True)

    objects = AppraisalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "民主评议党员"
        constraints = [
            models.UniqueConstraint(
                "branch", "year", name="appraisal_once_a_year", violation_error_message="这一年度的民主评议已经登记。"
            ),
            models.CheckConstraint(
                condition=Q(ballots_returned__lte=models.F("ballots_issued")), name="appraisal_ballots_returned",
                violation_error_message="收回的票不能多于发出的票。",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(return_reason=""), name="appraisal_returned_says_why",
                violation_error_message="请写明退回原因。",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="appraisal_approved_by_somebody",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.year} 年度民主评议党员"

    def get_absolute_url(self):
        return reverse("members:appraisal", args=[self.pk])


class AppraisalRow(models.Model):
    """One member in a 民主评议: there or not, the totals of the ballots, the grade proposed and the grade given.

    Somebody on probation takes part and gets no grade.
    """

    class Grade(models.TextChoices):
        EXCELLENT = "excellent", "优秀"
        QUALIFIED = "qualified", "合格"
        BASIC = "basic", "基本合格"
        UNQUALIFIED = "unqualified", "不合格"

    appraisal = models.ForeignKey(Appraisal, verbose_name="民主评议", on_delete=models.PROTECT, related_name="rows")
    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="appraisals")
    kind = models.CharField("人员类别", max_length=14, choices=Membership.Kind)
    is_present = models.BooleanField("参加", default=True)
    absent_reason = models.CharField("缺席原因", max_length=60, blank=True)
    excellent = models.PositiveSmallIntegerField("优秀票", default=0)
    qualified = models.PositiveSmallIntegerField("合格票", default=0)
    basic = models.PositiveSmallIntegerField("基本合格票", default=0)
    unqualified = models.PositiveSmallIntegerField("不合格票", default=0)
    proposed = models.CharField("支部拟定等次", max_length=12, choices=Grade, blank=True)
    final = models.CharField("审定等次", max_length=12, choices=Grade, blank=True)
    told_on = models.DateField("告知本人日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "民主评议党员结果"
        constraints = [
            models.UniqueConstraint("appraisal", "member", name="appraisalrow_once"),
            models.CheckConstraint(
                condition=Q(kind="full") | Q(proposed="", final=""),
                name="appraisalrow_probation_has_no_grade",
                violation_error_message="预备党员参加评议，不定等次。",
            ),
        ]


class MassPollQuerySet(ScopedQuerySet):
    see = "poll.see"


class MassPoll(models.Model):
    """The yearly anonymous 群众测评 of a branch: totals only."""

    branch = models.ForeignKey(Branch, verbose_name="党支部", on_delete=models.PROTECT, related_name="mass_polls")
    year = models.PositiveSmallIntegerField("年度")
    held_on = models.DateField("测评日期")
    issued = models.PositiveIntegerField("发出")
    returned = models.PositiveIntegerField("收回")
    satisfied = models.PositiveIntegerField("满意")
    fairly = models.PositiveIntegerField("基本满意")
    dissatisfied = models.PositiveIntegerField("不满意")
    unsure = models.PositiveIntegerField("不了解", default=0)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = MassPollQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "群众测评"
        constraints = [
            models.UniqueConstraint(
                "branch", "year", name="masspoll_once_a_year", violation_error_message="这一年度的群众测评已经登记。"
            ),
            models.CheckConstraint(
                condition=Q(returned__lte=models.F("issued")), name="masspoll_returned",
                violation_error_message="收回的票不能多于发出的票。",
            ),
            models.CheckConstraint(
                condition=Q(
                    returned__gte=models.F("satisfied") + models.F("fairly") + models.F("dissatisfied") + models.F("unsure")
                ),
                name="masspoll_adds_up", violation_error_message="各项合计不能多于收回的票（其余为无效票）。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.year} 年群众测评"

    def get_absolute_url(self):
        return reverse("members:polls") + f"?year={self.year}&branch={self.branch_id}"

    @property
    def valid(self):
        """Ballots that say something; the rest of those returned are spoilt."""
        return self.satisfied + self.fairly + self.dissatisfied + self.unsure
