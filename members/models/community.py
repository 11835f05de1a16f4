from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from branches.models import Branch, ScopedQuerySet
from members.models.person import Member, PersonalQuerySet


class CommunityQuerySet(ScopedQuerySet):
    see = "community.see"


class CommunityLink(models.Model):
    """双报到: a branch, or one of its members, reports to a community (报到)."""

    branch = models.ForeignKey(Branch, verbose_name="党支部", on_delete=models.PROTECT, related_name="community_links")
    member = models.ForeignKey(
        Member, verbose_name="党员", null=True, blank=True, on_delete=models.PROTECT, related_name="community_links"
    )
    community = models.CharField("社区（村）", max_length=60)
    started_on = models.DateField("报到日期")
    ended_on = models.DateField("结束日期", null=True, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = CommunityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "双报到"
        constraints = [
            models.UniqueConstraint(
                "branch", "member", "community", condition=Q(ended_on=None), nulls_distinct=False,
                name="communitylink_once", violation_error_message="已向这个社区报到。",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=models.F("started_on")),
                name="communitylink_ends_after_start", violation_error_message="结束日期不能早于报到日期。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.community


class CommunityService(models.Model):
    """双服务: something done in a community, and who of the branch took part."""

    branch = models.ForeignKey(
        Branch, verbose_name="党支部", on_delete=models.PROTECT, related_name="community_services"
    )
    community = models.CharField("社区（村）", max_length=60)
    held_on = models.DateField("服务日期")
    topic = models.CharField("服务内容", max_length=120)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = CommunityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "社区服务"
        indexes = [models.Index(fields=["branch", "held_on"])]

    def __str__(self):
        return self.topic

    def get_absolute_url(self):
        return reverse("members:community_service", args=[self.pk])


class ServiceHand(models.Model):
    """One member in a service, with the hours given."""

    service = models.ForeignKey(
        CommunityService, verbose_name="社区服务", on_delete=models.PROTECT, related_name="hands"
    )
    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="services")
    hours = models.DecimalField(
        "时长（小时）", max_digits=4, decimal_places=1, default=1,
        validators=[MinValueValidator(0), MaxValueValidator(24, "一次服务不超过 24 小时。")],
    )  # fmt: skip

    class Meta:
        verbose_name = verbose_name_plural = "参加服务的党员"
        constraints = [models.UniqueConstraint("service", "member", name="servicehand_once")]


class CommunityReport(models.Model):
    """双报告: the report of a year (or half-year) to the community and to the superior, by the branch or by a member."""

    class To(models.TextChoices):
        COMMUNITY = "community", "向社区报告"
        SUPERIOR = "superior", "向上级党组织报告"

    class Result(models.TextChoices):
        GOOD = "good", "好"
        FAIR = "fair", "较好"
        PLAIN = "plain", "一般"

    branch = models.ForeignKey(
        Branch, verbose_name="党支部", on_delete=models.PROTECT, related_name="community_reports"
    )
    member = models.ForeignKey(
        Member, verbose_name="党员", null=True, blank=True, on_delete=models.PROTECT, related_name="community_reports"
    )
    year = models.PositiveSmallIntegerField("年度")
    to = models.CharField("报告对象", max_length=10, choices=To)
    reported_on = models.DateField("报告日期")
    result = models.CharField("社区评价", max_length=8, choices=Result, blank=True)
    summary = models.CharField("报告摘要", max_length=500, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = CommunityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "双报到报告"
        constraints = [
            models.UniqueConstraint(
                "branch", "member", "year", "to", name="communityreport_once", nulls_distinct=False,
                violation_error_message="这一年度的报告已经登记。",
            )
        ]  # fmt: skip


class Pledge(models.Model):
    """A member's one-sentence 承诺 of a year, shown on the 党员身份墙."""

    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="pledges")
    year = models.PositiveSmallIntegerField("年度")
    text = models.CharField("承诺", max_length=60)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = PersonalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "党员承诺"
        constraints = [
            models.UniqueConstraint(
                "member", "year", name="pledge_once_a_year", violation_error_message="这一年度的承诺已经登记。"
            )
        ]

    def __str__(self):
        return self.text
