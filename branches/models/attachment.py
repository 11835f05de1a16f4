from django.db import models
from django.db.models import Q
from django.urls import reverse

from branches import rights
from branches.models.dossier import Governance, SevenOnes, Title
from branches.models.inspection import Inspection
from branches.models.organisation import Branch, within
from branches.models.rectification import Rectification
from branches.models.screening import Screening
from branches.models.weak import WeakCase
from files.models import StoredFile


class AttachmentQuerySet(models.QuerySet):
    def visible_to(self, user, *, verb=None):
        """What hangs on a row that `user` may see; with a `verb`, on a row of the matter that the verb belongs to."""
        found = Q(pk__in=[])
        for name, (model, see, act) in OWNERS.items():
            if verb in (None, see):
                found |= Q(**{f"{name}__in": model.objects.visible_to(user)})
            elif verb == act:
                found |= Q(**{f"{name}__isnull": False}) & within(rights.places(user, act), "branch__path")
        return self.filter(found)


class Attachment(models.Model):
    """A paper or a picture that proves something of a branch: hangs on exactly one row, whose rights are its own."""

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="+")
    file = models.OneToOneField(StoredFile, verbose_name="文件", on_delete=models.PROTECT, related_name="attachment")
    rectification = models.ForeignKey(
        Rectification,
        verbose_name="整改事项",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="attachments",
    )
    screening = models.ForeignKey(
        Screening, verbose_name="研判", null=True, blank=True, on_delete=models.PROTECT, related_name="attachments"
    )
    weak_case = models.ForeignKey(
        WeakCase, verbose_name="整顿", null=True, blank=True, on_delete=models.PROTECT, related_name="attachments"
    )
    inspection = models.ForeignKey(
        Inspection, verbose_name="督导检查", null=True, blank=True, on_delete=models.PROTECT, related_name="attachments"
    )
    title = models.ForeignKey(
        Title, verbose_name="称号", null=True, blank=True, on_delete=models.PROTECT, related_name="attachments"
    )
    governance = models.ForeignKey(
        Governance, verbose_name="领导体制", null=True, blank=True, on_delete=models.PROTECT, related_name="attachments"
    )
    seven_ones = models.ForeignKey(
        SevenOnes, verbose_name="七个一", null=True, blank=True, on_delete=models.PROTECT, related_name="attachments"
    )
    created_by = models.ForeignKey("accounts.User", verbose_name="上传人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("上传时间", auto_now_add=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "佐证材料"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    models.lookups.Exact(
                        models.Func(
                            "rectification", "screening", "weak_case", "inspection", "title", "governance", "seven_ones",
                            function="num_nonnulls", output_field=models.IntegerField(),
                        ),
                        1,
                    )
                ),
                name="attachment_hangs_on_one_row",
            )
        ]  # fmt: skip

    def __str__(self):
        return self.file.name

    def get_absolute_url(self):
        return reverse("branches:file", args=[self.pk])

    @property
    def owner(self):
        return next(getattr(self, name) for name in OWNERS if getattr(self, f"{name}_id"))


OWNERS = {  # field → (model, the verb that sees it, the verb that adds to it and takes from it)
    "rectification": (Rectification, "rectify.see", "rectify.do"),
    "screening": (Screening, "screening.see", "screening.judge"),
    "weak_case": (WeakCase, "weak.see", "weak.do"),
    "inspection": (Inspection, "inspection.see", "inspection.run"),
    "title": (Title, "file.see", "file.edit"),
    "governance": (Governance, "file.see", "file.edit"),
    "seven_ones": (SevenOnes, "file.see", "file.edit"),
}
