from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from accounts.models import Versioned
from branches.models import Branch, ScopedQuerySet
from members.models.person import Member, PersonalQuerySet

MONTH_STARTS = Q(month__day=1)


def money(label, **options):
    return models.DecimalField(
        label, max_digits=10, decimal_places=2, validators=[MinValueValidator(0, "金额不能小于 0。")], **options
    )


class DuesBase(Versioned):
    """What a member's dues are counted from in a year (党费基数), entered per person and year; the rates are rules.

    `fixed`: no rate applies (学生、下岗、低保 …), `amount` is then what is due each month.
    """

    class Kind(models.TextChoices):
        WAGE = "wage", "按月工资收入"
        PENSION = "pension", "离退休费"
        FIXED = "fixed", "定额"

    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="dues_bases")
    year = models.PositiveSmallIntegerField("年度")
    kind = models.CharField("计算方法", max_length=8, choices=Kind, default=Kind.WAGE)
    amount = money("基数（元/月）")
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = PersonalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "党费基数"
        constraints = [
            models.UniqueConstraint(
                "member", "year", name="duesbase_one_per_year", violation_error_message="这一年的基数已经登记。"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="duesbase_not_negative"),
        ]


class DuesWaiver(models.Model):
    """Dues reduced or waived for some months on the member's application (减免), approved by the superior committee."""

    class State(models.TextChoices):
        ASKED = "asked", "待批准"
        APPROVED = "approved", "已批准"
        REFUSED = "refused", "未批准"

    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="dues_waivers")
    from_month = models.DateField("起始月份")
    to_month = models.DateField("截止月份")
    amount = money("每月交纳（元）", default=0, help_text="免交填 0")
    reason = models.CharField("原因", max_length=100)
    state = models.CharField("状态", max_length=8, choices=State, default=State.ASKED)
    created_by = models.ForeignKey("accounts.User", verbose_name="申报人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("申报时间", auto_now_add=True)
    decided_by = models.ForeignKey(
        "accounts.User", verbose_name="审批人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField("审批时间", null=True, blank=True)

    objects = PersonalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "党费减免"
        constraints = [
            models.CheckConstraint(
                condition=Q(from_month__day=1, to_month__day=1, to_month__gte=F("from_month")),
                name="dueswaiver_of_whole_months", violation_error_message="截止月份不能早于起始月份。",
            ),
            models.CheckConstraint(
                condition=Q(state="asked", decided_by=None, decided_at=None)
                | Q(~Q(state="asked"), decided_by__isnull=False, decided_at__isnull=False),
                name="dueswaiver_decided_by_somebody",
            ),
        ]  # fmt: skip


class DuesConsent(models.Model):
    """A branch's decision that dues of a year are paid by the quarter (按季交纳)."""

    branch = models.ForeignKey(Branch, verbose_name="党支部", on_delete=models.PROTECT, related_name="dues_consents")
    year = models.PositiveSmallIntegerField("年度")
    agreed_on = models.DateField("支部同意日期")
    basis = models.CharField("依据", max_length=100, blank=True, help_text="如 支部党员大会决定")
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "党费按季交纳"
        constraints = [
            models.UniqueConstraint(
                "branch", "year", name="duesconsent_once", violation_error_message="这一年已经登记按季交纳。"
            )
        ]


class DuesPaymentQuerySet(ScopedQuerySet):
    see = "dues.see"


class DuesPayment(models.Model):
    """One member's dues of one month as paid, to the cent, in the branch where that month was due."""

    class Method(models.TextChoices):
        SELF = "self", "本人交纳"
        THROUGH = "through", "委托他人代交"
        ONLINE = "online", "网上交纳"

    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="dues")
    branch = models.ForeignKey(Branch, verbose_name="收缴支部", on_delete=models.PROTECT, related_name="dues")
    month = models.DateField("所属月份", help_text="存每月 1 日")
    payable = money("应交（元）", null=True, blank=True)
    paid = money("实交（元）")
    paid_on = models.DateField("交纳日期")
    method = models.CharField("方式", max_length=8, choices=Method, default=Method.SELF)
    note = models.CharField("备注", max_length=100, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = DuesPaymentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "党费交纳"
        indexes = [models.Index(fields=["branch", "month"])]
        constraints = [
            models.UniqueConstraint(
                "member", "month", name="dues_once_a_month", violation_error_message="这位同志当月的党费已经登记。"
            ),
            models.CheckConstraint(condition=MONTH_STARTS, name="dues_month_is_its_first_day"),
            models.CheckConstraint(condition=Q(paid__gte=0), name="dues_not_negative"),
        ]


class DuesHandoverQuerySet(ScopedQuerySet):
    see = "dues.see"


class DuesHandover(models.Model):
    """What a branch handed upward for a quarter (党费上缴), and the superior's receipt."""

    branch = models.ForeignKey(Branch, verbose_name="党支部", on_delete=models.PROTECT, related_name="dues_handovers")
    year = models.PositiveSmallIntegerField("年度")
    quarter = models.PositiveSmallIntegerField("季度", choices=[(n, f"第{n}季度") for n in (1, 2, 3, 4)])
    amount = money("上缴（元）")
    handed_on = models.DateField("上缴日期")
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)
    receipt = models.CharField("收据编号", max_length=40, blank=True)
    received_by = models.ForeignKey(
        "accounts.User", verbose_name="收讫人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    received_at = models.DateTimeField("收讫时间", null=True, blank=True)

    objects = DuesHandoverQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "党费上缴"
        constraints = [
            models.UniqueConstraint(
                "branch", "year", "quarter", name="dueshandover_once", violation_error_message="这一季度已经登记上缴。"
            ),
            models.CheckConstraint(
                condition=Q(received_by=None, received_at=None)
                | Q(received_by__isnull=False, received_at__isnull=False),
                name="dueshandover_received_by_somebody",
            ),
        ]
