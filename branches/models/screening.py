"""全覆盖分析研判（过筛子）: a campaign over all branches, the visit to each, the marks, the class, the letter, 回头看."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Versioned
from branches import rights
from branches.models.organisation import Branch, ScopedQuerySet, above, within
from branches.models.standard import Standard, StandardItem


class ScreeningCampaignQuerySet(ScopedQuerySet):
    see = "screening.see"

    def visible_to(self, user, *, verb=None):
        """Those of one's own organisations, and those opened by an organisation above them or in which one judges."""
        verb = verb or self.see
        places = rights.places(user, verb)
        if verb != self.see:
            return self.filter(within(places, "branch__path"))
        uppers = {upper for path, _ in places for upper in above(path)}
        opened = Q(branch__path__in=uppers) | Q(screenings__in=Screening.objects.visible_to(user))
        running = self.filter(opened & ~Q(state=ScreeningCampaign.State.DRAFT)).values("pk")
        return self.filter(within(places, "branch__path") | Q(pk__in=running))


class ScreeningCampaign(Versioned):
    """One year's screening of every branch below its owner, by one standard, in three dated phases.

    `scale`: the classes from the best down, [{"key", "label", "at_least"}], `at_least` in per cent of the points judged.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "筹备"
        OPEN = "open", "进行中"
        CLOSED = "closed", "已结束"

    branch = models.ForeignKey(
        Branch, verbose_name="组织单位", on_delete=models.PROTECT, related_name="screening_campaigns"
    )
    year = models.PositiveSmallIntegerField("年度")
    title = models.CharField("名称", max_length=80)
    number = models.CharField("依据文号", max_length=80, blank=True)
    standard = models.ForeignKey(Standard, verbose_name="研判标准", on_delete=models.PROTECT, related_name="campaigns")
    screens_from = models.DateField("过筛子开始")
    screens_until = models.DateField("过筛子截止")
    rectifies_until = models.DateField("整改提升截止")
    reviews_until = models.DateField("回头看截止")
    scale = models.JSONField("分类标准")
    state = models.CharField("状态", max_length=8, choices=State, default=State.DRAFT)
    created_by = models.ForeignKey("accounts.User", verbose_name="拟定人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("拟定时间", auto_now_add=True)
    opened_at = models.DateTimeField("启动时间", null=True, blank=True)

    objects = ScreeningCampaignQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "分析研判"
        ordering = ["-year", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "branch", "year", "title", name="screeningcampaign_once", violation_error_message="这一年度已有同名的研判。"
            ),
            models.CheckConstraint(
                condition=Q(screens_until__gte=F("screens_from"), rectifies_until__gte=F("screens_until"),
                            reviews_until__gte=F("screens_until")),
                name="screeningcampaign_phases_in_order",
                violation_error_message="三个阶段应依次：过筛子、整改提升、回头看。",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(opened_at__isnull=False), name="screeningcampaign_opened_at"
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("branches:campaign", args=[self.pk])


class ScreeningQuerySet(ScopedQuerySet):
    see = "screening.see"

    def visible_to(self, user, *, verb=None):
        """A branch sees its own once the letter is issued; those above it, and whoever judges it, at any time."""
        verb = verb or self.see
        places = rights.places(user, verb)
        above_it = [(path, below) for path, below in places if below]
        found = within(above_it, "branch__path") | (within(places, "branch__path") & Q(state=Screening.State.ISSUED))
        if verb == self.see:
            judged = [(path, False) for path, _ in rights.places(user, "screening.judge")]
            found |= within(judged, "branch__path") & Q(assessor=user.pk)
        elif verb == "screening.judge":
            found = within(places, "branch__path") & Q(assessor=user.pk)
        return self.filter(found)


class Screening(Versioned):
    """One branch judged in one campaign: at first, and once more as 回头看, which is bound to the first.

    waiting → judging → submitted → approved → issued; submitted → returned → judging. Approval fixes the class and is
    given by somebody else than who judged; issuing sends the letter with the 整改意见.
    """

    class Kind(models.TextChoices):
        FIRST = "first", "过筛子"
        LOOK_BACK = "look_back", "回头看"

    class State(models.TextChoices):
        WAITING = "waiting", "待研判"
        JUDGING = "judging", "研判中"
        SUBMITTED = "submitted", "待审定"
        RETURNED = "returned", "退回重判"
        APPROVED = "approved", "已审定"
        ISSUED = "issued", "已反馈"

    campaign = models.ForeignKey(
        ScreeningCampaign, verbose_name="研判", on_delete=models.PROTECT, related_name="screenings"
    )
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="screenings")
    kind = models.CharField("轮次", max_length=10, choices=Kind, default=Kind.FIRST)
    first = models.OneToOneField(
        "self", verbose_name="对应的过筛子", null=True, blank=True, on_delete=models.PROTECT, related_name="look_back"
    )
    assessor = models.ForeignKey(
        "accounts.User", verbose_name="研判人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField("状态", max_length=10, choices=State, default=State.WAITING)
    visited_on = models.DateField("到校日期", null=True, blank=True)
    points = models.DecimalField("得分", max_digits=6, decimal_places=2, null=True, blank=True)
    whole = models.DecimalField("满分", max_digits=6, decimal_places=2, null=True, blank=True)
    computed_class = models.CharField("按分数应为", max_length=20, blank=True)
    approved_class = models.CharField("审定类别", max_length=20, blank=True)
    class_reason = models.CharField("审定与分数不一致的理由", max_length=200, blank=True)
    advice = models.TextField("整改意见", max_length=2000, blank=True)
    submitted_by = models.ForeignKey(
        "accounts.User", verbose_name="提交人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    return_reason = models.CharField("退回原因", max_length=200, blank=True)
    approved_by = models.ForeignKey(
        "accounts.User", verbose_name="审定人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField("审定时间", null=True, blank=True)
    letter_number = models.CharField("反馈函文号", max_length=80, blank=True)
    issued_by = models.ForeignKey(
        "accounts.User", verbose_name="反馈人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    issued_at = models.DateTimeField("反馈时间", null=True, blank=True)

    objects = ScreeningQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "支部研判"
        indexes = [models.Index(fields=["campaign", "kind", "state"])]
        constraints = [
            models.UniqueConstraint(
                "campaign", "branch", "kind", name="screening_once", violation_error_message="这个党组织已在本轮研判中。"
            ),
            models.CheckConstraint(
                condition=Q(kind="first", first=None) | Q(kind="look_back", first__isnull=False),
                name="screening_look_back_has_its_first",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "judging", "returned"])
                | Q(submitted_by__isnull=False, submitted_at__isnull=False, points__isnull=False, whole__gt=0,
                    visited_on__isnull=False),
                name="screening_submitted_whole", violation_error_message="请先判完全部项目并填到校日期，再提交。",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "issued"])
                | Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_class=""),
                name="screening_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("submitted_by")) & ~Q(approved_by=F("assessor")),
                name="screening_approved_by_another", violation_error_message="研判人不能审定自己的研判，请由另一位同志审定。",
            ),
            models.CheckConstraint(
                condition=Q(state="issued", issued_by__isnull=False, issued_at__isnull=False)
                | Q(~Q(state="issued"), issued_by=None, issued_at=None),
                name="screening_issued_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(return_reason=""), name="screening_returned_says_why",
                violation_error_message="退回要写明原因。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.branch}{self.get_kind_display()}"

    def get_absolute_url(self):
        return reverse("branches:screening", args=[self.pk])

    @property
    def held_on(self):
        """The day of the visit, as evidence among other records."""
        return self.visited_on


class ScreeningMarkQuerySet(ScopedQuerySet):
    branch_lookup = "screening__branch"
    see = "screening.see"

    def visible_to(self, user, *, verb=None):
        return self.filter(screening__in=Screening.objects.visible_to(user, verb=verb))


class ScreeningMark(models.Model):
    """What one item came to. `seen` is what the records said when it was filled in: value, whole, model, pks, missing, note."""

    screening = models.ForeignKey(Screening, verbose_name="研判", on_delete=models.PROTECT, related_name="marks")
    item = models.ForeignKey(StandardItem, verbose_name="项目", on_delete=models.PROTECT, related_name="marks")
    points = models.DecimalField("得分", max_digits=5, decimal_places=2, null=True, blank=True)
    is_applicable = models.BooleanField("适用", default=True)
    is_filled = models.BooleanField("由记录预填", default=False)
    seen = models.JSONField("预填的来由", default=dict, blank=True)
    words = models.CharField("说明", max_length=300, blank=True)
    problem = models.CharField("转为整改的问题", max_length=300, blank=True, help_text="空着的不转为整改事项")
    due_on = models.DateField("整改期限", null=True, blank=True, help_text="空着的按反馈函统一的期限")
    marked_by = models.ForeignKey(
        "accounts.User", verbose_name="评定人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    marked_at = models.DateTimeField("评定时间", null=True, blank=True)

    objects = ScreeningMarkQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "研判得分"
        constraints = [
            models.UniqueConstraint("screening", "item", name="screeningmark_once"),
            models.CheckConstraint(
                condition=Q(points=None) | Q(points__gte=0), name="screeningmark_not_negative",
                violation_error_message="得分不能为负。",
            ),
            models.CheckConstraint(
                condition=Q(marked_by=None, marked_at=None) | Q(marked_by__isnull=False, marked_at__isnull=False),
                name="screeningmark_by_somebody",
            ),
        ]  # fmt: skip

    def get_absolute_url(self):
        return self.screening.get_absolute_url()
