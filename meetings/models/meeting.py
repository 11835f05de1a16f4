from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Versioned
from branches.models import Branch, Notice, ScopedQuerySet
from files.models import StoredFile
from meetings.models.activity import StudyItem
from members.models import Member


class MeetingQuerySet(ScopedQuerySet):
    see = "meeting.see"

    def counted(self):
        """Submitted and accepted records count; drafts and returned ones do not."""
        return self.filter(state__in=Meeting.COUNTED)

    def for_list(self):
        """All that one row of the list shows, in two queries."""
        return self.select_related("branch").prefetch_related("kinds").order_by("-held_on", "-pk")

    def with_kinds(self):
        """Adds `of_kinds`: pairs (kind, assessment year), in the order entered."""
        kinds = MeetingKind.objects.filter(meeting=models.OuterRef("pk")).order_by("pk")
        pair = models.Func("kind", "assessment_year", function="jsonb_build_array", output_field=models.JSONField())
        return self.annotate(of_kinds=ArraySubquery(kinds.values_list(pair)))


class VoteQuerySet(ScopedQuerySet):
    branch_lookup = "meeting__branch"
    see = "vote.see"


class MeetingFileQuerySet(ScopedQuerySet):
    branch_lookup = "meeting__branch"
    see = "meeting.see"

    def shown(self):
        return self.filter(removed_at__isnull=True)


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
    excused_count = models.PositiveIntegerField("免于考勤", default=0)
    lecturer = models.ForeignKey(
        Member, verbose_name="党课主讲人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lecturer_name = models.CharField("外请主讲人", max_length=50, blank=True)
    basic_forms = ArrayField(models.CharField(max_length=20), verbose_name="基本形式", default=list, blank=True)
    masses_count = models.PositiveIntegerField("邀请群众代表（人）", default=0)
    remote_opinions = models.TextField("外出党员的意见", blank=True)
    minutes = models.TextField("记录", blank=True)
    resolutions = models.TextField("决议", blank=True)
    is_from_paper = models.BooleanField("补录自纸质", default=False)
    agenda_notice = models.ForeignKey(
        Notice, verbose_name="统一议题", null=True, blank=True, on_delete=models.PROTECT, related_name="meetings"
    )
    trace = ArrayField(models.BigIntegerField(), editable=False, default=list, blank=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.DRAFT)
    note = models.CharField("备注", max_length=200, blank=True)
    return_reason = models.CharField("退回原因", max_length=200, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    reviewed_by = models.ForeignKey(
        "accounts.User", verbose_name="审核人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField("审核时间", null=True, blank=True)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "组织生活记录"
        indexes = [
            models.Index(fields=["branch", "held_on"]),
            models.Index(fields=["-held_on", "-id"], name="meeting_newest"),  # as the list goes
            models.Index(fields=["state"], condition=~Q(state="accepted"), name="meeting_unsettled"),
            # Records whose minutes share marks with others: `trace && ARRAY[…]` (meetings.likeness).
            GinIndex(fields=["trace"], name="meeting_trace"),
        ]
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
        DEMOCRATIC_LIFE_MEETING = "democratic_life_meeting", "民主生活会"
        THEORY_STUDY = "theory_study", "理论学习中心组学习"
        SPECIAL_PARTY_STUDY = "special_party_study", "专题研究党建"
        IDEOLOGY_STUDY = "ideology_study", "意识形态专题研究"

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="kinds")
    kind = models.CharField("类别", max_length=24, choices=Kind)
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
        EXCUSED = "excused", "免于考勤"

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="roll")
    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="+")
    mark = models.CharField("到会情况", max_length=8, choices=Mark)

    class Meta:
        verbose_name = verbose_name_plural = "到会"
        constraints = [models.UniqueConstraint("meeting", "member", name="attendance_once")]


class AgendaItem(models.Model):
    """One line of a meeting's agenda, in order. The first two lines are 第一议题 and 第二议题 where the county keeps them."""

    class Kind(models.TextChoices):
        FIRST = "first", "第一议题"
        SECOND = "second", "第二议题（学法）"
        STUDY = "study", "学习"
        DISCUSS = "discuss", "讨论研究"
        DECIDE = "decide", "表决"
        REPORT = "report", "通报"
        OTHER = "other", "其他"

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="agenda")
    position = models.PositiveSmallIntegerField("次序")
    kind = models.CharField("议题类别", max_length=8, choices=Kind, default=Kind.OTHER)
    title = models.CharField("议题", max_length=200)
    study_item = models.ForeignKey(
        StudyItem,
        verbose_name="对应计划内容",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="agenda_items",
    )

    class Meta:
        verbose_name = verbose_name_plural = "议题"
        ordering = ["position"]
        constraints = [models.UniqueConstraint("meeting", "position", name="agenda_item_one_per_position")]


class Vote(models.Model):
    """One vote of a meeting, by totals alone: who voted what is recorded nowhere. Judged by `meetings.voting`."""

    class Rule(models.TextChoices):
        ORDINARY = "ordinary", "一般事项（支部党员大会）"
        COMMITTEE = "committee", "支委会表决"
        CADRE = "cadre", "党组织会议讨论干部人事"
        RECRUITMENT = "recruitment", "发展党员"
        ELECTION = "election", "选举"

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="votes")
    position = models.PositiveSmallIntegerField("次序")
    rule = models.CharField("表决类别", max_length=12, choices=Rule, default=Rule.ORDINARY)
    title = models.CharField("表决事项", max_length=200)
    entitled = models.PositiveIntegerField("应到会有表决权")
    present = models.PositiveIntegerField("实到会有表决权")
    written = models.PositiveIntegerField("会前书面意见", default=0)
    in_favour = models.PositiveIntegerField("赞成", default=0)
    against = models.PositiveIntegerField("反对", default=0)
    abstained = models.PositiveIntegerField("弃权", default=0)
    ballots_out = models.PositiveIntegerField("发出选票", null=True, blank=True)
    ballots_back = models.PositiveIntegerField("收回选票", null=True, blank=True)
    seats = models.PositiveSmallIntegerField("应选名额", null=True, blank=True)

    objects = VoteQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "表决"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint("meeting", "position", name="vote_one_per_position"),
            models.CheckConstraint(
                condition=Q(present__lte=F("entitled")),
                name="vote_present_within_entitled",
                violation_error_message="实到会有表决权的人数不能多于应到会的人数。",
            ),
            models.CheckConstraint(
                condition=Q(written__lte=F("entitled") - F("present")),
                name="vote_written_of_those_away",
                violation_error_message="书面意见只能来自没有到会的有表决权党员，请核对份数。",
            ),
            models.CheckConstraint(
                condition=Q(rule="election")
                | Q(present__gte=F("in_favour") + F("against") + F("abstained") - F("written")),
                name="vote_sums_within_present",
                violation_error_message="赞成、反对、弃权合计多于参加表决的人数，请核对票数。",
            ),
            models.CheckConstraint(
                condition=Q(ballots_back__isnull=True)
                | Q(ballots_out__isnull=False, ballots_back__lte=F("ballots_out"), ballots_out__lte=F("present")),
                name="vote_ballots_back_within_out",
                violation_error_message="收回的选票不能多于发出的，发出的不能多于实到会有选举权的人数。",
            ),
        ]


class Candidate(models.Model):
    """One name on the ballots of an election, with the votes it got."""

    vote = models.ForeignKey(Vote, on_delete=models.CASCADE, related_name="candidates")
    position = models.PositiveSmallIntegerField("次序")
    name = models.CharField("姓名", max_length=50)
    votes = models.PositiveIntegerField("得票", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "候选人"
        ordering = ["position"]
        constraints = [models.UniqueConstraint("vote", "position", name="candidate_one_per_position")]


class MeetingFile(models.Model):
    """A file of a meeting: a photo of the handwritten 记录本 may serve as its minutes."""

    class Role(models.TextChoices):
        MINUTES = "minutes", "记录本照片"
        PHOTO = "photo", "现场照片"
        OTHER = "other", "附件"

    meeting = models.ForeignKey(Meeting, verbose_name="会议", on_delete=models.PROTECT, related_name="files")
    file = models.OneToOneField(StoredFile, verbose_name="文件", on_delete=models.PROTECT, related_name="meeting_file")
    role = models.CharField("用途", max_length=8, choices=Role, default=Role.OTHER)
    removed_at = models.DateTimeField("撤下时间", null=True, blank=True)

    objects = MeetingFileQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "会议附件"
