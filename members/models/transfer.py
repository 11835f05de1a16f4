from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Versioned
from branches import rights
from branches.models import Branch, ScopedQuerySet, within
from members.models.person import Member, Membership


class TransferListQuerySet(ScopedQuerySet):
    see = "transfer.see"


class TransferList(models.Model):
    """One list by which many are moved at once (县管校聘 交流、轮岗); each of them still gets a letter of the own."""

    branch = models.ForeignKey(
        Branch, verbose_name="经办党组织", on_delete=models.PROTECT, related_name="transfer_lists"
    )
    title = models.CharField("名单名称", max_length=100)
    number = models.CharField("依据文号", max_length=80, blank=True)
    moves_on = models.DateField("调动日期")
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = TransferListQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "批量转接名单"

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("members:transfer_list", args=[self.pk])


class TransferQuerySet(models.QuerySet):
    def visible_to(self, user, *, verb="transfer.see"):
        """Both sides see it: the branch that is left, the branch that is joined, and whoever stands above either."""
        places = rights.places(user, verb)
        return self.filter(within(places, "from_branch__path") | within(places, "to_branch__path"))

    def open(self):
        return self.filter(state__in=Transfer.OPEN)

    def in_transit(self):
        return self.filter(state__in=[Transfer.State.ISSUED, Transfer.State.RECEIVED])

    def overdue(self, on):
        """Letters past their last valid day that nobody has accepted yet."""
        return self.filter(state=Transfer.State.ISSUED, valid_until__lt=on)

    def for_list(self):
        return self.select_related("member", "from_branch", "to_branch").order_by("-created_at", "-pk")


class Transfer(Versioned):
    """组织关系转接 of one member: within the county, out of it, or into it. Until accepted the member counts where he was.

    Source: 《中国共产党党员教育管理工作条例》第五章（组织关系管理）; 介绍信 validity per letter.
    """

    class Direction(models.TextChoices):
        INSIDE = "inside", "县内转接"
        OUT = "out", "转出县外"
        IN = "in", "县外转入"

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        AGREED = "agreed", "转出支部已同意，待上级审核"
        ISSUED = "issued", "在途"
        RECEIVED = "received", "转入支部已接收，待上级确认"
        DONE = "done", "已完成"
        RETURNED = "returned", "已退回"
        WITHDRAWN = "withdrawn", "已撤销"

    OPEN = ("draft", "agreed", "issued", "received")

    direction = models.CharField("转接类型", max_length=8, choices=Direction)
    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="transfers")
    kind = models.CharField("人员类别", max_length=14, choices=Membership.Kind)
    from_branch = models.ForeignKey(
        Branch, verbose_name="转出支部", null=True, blank=True, on_delete=models.PROTECT, related_name="transfers_out"
    )
    from_place = models.CharField("县外转出党组织", max_length=100, blank=True, help_text="与介绍信一致的全称")
    to_branch = models.ForeignKey(
        Branch, verbose_name="转入支部", null=True, blank=True, on_delete=models.PROTECT, related_name="transfers_in"
    )
    to_place = models.CharField("县外转入党组织", max_length=100, blank=True, help_text="与介绍信抬头一致的全称")
    reason = models.CharField("转接原因", max_length=100, help_text="如 工作调动、退休、毕业")
    state = models.CharField("状态", max_length=10, choices=State, default=State.DRAFT)
    number = models.CharField("介绍信编号", max_length=40, blank=True)
    issued_on = models.DateField("开出日期", null=True, blank=True)
    valid_days = models.PositiveSmallIntegerField("有效期（天）", null=True, blank=True)
    valid_until = models.DateField("有效期至", null=True, blank=True)
    dues_paid_through = models.DateField("党费交至", null=True, blank=True, help_text="月份，存每月 1 日")
    received_on = models.DateField("接收日期", null=True, blank=True)
    receipt_on = models.DateField("回执日期", null=True, blank=True)
    refusal = models.CharField("退回或撤销的原因", max_length=200, blank=True)
    on_list = models.ForeignKey(
        TransferList, verbose_name="批量名单", null=True, blank=True, on_delete=models.PROTECT, related_name="transfers"
    )
    created_by = models.ForeignKey("accounts.User", verbose_name="经办人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("提出时间", auto_now_add=True)

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "组织关系转接"
        indexes = [models.Index(fields=["state", "valid_until"])]
        constraints = [
            models.UniqueConstraint(
                "member", condition=Q(state__in=["draft", "agreed", "issued", "received"]), name="transfer_one_open",
                violation_error_message="这位同志已有一件没有办结的转接，办结或撤销以后才能再办。",
            ),
            models.UniqueConstraint(
                "number", condition=~Q(number="") & ~Q(direction="in"), name="transfer_one_per_number",
                violation_error_message="这个介绍信编号已经用过。",
            ),
            models.CheckConstraint(
                condition=Q(direction="inside", from_branch__isnull=False, to_branch__isnull=False)
                | Q(direction="out", from_branch__isnull=False, to_branch=None) & ~Q(to_place="")
                | Q(direction="in", from_branch=None, to_branch__isnull=False) & ~Q(from_place=""),
                name="transfer_has_two_sides", violation_error_message="转出和转入党组织都要填写。",
            ),
            models.CheckConstraint(
                condition=Q(from_branch=None) | Q(to_branch=None) | ~Q(from_branch=F("to_branch")),
                name="transfer_moves", violation_error_message="转出和转入是同一个支部。",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["issued", "received"]) | Q(issued_on__isnull=False, valid_until__isnull=False),
                name="transfer_in_transit_has_a_letter",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["returned", "withdrawn"]) | ~Q(refusal=""), name="transfer_refused_says_why",
                violation_error_message="请写明退回或撤销的原因。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.member}的组织关系转接"

    def get_absolute_url(self):
        return reverse("members:transfer", args=[self.pk])

    @property
    def source(self):
        """Where the member comes from, in words: a branch of the county or an organisation outside."""
        return str(self.from_branch) if self.from_branch_id else self.from_place

    @property
    def target(self):
        return str(self.to_branch) if self.to_branch_id else self.to_place

    @property
    def held_on(self):
        """The day under which the letter stands among the records of a score."""
        return self.issued_on


class TransferStep(models.Model):
    """One step of a transfer, as it was taken."""

    transfer = models.ForeignKey(Transfer, verbose_name="转接", on_delete=models.PROTECT, related_name="steps")
    state = models.CharField("到达状态", max_length=10, choices=Transfer.State)
    taken_on = models.DateField("日期")
    note = models.CharField("说明", max_length=200, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="办理人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("办理时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "转接步骤"
        ordering = ["pk"]
