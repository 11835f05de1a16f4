import uuid

from django.db import models
from django.db.models import Q


class OwnQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Everybody sees the own ones, whatever the post."""
        return self.filter(created_by=user)


class JobQuerySet(OwnQuerySet):
    def open(self):
        return self.filter(state__in=Job.OPEN)


class Job(models.Model):
    """One piece of long work that somebody asked for: it goes on by itself, says how far it is, and can be cancelled."""

    class State(models.TextChoices):
        WAITING = "waiting", "排队中"
        RUNNING = "running", "办理中"
        DONE = "done", "已办完"
        FAILED = "failed", "没有办成"
        CANCELLED = "cancelled", "已取消"

    OPEN = (State.WAITING, State.RUNNING)

    kind = models.CharField("工作", max_length=40)
    args = models.JSONField("内容", default=dict, blank=True, help_text="只放编号和代码，不放姓名、号码")
    state = models.CharField("状态", max_length=10, choices=State, default=State.WAITING)
    done = models.PositiveIntegerField("已办", default=0)
    total = models.PositiveIntegerField("共", default=0)
    note = models.CharField("进展", max_length=100, blank=True)
    error = models.TextField("没有办成的原因", blank=True)
    result = models.JSONField("结果", default=dict, blank=True)
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    created_by = models.ForeignKey("accounts.User", verbose_name="申请人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("申请时间", auto_now_add=True)
    started_at = models.DateTimeField("开始时间", null=True, blank=True)
    finished_at = models.DateTimeField("办完时间", null=True, blank=True)
    stop_asked_at = models.DateTimeField("要求取消的时间", null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "后台工作"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                "created_by", "kind", condition=Q(state__in=("waiting", "running")), name="job_one_of_a_kind",
                violation_error_message="同样的工作您还有一件没有办完，请等它办完，或先取消。",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("waiting", "running"), finished_at__isnull=True)
                | Q(state__in=("done", "failed", "cancelled"), finished_at__isnull=False),
                name="job_finished_has_a_time",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["id"], condition=Q(state__in=("waiting", "running")), name="job_open")]

    def __str__(self):
        return f"{self.kind} {self.pk}"

    @property
    def is_open(self):
        return self.state in self.OPEN


class Output(models.Model):
    """The file that a job made, sealed; its owner fetches it from the job's page."""

    job = models.OneToOneField(Job, verbose_name="后台工作", on_delete=models.PROTECT, related_name="output")
    row_key = models.UUIDField(default=uuid.uuid4, editable=False)
    name = models.CharField("文件名", max_length=120)
    content = models.BinaryField("文件（加密）", editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "办理结果文件"

    def __str__(self):
        return self.name


class Layout(models.Model):
    """What the columns of a header row mean, as somebody said once: the same header is never asked about again."""

    kind = models.CharField("导入内容", max_length=30)
    signature = models.CharField("表头摘要", max_length=64)
    columns = models.JSONField("列的对应", help_text="按表头顺序：列名和对应的栏目，不导入的为空")
    created_by = models.ForeignKey("accounts.User", verbose_name="设定人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("设定时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "表头对应"
        constraints = [models.UniqueConstraint("kind", "signature", name="layout_once")]


class Batch(models.Model):
    """One workbook on its way in: uploaded, its columns told, planned, then committed as a whole, and undone as a whole.

    The file, the report of the plan and the trail of what was written are kept sealed, for as long as a rule says.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", "待预检"
        MAPPING = "mapping", "待对应列"
        PLANNED = "planned", "已预检"
        COMMITTED = "committed", "已导入"
        UNDONE = "undone", "已撤销"

    BEFORE = (State.UPLOADED, State.MAPPING, State.PLANNED)

    kind = models.CharField("导入内容", max_length=30)
    file_name = models.CharField("文件名", max_length=200)
    state = models.CharField("状态", max_length=12, choices=State, default=State.UPLOADED)
    row_key = models.UUIDField(default=uuid.uuid4, editable=False)
    size = models.PositiveIntegerField("字节数", default=0)
    content = models.BinaryField("原表（加密）", null=True, editable=False)
    report = models.BinaryField("预检结果（加密）", null=True, editable=False)
    trail = models.BinaryField("写入记录（加密）", null=True, editable=False)
    plan_hash = models.CharField("预检摘要", max_length=64, blank=True)
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="上传人", on_delete=models.PROTECT, related_name="+")
    committed_at = models.DateTimeField("导入时间", null=True, blank=True)
    undone_at = models.DateTimeField("撤销时间", null=True, blank=True)
    added = models.PositiveIntegerField("新增", default=0)
    changed = models.PositiveIntegerField("更新", default=0)
    unchanged = models.PositiveIntegerField("不变", default=0)
    skipped = models.PositiveIntegerField("未导入", default=0)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "导入批次"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("uploaded", "mapping", "planned"), committed_at__isnull=True)
                | Q(state__in=("committed", "undone"), committed_at__isnull=False),
                name="batch_committed_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="undone", undone_at__isnull=False) | ~Q(state="undone") & Q(undone_at__isnull=True),
                name="batch_undone_has_a_time",
            ),
        ]

    def __str__(self):
        return self.file_name
