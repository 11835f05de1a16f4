"""述职评议: the year's campaign, one review per organisation and year, the reports that were written for it."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Versioned
from branches import rights
from branches.models import Branch, ScopedQuerySet, above, within
from files.models import StoredFile
from members.models import Member


class SecretaryReviewCampaignQuerySet(ScopedQuerySet):
    see = "secretary_review.see"

    def visible_to(self, user, *, verb=None):
        """Those of one's own organisations, and those of an organisation above them, which tell until when to report."""
        verb = verb or self.see
        places = rights.places(user, verb)
        found = within(places, "branch__path")
        if verb == self.see:
            found |= Q(branch__path__in={upper for path, _ in places for upper in above(path)})
        return self.filter(found)


class SecretaryReviewCampaign(Versioned):
    """述职评议 of a year, opened by 工委: from when, until when, and how long a report that came back may take."""

    branch = models.ForeignKey(
        Branch, verbose_name="组织单位", on_delete=models.PROTECT, related_name="review_campaigns"
    )
    year = models.PositiveSmallIntegerField(
        "述职年度", unique=True, error_messages={"unique": "这一年度的述职评议已经启动。"}
    )
    opens_on = models.DateField("启动日期")
    due_on = models.DateField("报送期限")
    rewrite_days = models.PositiveSmallIntegerField("发回重写的天数")
    number = models.CharField("依据文号", max_length=80, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="启动人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = SecretaryReviewCampaignQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "述职评议安排"
        ordering = ["-year"]
        constraints = [
            models.CheckConstraint(
                condition=Q(due_on__gte=F("opens_on")), name="reviewcampaign_due_after_opening",
                violation_error_message="报送期限不能早于启动日期。",
            ),
            models.CheckConstraint(
                condition=Q(rewrite_days__gte=1, rewrite_days__lte=60), name="reviewcampaign_days_to_rewrite",
                violation_error_message="重写的天数应在 1 至 60 天之间。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.year} 年度述职评议"


class SecretaryReviewQuerySet(ScopedQuerySet):
    see = "secretary_review.see"


class SecretaryReview(Versioned):
    """One secretary's 述职评议 for one organisation and year, from the draft to the feedback.

    draft → submitted → accepted → held → graded → told; submitted → returned → submitted. Of the ballots only totals.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        SUBMITTED = "submitted", "已提交"
        RETURNED = "returned", "已发回重写"
        ACCEPTED = "accepted", "已通过"
        HELD = "held", "已现场述职"
        GRADED = "graded", "已评定等次"
        TOLD = "told", "已反馈"

    class Grade(models.TextChoices):
        GOOD = "good", "好"
        FAIR = "fair", "较好"
        ORDINARY = "ordinary", "一般"
        POOR = "poor", "差"

    campaign = models.ForeignKey(
        SecretaryReviewCampaign, verbose_name="年度安排", on_delete=models.PROTECT, related_name="reviews"
    )
    branch = models.ForeignKey(
        Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="secretary_reviews"
    )
    member = models.ForeignKey(
        Member, verbose_name="述职人", null=True, blank=True, on_delete=models.PROTECT, related_name="secretary_reviews"
    )
    person_name = models.CharField("书记", max_length=50)
    split = models.CharField("任期说明", max_length=400, blank=True)
    state = models.CharField("报告状态", max_length=10, choices=State, default=State.DRAFT)
    due_on = models.DateField("报送期限")
    returns = models.PositiveSmallIntegerField("发回次数", default=0)
    accepted_by = models.ForeignKey(
        "accounts.User", verbose_name="审核人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    accepted_at = models.DateTimeField("通过时间", null=True, blank=True)
    held_on = models.DateField("述职日期", null=True, blank=True)
    attended = models.PositiveSmallIntegerField("到会人数", null=True, blank=True)
    audience = models.CharField("参加范围", max_length=200, blank=True)
    votes_good = models.PositiveSmallIntegerField("第一档票数", null=True, blank=True)
    votes_fair = models.PositiveSmallIntegerField("第二档票数", null=True, blank=True)
    votes_ordinary = models.PositiveSmallIntegerField("第三档票数", null=True, blank=True)
    votes_poor = models.PositiveSmallIntegerField("第四档票数", null=True, blank=True)
    held_by = models.ForeignKey(
        "accounts.User", verbose_name="测评登记人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    held_at = models.DateTimeField("测评登记时间", null=True, blank=True)
    grade = models.CharField("等次", max_length=10, choices=Grade, blank=True)
    grade_reason = models.CharField("评定理由", max_length=300, blank=True)
    graded_by = models.ForeignKey(
        "accounts.User", verbose_name="等次登记人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    graded_at = models.DateTimeField("评定时间", null=True, blank=True)
    feedback = models.CharField("反馈意见", max_length=500, blank=True)
    told_by = models.ForeignKey(
        "accounts.User", verbose_name="反馈人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    told_at = models.DateTimeField("反馈时间", null=True, blank=True)

    objects = SecretaryReviewQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "述职评议"
        ordering = ["-campaign", "branch"]
        indexes = [models.Index(fields=["state", "due_on"])]
        constraints = [
            models.UniqueConstraint(
                "campaign", "branch", name="secretaryreview_once",
                violation_error_message="这个党组织本年度的述职已经列入。",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "submitted", "returned"], accepted_by=None, accepted_at=None)
                | Q(state__in=["accepted", "held", "graded", "told"], accepted_by__isnull=False, accepted_at__isnull=False),
                name="secretaryreview_accepted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["held", "graded", "told"], held_on__isnull=False, attended__isnull=False,
                    votes_good__isnull=False, votes_fair__isnull=False, votes_ordinary__isnull=False,
                    votes_poor__isnull=False, held_by__isnull=False, held_at__isnull=False,
                ) & Q(attended__gte=F("votes_good") + F("votes_fair") + F("votes_ordinary") + F("votes_poor"))
                | Q(
                    ~Q(state__in=["held", "graded", "told"]), held_on=None, attended=None, votes_good=None, votes_fair=None,
                    votes_ordinary=None, votes_poor=None, held_by=None, held_at=None,
                ),
                name="secretaryreview_ballots_of_those_who_came",
                violation_error_message="测评要有日期、到会人数和四档票数，票数合计不能多于到会人数。",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["graded", "told"], graded_by__isnull=False, graded_at__isnull=False) & ~Q(grade="")
                | Q(~Q(state__in=["graded", "told"]), grade="", graded_by=None, graded_at=None),
                name="secretaryreview_graded_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="told", told_by__isnull=False, told_at__isnull=False) & ~Q(feedback="")
                | Q(~Q(state="told"), told_by=None, told_at=None),
                name="secretaryreview_told_in_words", violation_error_message="反馈要写明意见。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.branch} {self.campaign}"

    def get_absolute_url(self):
        return reverse("assessment:secretary_review", args=[self.pk])

    @property
    def ballots(self):
        """Grade → how many ballots; None before the evaluation."""
        if self.votes_good is None:
            return None
        return {grade: getattr(self, f"votes_{grade.value}") for grade in self.Grade}


class SecretaryReportQuerySet(ScopedQuerySet):
    branch_lookup = "review__branch"
    see = "secretary_review.see"

    def visible_to(self, user, *, verb=None):
        """What was handed in, for everybody who sees the review; what is still written, only for who writes it."""
        mine = within(rights.places(user, "secretary_review.write"), "review__branch__path")
        return super().visible_to(user, verb=verb).filter(Q(submitted_on__isnull=False) | mine)


class SecretaryReport(Versioned):
    """One writing of a report: the three sections, and the figures that were filled in, each with its footnote.

    `filled`: key → {"say": the words as they stand in the draft, "note": the footnote, "known": whether records were found}.
    """

    review = models.ForeignKey(SecretaryReview, verbose_name="述职", on_delete=models.PROTECT, related_name="reports")
    number = models.PositiveSmallIntegerField("第几稿")
    achievements = models.TextField("履职情况和主要成效", blank=True)
    shortcomings = models.TextField("存在不足和原因", blank=True)
    plans = models.TextField("下步打算", blank=True)
    filled = models.JSONField("填入的数字", default=dict, blank=True)
    filled_on = models.DateField("数字截至", null=True, blank=True)
    file = models.OneToOneField(
        StoredFile, verbose_name="上传的报告", null=True, blank=True, on_delete=models.PROTECT, related_name="secretary_report"
    )  # fmt: skip
    created_by = models.ForeignKey("accounts.User", verbose_name="起草人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("起草时间", auto_now_add=True)
    submitted_on = models.DateField("提交日期", null=True, blank=True)
    submitted_by = models.ForeignKey(
        "accounts.User", verbose_name="提交人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    returned_on = models.DateField("发回日期", null=True, blank=True)
    returned_by = models.ForeignKey(
        "accounts.User", verbose_name="发回人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    returned_at = models.DateTimeField("发回时间", null=True, blank=True)
    reason = models.CharField("发回原因", max_length=500, blank=True)
    rewrite_until = models.DateField("重写期限", null=True, blank=True)

    objects = SecretaryReportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "述职报告"
        ordering = ["review", "number"]
        constraints = [
            models.UniqueConstraint("review", "number", name="secretaryreport_number_once"),
            models.UniqueConstraint("review", condition=Q(submitted_on=None), name="secretaryreport_one_in_hand"),
            models.CheckConstraint(
                condition=Q(submitted_on=None, submitted_by=None, submitted_at=None)
                | Q(submitted_on__isnull=False, submitted_by__isnull=False, submitted_at__isnull=False)
                & ~Q(achievements="") & ~Q(shortcomings="") & ~Q(plans=""),
                name="secretaryreport_handed_in_whole",
                violation_error_message="提交的述职报告，三部分都要有内容。",
            ),
            models.CheckConstraint(
                condition=Q(returned_on=None, returned_by=None, returned_at=None, rewrite_until=None)
                | Q(
                    submitted_on__isnull=False, returned_on__gte=F("submitted_on"), returned_by__isnull=False,
                    returned_at__isnull=False, rewrite_until__gt=F("returned_on"),
                ) & ~Q(reason=""),
                name="secretaryreport_returned_with_reason",
                violation_error_message="发回重写要写明原因，重写期限要在发回以后。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"第 {self.number} 稿"

    def get_absolute_url(self):
        return self.review.get_absolute_url()


class SecretaryReviewProblemQuerySet(ScopedQuerySet):
    branch_lookup = "review__branch"
    see = "secretary_review.see"


class SecretaryReviewProblem(models.Model):
    """A problem named in the feedback; what is done about it stands in 整改."""

    review = models.ForeignKey(SecretaryReview, verbose_name="述职", on_delete=models.PROTECT, related_name="problems")
    problem = models.CharField("问题", max_length=300)
    created_by = models.ForeignKey("accounts.User", verbose_name="提出人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("提出时间", auto_now_add=True)

    objects = SecretaryReviewProblemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "述职评议指出的问题"
        ordering = ["review", "pk"]

    def __str__(self):
        return self.problem

    def get_absolute_url(self):
        return self.review.get_absolute_url()
