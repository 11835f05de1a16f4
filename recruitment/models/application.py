"""One person's road into the Party, and the steps as they were taken."""

import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Versioned
from branches.models import Branch, ScopedQuerySet
from files.models import StoredFile
from meetings.models import Vote
from members.models import DateRange, Member
from recruitment.legality import Act, Case, standing
from recruitment.road import BESIDE, in_force
from training.models import Enrolment


class ApplicationQuerySet(ScopedQuerySet):
    see = "recruit.see"

    def open(self):
        return self.filter(outcome="")

    def for_list(self):
        """All that one row of a list shows but its steps, in one query."""
        return self.select_related("branch", "member").order_by("applied_on", "pk")


class Application(Versioned):
    """A person's file from the written application to the archive (发展党员档案). Where it stands is what its steps say;
    `stage` and `step` repeat that for lists."""

    class Stage(models.TextChoices):
        APPLICANT = "applicant", "入党申请人"
        ACTIVIST = "activist", "入党积极分子"
        PROSPECT = "prospect", "发展对象"
        ADMISSION = "admission", "接收预备党员"
        PROBATION = "probation", "预备党员"

    class Outcome(models.TextChoices):
        ADMITTED = "admitted", "按期转正"
        WITHDRAWN = "withdrawn", "本人撤回申请"
        ENDED = "ended", "不再培养"
        REFUSED = "refused", "不予接收"
        CANCELLED = "cancelled", "取消预备党员资格"
        LEFT = "left", "转出本县"
        DIED = "died", "去世"

    row_key = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    member = models.ForeignKey(Member, verbose_name="申请人", on_delete=models.PROTECT, related_name="applications")
    branch = models.ForeignKey(Branch, verbose_name="党支部", on_delete=models.PROTECT, related_name="applications")
    applied_on = models.DateField("申请日期", help_text="申请书上写的日期")
    stage = models.CharField("阶段", max_length=10, choices=Stage, default=Stage.APPLICANT)
    step = models.CharField("已办到", max_length=24, default="apply", editable=False)
    stage_since_on = models.DateField("进入本阶段")
    extended_months = models.PositiveSmallIntegerField("预备期延长（月）", default=0)
    form_number = models.CharField("入党志愿书编号", max_length=40, blank=True)
    is_imported = models.BooleanField("中途接续", default=False)
    outcome = models.CharField("结果", max_length=10, choices=Outcome, blank=True)
    ended_on = models.DateField("办结日期", null=True, blank=True)
    end_reason = models.CharField("终止原因", max_length=200, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "发展党员档案"
        indexes = [models.Index(fields=["branch", "stage"], condition=Q(outcome=""), name="application_open")]
        constraints = [
            models.UniqueConstraint(
                "member", condition=Q(outcome=""), name="application_one_open_per_person",
                violation_error_message="这位同志已有一份没有办结的发展党员档案。",
            ),
            models.UniqueConstraint(
                "form_number", condition=~Q(form_number=""), name="application_form_number_once",
                violation_error_message="这个入党志愿书编号已经用过，请核对。",
            ),
            models.CheckConstraint(
                condition=Q(extended_months=0) | Q(extended_months__gte=6, extended_months__lte=12),
                name="application_extended_once_half_a_year_to_one",
                violation_error_message="预备期只能延长一次，不少于六个月、不超过一年。",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", ended_on=None) | (~Q(outcome="") & Q(ended_on__isnull=False)),
                name="application_ends_on_a_day",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "admitted"]) | ~Q(end_reason=""), name="application_ended_with_reason",
                violation_error_message="请写明终止的原因。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.member}的发展党员档案"

    def get_absolute_url(self):
        return reverse("recruitment:detail", args=[self.pk])

    def decisions(self):
        """What stands of the decisions about the probation, oldest first: the last is taken back first, and another
        admission begins anew."""
        rows, found = self.steps.filter(step__in=[*BESIDE, "committee_approval"]).order_by("pk"), []
        for row in rows.select_related("vote"):
            if row.step not in BESIDE:
                found = []
            elif row.is_undone:
                del found[-1:]
            else:
                found.append(row)
        return found


class OfApplicationQuerySet(ScopedQuerySet):
    branch_lookup = "application__branch"
    see = "recruit.see"


class ApplicationStay(models.Model):
    """In which branch a person was led on the road, from the first to the last day; the time counts on without a break."""

    application = models.ForeignKey(Application, verbose_name="档案", on_delete=models.PROTECT, related_name="stays")
    branch = models.ForeignKey(Branch, verbose_name="党支部", on_delete=models.PROTECT, related_name="+")
    started_on = models.DateField("起")
    ended_on = models.DateField("止", null=True, blank=True)
    number = models.CharField("转接依据", max_length=80, blank=True)

    objects = OfApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "培养所在支部"
        constraints = [
            ExclusionConstraint(
                name="applicationstay_one_at_a_time",
                expressions=[
                    (F("application"), RangeOperators.EQUAL),
                    (DateRange("started_on", "ended_on"), RangeOperators.OVERLAPS),
                ],
                violation_error_message="同一时间只能在一个支部培养。",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="applicationstay_ends_after_start", violation_error_message="止日不能早于起日。",
            ),
        ]  # fmt: skip


class Guide(models.Model):
    """Who looks after the person: 培养联系人 (one or two) or 入党介绍人 (two), formal members, from a day to a day."""

    class Role(models.TextChoices):
        MENTOR = "mentor", "培养联系人"
        SPONSOR = "sponsor", "入党介绍人"

    application = models.ForeignKey(Application, verbose_name="档案", on_delete=models.PROTECT, related_name="guides")
    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="guided")
    role = models.CharField("身份", max_length=8, choices=Role)
    started_on = models.DateField("起")
    ended_on = models.DateField("止", null=True, blank=True)
    words = models.CharField("说明", max_length=200, blank=True)  # who came in later; at first the step tells it
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = OfApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "培养联系人和入党介绍人"
        constraints = [
            models.UniqueConstraint(
                "application", "member", "role", condition=Q(ended_on=None), name="guide_once",
                violation_error_message="这位同志已经担任。",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")), name="guide_ends_after_start",
                violation_error_message="止日不能早于起日。",
            ),
        ]  # fmt: skip


class RoadStep(models.Model):
    """A step of the road as it was taken, or taken back. Rows are only added: a step that was wrong is taken back by a row."""

    application = models.ForeignKey(Application, verbose_name="档案", on_delete=models.PROTECT, related_name="steps")
    branch = models.ForeignKey(Branch, verbose_name="办理时所在支部", on_delete=models.PROTECT, related_name="+")
    step = models.CharField("步骤", max_length=24)
    on = models.DateField("办理日期")
    # Further days and what the step has to show, by the keys of the edition (recruitment/editions).
    data = models.JSONField("内容", default=dict, blank=True)
    words = models.TextField("情况说明", blank=True)
    is_undone = models.BooleanField("退回", default=False, help_text="这一行把这一步退回，由它而来的各步一并退回")
    is_imported = models.BooleanField("接续登记", default=False)
    explained = models.CharField("日期说明", max_length=200, blank=True)
    # A step that was taken back may be taken anew on the same vote.
    vote = models.ForeignKey(
        Vote, verbose_name="表决", null=True, blank=True, on_delete=models.PROTECT, related_name="road_steps"
    )
    enrolment = models.ForeignKey(
        Enrolment, verbose_name="培训", null=True, blank=True, on_delete=models.PROTECT, related_name="road_steps"
    )
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = OfApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "发展党员步骤"
        ordering = ["pk"]
        indexes = [models.Index(fields=["application", "step"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_undone=False) | ~Q(words=""), name="roadstep_undone_with_reason",
                violation_error_message="退回须写明原因。",
            )
        ]  # fmt: skip

    def __str__(self):
        label = BESIDE.get(self.step) or in_force(self.on).steps[self.step].label
        return f"{self.application.member}的发展党员步骤“{label}”"

    def get_absolute_url(self):
        return f"{self.application.get_absolute_url()}#step-{self.step}"

    @property
    def holds(self):
        """Whether the step stands: neither it nor what it rests on was taken back."""
        if self.step in BESIDE:
            return self in self.application.decisions()
        rows = self.application.steps.exclude(step__in=BESIDE).order_by("pk")
        acts = (Act(row.step, row.on, {"row": row.pk}, row.is_undone) for row in rows)
        found = standing(Case(tuple(acts)))
        return any(act.data["row"] == self.pk for act in found.get(self.step, ()))


class StepFile(models.Model):
    """A paper of the file as it was signed: scanned, or photographed."""

    application = models.ForeignKey(Application, verbose_name="档案", on_delete=models.PROTECT, related_name="files")
    step = models.CharField("步骤", max_length=24)
    document = models.CharField("材料", max_length=24)
    file = models.OneToOneField(StoredFile, verbose_name="文件", on_delete=models.PROTECT, related_name="road_file")
    created_by = models.ForeignKey("accounts.User", verbose_name="上传人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    removed_at = models.DateTimeField("撤下时间", null=True, blank=True)

    objects = OfApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "发展党员材料"
        ordering = ["pk"]

    def __str__(self):
        return self.file.name

    def get_absolute_url(self):
        return reverse("recruitment:file", args=[self.pk])
