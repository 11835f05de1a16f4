from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Versioned
from branches import rights
from branches.models.organisation import Branch, ScopedQuerySet, within


class NoticeQuerySet(models.QuerySet):
    def visible_to(self, user, *, verb="notice.see"):
        """What one's own organisations issue, drafts too, and what was issued to them."""
        places = rights.places(user, verb)
        addressed = Receipt.objects.filter(within(places, "branch__path")).values("notice")
        return self.filter(within(places, "branch__path") | Q(pk__in=addressed, state=Notice.State.ISSUED))

    def issued(self):
        return self.filter(state=Notice.State.ISSUED)


class Notice(Versioned):
    """A paper that an organisation sends to others: 通知, 会议通知, 调度要点, 议题, 通报, 函.

    `addressed_to` empty: all below the owner. Who received it is fixed by the receipts when it is issued.
    """

    class Kind(models.TextChoices):
        NOTICE = "notice", "通知"
        MEETING = "meeting", "会议通知"
        DISPATCH = "dispatch", "调度要点"
        AGENDA = "agenda", "统一议题"
        COMMENDATION = "commendation", "通报表扬"
        CRITICISM = "criticism", "通报批评"
        BULLETIN = "bulletin", "通报"
        LETTER = "letter", "函"
        CALL = "call", "临时收表"

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        ISSUED = "issued", "已发出"
        WITHDRAWN = "withdrawn", "已撤回"

    branch = models.ForeignKey(Branch, verbose_name="发文机关", on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField("种类", max_length=14, choices=Kind, default=Kind.NOTICE)
    number = models.CharField("文号", max_length=60, blank=True)
    title = models.CharField("标题", max_length=120)
    body = models.TextField("正文", blank=True)
    addressed_to = models.ManyToManyField(Branch, verbose_name="主送", blank=True, related_name="+")
    deadline_on = models.DateField(
        "办理期限", null=True, blank=True, help_text="填了期限，收到的党组织就多一件应办事项"
    )
    needs_answer = models.BooleanField("需要书面答复", default=False)
    month = models.DateField("所属月份", null=True, blank=True, help_text="调度要点、统一议题属于哪个月")
    held_on = models.DateField("会议日期", null=True, blank=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.DRAFT)
    created_by = models.ForeignKey("accounts.User", verbose_name="起草人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("起草时间", auto_now_add=True)
    issued_by = models.ForeignKey(
        "accounts.User", verbose_name="签发人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    issued_at = models.DateTimeField("发出时间", null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        indexes = [models.Index(fields=["branch", "state"])]
        constraints = [
            models.UniqueConstraint(
                "number",
                condition=~Q(number=""),
                name="notice_one_per_number",
                violation_error_message="这个文号已经用过。",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(issued_by__isnull=False, issued_at__isnull=False),
                name="notice_issued_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(kind="meeting") | Q(held_on__isnull=False),
                name="notice_of_a_meeting_has_its_day",
                violation_error_message="会议通知要填会议日期。",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["dispatch", "agenda"]) | Q(month__isnull=False),
                name="notice_of_a_month_names_it",
                violation_error_message="调度要点和统一议题要填所属月份。",
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("duties:notice", args=[self.pk])


class ReceiptQuerySet(ScopedQuerySet):
    see = "notice.see"


class Receipt(models.Model):
    """A notice as one organisation received it: signed for, answered, and, of a meeting, who of it came."""

    class Mark(models.TextChoices):
        PRESENT = "present", "参加"
        LEAVE = "leave", "请假"
        ABSENT = "absent", "未参加"

    notice = models.ForeignKey(Notice, verbose_name="通知", on_delete=models.PROTECT, related_name="receipts")
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="receipts")
    received_by = models.ForeignKey(
        "accounts.User", verbose_name="签收人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    received_at = models.DateTimeField("签收时间", null=True, blank=True)
    answer = models.TextField("答复", blank=True)
    answered_by = models.ForeignKey(
        "accounts.User", verbose_name="答复人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)
    mark = models.CharField("书记参会", max_length=8, choices=Mark, blank=True)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "回执"
        constraints = [models.UniqueConstraint("notice", "branch", name="receipt_once")]

    def get_absolute_url(self):
        return reverse("duties:notice", args=[self.notice_id])
