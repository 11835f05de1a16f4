"""软弱涣散党组织整顿: the case from suspicion to 销号, its four measures, the monthly progress, the acceptance point by point."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Versioned
from branches.models.catalogue import CatalogueEntry
from branches.models.organisation import Branch, ScopedQuerySet


class WeakCaseQuerySet(ScopedQuerySet):
    see = "weak.see"

    def running(self):
        return self.exclude(state__in=WeakCase.ENDED)

    def listed(self):
        """Those that stand on the list: identified and not yet struck off."""
        return self.filter(state__in=WeakCase.LISTED)


class WeakCase(Versioned):
    """One organisation that was found weak, from suspicion until it is struck off (销号) or not identified.

    Source of the states: 三评定一公示, 挂牌整顿, 验收销号 as practised in Yunnan (design/domain-rules §8.4); no quota exists.
    """

    class State(models.TextChoices):
        SUSPECTED = "suspected", "拟定对象"
        SELF_ASSESSED = "self_assessed", "已自评"
        REVIEWED = "reviewed", "已评定"
        PUBLICISED = "publicised", "公示中"
        LISTED = "listed", "已列入"
        PLAN_FILED = "plan_filed", "方案已报"
        RECTIFYING = "rectifying", "整顿中"
        CLOSURE_APPLIED = "closure_applied", "申请销号"
        ACCEPTED = "accepted", "验收合格"
        CLOSED = "closed", "已销号"
        CLEARED = "cleared", "不予认定"

    ENDED = ("closed", "cleared")
    LISTED = ("listed", "plan_filed", "rectifying", "closure_applied", "accepted")

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="weak_cases")
    earlier = models.ForeignKey(
        "self", verbose_name="上一次整顿", null=True, blank=True, on_delete=models.PROTECT, related_name="later"
    )
    state = models.CharField("状态", max_length=16, choices=State, default=State.SUSPECTED)
    reasons = models.ManyToManyField(CatalogueEntry, verbose_name="认定情形", related_name="weak_cases")
    grounds = models.CharField("具体表现", max_length=500)
    suspected_on = models.DateField("提出日期")
    self_assessed_on = models.DateField("支部自评日期", null=True, blank=True)
    self_assessment = models.TextField("自评意见", max_length=1000, blank=True)
    masses_asked = models.PositiveSmallIntegerField("参加评议人数", null=True, blank=True)
    masses_agreed = models.PositiveSmallIntegerField("认为软弱涣散的人数", null=True, blank=True)
    reviewed_on = models.DateField("上级评定日期", null=True, blank=True)
    review = models.CharField("评定意见", max_length=300, blank=True)
    public_from = models.DateField("公示开始", null=True, blank=True)
    public_until = models.DateField("公示结束", null=True, blank=True)
    listed_on = models.DateField("列入日期", null=True, blank=True)
    listed_number = models.CharField("列入文号", max_length=80, blank=True)
    listed_by = models.ForeignKey(
        "accounts.User", verbose_name="审定人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    plan = models.TextField("整顿方案", max_length=2000, blank=True)
    plan_filed_on = models.DateField("方案上报日期", null=True, blank=True)
    due_on = models.DateField("整顿期限", null=True, blank=True)
    rectifying_since = models.DateField("开始整顿", null=True, blank=True)
    applied_on = models.DateField("申请销号日期", null=True, blank=True)
    applied_by = models.ForeignKey(
        "accounts.User", verbose_name="申请人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    accepted_on = models.DateField("验收日期", null=True, blank=True)
    accepted_by = models.ForeignKey(
        "accounts.User", verbose_name="验收人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_on = models.DateField("销号日期", null=True, blank=True)
    closed_number = models.CharField("销号文号", max_length=80, blank=True)
    closed_by = models.ForeignKey(
        "accounts.User", verbose_name="销号审定人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    cleared_why = models.CharField("不予认定的理由", max_length=200, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="提出人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = WeakCaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "整顿"  # the record of acts shows it to 督查 too
        ordering = ["-suspected_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "branch", condition=~Q(state__in=["closed", "cleared"]), name="weakcase_one_running",
                violation_error_message="这个党组织已有一件没有办结的整顿。",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["listed", "plan_filed", "rectifying", "closure_applied", "accepted", "closed"])
                | Q(listed_on__isnull=False, listed_by__isnull=False) & ~Q(listed_number=""),
                name="weakcase_listed_by_paper", violation_error_message="列入整顿要有日期、文号和审定人。",
            ),
            models.CheckConstraint(
                condition=Q(listed_by=None) | ~Q(listed_by=F("created_by")), name="weakcase_listed_by_another",
                violation_error_message="提出的人不能自己审定列入，请由另一位同志审定。",
            ),
            models.CheckConstraint(
                condition=Q(accepted_by=None) | ~Q(accepted_by=F("applied_by")), name="weakcase_accepted_by_another",
                violation_error_message="申请销号的人不能自己验收。",
            ),
            models.CheckConstraint(
                condition=~Q(state="closed")
                | Q(closed_on__isnull=False, closed_by__isnull=False, accepted_on__isnull=False) & ~Q(closed_number=""),
                name="weakcase_closed_by_paper", violation_error_message="销号要先验收，并填日期、文号和审定人。",
            ),
            models.CheckConstraint(
                condition=Q(closed_by=None) | ~Q(closed_by=F("accepted_by")) & ~Q(closed_by=F("applied_by")),
                name="weakcase_closed_by_another", violation_error_message="验收的人不能自己审定销号，请由另一位同志审定。",
            ),
            models.CheckConstraint(
                condition=~Q(state="cleared") | ~Q(cleared_why=""), name="weakcase_cleared_says_why",
                violation_error_message="请写明不予认定的理由。",
            ),
            models.CheckConstraint(
                condition=Q(masses_agreed=None) | Q(masses_agreed__lte=F("masses_asked")), name="weakcase_no_more_than_asked",
                violation_error_message="认为软弱涣散的人数不能多于参加评议的人数。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.branch}整顿"

    def get_absolute_url(self):
        return reverse("branches:weak_case", args=[self.pk])

    @property
    def held_on(self):
        """The day by which it stands among the records of a score."""
        return self.listed_on


class WeakPartQuerySet(ScopedQuerySet):
    branch_lookup = "case__branch"
    see = "weak.see"


class WeakMeasure(Versioned):
    """One slot of 四个一: which person or unit helps this organisation, from when to when."""

    case = models.ForeignKey(WeakCase, verbose_name="整顿", on_delete=models.PROTECT, related_name="measures")
    entry = models.ForeignKey(CatalogueEntry, verbose_name="措施", on_delete=models.PROTECT, related_name="+")
    who = models.CharField("人员或单位", max_length=80)
    position = models.CharField("单位和职务", max_length=80, blank=True)
    started_on = models.DateField("起")
    ended_on = models.DateField("止", null=True, blank=True)

    objects = WeakPartQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "四个一措施"
        ordering = ["entry__order", "pk"]
        constraints = [
            models.UniqueConstraint(
                "case", "entry", condition=Q(ended_on=None), name="weakmeasure_one_per_slot",
                violation_error_message="这一项已经落实到人，先填前一位的结束日期。",
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on")), name="weakmeasure_ends_after_start",
                violation_error_message="结束日期不能早于开始日期。",
            ),
        ]  # fmt: skip


class WeakProgress(Versioned):
    """What was done in one month of the rectification, and how many problems are settled."""

    case = models.ForeignKey(WeakCase, verbose_name="整顿", on_delete=models.PROTECT, related_name="progress")
    month = models.DateField("月份", help_text="当月第一天")
    done = models.CharField("本月做了什么", max_length=500)
    settled = models.PositiveSmallIntegerField("已解决问题数", default=0)
    left = models.PositiveSmallIntegerField("未解决问题数", default=0)
    next = models.CharField("下月打算", max_length=300, blank=True)
    reported_on = models.DateField("报告日期")
    created_by = models.ForeignKey("accounts.User", verbose_name="报告人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = WeakPartQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "整顿月报"
        ordering = ["month"]
        constraints = [
            models.UniqueConstraint(
                "case", "month", name="weakprogress_one_a_month", violation_error_message="这个月的进展已经报过。"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="weakprogress_month_by_its_first_day"),
        ]


class WeakCheck(models.Model):
    """The acceptance of one of the reasons for which the case was listed: put right or not, in the last round of checking."""

    case = models.ForeignKey(WeakCase, verbose_name="整顿", on_delete=models.PROTECT, related_name="checks")
    entry = models.ForeignKey(CatalogueEntry, verbose_name="认定情形", on_delete=models.PROTECT, related_name="+")
    is_settled = models.BooleanField("已经解决")
    words = models.CharField("验收情况", max_length=300)
    checked_on = models.DateField("验收日期")
    created_by = models.ForeignKey("accounts.User", verbose_name="验收人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = WeakPartQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "逐项验收"
        constraints = [models.UniqueConstraint("case", "entry", "checked_on", name="weakcheck_once")]


class WeakStep(models.Model):
    """One step of a case as it was taken: never changed."""

    case = models.ForeignKey(WeakCase, verbose_name="整顿", on_delete=models.PROTECT, related_name="steps")
    act = models.CharField("步骤", max_length=20)
    state = models.CharField("办后状态", max_length=16, choices=WeakCase.State)
    on = models.DateField("日期")
    words = models.CharField("说明", max_length=500, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="办理人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("办理时间", auto_now_add=True)

    objects = WeakPartQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "整顿步骤"
        ordering = ["pk"]
