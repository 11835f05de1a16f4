"""Question bank and exams."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Versioned
from branches.models import Branch, ScopedQuerySet
from training.models.course import OfClassQuerySet, TrainingClass
from training.models.roll import Enrolment, OfEnrolmentQuerySet


class QuestionQuerySet(ScopedQuerySet):
    see = "training.run"


class Question(Versioned):
    """A question of the bank, filed under the document that it asks about."""

    class Kind(models.TextChoices):
        SINGLE = "single", "单选"
        MULTIPLE = "multiple", "多选"
        JUDGE = "judge", "判断"

    branch = models.ForeignKey(Branch, verbose_name="建库党组织", on_delete=models.PROTECT, related_name="+")
    document = models.CharField("出自文件", max_length=30, help_text="rulebook training.documents 的键")
    article = models.CharField("条款", max_length=40, blank=True, help_text="如 第六条")
    kind = models.CharField("题型", max_length=8, choices=Kind)
    text = models.CharField("题目", max_length=400)
    options = ArrayField(models.CharField(max_length=200), verbose_name="选项")
    answer = ArrayField(models.PositiveSmallIntegerField(), verbose_name="答案", help_text="选项的序号，从 0 起")
    explanation = models.CharField("解析", max_length=400, blank=True)
    is_retired = models.BooleanField("停用", default=False)
    created_by = models.ForeignKey("accounts.User", verbose_name="出题人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("出题时间", auto_now_add=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "题目"
        ordering = ["document", "pk"]
        indexes = [models.Index(fields=["branch", "document"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(options__len__gte=2, answer__len__gte=1)
                & (Q(kind="multiple") | Q(answer__len=1)),
                name="question_has_options_and_answer",
                violation_error_message="至少两个选项；单选、判断有且只有一个答案。",
            )
        ]  # fmt: skip

    def __str__(self):
        return self.text

    def get_absolute_url(self):
        return reverse("training:question", args=[self.pk])


class Exam(Versioned):
    """An exam of a class, on screen or on paper."""

    class State(models.TextChoices):
        DRAFT = "draft", "组卷"
        OPEN = "open", "考试中"
        CLOSED = "closed", "已结束"

    training_class = models.ForeignKey(
        TrainingClass, verbose_name="班次", on_delete=models.PROTECT, related_name="exams"
    )
    title = models.CharField("试卷名称", max_length=120)
    minutes = models.PositiveSmallIntegerField("时长（分钟）", default=60)
    pass_points = models.DecimalField("合格线", max_digits=5, decimal_places=1)
    state = models.CharField("状态", max_length=8, choices=State, default=State.DRAFT)
    created_by = models.ForeignKey("accounts.User", verbose_name="组卷人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("组卷时间", auto_now_add=True)
    closed_at = models.DateTimeField("结束时间", null=True, blank=True)

    objects = OfClassQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "考试"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(minutes__gte=5, minutes__lte=300), name="exam_of_some_minutes",
                violation_error_message="考试时长须在 5 至 300 分钟之间。",
            ),
            models.CheckConstraint(
                condition=Q(pass_points__gt=0), name="exam_pass_points_above_nothing",
                violation_error_message="合格线须大于 0。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("training:exam", args=[self.pk])


class ExamQuestion(models.Model):
    """A question on a paper, in order, with its points."""

    exam = models.ForeignKey(Exam, verbose_name="考试", on_delete=models.PROTECT, related_name="lines")
    question = models.ForeignKey(Question, verbose_name="题目", on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField("次序")
    points = models.DecimalField("分值", max_digits=4, decimal_places=1)

    class Meta:
        verbose_name = verbose_name_plural = "试题"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint("exam", "position", name="examquestion_one_per_position"),
            models.UniqueConstraint(
                "exam", "question", name="examquestion_once", violation_error_message="试卷上已有这道题。"
            ),
            models.CheckConstraint(condition=Q(points__gt=0), name="examquestion_worth_something"),
        ]


class ExamResult(models.Model):
    """One person's answers and points. Begun on screen: without points until handed in."""

    exam = models.ForeignKey(Exam, verbose_name="考试", on_delete=models.PROTECT, related_name="results")
    enrolment = models.ForeignKey(Enrolment, verbose_name="学员", on_delete=models.PROTECT, related_name="results")
    answers = models.JSONField("答案", default=dict, editable=False)
    points = models.DecimalField("得分", max_digits=5, decimal_places=1, null=True, blank=True)
    started_at = models.DateTimeField("开始时间", null=True, blank=True)
    submitted_at = models.DateTimeField("交卷时间", null=True, blank=True)
    entered_by = models.ForeignKey(
        "accounts.User", verbose_name="登分人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField("登分时间", null=True, blank=True)

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "考试成绩"
        constraints = [
            models.UniqueConstraint("exam", "enrolment", name="examresult_once"),
            models.CheckConstraint(
                condition=Q(points=None) | Q(points__gte=0), name="examresult_points_not_below_nothing",
                violation_error_message="得分不能小于 0。",
            ),
            models.CheckConstraint(
                condition=Q(submitted_at=None) | Q(submitted_at__gte=F("started_at")), name="examresult_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(entered_by=None, entered_at=None, started_at__isnull=False)
                | Q(entered_by__isnull=False, entered_at__isnull=False, points__isnull=False),
                name="examresult_by_person_or_by_hand",
            ),
        ]  # fmt: skip
