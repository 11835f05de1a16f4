from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Versioned
from branches import rights
from branches.models import Branch, ScopedQuerySet, above, within
from members.models.person import Member, PersonalQuerySet


class Level(models.TextChoices):
    NATION = "nation", "国家级"
    PROVINCE = "province", "省级"
    CITY = "city", "市级"
    COUNTY = "county", "县级"
    SCHOOL = "school", "校级"


class HonourRoundQuerySet(models.QuerySet):
    def visible_to(self, user, *, verb="honour.see"):
        """Rounds of one's own organisations and of those above: a round is open to all below its owner."""
        places = rights.places(user, verb)
        upper = {path for place, _ in places for path in above(place)}
        return self.filter(within(places, "branch__path") | Q(branch__path__in=upper) & ~Q(state="draft"))


class HonourRound(Versioned):
    """One round of commendation (七一表彰、红旗党支部、先锋共产党员、党员榜样): nominate → review → 公示 → 文号 → 展板."""

    class Subject(models.TextChoices):
        MEMBER = "member", "党员"
        BRANCH = "branch", "党组织"

    class State(models.TextChoices):
        DRAFT = "draft", "筹备"
        OPEN = "open", "推荐中"
        REVIEW = "review", "审核中"
        PUBLIC = "public", "公示中"
        CONFERRED = "conferred", "已表彰"
        CLOSED = "closed", "已终止"

    branch = models.ForeignKey(
        Branch, verbose_name="主办党组织", on_delete=models.PROTECT, related_name="honour_rounds"
    )
    year = models.PositiveSmallIntegerField("年度")
    title = models.CharField("称号", max_length=60, help_text="如 先锋共产党员、红旗党支部、党员榜样")
    subject = models.CharField("表彰对象", max_length=8, choices=Subject)
    level = models.CharField("级别", max_length=10, choices=Level, default=Level.COUNTY)
    places = models.PositiveSmallIntegerField("名额", null=True, blank=True)
    per_branch = models.PositiveSmallIntegerField("每个支部最多推荐", null=True, blank=True)
    opens_on = models.DateField("推荐开始")
    closes_on = models.DateField("推荐截止")
    public_from = models.DateField("公示开始", null=True, blank=True)
    public_until = models.DateField("公示结束", null=True, blank=True)
    number = models.CharField("表彰文号", max_length=60, blank=True)
    conferred_on = models.DateField("表彰日期", null=True, blank=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.DRAFT)
    created_by = models.ForeignKey("accounts.User", verbose_name="起草人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("起草时间", auto_now_add=True)

    objects = HonourRoundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "评先评优"
        ordering = ["-year", "-opens_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "branch", "year", "title", name="honourround_once", violation_error_message="这一年度已有同名的评选。"
            ),
            models.CheckConstraint(
                condition=Q(closes_on__gte=models.F("opens_on")), name="honourround_closes_after_opening",
                violation_error_message="推荐截止不能早于推荐开始。",
            ),
            models.CheckConstraint(
                condition=Q(public_until=None) | Q(public_until__gte=models.F("public_from")),
                name="honourround_public_in_order", violation_error_message="公示结束不能早于公示开始。",
            ),
            models.CheckConstraint(
                condition=~Q(state="conferred") | Q(conferred_on__isnull=False) & ~Q(number=""),
                name="honourround_conferred_by_paper", violation_error_message="表彰要有文号和日期。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.year} 年度{self.title}"

    def get_absolute_url(self):
        return reverse("members:honour_round", args=[self.pk])

    @property
    def is_of_members(self):
        return self.subject == self.Subject.MEMBER


class NominationQuerySet(ScopedQuerySet):
    see = "honour.see"


class Nomination(Versioned):
    """A branch puts somebody of its own, or itself, forward in a round."""

    class State(models.TextChoices):
        NOMINATED = "nominated", "已推荐"
        PASSED = "passed", "审核通过"
        DECLINED = "declined", "未通过"
        CONFERRED = "conferred", "已表彰"

    round = models.ForeignKey(HonourRound, verbose_name="评选", on_delete=models.PROTECT, related_name="nominations")
    branch = models.ForeignKey(Branch, verbose_name="推荐党组织", on_delete=models.PROTECT, related_name="nominations")
    member = models.ForeignKey(
        Member, verbose_name="推荐人选", null=True, blank=True, on_delete=models.PROTECT, related_name="nominations"
    )
    citation = models.TextField("主要事迹", max_length=2000)
    state = models.CharField("状态", max_length=10, choices=State, default=State.NOMINATED)
    opinion = models.CharField("审核意见", max_length=200, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="推荐人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("推荐时间", auto_now_add=True)
    decided_by = models.ForeignKey(
        "accounts.User", verbose_name="审核人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField("审核时间", null=True, blank=True)

    objects = NominationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "推荐人选"
        constraints = [
            models.UniqueConstraint(
                "round", "branch", "member", name="nomination_once", nulls_distinct=False,
                violation_error_message="已经推荐过。",
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(opinion=""), name="nomination_declined_says_why",
                violation_error_message="未通过的要写明意见。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return str(self.member or self.branch)

    def get_absolute_url(self):
        return reverse("members:nomination", args=[self.pk])


class HonourQuerySet(ScopedQuerySet):
    see = "honour.see"


class Honour(models.Model):
    """An honour received: by a member (then `branch` is where the member was), or by the organisation itself.

    `matter` joins what was honoured on several levels for the same deed: only the highest of a matter counts.
    """

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="honours")
    member = models.ForeignKey(
        Member, verbose_name="党员", null=True, blank=True, on_delete=models.PROTECT, related_name="honours"
    )
    title = models.CharField("称号", max_length=100)
    level = models.CharField("级别", max_length=10, choices=Level)
    matter = models.CharField("事项", max_length=100, blank=True, help_text="同一事项获不同级别表彰的，填写相同的事项")
    conferred_on = models.DateField("表彰日期")
    issuer = models.CharField("表彰单位", max_length=100)
    number = models.CharField("文号", max_length=60, blank=True)
    nomination = models.OneToOneField(
        Nomination, verbose_name="推荐", null=True, blank=True, on_delete=models.PROTECT, related_name="honour"
    )
    revoked_on = models.DateField("撤销日期", null=True, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = HonourQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "荣誉"
        ordering = ["-conferred_on", "-pk"]
        indexes = [models.Index(fields=["branch", "conferred_on"])]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("members:honours") + f"?branch={self.branch_id}"

    @property
    def held_on(self):
        """The day it counts by, under the name that evidence of scores has."""
        return self.conferred_on


class SanctionQuerySet(PersonalQuerySet):
    def visible_to(self, user, *, verb="sanction.see"):
        """党纪处分 are closed to all but those whose post deals with them."""
        return super().visible_to(user, verb=verb)


class Sanction(models.Model):
    """党纪处分 of a member: kind, day and number only. 留党察看 takes the vote away until `ended_on`."""

    class Kind(models.TextChoices):
        WARNING = "warning", "警告"
        SERIOUS = "serious", "严重警告"
        REMOVAL = "removal", "撤销党内职务"
        PROBATION = "probation", "留党察看"
        EXPULSION = "expulsion", "开除党籍"

    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="sanctions")
    kind = models.CharField("处分种类", max_length=10, choices=Kind)
    started_on = models.DateField("决定日期")
    ended_on = models.DateField("影响期（察看期）满", null=True, blank=True)
    number = models.CharField("决定文号", max_length=80)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = SanctionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "党纪处分"
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=models.F("started_on")),
                name="sanction_ends_after_start", violation_error_message="期满日期不能早于决定日期。",
            ),
        ]  # fmt: skip
