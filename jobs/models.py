import uuid

from django.db import models
from django.db.models import Q


class BatchQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Imports are shown only through pages that ask for the verb `import.run`; each sees the own ones."""
        return self.filter(created_by=user)


class Batch(models.Model):
    """One workbook on its way in: uploaded and planned, then committed as a whole. The file itself is kept sealed."""

    class State(models.TextChoices):
        PLANNED = "planned", "已预检"
        COMMITTED = "committed", "已导入"

    kind = models.CharField("导入内容", max_length=30)
    file_name = models.CharField("文件名", max_length=200)
    state = models.CharField("状态", max_length=12, choices=State, default=State.PLANNED)
    row_key = models.UUIDField(default=uuid.uuid4, editable=False)
    content = models.BinaryField("原表（加密）", null=True, editable=False)
    plan_hash = models.CharField("预检摘要", max_length=64)
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="上传人", on_delete=models.PROTECT, related_name="+")
    committed_at = models.DateTimeField("导入时间", null=True, blank=True)
    added = models.PositiveIntegerField("新增", default=0)
    changed = models.PositiveIntegerField("更新", default=0)
    skipped = models.PositiveIntegerField("未导入", default=0)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "导入批次"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="planned", committed_at__isnull=True)
                | Q(state="committed", committed_at__isnull=False),
                name="batch_committed_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="planned") | Q(content__isnull=True), name="batch_committed_keeps_no_file"
            ),
        ]

    def __str__(self):
        return self.file_name
