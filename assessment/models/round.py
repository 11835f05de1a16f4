from django.db import models
from django.db.models import F, Q

from accounts.models import Versioned
from assessment.models.scheme import Scheme
from branches import rights
from branches.models import Branch, ScopedQuerySet


class RoundQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The round of a year is no secret: how far it is, and until when one may object."""
        return self if rights.may(user, "score.see") or rights.may(user, "round.see") else self.none()


class Round(Versioned):
    """The assessment of one year: self-check, judging, review, publication with objections, decision, final."""

    class State(models.TextChoices):
        SELF_CHECK = "self_check", "支部自查"
        JUDGING = "judging", "考评组评分"
        REVIEW = "review", "复核"
        PUBLISHED = "published", "公布，受理异议"
        DECIDING = "deciding", "拟定等次，待工委会议审定"
        FINAL = "final", "已审定"

    year = models.PositiveSmallIntegerField("年度", unique=True)
    state = models.CharField("进度", max_length=12, choices=State, default=State.SELF_CHECK)
    scheme = models.ForeignKey(Scheme, verbose_name="党支部方案", on_delete=models.PROTECT, related_name="+")
    committee_scheme = models.ForeignKey(
        Scheme, verbose_name="党委、党总支方案", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    opened_on = models.DateField("启动日期")
    self_check_until = models.DateField("自查截止")
    judging_until = models.DateField("评分截止")
    opened_by = models.ForeignKey("accounts.User", verbose_name="启动人", on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField("启动时间", auto_now_add=True)
    published_on = models.DateField("公布日期", null=True, blank=True)
    objections_until = models.DateField("异议截止", null=True, blank=True)
    meeting_on = models.DateField("工委会议日期", null=True, blank=True)
    minutes_number = models.CharField("纪要号", max_length=80, blank=True)
    final_by = models.ForeignKey(
        "accounts.User", verbose_name="登记审定", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    final_at = models.DateTimeField("登记审定时间", null=True, blank=True)

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "年度考核"
        ordering = ["-year"]
        constraints = [
            models.CheckConstraint(
                condition=Q(judging_until__gte=F("self_check_until")) & Q(self_check_until__gte=F("opened_on")),
                name="round_in_order",
                violation_error_message="日期应依次为：启动、自查截止、评分截止。",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["published", "deciding", "final"])
                | Q(published_on__isnull=False, objections_until__gt=F("published_on")),
                name="round_published_with_window",
            ),
            models.CheckConstraint(
                condition=Q(state="final", meeting_on__isnull=False, final_at__isnull=False, final_by__isnull=False)
                & ~Q(minutes_number="")
                | ~Q(state="final") & Q(final_at=None, final_by=None),
                name="round_final_by_meeting",
                violation_error_message="审定要有工委会议日期和纪要号。",
            ),
        ]

    def __str__(self):
        return f"{self.year} 年度考核"


class OfBranchQuerySet(ScopedQuerySet):
    see = "score.see"


class SelfCheck(Versioned):
    """What a branch says of its own year; what it contests stands in its objections. Handed in, it stays until it is returned."""

    class State(models.TextChoices):
        DRAFT = "draft", "未提交"
        SUBMITTED = "submitted", "已提交"
        RETURNED = "returned", "退回修改"

    round = models.ForeignKey(Round, verbose_name="年度考核", on_delete=models.PROTECT, related_name="self_checks")
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="+")
    state = models.CharField("状态", max_length=10, choices=State, default=State.SUBMITTED)
    words = models.TextField("自查情况", max_length=2000, blank=True)
    submitted_by = models.ForeignKey("accounts.User", verbose_name="提交人", on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField("提交时间", auto_now=True)
    return_reason = models.CharField("退回理由", max_length=300, blank=True)
    returned_by = models.ForeignKey(
        "accounts.User", verbose_name="退回人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    returned_at = models.DateTimeField("退回时间", null=True, blank=True)

    objects = OfBranchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "支部自查"
        constraints = [
            models.UniqueConstraint("round", "branch", name="self_check_once"),
            models.CheckConstraint(
                condition=~Q(state="submitted") | ~Q(words=""), name="self_check_says_something",
                violation_error_message="请写明自查情况再提交。",
            ),
            models.CheckConstraint(
                condition=Q(returned_at=None, returned_by=None, return_reason="") & ~Q(state="returned")
                | Q(returned_at__isnull=False, returned_by__isnull=False) & ~Q(return_reason=""),
                name="self_check_returned_with_reason", violation_error_message="退回要写明理由。",
            ),
        ]  # fmt: skip


class Objection(Versioned):
    """One item that a branch contests, in its self-check or after publication, and the answer."""

    class Phase(models.TextChoices):
        SELF_CHECK = "self_check", "自查"
        PUBLISHED = "published", "公布后"

    class Outcome(models.TextChoices):
        UPHELD = "upheld", "采纳"
        DISMISSED = "dismissed", "不采纳"

    round = models.ForeignKey(Round, verbose_name="年度考核", on_delete=models.PROTECT, related_name="objections")
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="+")
    phase = models.CharField("提出阶段", max_length=12, choices=Phase)
    part = models.CharField("评分点", max_length=20)
    words = models.TextField("异议和理由", max_length=1000)
    raised_by = models.ForeignKey("accounts.User", verbose_name="提出人", on_delete=models.PROTECT, related_name="+")
    raised_on = models.DateField("提出日期")
    raised_at = models.DateTimeField("登记时间", auto_now_add=True)
    answer = models.TextField("答复", max_length=1000, blank=True)
    outcome = models.CharField("结果", max_length=12, choices=Outcome, blank=True)
    answered_by = models.ForeignKey(
        "accounts.User", verbose_name="答复人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)

    objects = OfBranchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "考核异议"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                "round", "branch", "phase", "part", condition=Q(answered_at=None), name="objection_once_open",
                violation_error_message="这一项已经提出过异议，正等答复。",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, outcome="", answer="")
                | Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(outcome="") & ~Q(answer=""),
                name="objection_answered_in_words", violation_error_message="答复要写明理由和结果。",
            ),
        ]  # fmt: skip


class Adjustment(models.Model):
    """A part's points put right after publication, with the reason. Only ever added; the newest of a part counts."""

    round = models.ForeignKey(Round, verbose_name="年度考核", on_delete=models.PROTECT, related_name="adjustments")
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="+")
    part = models.CharField("评分点", max_length=20)
    before = models.DecimalField("原得分", max_digits=5, decimal_places=2, null=True, blank=True)
    points = models.DecimalField("调整后得分", max_digits=5, decimal_places=2)
    reason = models.CharField("调整理由", max_length=300)
    objection = models.ForeignKey(
        Objection,
        verbose_name="所答复的异议",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="adjustments",
    )
    made_by = models.ForeignKey("accounts.User", verbose_name="调整人", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField("调整时间", auto_now_add=True)

    objects = OfBranchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "得分调整"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(points__gte=0), name="adjustment_not_negative", violation_error_message="得分不能为负。"
            )
        ]


class Verdict(models.Model):
    """A grade that the 工委会议 set otherwise than proposed, with its reason; without one the proposed grade is final."""

    round = models.ForeignKey(Round, verbose_name="年度考核", on_delete=models.PROTECT, related_name="verdicts")
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="+")
    proposed = models.CharField("拟定等次", max_length=20)
    grade = models.CharField("审定等次", max_length=20)
    reason = models.CharField("理由", max_length=300)
    made_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = OfBranchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "审定等次"
        constraints = [models.UniqueConstraint("round", "branch", name="verdict_once")]


class VetoQuerySet(ScopedQuerySet):
    see = "veto.see"

    def in_force(self, year):
        """Confirmed by a second person and not lifted."""
        return self.filter(year=year, confirmed_at__isnull=False, lifted_at=None)


class Veto(Versioned):
    """一票否决: what limits a branch's grade for a year. Two different persons, with the paper it rests on."""

    year = models.PositiveSmallIntegerField("年度")
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField("情形", max_length=20)  # a key of the scheme's list
    number = models.CharField("依据文号", max_length=80)
    on = models.DateField("文件日期")
    proposed_by = models.ForeignKey("accounts.User", verbose_name="提出人", on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField("提出时间", auto_now_add=True)
    confirmed_by = models.ForeignKey(
        "accounts.User", verbose_name="确认人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    lifted_number = models.CharField("解除依据", max_length=80, blank=True)
    lifted_by = models.ForeignKey(
        "accounts.User", verbose_name="解除人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lifted_at = models.DateTimeField("解除时间", null=True, blank=True)

    objects = VetoQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "一票否决"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                "year", "branch", "reason", condition=Q(lifted_at=None), name="veto_once",
                violation_error_message="这一情形已经提出过。",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=F("proposed_by")),
                name="veto_two_persons", violation_error_message="一票否决要由提出人以外的另一人确认。",
            ),
            models.CheckConstraint(
                condition=Q(lifted_by=None, lifted_at=None, lifted_number="")
                | Q(lifted_by__isnull=False, lifted_at__isnull=False) & ~Q(lifted_number=""),
                name="veto_lifted_by_paper", violation_error_message="解除要注明依据。",
            ),
        ]  # fmt: skip
