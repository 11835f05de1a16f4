import uuid

from django.db import models
from django.db.models import F, Func, Q


class Differing(Func):
    """In how many of 64 bits two looks differ."""

    template = "bit_count((%(expressions)s)::bit(64))"
    arg_joiner = " # "
    output_field = models.BigIntegerField()


class StoredFileQuerySet(models.QuerySet):
    def clean(self):
        return self.filter(state=StoredFile.State.CLEAN)

    def looking_like(self, look, *, within=4):
        """Pictures that look like the one with this `look`, the likest first: a hint for a person, no proof.

        Handwritten pages look much alike; narrow the rows down first. `look` may be None: then there are none.
        """
        if look is None:
            return self.none()
        other = models.Value(look, output_field=models.BigIntegerField())
        found = self.filter(look__isnull=False).annotate(differing=Differing(F("look"), other))
        return found.filter(differing__lte=within).order_by("differing", "pk")


class StoredFile(models.Model):
    """A file made safe and kept sealed on disk.

    It has neither a URL nor a branch: the row that points to it serves it by its own route and policy.
    """

    class Kind(models.TextChoices):
        IMAGE = "image", "图片"
        PDF = "pdf", "PDF"
        WORD = "word", "Word 文档"
        SHEET = "sheet", "Excel 表格"

    class State(models.TextChoices):
        CLEAN = "clean", "可用"
        QUARANTINED = "quarantined", "待查毒"

    row_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField("文件名", max_length=120)
    kind = models.CharField("类型", max_length=10, choices=Kind)
    media_type = models.CharField("媒体类型", max_length=100)
    size = models.PositiveIntegerField("字节数")
    sha256 = models.CharField("摘要", max_length=64, help_text="所存内容（加密前）的 SHA-256")
    look = models.BigIntegerField("图像特征", null=True, blank=True, editable=False)
    width = models.PositiveIntegerField("宽（像素）", null=True, blank=True)
    height = models.PositiveIntegerField("高（像素）", null=True, blank=True)
    state = models.CharField("状态", max_length=12, choices=State, default=State.CLEAN)
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="上传人", on_delete=models.PROTECT, related_name="+")

    objects = StoredFileQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "文件"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["sha256"]),
            models.Index(fields=["state"], condition=Q(state="quarantined"), name="storedfile_waiting"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="image", width__isnull=False, width__gt=0, height__isnull=False, height__gt=0)
                | (~Q(kind="image") & Q(width=None, height=None, look=None)),
                name="storedfile_only_images_have_a_size",
                violation_error_message="图片须记录宽和高，其他文件没有宽和高。",
            ),
            models.CheckConstraint(
                condition=Q(size__gt=0), name="storedfile_not_empty", violation_error_message="文件是空的。"
            ),
            models.CheckConstraint(
                condition=Q(sha256__regex="^[0-9a-f]{64}$"),
                name="storedfile_digest",
                violation_error_message="文件摘要须为 64 位十六进制数。",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_image(self):
        return self.kind == self.Kind.IMAGE


class WordTemplate(models.Model):
    """A county's own Word form in place of ours, from a day on; without a file ours holds again."""

    key = models.CharField("表样", max_length=80)
    from_on = models.DateField("启用日期")
    file = models.OneToOneField(
        StoredFile, verbose_name="文件", null=True, blank=True, on_delete=models.PROTECT, related_name="word_template"
    )
    note = models.CharField("说明", max_length=100, blank=True, help_text="如 按县委组织部 2026 年样表")
    created_by = models.ForeignKey("accounts.User", verbose_name="上传人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("上传时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "Word 表样"
        ordering = ["-from_on", "-pk"]
        indexes = [models.Index(fields=["key", "from_on"])]

    def __str__(self):
        return self.key
