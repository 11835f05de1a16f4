import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from vault.fields import SealedTextField


class UserManager(BaseUserManager):
    def create_user(self, username, password=None, **fields):
        """A person who signs in; without a password nobody can sign in as this user."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def system(self):
        """The actor of commands and tasks; it cannot sign in."""
        user, _ = self.get_or_create(username="system", defaults={"name": "系统", "password": "!", "is_active": False})
        return user

    def visible_to(self, user):
        """Accounts are shown only through a page that asks for the verb `account.manage`."""
        return self.exclude(username="system")


class User(AbstractBaseUser):
    """Someone who signs in. What they may do hangs on their posts (`branches.Appointment`), never on the account."""

    username = models.CharField(
        "账号", max_length=50, unique=True, error_messages={"unique": "已有这个账号，请换一个。"}
    )
    name = models.CharField("姓名", max_length=50)
    is_active = models.BooleanField("启用", default=True)
    must_change_password = models.BooleanField("下次登录须改密码", default=False)
    session_epoch = models.PositiveIntegerField("会话代次", default=0)

    objects = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = verbose_name_plural = "账号"

    def __str__(self):
        return f"{self.name}同志"

    @property
    def is_system(self):
        return self.username == "system"

    @property
    def factor(self):
        """The second factor in use, or None."""
        found = getattr(self, "second_factor", None)
        return found if found is not None and found.is_on else None


class Stale(ValidationError):
    """Somebody else saved this row after it was opened here."""


class Versioned(models.Model):
    """A row that two people may edit: the one who comes second is told, and loses nothing of what was typed."""

    version = models.PositiveIntegerField("版本", default=1, editable=False)

    class Meta:
        abstract = True

    def claim(self, version):
        """Take the next version, or raise `Stale` when `version` is no longer the newest. Call on a locked row."""
        if int(version) != self.version:
            raise Stale("这条记录刚被别人改过，请核对下面的最新内容后再保存，您填写的内容仍在。", code="stale")
        self.version += 1


class AuditEvent(models.Model):
    """Who did what to which row and when. Only ever inserted: a trigger refuses UPDATE, DELETE and TRUNCATE."""

    at = models.DateTimeField("时间", auto_now_add=True)
    by = models.ForeignKey(User, verbose_name="操作人", on_delete=models.PROTECT, related_name="+")
    action = models.CharField("动作", max_length=60)
    label = models.CharField("对象类型", max_length=60, blank=True)
    object_id = models.CharField("对象编号", max_length=40, blank=True)
    detail = models.JSONField("详情", default=dict)

    class Meta:
        verbose_name = verbose_name_plural = "操作记录"
        indexes = [
            models.Index(fields=["label", "object_id"]), models.Index(fields=["by", "at"]),
            BrinIndex(fields=["at"], name="auditevent_at"),
        ]  # fmt: skip


class AuditLink(models.Model):
    """One event's place in the chain. The digest covers the one before it, so nothing in between can change unseen."""

    position = models.BigIntegerField("链位", primary_key=True)
    event = models.OneToOneField(AuditEvent, verbose_name="操作记录", on_delete=models.PROTECT, related_name="chained")
    at = models.DateTimeField("成链时间")
    digest = models.CharField("摘要", max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "操作记录链"


class SecondFactor(models.Model):
    """The secret that a person's phone makes codes from, and the recovery codes for when the phone is gone."""

    user = models.OneToOneField(User, verbose_name="账号", on_delete=models.PROTECT, related_name="second_factor")
    row_key = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    secret = SealedTextField("密钥", blank=True)
    created_at = models.DateTimeField("开始设置时间", auto_now_add=True)
    confirmed_at = models.DateTimeField("开启时间", null=True, blank=True)
    last_step = models.BigIntegerField("最近用过的时段", default=0)
    misses = models.PositiveIntegerField("连续错误次数", default=0)
    recovery = ArrayField(
        models.CharField(max_length=64), verbose_name="未用的恢复码（摘要）", default=list, blank=True
    )
    reset_at = models.DateTimeField("重置时间", null=True, blank=True)
    reset_by = models.ForeignKey(
        User, verbose_name="重置人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "两步验证"
        constraints = [
            models.CheckConstraint(
                condition=Q(reset_at=None, reset_by=None) | Q(reset_at__isnull=False, reset_by__isnull=False),
                name="secondfactor_reset_by_somebody",
            )
        ]

    @property
    def is_on(self):
        return self.confirmed_at is not None


class Lookup(models.Model):
    """One classified value looked at, or one search by ID number: counted so that nobody reads a register out."""

    user = models.ForeignKey(User, verbose_name="账号", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "查阅计数"
        indexes = [models.Index(fields=["user", "at"])]
