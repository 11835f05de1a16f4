import uuid

from django.db import models
from django.db.models import F, Q

from accounts.models import Versioned
from branches.models import Branch, ScopedQuerySet
from branches.rights import Role
from vault.fields import SealedTextField


class ReminderQuerySet(ScopedQuerySet):
    see = "reminder.see"


class Reminder(models.Model):
    """On one day, one post is to be told of one matter of one organisation. Found by a rule; resolved to persons when sent.

    `on` is the day of the occasion, `branch` whose matter it is, `place` and `role` the post that is told. The matter
    itself (`label`, `object_id`) is named when shown, so that nothing about it is stored twice.
    """

    rule = models.CharField("规则", max_length=60)
    label = models.CharField("事由类型", max_length=60)
    object_id = models.BigIntegerField("事由编号")
    branch = models.ForeignKey(Branch, verbose_name="所涉党组织", on_delete=models.PROTECT, related_name="reminders")
    place = models.ForeignKey(Branch, verbose_name="提醒哪个党组织", on_delete=models.PROTECT, related_name="+")
    role = models.CharField("岗位", max_length=20, choices=Role)
    on = models.DateField("提醒日期")
    due_on = models.DateField("截止", null=True, blank=True)
    found_at = models.DateTimeField("查出时间")
    cleared_at = models.DateTimeField("了结时间", null=True, blank=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "提醒事由"
        constraints = [
            models.UniqueConstraint("rule", "object_id", "on", "place", "role", name="reminder_once"),
        ]
        indexes = [
            models.Index(fields=["on"], condition=Q(cleared_at__isnull=True), name="reminder_open"),
            models.Index(fields=["place", "role"], condition=Q(cleared_at__isnull=True), name="reminder_open_of_post"),
        ]


class DigestQuerySet(models.QuerySet):
    def visible_to(self, user):
        """A digest is a letter: only who received it reads it."""
        return self.filter(user=user.pk)


class Digest(models.Model):
    """The one message that a person gets on a day, in the portal: all that waits for an act of theirs."""

    user = models.ForeignKey("accounts.User", verbose_name="收件人", on_delete=models.PROTECT, related_name="digests")
    on = models.DateField("日期")
    sent_at = models.DateTimeField("送达时间")
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)

    objects = DigestQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "提醒"
        constraints = [models.UniqueConstraint("user", "on", name="digest_once_a_day")]
        indexes = [models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="digest_unread")]


class DigestLine(models.Model):
    """One matter of a digest."""

    digest = models.ForeignKey(Digest, verbose_name="提醒", on_delete=models.PROTECT, related_name="lines")
    reminder = models.ForeignKey(Reminder, verbose_name="事由", on_delete=models.PROTECT, related_name="lines")

    class Meta:
        verbose_name = verbose_name_plural = "提醒内容"
        constraints = [models.UniqueConstraint("digest", "reminder", name="digest_line_once")]


class SweepQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Whether the portal is awake is no secret to anybody who signed in."""
        return self


class Sweep(models.Model):
    """A day on which the reminders were looked through, and when last: the heartbeat, and how far back a late sweep looks."""

    on = models.DateField("日期", primary_key=True)
    last_at = models.DateTimeField("最近一次")
    found = models.PositiveIntegerField("查出", default=0)
    sent = models.PositiveIntegerField("送达", default=0)

    objects = SweepQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "提醒程序运行"
        ordering = ["-on"]


class Kind(models.TextChoices):
    """By what a reminder leaves the portal."""

    WECOM = "wecom", "企业微信群机器人"
    DINGTALK = "dingtalk", "钉钉群机器人"
    EMAIL = "email", "电子邮件"
    SMS = "sms", "短信网关"


GROUP_KINDS = (Kind.WECOM, Kind.DINGTALK)  # one message per organisation and day; the others are one per person and day
PERSON_KINDS = (Kind.EMAIL, Kind.SMS)


class ChannelQuerySet(ScopedQuerySet):
    see = "reminder.manage"


class Channel(Versioned):
    """A way out of the portal that an organisation opened. `address` holds a token, so it is sealed and never shown again."""

    CLASSIFIED = frozenset({"address", "new_address"})

    row_key = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="channels")
    kind = models.CharField("渠道", max_length=10, choices=Kind)
    address = SealedTextField("地址")
    is_active = models.BooleanField("启用", default=True)
    is_test = models.BooleanField("只试不发", default=True, help_text="选上时只记入发送记录，不向外发出")
    has_key = models.BooleanField(
        "认得重复的编号", default=False, help_text="对方按编号去重时才选：结果不明的会用同一编号再发一次"
    )
    daily_limit = models.PositiveIntegerField("每天最多发几条", default=500)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "提醒渠道"
        ordering = ["branch__order", "kind", "pk"]
        constraints = [
            models.UniqueConstraint(
                "branch",
                "kind",
                condition=Q(is_active=True),
                name="channel_one_open_per_kind",
                violation_error_message="这个党组织已经有一条启用的同类渠道，请先停用原来的。",
            )
        ]

    def __str__(self):
        return f"{self.branch} {self.get_kind_display()}"


class ContactQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Everybody's own only."""
        return self.filter(user=user.pk)


class Contact(models.Model):
    """Where a person wants to be reached besides the portal; entered by the person, sealed."""

    CLASSIFIED = frozenset({"address", "new_address"})

    row_key = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    user = models.ForeignKey("accounts.User", verbose_name="人员", on_delete=models.PROTECT, related_name="contacts")
    kind = models.CharField("渠道", max_length=10, choices=[(kind.value, kind.label) for kind in PERSON_KINDS])
    address = SealedTextField("地址")

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "接收方式"
        constraints = [models.UniqueConstraint("user", "kind", name="contact_one_per_kind")]


class DeliveryQuerySet(ScopedQuerySet):
    branch_lookup = "channel__branch"
    see = "reminder.manage"

    def due(self, now):
        return self.filter(state=Delivery.State.WAITING, next_at__lte=now)


class Outgoing(models.Model):
    """One message out of the portal. `sending` is committed before the call, so that whoever dies in between leaves it there."""

    key = models.UUIDField("编号", default=uuid.uuid4, editable=False, unique=True)
    attempts = models.PositiveSmallIntegerField("发送次数", default=0)
    next_at = models.DateTimeField("不早于")
    claimed_at = models.DateTimeField("开始发送", null=True, blank=True)
    settled_at = models.DateTimeField("有结果", null=True, blank=True)
    note = models.CharField("说明", max_length=60, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True) | Q(claimed_at__isnull=True) | Q(settled_at__gte=F("claimed_at")),
                name="%(class)s_settled_after_claimed",
            )
        ]
        indexes = [models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="%(class)s_sending")]

    def begin(self, now):
        """Claim it; the caller holds its lock and commits before anybody is called."""
        self.state, self.claimed_at, self.settled_at = self.State.SENDING, now, None
        self.attempts += 1
        self.save(update_fields=["state", "claimed_at", "settled_at", "attempts"])


class Delivery(Outgoing):
    """A person's digest on its way, or a group's message of a day (then without a digest).

    What was being sent when its worker died becomes `unknown`: sent again with the same key where the other side knows keys,
    and otherwise never again.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "待发"
        SENDING = "sending", "正在发"
        SENT = "sent", "已发出"
        FAILED = "failed", "没有发出"
        UNKNOWN = "unknown", "结果不明"
        DROPPED = "dropped", "不必发"

    channel = models.ForeignKey(Channel, verbose_name="渠道", on_delete=models.PROTECT, related_name="deliveries")
    kind = models.CharField("渠道类别", max_length=10, choices=Kind)
    digest = models.ForeignKey(
        Digest, verbose_name="提醒", null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries"
    )
    on = models.DateField("日期")
    state = models.CharField("状态", max_length=10, choices=State, default=State.WAITING)
    asked_by = models.ForeignKey(
        "accounts.User", verbose_name="试发人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField("试发时间", null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta(Outgoing.Meta):
        verbose_name = verbose_name_plural = "发送记录"
        constraints = [
            *Outgoing.Meta.constraints,
            models.UniqueConstraint(
                "digest", "kind", condition=Q(digest__isnull=False), name="delivery_once_per_digest"
            ),
            models.UniqueConstraint(
                "channel",
                "on",
                condition=Q(digest__isnull=True, asked_by__isnull=True),
                name="delivery_once_per_day",
            ),
            models.CheckConstraint(
                condition=Q(asked_by__isnull=True, asked_at__isnull=True)
                | Q(asked_by__isnull=False, asked_at__isnull=False, digest__isnull=True),
                name="delivery_on_trial_names_who_asked",
            ),
        ]
        indexes = [
            *Outgoing.Meta.indexes,
            models.Index(fields=["channel", "next_at"], condition=Q(state="waiting"), name="delivery_waiting"),
        ]
