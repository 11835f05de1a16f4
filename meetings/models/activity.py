"""What is entered in three lines: activities of every kind, and the plans that agenda items are counted against."""

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Versioned
from branches import rights
from branches.models import Branch, ScopedQuerySet, above, within
from members.models import Member


class ActivityQuerySet(ScopedQuerySet):
    see = "meeting.see"

    def counted(self):
        return self.filter(withdrawn_at__isnull=True)


class Activity(Versioned):
    """One entry of a ledger: a talk, a volunteer action, a lesson. Its kinds and what each asks are data (`activities.yaml`)."""

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="activities")
    kind = models.CharField("种类", max_length=24)
    held_on = models.DateField("日期")
    assessment_year = models.PositiveSmallIntegerField("考核年度")
    title = models.CharField("事项", max_length=120, blank=True)
    number = models.CharField("编号", max_length=60, blank=True)
    count = models.PositiveIntegerField("数量", null=True, blank=True)
    hours = models.DecimalField("时长（小时）", max_digits=5, decimal_places=1, null=True, blank=True)
    about = models.ForeignKey(
        Branch, verbose_name="对象党组织", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    people = models.ManyToManyField(Member, verbose_name="参加的同志", blank=True, related_name="+")
    answers = models.JSONField("其他填写内容", default=dict, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)
    withdrawn_by = models.ForeignKey(
        "accounts.User", verbose_name="撤销人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField("撤销时间", null=True, blank=True)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "工作纪实"
        indexes = [
            models.Index(fields=["branch", "kind", "held_on"]),
            models.Index(fields=["assessment_year", "kind"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_by__isnull=True, withdrawn_at__isnull=True)
                | Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False),
                name="activity_withdrawn_by_somebody",
            )
        ]

    def __str__(self):
        return self.title or "工作纪实"

    def get_absolute_url(self):
        return reverse("meetings:activity", args=[self.pk])


class StudyPlanQuerySet(models.QuerySet):
    def visible_to(self, user, *, verb="meeting.see"):
        """The plans of one's own organisations and of every one above them, which they follow."""
        places = rights.places(user, verb)
        uppers = {upper for path, _ in places for upper in above(path)}
        return self.filter(within(places, "branch__path") | Q(branch__path__in=uppers))


class StudyPlan(Versioned):
    """A year's 学习计划 (counted by 第一议题) or 学法方案 (counted by 第二议题) of an organisation, for it and all below it."""

    class Kind(models.TextChoices):
        STUDY = "first", "学习计划"
        LAW = "second", "学法方案"

    branch = models.ForeignKey(
        Branch, verbose_name="制定的党组织", on_delete=models.PROTECT, related_name="study_plans"
    )
    year = models.PositiveSmallIntegerField("年度")
    kind = models.CharField("种类", max_length=8, choices=Kind)
    title = models.CharField("名称", max_length=120)
    created_by = models.ForeignKey("accounts.User", verbose_name="制定人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("制定时间", auto_now_add=True)

    objects = StudyPlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "学习计划"
        constraints = [
            models.UniqueConstraint(
                "branch",
                "year",
                "kind",
                name="study_plan_once",
                violation_error_message="这一年的计划已经有了，请在原计划上修改。",
            )
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("meetings:plan", args=[self.pk])


class StudyItem(models.Model):
    """One thing to be studied by a plan, in a month or at any time of the year."""

    plan = models.ForeignKey(StudyPlan, verbose_name="计划", on_delete=models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField("次序")
    month = models.PositiveSmallIntegerField("月份", null=True, blank=True)
    title = models.CharField("学习内容", max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = "学习内容"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint("plan", "position", name="study_item_one_per_position"),
            models.CheckConstraint(
                condition=Q(month__isnull=True) | Q(month__range=(1, 12)),
                name="study_item_in_a_month",
                violation_error_message="月份应为 1 至 12。",
            ),
        ]

    def __str__(self):
        return self.title
