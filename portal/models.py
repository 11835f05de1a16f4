from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Versioned
from branches import rights
from branches.models import Branch, ScopedQuerySet, within
from files.models import StoredFile
from files.secrecy import refuse_marked


class ExportDefinitionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, and those shared with the organisations in which one may export."""
        places = [path for path, _ in rights.places(user, "export.run")]
        return self.filter(Q(created_by=user) | Q(branch__path__in=places))


class ExportDefinition(models.Model):
    """Columns of a list chosen once and kept under a name; with `branch` for all who may export there."""

    name = models.CharField("名称", max_length=40)
    listing = models.CharField("名册", max_length=20)
    columns = models.JSONField("栏目")
    branch = models.ForeignKey(
        Branch, verbose_name="共用的党组织", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_by = models.ForeignKey("accounts.User", verbose_name="保存人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("保存时间", auto_now_add=True)

    objects = ExportDefinitionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "导出栏目"
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                "created_by", "listing", "name", name="exportdefinition_one_per_name",
                violation_error_message="您已有同名的栏目，请换一个名称。",
            )
        ]  # fmt: skip

    def __str__(self):
        return self.name


class ExportQuerySet(models.QuerySet):
    def visible_to(self, user, *, verb="export.approve"):
        """One's own; whoever decides sees those asked for in the organisations in scope."""
        return self.filter(Q(created_by=user) | within(rights.places(user, verb), "branch__path"))

    def waiting_for(self, user):
        """What somebody else asked for and this person may decide."""
        asked = self.filter(within(rights.places(user, "export.approve"), "branch__path"), state=Export.State.ASKED)
        return asked.exclude(created_by=user)


class Export(models.Model):
    """One list that left, or asks to leave, the portal: who, what, what for, and what became of the file.

    `branch` is the organisation for which it is made; `clear` are the classified columns shown in clear.
    """

    class State(models.TextChoices):
        ASKED = "asked", "待审批"
        REFUSED = "refused", "未批准"
        MAKING = "making", "生成中"
        READY = "ready", "可下载"
        FAILED = "failed", "没有生成"
        GONE = "gone", "已删除"

    class Kind(models.TextChoices):
        XLSX = "xlsx", "Excel 工作簿"
        CSV = "csv", "CSV 文本"

    listing = models.CharField("名册", max_length=20)
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="+")
    asked = models.CharField("筛选", max_length=500, blank=True, help_text="名册页网址里的筛选条件")
    scope = models.CharField("范围", max_length=200, blank=True)
    columns = models.JSONField("栏目")
    clear = models.JSONField("不遮盖的栏目", default=list, blank=True)
    kind = models.CharField("格式", max_length=4, choices=Kind, default=Kind.XLSX)
    purpose = models.CharField(
        "用途", max_length=100, help_text="写清给谁、做什么用，会印在表上",
        validators=[MinLengthValidator(4, "请写清用途，至少 4 个字。"), refuse_marked],
    )  # fmt: skip
    count = models.PositiveIntegerField("行数", default=0)
    state = models.CharField("状态", max_length=8, choices=State)
    created_by = models.ForeignKey("accounts.User", verbose_name="导出人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("申请时间", auto_now_add=True)
    decided_by = models.ForeignKey(
        "accounts.User", verbose_name="审批人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField("审批时间", null=True, blank=True)
    answer = models.CharField("审批意见", max_length=100, blank=True)
    job_key = models.BigIntegerField("后台工作编号", null=True, blank=True)  # finished jobs are forgotten sooner
    made_at = models.DateTimeField("生成时间", null=True, blank=True)
    file = models.OneToOneField(
        StoredFile, verbose_name="文件", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sha256 = models.CharField("文件摘要", max_length=64, blank=True)
    row_hash = models.CharField("行摘要", max_length=64, blank=True, help_text="各行编号依次的 SHA-256")

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "名册导出"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["created_by", "created_at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None, decided_at=None) | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="export_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("created_by")), name="export_decided_by_another",
                violation_error_message="自己申请的导出要由另一位同志审批。",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(answer=""), name="export_refused_says_why",
                violation_error_message="不同意的要写明原因。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.serial

    def get_absolute_url(self):
        return reverse("portal:export", args=[self.pk])

    @property
    def serial(self):
        """The number that stands on every sheet, by which a file found somewhere is traced."""
        return f"DC{timezone.localtime(self.created_at):%Y%m%d}-{self.pk:05d}"


class SavedReportQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(created_by=user.pk)


class SavedReport(models.Model):
    """What somebody asked a report, kept under a name to be asked again. It holds no data: it runs anew each time."""

    name = models.CharField("名称", max_length=40, validators=[refuse_marked])
    report = models.CharField("报表", max_length=30)
    asked = models.JSONField("条件", default=dict, blank=True, help_text="年度、截止日、党组织编号等")
    created_by = models.ForeignKey("accounts.User", verbose_name="保存人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("保存时间", auto_now_add=True)

    objects = SavedReportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "存好的报表"
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                "created_by", "name", name="savedreport_one_per_name",
                violation_error_message="您已有同名的存好的报表，请换一个名称。",
            )
        ]  # fmt: skip

    def __str__(self):
        return self.name


class MaintenanceRunQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self if rights.may(user, "status.see") else self.none()

    def good(self):
        return self.filter(is_good=True)


class MaintenanceRun(models.Model):
    """One backup or restore drill: when, whether it came through, and its figures. It holds nothing of what was saved."""

    class Kind(models.TextChoices):
        BACKUP = "backup", "备份"
        DRILL = "drill", "恢复演练"

    kind = models.CharField("种类", max_length=10, choices=Kind)
    started_at = models.DateTimeField("开始时间")
    finished_at = models.DateTimeField("结束时间")
    is_good = models.BooleanField("是否成功")
    reason = models.CharField("失败原因", max_length=300, blank=True)
    detail = models.JSONField("数字", default=dict, blank=True)

    objects = MaintenanceRunQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "备份和演练"
        ordering = ["-finished_at", "-pk"]
        indexes = [models.Index(fields=["kind", "finished_at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_good=True, reason="") | (Q(is_good=False) & ~Q(reason="")),
                name="maintenancerun_failed_says_why", violation_error_message="没有成功的要写明原因。",
            )
        ]  # fmt: skip

    def __str__(self):
        return f"{self.get_kind_display()} {timezone.localtime(self.finished_at):%Y-%m-%d %H:%M}"


class CopiedQuerySet(ScopedQuerySet):
    see = "copying.mark"


class Copied(models.Model):
    """A record that somebody entered into a platform of the higher levels too, as it read then (`digest` of the text)."""

    system = models.CharField("平台", max_length=20)
    label = models.CharField("记录类型", max_length=60)
    object_id = models.BigIntegerField("记录编号")
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="+")
    digest = models.CharField("文字摘要", max_length=16)
    created_by = models.ForeignKey("accounts.User", verbose_name="录入人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("录入时间", auto_now_add=True)

    objects = CopiedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "已录入上级平台"
        constraints = [models.UniqueConstraint("system", "label", "object_id", name="copied_once")]


class PackQuerySet(ScopedQuerySet):
    see = "pack.run"


class Pack(Versioned):
    """迎检资料包: what an inspection wants to see of an organisation in a stretch of time, as a list of titles."""

    branch = models.ForeignKey(Branch, verbose_name="迎检党组织", on_delete=models.PROTECT, related_name="packs")
    title = models.CharField("名称", max_length=80, validators=[refuse_marked])
    starts_on = models.DateField("起")
    ends_on = models.DateField("止")
    created_by = models.ForeignKey("accounts.User", verbose_name="编制人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("编制时间", auto_now_add=True)

    objects = PackQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "迎检资料包"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=models.F("starts_on")), name="pack_ends_after_start",
                violation_error_message="止日不能早于起日。",
            )
        ]  # fmt: skip

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("portal:pack", args=[self.pk])


class PackItemQuerySet(ScopedQuerySet):
    branch_lookup = "pack__branch"
    see = "pack.run"


class PackItem(models.Model):
    """One title of a pack: the records of one kind (`portal.evidence`), or a paper that only exists outside the portal."""

    pack = models.ForeignKey(Pack, verbose_name="资料包", on_delete=models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField("次序")
    title = models.CharField("题名", max_length=80, validators=[refuse_marked])
    kind = models.CharField("取自", max_length=40)
    file = models.OneToOneField(
        StoredFile, verbose_name="上传的材料", null=True, blank=True, on_delete=models.PROTECT, related_name="pack_item"
    )

    objects = PackItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "资料包目录"
        ordering = ["pack", "position", "pk"]

    def __str__(self):
        return self.title
