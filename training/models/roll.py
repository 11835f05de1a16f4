"""Who is in a class, and who was there."""

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Versioned
from branches import rights
from branches.models import Branch, within
from members.models import Member
from training.models.course import ClassSession, TrainingClass


class EnrolmentQuerySet(models.QuerySet):
    def visible_to(self, user, *, verb="training.see"):
        """The persons of one's own organisations, whoever holds the class, and everybody in a class of one's own.

        Of the restricted kind only who may `training.closed` where it is held.
        """
        places = rights.places(user, verb)
        found = self.filter(within(places, "branch__path") | within(places, "training_class__branch__path"))
        closed = Q(training_class__kind=TrainingClass.Kind.REMEDIAL)
        held = within(rights.places(user, "training.closed"), "training_class__branch__path")
        return found.filter(~closed | held)

    def on_roll(self):
        return self.filter(withdrawn_on=None)


class Enrolment(Versioned):
    """A person on the roll of a class: a member for a branch, or an outsider by name and unit alone."""

    class Source(models.TextChoices):
        RULE = "rule", "按范围选定"
        SHEET = "sheet", "导入名单"
        BRANCH = "branch", "支部报名"
        STAFF = "staff", "主办方添加"

    class Outcome(models.TextChoices):
        COMPLETED = "completed", "结业"
        INCOMPLETE = "incomplete", "未结业"

    row_key = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    training_class = models.ForeignKey(
        TrainingClass, verbose_name="班次", on_delete=models.PROTECT, related_name="enrolments"
    )
    branch = models.ForeignKey(
        Branch, verbose_name="党组织", null=True, blank=True, on_delete=models.PROTECT, related_name="enrolments"
    )
    member = models.ForeignKey(
        Member, verbose_name="党员", null=True, blank=True, on_delete=models.PROTECT, related_name="enrolments"
    )
    name = models.CharField("姓名", max_length=50)
    unit = models.CharField("单位", max_length=100, blank=True)
    position = models.CharField("职务", max_length=60, blank=True)
    source = models.CharField("来源", max_length=8, choices=Source, default=Source.STAFF)
    substitutes_for = models.OneToOneField(
        "self", verbose_name="替换", null=True, blank=True, on_delete=models.PROTECT, related_name="substitute"
    )
    withdrawn_on = models.DateField("退出日期", null=True, blank=True)
    withdrawn_why = models.CharField("退出原因", max_length=120, blank=True)
    has_answered = models.BooleanField("已答测评", default=False, editable=False)
    outcome = models.CharField("结业情况", max_length=10, choices=Outcome, blank=True)
    certificate = models.CharField("结业证号", max_length=40, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="报名人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("报名时间", auto_now_add=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "学员"
        ordering = ["pk"]
        indexes = [models.Index(fields=["training_class", "branch"])]
        constraints = [
            models.UniqueConstraint(
                "training_class", "member", condition=Q(member__isnull=False, withdrawn_on=None),
                name="enrolment_once", violation_error_message="这位同志已在名册上。",
            ),
            models.UniqueConstraint(
                "training_class", "name", "unit", condition=Q(member=None, withdrawn_on=None),
                name="enrolment_outsider_once", violation_error_message="名册上已有这个单位的这位同志。",
            ),
            models.UniqueConstraint(
                "certificate", condition=~Q(certificate=""), name="enrolment_certificate_once",
                violation_error_message="这个结业证号已经用过。",
            ),
            models.CheckConstraint(
                condition=Q(member=None) | Q(branch__isnull=False), name="enrolment_of_a_member_is_of_a_branch"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on=None) | ~Q(withdrawn_why=""),
                name="enrolment_withdrawn_with_reason", violation_error_message="退出名册须写明原因。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.name}同志"

    def get_absolute_url(self):
        return reverse("training:enrolment", args=[self.pk])


class OfEnrolmentQuerySet(models.QuerySet):
    def visible_to(self, user, *, verb="training.see"):
        return self.filter(enrolment__in=Enrolment.objects.visible_to(user, verb=verb))


class SignIn(models.Model):
    """That somebody was at a session, or had leave. By code or on paper counts the same."""

    class Mark(models.TextChoices):
        PRESENT = "present", "到课"
        LEAVE = "leave", "请假"

    class Method(models.TextChoices):
        SCAN = "scan", "扫码"
        CODE = "code", "口令"
        PAPER = "paper", "纸质签到"
        LATER = "later", "补签"

    session = models.ForeignKey(ClassSession, verbose_name="课次", on_delete=models.PROTECT, related_name="sign_ins")
    enrolment = models.ForeignKey(Enrolment, verbose_name="学员", on_delete=models.PROTECT, related_name="sign_ins")
    mark = models.CharField("到课情况", max_length=8, choices=Mark, default=Mark.PRESENT)
    method = models.CharField("签到方式", max_length=6, choices=Method, blank=True)
    signed_at = models.DateTimeField("签到时间")
    # A keyed digest of a random number kept by the browser: tells only that two signed with the same device.
    device = models.CharField("设备", max_length=32, blank=True, editable=False)
    answered_at = models.DateTimeField("二次点名应答", null=True, blank=True)
    reason = models.CharField("补签或请假原因", max_length=120, blank=True)
    entered_by = models.ForeignKey(
        "accounts.User", verbose_name="登记人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField("登记时间", null=True, blank=True)

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "签到"
        indexes = [models.Index(fields=["session", "device"], condition=~Q(device=""), name="signin_device")]
        constraints = [
            models.UniqueConstraint(
                "session", "enrolment", name="signin_once", violation_error_message="这位同志已经签到。"
            ),
            models.CheckConstraint(
                condition=Q(mark="leave", method="", device="") | (Q(mark="present") & ~Q(method="")),
                name="signin_leave_has_no_method",
            ),
            models.CheckConstraint(
                condition=Q(mark="present", method__in=["scan", "code", "paper"]) | ~Q(reason=""),
                name="signin_later_or_leave_with_reason",
                violation_error_message="补签、请假须写明原因。",
            ),
            models.CheckConstraint(
                condition=Q(entered_by=None, entered_at=None, method__in=["scan", "code"])
                | Q(entered_by__isnull=False, entered_at__isnull=False, method__in=["paper", "later", ""]),
                name="signin_by_hand_by_somebody",
            ),
        ]  # fmt: skip


class ClassPass(models.Model):
    """A link for one person and one class: opened once, it makes that browser the person's for the class. Only its digest is kept."""

    enrolment = models.ForeignKey(Enrolment, verbose_name="学员", on_delete=models.PROTECT, related_name="passes")
    digest = models.CharField("摘要", max_length=64, unique=True, editable=False)
    ends_on = models.DateField("有效期至")
    used_at = models.DateTimeField("打开时间", null=True, blank=True)
    revoked_at = models.DateTimeField("作废时间", null=True, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="发放人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("发放时间", auto_now_add=True)

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "签到链接"
        constraints = [
            models.UniqueConstraint(
                "enrolment", condition=Q(revoked_at=None), name="classpass_one_valid_per_person"
            )
        ]  # fmt: skip
