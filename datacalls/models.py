from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Versioned
from branches import rights
from branches.models import Branch, Notice, ScopedQuerySet, within
from files.models import StoredFile
from members.models import Member


class DataCallQuerySet(models.QuerySet):
    def visible_to(self, user, *, verb="call.see"):
        """What organisations in sight ask for, and what was asked of them; whoever runs it sees the drafts too."""
        own = within(rights.places(user, verb), "branch__path")
        if verb == "call.run":
            return self.filter(own)
        asked = DataCallAnswer.objects.filter(within(rights.places(user, verb), "branch__path")).values("call")
        return self.filter(own | Q(pk__in=asked)).exclude(state=DataCall.State.DRAFT)


class DataCall(Versioned):
    """临时收表: a form of the office's own making that a set of organisations is asked to fill.

    What the portal knows arrives filled in; only the rest is asked. `per` says what one line of the form stands for.
    """

    class Per(models.TextChoices):
        BRANCH = "branch", "每个党组织一行"
        MEMBER = "member", "每名党员一行"

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        OPEN = "open", "收集中"
        CLOSED = "closed", "已结束"

    branch = models.ForeignKey(Branch, verbose_name="收表单位", on_delete=models.PROTECT, related_name="data_calls")
    title = models.CharField("表名", max_length=80)
    number = models.CharField(
        "文号或依据", max_length=120, help_text="谁要的、凭哪份文件要，如 县教育局函〔2026〕12 号"
    )
    note = models.TextField("填报说明", max_length=1000, blank=True)
    deadline_on = models.DateField("报送期限")
    per = models.CharField("一行是", max_length=8, choices=Per, default=Per.BRANCH)
    file = models.OneToOneField(StoredFile, verbose_name="原表", on_delete=models.PROTECT, related_name="data_call")
    sheet = models.CharField("工作表", max_length=80, blank=True)
    header_row = models.PositiveSmallIntegerField("表头所在行", default=1)
    first_row = models.PositiveSmallIntegerField("从第几行填起", default=2)
    state = models.CharField("状态", max_length=8, choices=State, default=State.DRAFT)
    notice = models.OneToOneField(
        Notice, verbose_name="通知", null=True, blank=True, on_delete=models.PROTECT, related_name="data_call"
    )
    created_by = models.ForeignKey("accounts.User", verbose_name="起草人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("起草时间", auto_now_add=True)
    opened_by = models.ForeignKey(
        "accounts.User", verbose_name="发出人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField("发出时间", null=True, blank=True)
    closed_by = models.ForeignKey(
        "accounts.User", verbose_name="结束人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField("结束时间", null=True, blank=True)

    objects = DataCallQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "临时收表"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["branch", "state"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_row__gt=F("header_row")), name="datacall_filled_below_its_header",
                violation_error_message="填写的第一行应在表头下面。",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", opened_at=None, opened_by=None, notice=None)
                | ~Q(state="draft") & Q(opened_at__isnull=False, opened_by__isnull=False, notice__isnull=False),
                name="datacall_opened_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False, closed_by__isnull=False)
                | ~Q(state="closed") & Q(closed_at=None, closed_by=None),
                name="datacall_closed_by_somebody",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("datacalls:detail", args=[self.pk])


class DataCallColumn(models.Model):
    """One column of the form: known to the portal, asked of the branch, a running number, or left as it is."""

    class Source(models.TextChoices):
        KNOWN = "known", "系统带出"
        ASKED = "asked", "请支部填"
        SERIAL = "serial", "序号"
        LEFT = "left", "空着"

    class Type(models.TextChoices):
        TEXT = "text", "文字"
        WHOLE = "whole", "整数"
        NUMBER = "number", "数字（可带小数）"
        DAY = "day", "日期"
        CHOICE = "choice", "几个里选一个"

    call = models.ForeignKey(DataCall, verbose_name="临时收表", on_delete=models.PROTECT, related_name="columns")
    position = models.PositiveSmallIntegerField("第几列", help_text="A 列是 0")
    header = models.CharField("表头", max_length=120)
    source = models.CharField("来源", max_length=8, choices=Source)
    known = models.CharField("系统里的项目", max_length=40, blank=True)
    type = models.CharField("填写的是", max_length=8, choices=Type, default=Type.TEXT)
    options = models.CharField("可选的几项", max_length=300, blank=True, help_text="用顿号隔开，如 是、否")
    is_required = models.BooleanField("必填", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "收表的列"
        ordering = ["call", "position"]
        constraints = [
            models.UniqueConstraint("call", "position", name="datacallcolumn_once"),
            models.CheckConstraint(
                condition=Q(source="known") & ~Q(known="") | ~Q(source="known") & Q(known=""),
                name="datacallcolumn_known_names_it",
                violation_error_message="选“系统带出”的列，要说明带出系统里的哪一项。",
            ),
            models.CheckConstraint(
                condition=~Q(type="choice") | ~Q(options=""), name="datacallcolumn_choice_has_options",
                violation_error_message="“几个里选一个”的列，要写出可选的几项。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.header

    @property
    def key(self):
        """Under which a row keeps the cell of this column."""
        return str(self.position)

    @property
    def choices(self):
        return [word for word in (part.strip() for part in self.options.split("、")) if word]


class DataCallAnswerQuerySet(ScopedQuerySet):
    see = "call.see"

    def handed_in(self):
        return self.filter(state=DataCallAnswer.State.SUBMITTED)


class DataCallAnswer(Versioned):
    """What one organisation owes to a 收表, and what became of it. `as_of_on`: of which day the known values are."""

    class State(models.TextChoices):
        OPEN = "open", "待报送"
        SUBMITTED = "submitted", "已报送"
        RETURNED = "returned", "已退回"

    call = models.ForeignKey(DataCall, verbose_name="临时收表", on_delete=models.PROTECT, related_name="answers")
    branch = models.ForeignKey(
        Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="data_call_answers"
    )
    state = models.CharField("状态", max_length=10, choices=State, default=State.OPEN)
    as_of_on = models.DateField("数据截至", null=True, blank=True)
    submitted_by = models.ForeignKey(
        "accounts.User", verbose_name="报送人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField("报送时间", null=True, blank=True)
    return_reason = models.CharField("退回原因", max_length=200, blank=True)
    returned_by = models.ForeignKey(
        "accounts.User", verbose_name="退回人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    returned_at = models.DateTimeField("退回时间", null=True, blank=True)

    objects = DataCallAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "收表报送"
        constraints = [
            models.UniqueConstraint("call", "branch", name="datacallanswer_once"),
            models.CheckConstraint(
                condition=~Q(state="submitted")
                | Q(submitted_at__isnull=False, submitted_by__isnull=False, as_of_on__isnull=False),
                name="datacallanswer_submitted_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned")
                | Q(returned_at__isnull=False, returned_by__isnull=False) & ~Q(return_reason=""),
                name="datacallanswer_returned_with_a_reason",
                violation_error_message="退回要写明原因。",
            ),
        ]

    def __str__(self):
        return f"{self.call} {self.branch}"

    def get_absolute_url(self):
        return reverse("datacalls:answer", args=[self.pk])


class DataCallRowQuerySet(ScopedQuerySet):
    branch_lookup = "answer__branch"
    see = "call.see"


class DataCallRow(models.Model):
    """One line of what an organisation handed in, or drafts: `cells` holds the text of each column by its position.

    A draft keeps only what was asked; handing in adds what was known on that day, and from then on nothing changes.
    """

    answer = models.ForeignKey(DataCallAnswer, verbose_name="收表报送", on_delete=models.PROTECT, related_name="rows")
    position = models.PositiveIntegerField("第几行", default=0)
    member = models.ForeignKey(
        Member, verbose_name="党员", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    cells = models.JSONField("各列内容", default=dict, blank=True)

    objects = DataCallRowQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "收表的行"
        ordering = ["answer", "position"]
        constraints = [
            models.UniqueConstraint("answer", "position", name="datacallrow_once"),
            models.UniqueConstraint("answer", "member", name="datacallrow_one_per_person"),
        ]

    def clean(self):
        if not isinstance(self.cells, dict) or not all(isinstance(cell, str) for cell in self.cells.values()):
            raise ValidationError({"cells": "各列内容须为文字。"})
