"""What is done beside the steps: 公示, 政审联审, and the plan of a year."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Versioned
from branches.models import Branch, ScopedQuerySet
from recruitment.models.application import Application, OfApplicationQuerySet


class Publicity(Versioned):
    """A public notice (公示) about one person, from its first to its last day, both counted in working days."""

    class Matter(models.TextChoices):
        PROSPECT = "confirm_prospect", "确定发展对象"
        ADMISSION = "branch_vote", "接收预备党员"
        CONVERSION = "conversion_vote", "预备党员转正"

    application = models.ForeignKey(
        Application, verbose_name="档案", on_delete=models.PROTECT, related_name="publicities"
    )
    matter = models.CharField("公示事项", max_length=24, choices=Matter)
    started_on = models.DateField("公示开始")
    ended_on = models.DateField("公示结束")
    place = models.CharField("公示地点", max_length=100)
    objections = models.PositiveSmallIntegerField("收到反映（件）", null=True, blank=True)
    settled = models.CharField("调查核实结论", max_length=200, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = OfApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "发展党员公示"
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on__gte=F("started_on")), name="publicity_ends_after_start",
                violation_error_message="公示结束不能早于公示开始。",
            ),
            models.CheckConstraint(
                condition=Q(objections=None) | Q(objections=0) | ~Q(settled=""), name="publicity_objections_are_settled",
                violation_error_message="收到反映的，须写明调查核实的结论。",
            ),
        ]  # fmt: skip


class DepartmentReplyQuerySet(OfApplicationQuerySet):
    see = "review.see"


class DepartmentReply(Versioned):
    """What one department answered in the joint political review (政审联审): conclusions alone, for few eyes."""

    class Conclusion(models.TextChoices):
        CLEAR = "clear", "未发现问题"
        DOUBT = "doubt", "有问题，需核实"
        UNFIT = "unfit", "不宜发展"

    application = models.ForeignKey(Application, verbose_name="档案", on_delete=models.PROTECT, related_name="replies")
    department = models.CharField("部门", max_length=40)
    asked_on = models.DateField("发函日期")
    due_on = models.DateField("回复期限")
    replied_on = models.DateField("回复日期", null=True, blank=True)
    conclusion = models.CharField("结论", max_length=8, choices=Conclusion, blank=True)
    number = models.CharField("文号", max_length=80, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = DepartmentReplyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "政审联审回复"
        constraints = [
            models.UniqueConstraint(
                "application", "department", "asked_on", name="departmentreply_once",
                violation_error_message="这一天已经向这个部门发过函。",
            ),
            models.CheckConstraint(
                condition=Q(replied_on=None, conclusion="") | (Q(replied_on__gte=F("asked_on")) & ~Q(conclusion="")),
                name="departmentreply_replied_with_conclusion",
                violation_error_message="回复须有日期和结论，日期不早于发函。",
            ),
        ]  # fmt: skip


class RecruitmentQuotaQuerySet(ScopedQuerySet):
    see = "recruit.see"


class RecruitmentQuota(Versioned):
    """What a 党委 planned for a year and was given. A limit, never a target: nobody is urged to fill it."""

    branch = models.ForeignKey(Branch, verbose_name="党委", on_delete=models.PROTECT, related_name="recruitment_quotas")
    year = models.PositiveSmallIntegerField("年度")
    planned = models.PositiveSmallIntegerField("上报计划（人）", default=0)
    places = models.PositiveSmallIntegerField("下达名额（人）", null=True, blank=True)
    backbone_share = models.PositiveSmallIntegerField("业务骨干占比要求（%）", null=True, blank=True)
    number = models.CharField("依据文号", max_length=80, blank=True)
    issued_on = models.DateField("下达日期", null=True, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = RecruitmentQuotaQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "发展党员计划"
        ordering = ["-year", "branch"]
        constraints = [
            models.UniqueConstraint(
                "branch", "year", name="recruitmentquota_once", violation_error_message="这个党委本年度的计划已经登记。"
            ),
            models.CheckConstraint(
                condition=Q(places=None, issued_on=None) | Q(places__isnull=False, issued_on__isnull=False),
                name="recruitmentquota_issued_on_a_day", violation_error_message="下达名额须填下达日期。",
            ),
            models.CheckConstraint(
                condition=Q(backbone_share=None) | Q(backbone_share__lte=100), name="recruitmentquota_share_is_percent",
                violation_error_message="占比应为 0 至 100。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.year} 年发展党员计划"
