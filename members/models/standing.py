from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from branches.models import Group
from members.models.person import DateRange, Member, PersonalQuerySet
from rulebook import codes


class Stretch(models.Model):
    """Something true of a member from its first to its last day, both inside; without an end it still holds."""

    started_on = models.DateField("起")
    ended_on = models.DateField("止", null=True, blank=True)

    objects = PersonalQuerySet.as_manager()

    class Meta:
        abstract = True

    def clean(self):
        """Days in the wrong order, said before the database would fail to make a stretch of them."""
        if self.started_on and self.ended_on and self.ended_on < self.started_on:
            raise ValidationError({"ended_on": "止日不能早于起日。"})


def ordered(name):
    return models.CheckConstraint(
        condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
        name=f"{name}_ends_after_start", violation_error_message="止日不能早于起日。",
    )  # fmt: skip


def one_at_a_time(name, message, *by):
    return ExclusionConstraint(
        name=f"{name}_one_at_a_time",
        expressions=[
            *((F(column), RangeOperators.EQUAL) for column in ("member", *by)),
            (DateRange("started_on", "ended_on"), RangeOperators.OVERLAPS),
        ],
        violation_error_message=message,
    )


class GroupMembership(Stretch):
    """A member's time in one 党小组 of the branch."""

    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="groups")
    group = models.ForeignKey(Group, verbose_name="党小组", on_delete=models.PROTECT, related_name="memberships")

    class Meta:
        verbose_name = verbose_name_plural = "党员所在党小组"
        constraints = [
            ordered("groupmembership"),
            one_at_a_time("groupmembership", "这位同志同一时间只能在一个党小组。"),
        ]


class Standing(Stretch):
    """A stretch in which 党籍 is not normal: 停止党籍. Without one it is 正常."""

    class Kind(models.TextChoices):
        SUSPENDED = "suspended", "停止党籍"

    NORMAL = "正常"

    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="standings")
    kind = models.CharField("党籍状态", max_length=12, choices=Kind, default=Kind.SUSPENDED)
    reason = models.CharField("原因", max_length=100, blank=True)
    basis = models.CharField("依据文号", max_length=80, blank=True)
    start_estimated = models.BooleanField("起始日期为推定", default=False)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "党籍状态"
        constraints = [ordered("standing"), one_at_a_time("standing", "这段时间已经登记过停止党籍。")]


class Backbone(Stretch):
    """A member's standing as a professional backbone (骨干), by kind and level, while it holds. `name` as the office writes it.

    双培养 is read from it in both directions: who was one before joining, and who became one as a member.
    """

    class Level(models.TextChoices):
        NATION = "nation", "国家级"
        PROVINCE = "province", "省级"
        CITY = "city", "市级"
        COUNTY = "county", "县级"
        SCHOOL = "school", "校级"

    class Kind(models.TextChoices):
        TEACHING = "teaching", "教学骨干"
        MANAGEMENT = "management", "管理骨干"
        LEADER = "leader", "学科带头人"
        MASTER = "master", "名师、名校长、名班主任"

    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="backbones")
    name = models.CharField("骨干类别", max_length=40, help_text="如 市级学科带头人")
    level = models.CharField("层级", max_length=10, choices=Level, blank=True)
    kind = models.CharField("类别", max_length=10, choices=Kind, default=Kind.TEACHING)
    basis = models.CharField("依据文号", max_length=80, blank=True)
    start_estimated = models.BooleanField("起始日期为推定", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "骨干层级"
        constraints = [
            ordered("backbone"),
            one_at_a_time("backbone", "这位同志在这段时间已登记过同类骨干。", "kind"),
        ]

    def __str__(self):
        return self.name


class Whereabouts(Stretch):
    """A stretch in which a member is 失联, 流动 (away at least six months without transfer) or 出国（境）.

    `contacted_on` is the last contact: of somebody lost since then, of somebody abroad at least every half-year.
    """

    class Kind(models.TextChoices):
        LOST = "lost", "失联"
        AWAY = "away", "流动"
        ABROAD = "abroad", "出国（境）"

    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="whereabouts")
    kind = models.CharField("情形", max_length=8, choices=Kind)
    lost_reason = models.CharField("失联情形", max_length=1, choices=codes.lost_reason, blank=True)
    destination = models.CharField("去向", max_length=100, blank=True, help_text="外出地点，或出国的国家、地区")
    contacted_on = models.DateField("最近一次联系", null=True, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "流动和失联"
        constraints = [
            ordered("whereabouts"),
            one_at_a_time("whereabouts", "这段时间已经登记过流动、失联或出国。"),
            models.CheckConstraint(
                condition=~Q(kind="lost") | ~Q(lost_reason=""), name="whereabouts_lost_has_a_reason",
                violation_error_message="失联的要选失联情形。",
            ),
            models.CheckConstraint(
                condition=Q(kind="lost") | ~Q(destination=""), name="whereabouts_away_has_a_destination",
                violation_error_message="流动和出国的要填去向。",
            ),
        ]  # fmt: skip
