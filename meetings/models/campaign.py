"""A round of 组织生活会 or 民主生活会: the plan, who guides which branch, the dated steps, what was found."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Versioned
from branches import rights
from branches.models import Branch, ScopedQuerySet, above, within
from files.models import StoredFile


class CampaignQuerySet(models.QuerySet):
    def visible_to(self, user, *, verb="campaign.see"):
        """The rounds of one's own organisations, drafts too, and those opened by an organisation above them."""
        places = rights.places(user, verb)
        uppers = {upper for path, _ in places for upper in above(path)}
        opened = Q(branch__path__in=uppers) & ~Q(state=Campaign.State.DRAFT)
        return self.filter(within(places, "branch__path") | opened)


class Campaign(Versioned):
    """One round, owned by the organisation that issues its 实施方案, for every branch below it that owes such a meeting."""

    class Kind(models.TextChoices):
        ORG_LIFE = "org_life_meeting", "组织生活会"
        DEMOCRATIC_LIFE = "democratic_life_meeting", "民主生活会"

    class State(models.TextChoices):
        DRAFT = "draft", "筹备"
        OPEN = "open", "进行中"
        CLOSED = "closed", "已结束"

    branch = models.ForeignKey(Branch, verbose_name="组织单位", on_delete=models.PROTECT, related_name="campaigns")
    kind = models.CharField("会议", max_length=24, choices=Kind, default=Kind.ORG_LIFE)
    assessment_year = models.PositiveSmallIntegerField("考核年度")
    title = models.CharField("名称", max_length=120)
    plan = models.TextField("实施方案", blank=True)
    plan_file = models.OneToOneField(
        StoredFile,
        verbose_name="实施方案文件",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="campaign",
    )
    opens_on = models.DateField("开始")
    ends_on = models.DateField("结束")
    state = models.CharField("状态", max_length=8, choices=State, default=State.DRAFT)
    created_by = models.ForeignKey("accounts.User", verbose_name="拟定人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("拟定时间", auto_now_add=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "生活会安排"
        constraints = [
            models.UniqueConstraint(
                "branch",
                "kind",
                "assessment_year",
                name="campaign_once",
                violation_error_message="这一年度的安排已经有了。",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("opens_on")),
                name="campaign_ends_after_it_opens",
                violation_error_message="结束日期不能早于开始日期。",
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("meetings:campaign", args=[self.pk])


class CampaignStep(models.Model):
    """One dated step of a round: 学习, 征求意见, 谈心谈话, 查摆问题, 开会, 整改."""

    campaign = models.ForeignKey(Campaign, verbose_name="安排", on_delete=models.PROTECT, related_name="steps")
    position = models.PositiveSmallIntegerField("次序")
    label = models.CharField("步骤", max_length=60)
    due_on = models.DateField("完成日期")

    class Meta:
        verbose_name = verbose_name_plural = "步骤"
        ordering = ["position"]
        constraints = [models.UniqueConstraint("campaign", "position", name="campaign_step_one_per_position")]


class StepDone(models.Model):
    """A branch has done a step."""

    step = models.ForeignKey(CampaignStep, verbose_name="步骤", on_delete=models.PROTECT, related_name="done")
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="+")
    done_on = models.DateField("完成日期")
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "步骤完成"
        constraints = [models.UniqueConstraint("step", "branch", name="step_done_once")]


class Guidance(models.Model):
    """Who of the guidance groups (指导组) looks after which branch in a round."""

    campaign = models.ForeignKey(Campaign, verbose_name="安排", on_delete=models.PROTECT, related_name="guidance")
    branch = models.ForeignKey(Branch, verbose_name="受指导党组织", on_delete=models.PROTECT, related_name="+")
    group = models.CharField("指导组", max_length=40)
    guide = models.ForeignKey("accounts.User", verbose_name="成员", on_delete=models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "指导分工"
        constraints = [
            models.UniqueConstraint(
                "campaign",
                "branch",
                "guide",
                name="guidance_once",
                violation_error_message="这位同志已经指导这个支部。",
            )
        ]


class FindingQuerySet(ScopedQuerySet):
    see = "campaign.see"


class Finding(Versioned):
    """A problem that an organisation found in itself, and what it will do: no person's criticism is kept here."""

    campaign = models.ForeignKey(Campaign, verbose_name="安排", on_delete=models.PROTECT, related_name="findings")
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="findings")
    problem = models.CharField("问题", max_length=200)
    measure = models.CharField("整改措施", max_length=200)
    owner = models.CharField("责任人", max_length=50)
    due_on = models.DateField("整改期限")
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "查摆问题"

    def get_absolute_url(self):
        return self.campaign.get_absolute_url()
