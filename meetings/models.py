from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Versioned
from branches.models import Branch, ScopedQuerySet
from members.models import Member


class MeetingQuerySet(ScopedQuerySet):
    see = "meeting.see"

    def counted(self):
        """Submitted and accepted records count; drafts and returned ones do not."""
        return self.filter(state__in=Meeting.COUNTED)

    def for_list(self):
        """All that one row of the list shows, in two queries."""
        return self.select_related("branch").prefetch_related("kinds").order_by("-held_on", "-pk")


class Meeting(Versioned):
    """One record of a branch's organisation life; it may be of several kinds at once (主题党日 with 党课)."""

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        SUBMITTED = "submitted", "已提交"
        ACCEPTED = "accepted", "已通过"
        RETURNED = "returned", "退回修改"

    COUNTED = (State.SUBMITTED, State.ACCEPTED)

    branch = models.ForeignKey(Branch, verbose_name="党支部", on_delete=models.PROTECT, related_name="meetings")
    held_on = models.DateField("召开日期")
    place = models.CharField("地点", max_length=100, blank=True)
    topic = models.CharField("主题", max_length=200)
    host = models.CharField("主持人", max_length=50, blank=True)
    due_count = models.PositiveIntegerField("应到")
    attended_count = models.PositiveIntegerField("实到")
    minutes = models.TextField("记录", blank=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.DRAFT)
    note = models.CharField("备注", max_length=200, blank=True)
    return_reason = models.CharField("退回原因", max_length=200, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "组织生活记录"
        indexes = [models.Index(fields=["branch", "held_on"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(attended_count__lte=F("due_count")),
                name="meeting_attended_within_due",
                violation_error_message="实到人数不能多于应到人数。",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(submitted_at__isnull=False), name="meeting_submitted_has_a_time"
            ),
        ]

    def __str__(self):
        return self.topic

    def get_absolute_url(self):
        return reverse("meetings:detail", args=[self.pk])


class MeetingKind(models.Model):
    """One kind of a meeting. Its value is the duty rule that it meets; the year is the assessment year it counts for."""

    class Kind(models.TextChoices):
        THEME_PARTY_DAY = "theme_party_day", "主题党日"
        MEMBERS_MEETING = "members_meeting", "支部党员大会"
        COMMITTEE_MEETING = "committee_meeting", "支委会"
        GROUP_MEETING = "group_meeting", "党小组会"
        PARTY_LECTURE = "party_lecture", "党课"
        ORG_LIFE_MEETING = "org_life_meeting", "组织生活会"

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="kinds")
    kind = models.CharField("类别", max_length=20, choices=Kind)
    assessment_year = models.PositiveSmallIntegerField("考核年度")

    class Meta:
        verbose_name = verbose_name_plural = "会议类别"
        constraints = [models.UniqueConstraint("meeting", "kind", name="meeting_kind_once")]
        indexes = [models.Index(fields=["assessment_year", "kind"])]


class Attendance(models.Model):
    """One member's line of a roll."""

    class Mark(models.TextChoices):
        PRESENT = "present", "到会"
        LEAVE = "leave", "请假"
        ABSENT = "absent", "缺席"

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="roll")
    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="+")
    mark = models.CharField("到会情况", max_length=8, choices=Mark)

    class Meta:
        verbose_name = verbose_name_plural = "到会"
        constraints = [models.UniqueConstraint("meeting", "member", name="attendance_once")]
