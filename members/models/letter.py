from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Versioned
from branches.models import Branch, ScopedQuerySet
from files.models import StoredFile
from members.models.person import Member


class ResponsibilityLetterQuerySet(ScopedQuerySet):
    see = "letter.see"


class ResponsibilityLetter(Versioned):
    """A 责任书 as signed for a year: between an organisation and its superior, or between a member and the branch.

    Only what was signed is kept; who has not yet is what is owed less what stands here.
    """

    class Kind(models.TextChoices):
        GOAL = "goal", "党建工作目标责任书"
        MEMBER = "member", "学校党员目标管理责任书"
        INTEGRITY = "integrity", "党风廉政建设责任书"

    kind = models.CharField("种类", max_length=10, choices=Kind)
    year = models.PositiveSmallIntegerField("年度")
    branch = models.ForeignKey(
        Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="responsibility_letters"
    )
    member = models.ForeignKey(
        Member, verbose_name="签订人", null=True, blank=True, on_delete=models.PROTECT,
        related_name="responsibility_letters",
    )  # fmt: skip
    signer = models.CharField("签字人", max_length=50, help_text="党组织的由书记签，党员的由本人签")
    counter_signer = models.CharField("对方签字人", max_length=50, help_text="上级党组织或支部的负责人")
    signed_on = models.DateField("签订日期")
    number = models.CharField("依据文号", max_length=80, blank=True)
    file = models.OneToOneField(
        StoredFile, verbose_name="扫描件", null=True, blank=True, on_delete=models.PROTECT, related_name="letter"
    )
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = ResponsibilityLetterQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "责任书"
        ordering = ["-year", "kind", "branch", "pk"]
        constraints = [
            models.UniqueConstraint(
                "kind", "year", "branch", condition=Q(member=None), name="responsibilityletter_one_per_branch",
                violation_error_message="这个党组织本年度的这种责任书已经登记。",
            ),
            models.UniqueConstraint(
                "kind", "year", "member", condition=Q(member__isnull=False), name="responsibilityletter_one_per_member",
                violation_error_message="这位同志本年度的这种责任书已经登记。",
            ),
            models.CheckConstraint(
                condition=Q(kind="goal", member=None) | Q(kind__in=["member", "integrity"], member__isnull=False),
                name="responsibilityletter_of_branch_or_member",
                violation_error_message="目标责任书由党组织签，另两种由党员本人签。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.year} 年{self.get_kind_display()}"

    def get_absolute_url(self):
        return reverse("members:letter", args=[self.pk])
