from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from members.models.person import DateRange, Member, PersonalQuerySet


class Exemption(models.Model):
    """A stretch in which a member need not come (免于考勤), or is not counted among those who should (不计入应到会)."""

    class Scope(models.TextChoices):
        ATTENDANCE = "attendance", "免于考勤"
        QUORUM = "quorum", "不计入应到会有表决权人数"

    class Reason(models.TextChoices):
        INFIRM = "infirm", "年老体弱"
        LEAVE = "leave", "病假、产假"
        AWAY = "away", "支教、借调、外出学习"
        INCAPABLE = "incapable", "因病不能表达意志"
        ABROAD = "abroad", "出国半年以上"
        CUSTODY = "custody", "被采取强制措施"

    # Of illness of the mind and of custody only those know who answer for the member.
    CLOSED = frozenset({Reason.INCAPABLE, Reason.CUSTODY})

    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="exemptions")
    scope = models.CharField("范围", max_length=10, choices=Scope)
    reason = models.CharField("原因", max_length=10, choices=Reason)
    started_on = models.DateField("起")
    ended_on = models.DateField("止", null=True, blank=True)
    basis = models.CharField("依据", max_length=120, blank=True, help_text="支部决定的日期，或上级同意的文号")
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = PersonalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "考勤豁免"
        constraints = [
            ExclusionConstraint(
                name="exemption_one_at_a_time",
                expressions=[
                    (F("member"), RangeOperators.EQUAL),
                    (F("scope"), RangeOperators.EQUAL),
                    (DateRange("started_on", "ended_on"), RangeOperators.OVERLAPS),
                ],
                violation_error_message="这位同志在这段时间已经登记过。",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="exemption_ends_after_start",
                violation_error_message="止日不能早于起日。",
            ),
            models.CheckConstraint(
                condition=~Q(scope="quorum") | ~Q(basis=""),
                name="exemption_from_the_quorum_has_a_basis",
                violation_error_message="不计入应到会人数的，须由支部决定并报上级同意，请填依据。",
            ),
        ]

    def told(self, *, knows=False):
        """(reason, basis) in words, as far as they are for everybody; `knows`: for those who answer for the member."""
        if self.reason in self.CLOSED and not knows:
            return "依规定", ""
        return self.get_reason_display(), self.basis

    def clean(self):
        """Days in the wrong order, said before the database would fail to make a stretch of them."""
        if self.started_on and self.ended_on and self.ended_on < self.started_on:
            raise ValidationError({"ended_on": "止日不能早于起日。"})


class LeadingCadre(models.Model):
    """A member who is a leading cadre (党员领导干部): owes 双重组织生活, as an ordinary member in the own branch."""

    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="leading_posts")
    office = models.CharField("领导职务", max_length=60)
    started_on = models.DateField("任职日期")
    ended_on = models.DateField("免职日期", null=True, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = PersonalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "党员领导干部"
        constraints = [
            models.UniqueConstraint(
                "member",
                condition=Q(ended_on__isnull=True),
                name="leading_cadre_once",
                violation_error_message="这位同志已登记为党员领导干部。",
            )
        ]
