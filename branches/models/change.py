from django.db import models
from django.db.models import Q

from branches.models.organisation import Branch, ScopedQuerySet


class OrgChangeQuerySet(ScopedQuerySet):
    def names_on(self, day):
        """branch id → its name on that day, of those renamed since. One query."""
        return self._before(OrgChange.Kind.RENAMED, day)

    def kinds_on(self, day):
        """branch id → its kind on that day, of those upgraded since. One query."""
        return self._before(OrgChange.Kind.UPGRADED, day)

    def _before(self, kind, day):
        rows = self.filter(kind=kind, on__gt=day).order_by("branch", "on").distinct("branch")
        return dict(rows.values_list("branch", "before"))


class OrgChange(models.Model):
    """A dated act on an organisation, with the number of the paper that approved it: what "优化调整 X 个" counts.

    Merging and splitting also leave a `Succession`; here stands that, why and by which paper it was done. For 升格 `before` and
    `after` hold the codes of `Branch.Kind`, for a day is looked at by them; a page shows `from_words` and `to_words`.
    """

    class Kind(models.TextChoices):
        FOUNDED = "founded", "成立"
        RENAMED = "renamed", "更名"
        UPGRADED = "upgraded", "升格"
        OVERSIZED = "oversized", "化解大党支部"
        MERGED = "merged", "合并"
        SPLIT = "split", "拆分"
        MOVED = "moved", "划转隶属"
        DISSOLVED = "dissolved", "撤销"

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField("方式", max_length=10, choices=Kind)
    on = models.DateField("生效日期")
    number = models.CharField("批准文号", max_length=80)
    reason = models.CharField("原因", max_length=200, blank=True)
    before = models.CharField("变动前", max_length=100, blank=True, help_text="原名称、原类别或原隶属")
    after = models.CharField("变动后", max_length=100, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = OrgChangeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "组织设置变动"
        ordering = ["-on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "branch", "kind", "on", name="orgchange_once",
                violation_error_message="这一天的这项变动已经登记过。",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["renamed", "upgraded"]) | ~Q(before="") & ~Q(after=""),
                name="orgchange_says_from_what_to_what", violation_error_message="请写明变动前、后的名称或类别。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.branch}{self.get_kind_display()}"

    def get_absolute_url(self):
        return self.branch.get_absolute_url()

    @property
    def from_words(self):
        return self._words(self.before)

    @property
    def to_words(self):
        return self._words(self.after)

    def _words(self, text):
        return dict(Branch.Kind.choices).get(text, text) if self.kind == self.Kind.UPGRADED else text
