from django.db import models
from django.db.models import F, Q


class CatalogueQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Names of things, open to everybody who is signed in."""
        return self if user.is_authenticated else self.none()

    def of(self, catalogue, year):
        """The entries in force in a year, in the county's order."""
        found = self.filter(catalogue=catalogue, from_year__lte=year).exclude(until_year__lt=year)
        return found.order_by("order", "pk")


class CatalogueEntry(models.Model):
    """One entry of a list that the county words for itself and changes from year to year; entries in use stay."""

    class Catalogue(models.TextChoices):
        WEAK_REASON = "weak_reason", "软弱涣散认定情形"
        FOUR_ONES = "four_ones", "四个一整顿措施"
        TITLE = "title", "称号和主题创建"
        SEVEN_ONES = "seven_ones", "七个一"

    catalogue = models.CharField("目录", max_length=12, choices=Catalogue)
    label = models.CharField("名称", max_length=100)
    note = models.CharField("说明", max_length=300, blank=True)
    source = models.CharField("依据（文号）", max_length=120, help_text="还没有文件的，写“示例”")
    order = models.PositiveSmallIntegerField("次序", default=0)
    from_year = models.PositiveSmallIntegerField("自哪年起")
    until_year = models.PositiveSmallIntegerField("到哪年止", null=True, blank=True)
    is_extra = models.BooleanField("附加项", default=False, help_text="列出但不计入“几个一”的项")
    levels = models.CharField("级别", max_length=60, blank=True, help_text="如 省级、市级、县级；不分级的不填")
    due = models.CharField("每年截止", max_length=5, blank=True, help_text="月-日，如 09-30；不限的不填")

    objects = CatalogueQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "名目"
        ordering = ["catalogue", "order", "pk"]
        constraints = [
            models.UniqueConstraint(
                "catalogue", "label", condition=Q(until_year=None), name="catalogueentry_one_per_label",
                violation_error_message="这个目录里已有同名的一项。",
            ),
            models.CheckConstraint(
                condition=Q(until_year=None) | Q(until_year__gte=F("from_year")), name="catalogueentry_years_in_order",
                violation_error_message="停用年份不能早于启用年份。",
            ),
            models.CheckConstraint(
                condition=Q(due="") | Q(due__regex=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"),
                name="catalogueentry_due_is_a_day", violation_error_message="每年截止写成 月-日，如 09-30。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.label
