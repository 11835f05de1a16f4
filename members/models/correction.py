import uuid

from django.db import models
from django.db.models import Q

from members.models.person import Member, PersonalQuerySet
from vault.fields import SealedTextField


class Correction(models.Model):
    """A member asks that something in the own record be put right; the branch answers."""

    class State(models.TextChoices):
        OPEN = "open", "待办"
        DONE = "done", "已更正"
        REFUSED = "refused", "不予更正"

    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="corrections")
    row_key = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    field = models.CharField("要更正的内容", max_length=40)
    said = SealedTextField("应为")  # it may be a phone, an address, an ID number
    reason = models.CharField("说明", max_length=200, blank=True)
    state = models.CharField("状态", max_length=8, choices=State, default=State.OPEN)
    created_by = models.ForeignKey("accounts.User", verbose_name="申请人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("申请时间", auto_now_add=True)
    answer = models.CharField("答复", max_length=200, blank=True)
    answered_by = models.ForeignKey(
        "accounts.User", verbose_name="答复人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)

    objects = PersonalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "更正申请"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", answered_by=None, answered_at=None)
                | Q(~Q(state="open"), answered_by__isnull=False, answered_at__isnull=False),
                name="correction_answered_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(answer=""), name="correction_refused_says_why",
                violation_error_message="不予更正的要写明原因。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.member}的更正申请"
