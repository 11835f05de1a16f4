from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Versioned
from branches import rights


class SchemeQuerySet(models.QuerySet):
    def visible_to(self, user, *, verb="scheme.see"):
        """Everybody sees what was published; a draft only who writes it."""
        if rights.may(user, "scheme.edit"):
            return self
        return self.exclude(state="draft") if verb == "scheme.see" and rights.may(user, verb) else self.none()


class Scheme(Versioned):
    """The grading scheme of a year and a kind of organisation: drafted on a page, frozen by publishing, closed with the year.

    A published one is never changed: until the year's round opens another may be published, which supersedes it.
    """

    class Kind(models.TextChoices):
        BRANCH = "branch", "党支部"
        COMMITTEE = "committee", "党委、党总支"

    class State(models.TextChoices):
        DRAFT = "draft", "起草中"
        PUBLISHED = "published", "已发布"
        SUPERSEDED = "superseded", "已由新方案替代"
        CLOSED = "closed", "已结束"

    year = models.PositiveSmallIntegerField("年度")
    kind = models.CharField("对象", max_length=12, choices=Kind, default=Kind.BRANCH)
    title = models.CharField("名称", max_length=100)
    content = models.JSONField("内容")
    state = models.CharField("状态", max_length=12, choices=State, default=State.DRAFT)
    number = models.CharField("文号", max_length=80, blank=True)
    created_by = models.ForeignKey(
        "accounts.User", verbose_name="起草人", null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("起草时间", auto_now_add=True)
    published_by = models.ForeignKey(
        "accounts.User", verbose_name="发布人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    closed_by = models.ForeignKey(
        "accounts.User", verbose_name="结束人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField("结束时间", null=True, blank=True)

    objects = SchemeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "考核方案"
        ordering = ["-year", "kind", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "year", "kind", condition=Q(state__in=["published", "closed"]), name="scheme_one_in_force",
                violation_error_message="这一年已有发布的方案。",
            ),
            models.UniqueConstraint(
                "year", "kind", condition=Q(state="draft"), name="scheme_one_draft",
                violation_error_message="这一年已有一份起草中的方案，请在那一份上修改。",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", published_at=None, published_by=None)
                | ~Q(state="draft") & Q(published_at__isnull=False, published_by__isnull=False),
                name="scheme_published_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False, closed_by__isnull=False)
                | ~Q(state="closed") & Q(closed_at=None, closed_by=None),
                name="scheme_closed_by_somebody",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("assessment:scheme", args=[self.pk])
