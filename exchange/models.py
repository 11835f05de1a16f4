"""What other programs are given: tokens to read by, addresses that are told, calendars to subscribe to."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import AuditEvent, Versioned
from branches import rights
from branches.models import Branch, ScopedQuerySet
from reminders.models import Outgoing
from vault.fields import SealedTextField

MANAGE = "hook.manage"


class OwnQuerySet(models.QuerySet):
    """Everybody's own; who looks after the interfaces sees those of all."""

    def visible_to(self, user):
        return self if rights.may(user, MANAGE) else self.filter(user=user.pk)

    def standing(self):
        return self.filter(revoked_at=None)


class Credential(models.Model):
    """What a person made for a program to come by. Only a keyed digest of it is kept.

    `epoch`: the owner's generation of sessions when it was made; whatever ends all sessions ends it.
    """

    user = models.ForeignKey(
        "accounts.User", verbose_name="所属账号", on_delete=models.PROTECT, related_name="%(class)ss"
    )
    digest = models.CharField("摘要", max_length=64, unique=True)
    epoch = models.PositiveIntegerField("会话代次")
    created_at = models.DateTimeField("生成时间", auto_now_add=True)
    revoked_at = models.DateTimeField("作废时间", null=True, blank=True)
    revoked_by = models.ForeignKey(
        "accounts.User", verbose_name="作废人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = OwnQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="%(class)s_revoked_by_somebody",
            )
        ]

    @property
    def is_of_now(self):
        """Whether its owner may sign in and has ended no sessions since."""
        return self.user.is_active and not self.user.must_change_password and self.epoch == self.user.session_epoch


class ApiToken(Credential):
    """What a program reads the API by, never more than its owner may.

    `verbs` empty: everything that the owner may see. `branch` empty: everywhere the owner may see it.
    """

    name = models.CharField("用途", max_length=60, help_text="给谁用、做什么，如“县教育局数据平台取数”")
    prefix = models.CharField("开头", max_length=12, unique=True)
    verbs = ArrayField(models.CharField(max_length=40), verbose_name="能看什么", default=list, blank=True)
    branch = models.ForeignKey(
        Branch, verbose_name="限于", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    expires_on = models.DateField("有效期至")
    last_used_on = models.DateField("最近使用", null=True, blank=True)

    class Meta(Credential.Meta):
        verbose_name = verbose_name_plural = "接口令牌"

    def __str__(self):
        return f"{self.name}（{self.prefix}…）"


class Feed(Credential):
    """An address under which a calendar program reads the duties of one organisation, while its owner serves there."""

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="+")
    last_used_on = models.DateField("最近读取", null=True, blank=True)

    class Meta(Credential.Meta):
        verbose_name = verbose_name_plural = "日历订阅"
        constraints = [
            *Credential.Meta.constraints,
            models.UniqueConstraint(
                "user", "branch", condition=Q(revoked_at=None), name="feed_one_per_person_and_branch",
                violation_error_message="这个党组织的日历已经订阅过。要换地址，请先作废原来的。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.branch}的日历"


class HookQuerySet(ScopedQuerySet):
    see = MANAGE


class Hook(Versioned):
    """An address outside that is told when something was done in an organisation or below it, never by whom or what about.

    `position`: the place in the chain of records up to which it was told; what happened before it was opened is not.
    """

    CLASSIFIED = frozenset({"secret"})

    row_key = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    name = models.CharField("名称", max_length=60)
    branch = models.ForeignKey(
        Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="hooks",
        help_text="推送这个党组织和它下面各党组织的事项",
    )  # fmt: skip
    url = models.CharField("接收地址", max_length=300, help_text="https:// 开头；域名须由系统管理员先列入允许名单")
    events = ArrayField(models.CharField(max_length=40), verbose_name="推送哪些事项")
    secret = SealedTextField("签名密钥")
    is_active = models.BooleanField("启用", default=True)
    position = models.BigIntegerField("已推送到", default=0, editable=False)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = HookQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "数据推送"
        ordering = ["branch__order", "pk"]
        constraints = [
            models.UniqueConstraint(
                "branch", "name", name="hook_one_per_name", violation_error_message="这个党组织已有同名的数据推送。"
            )
        ]

    def __str__(self):
        return self.name


class HookDeliveryQuerySet(ScopedQuerySet):
    branch_lookup = "hook__branch"
    see = MANAGE

    def due(self, now):
        return self.filter(state=HookDelivery.State.WAITING, next_at__lte=now)


class HookDelivery(Outgoing):
    """One message to one hook; `key` is the same however often it is sent."""

    class State(models.TextChoices):
        WAITING = "waiting", "待发"
        SENDING = "sending", "正在发"
        SENT = "sent", "已送达"
        FAILED = "failed", "没有送达"
        UNKNOWN = "unknown", "结果不明"

    hook = models.ForeignKey(Hook, verbose_name="数据推送", on_delete=models.PROTECT, related_name="deliveries")
    record = models.ForeignKey(AuditEvent, verbose_name="操作记录", on_delete=models.PROTECT, related_name="+")
    event = models.CharField("事项", max_length=40)
    kind = models.CharField("对象", max_length=40)
    object_id = models.BigIntegerField("对象编号")
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="+")
    happened_at = models.DateTimeField("发生时间")
    state = models.CharField("状态", max_length=10, choices=State, default=State.WAITING)

    objects = HookDeliveryQuerySet.as_manager()

    class Meta(Outgoing.Meta):
        verbose_name = verbose_name_plural = "推送记录"
        ordering = ["-pk"]
        constraints = [
            *Outgoing.Meta.constraints,
            models.UniqueConstraint("hook", "record", "event", "object_id", name="hookdelivery_once"),
            # A duty may be met by several records; it is told once.
            models.UniqueConstraint(
                "hook", "object_id", condition=Q(event="duty.met"), name="hookdelivery_duty_met_once"
            ),
        ]
        indexes = [
            *Outgoing.Meta.indexes,
            models.Index(fields=["hook", "next_at"], condition=Q(state="waiting"), name="hookdelivery_waiting"),
        ]
