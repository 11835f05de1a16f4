from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Versioned
from branches.models import Branch, ScopedQuerySet, Term
from members.models.person import Member
from members.models.post import Post


class ElectionQuerySet(ScopedQuerySet):
    see = "election.see"

    def open(self):
        return self.exclude(state__in=[Election.State.DONE, Election.State.CANCELLED])


class Election(Versioned):
    """换届 or 补选 of one organisation, with the file it leaves. Closing it opens the term and fills the posts.

    Source: 《中国共产党基层组织选举工作条例》（2020 年）; steps in `ElectionStep`.
    """

    class Kind(models.TextChoices):
        GENERAL = "general", "换届选举"
        BY = "by", "补选"

    class State(models.TextChoices):
        OPEN = "open", "办理中"
        DONE = "done", "已完成"
        CANCELLED = "cancelled", "已终止"

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="elections")
    kind = models.CharField("种类", max_length=8, choices=Kind, default=Kind.GENERAL)
    planned_on = models.DateField("计划选举日期", null=True, blank=True)
    seats = models.PositiveSmallIntegerField("应选委员数", default=0, help_text="不设支部委员会的填 0，只选书记")
    held_on = models.DateField("选举日期", null=True, blank=True)
    due_count = models.PositiveSmallIntegerField("应到有选举权人数", null=True, blank=True)
    attended_count = models.PositiveSmallIntegerField("实到有选举权人数", null=True, blank=True)
    ballots_issued = models.PositiveSmallIntegerField("发出选票", null=True, blank=True)
    ballots_returned = models.PositiveSmallIntegerField("收回选票", null=True, blank=True)
    ballots_valid = models.PositiveSmallIntegerField("有效选票", null=True, blank=True)
    term = models.OneToOneField(
        Term, verbose_name="产生的届次", null=True, blank=True, on_delete=models.PROTECT, related_name="election"
    )
    state = models.CharField("状态", max_length=10, choices=State, default=State.OPEN)
    refusal = models.CharField("终止原因", max_length=200, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = ElectionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "换届选举"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "branch", condition=Q(state="open"), name="election_one_open",
                violation_error_message="这个党组织已有一件没有办结的选举。",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(held_on__isnull=False), name="election_done_has_a_day",
                violation_error_message="请填写选举日期。",
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | ~Q(refusal=""), name="election_cancelled_says_why",
                violation_error_message="请写明终止原因。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.branch}{self.get_kind_display()}"

    def get_absolute_url(self):
        return reverse("members:election", args=[self.pk])


class ElectionStep(models.Model):
    """One paper of the election file: done on a day, under a number."""

    class Key(models.TextChoices):
        NOTICE = "notice", "换届提醒"
        RESOLUTION = "resolution", "支委会（支部）研究决定换届"
        REQUEST = "request", "换届请示"
        REPLY = "reply", "同意换届的批复"
        CANDIDATES = "candidates", "候选人酝酿、推荐"
        CANDIDATE_REQUEST = "candidate_request", "候选人预备人选请示"
        CANDIDATE_REPLY = "candidate_reply", "候选人预备人选批复"
        CONGRESS = "congress", "党员大会选举"
        FIRST_COMMITTEE = "first_committee", "第一次支委会选举书记"
        RESULT_REPORT = "result_report", "选举结果报告和请示"
        RESULT_REPLY = "result_reply", "选举结果批复、备案"

    election = models.ForeignKey(Election, verbose_name="选举", on_delete=models.PROTECT, related_name="steps")
    key = models.CharField("步骤", max_length=20, choices=Key)
    done_on = models.DateField("日期")
    number = models.CharField("文号或说明", max_length=100, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "换届档案"
        constraints = [
            models.UniqueConstraint(
                "election", "key", name="electionstep_once", violation_error_message="这一步已经登记。"
            )
        ]


class NomineeQuerySet(ScopedQuerySet):
    branch_lookup = "election__branch"
    see = "election.see"


class Nominee(models.Model):
    """Somebody stood for an office, with the ballots cast and whether elected."""

    election = models.ForeignKey(Election, verbose_name="选举", on_delete=models.PROTECT, related_name="nominees")
    member = models.ForeignKey(Member, verbose_name="候选人", on_delete=models.PROTECT, related_name="candidacies")
    office = models.CharField("拟任职务", max_length=14, choices=Post.Office)
    votes = models.PositiveSmallIntegerField("赞成票", null=True, blank=True)
    is_elected = models.BooleanField("当选", default=False)

    objects = NomineeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "选举候选人"
        constraints = [
            models.UniqueConstraint(
                "election", "member", name="nominee_once", violation_error_message="这位同志已在候选人名单里。"
            )
        ]


class TermExtension(models.Model):
    """The superior's approval that a term ends later (延期换届), at most a year: it moves the day of expiry."""

    term = models.ForeignKey(Term, verbose_name="届次", on_delete=models.PROTECT, related_name="extensions")
    before = models.DateField("原届满日期")
    until = models.DateField("延至")
    number = models.CharField("批准文号", max_length=80)
    approved_on = models.DateField("批准日期")
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "延期换届"
        constraints = [
            models.UniqueConstraint("term", name="termextension_once", violation_error_message="本届已经批准过延期。"),
            models.CheckConstraint(
                condition=Q(until__gt=models.F("before")), name="termextension_later",
                violation_error_message="延至的日期应晚于原届满日期。",
            ),
        ]  # fmt: skip
