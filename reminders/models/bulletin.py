from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Versioned
from branches.models import Branch, Notice, ScopedQuerySet


class BulletinQuerySet(ScopedQuerySet):
    see = "ladder.see"


class Bulletin(Versioned):
    """通报 of a month or a quarter: what fell due in it, as of a day, and the words that people make of the figures.

    `figures` is the snapshot that the words were drafted from (`reminders.bulletin.figures`). Who signs is not who wrote.
    """

    class Kind(models.TextChoices):
        MONTH = "month", "月度通报"
        QUARTER = "quarter", "季度通报"

    class State(models.TextChoices):
        DRAFT = "draft", "起草中"
        SIGNED = "signed", "已签发"
        PUBLISHED = "published", "已发出"

    branch = models.ForeignKey(Branch, verbose_name="发文机关", on_delete=models.PROTECT, related_name="bulletins")
    kind = models.CharField("种类", max_length=8, choices=Kind)
    opens_on = models.DateField("期初")
    ends_on = models.DateField("期末")
    counted_on = models.DateField("数字截至")
    figures = models.JSONField("数字")
    number = models.CharField("文号", max_length=60, blank=True)
    title = models.CharField("标题", max_length=120)
    opening = models.TextField("总体情况")
    praise = models.TextField("表扬", blank=True)
    criticism = models.TextField("批评", blank=True)
    demands = models.TextField("下一步要求", blank=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.DRAFT)
    created_by = models.ForeignKey("accounts.User", verbose_name="起草人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("起草时间", auto_now_add=True)
    edited_by = models.ForeignKey("accounts.User", verbose_name="修改人", on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField("修改时间")
    signed_by = models.ForeignKey(
        "accounts.User", verbose_name="签发人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_at = models.DateTimeField("签发时间", null=True, blank=True)
    notice = models.OneToOneField(
        Notice, verbose_name="发出的通知", null=True, blank=True, on_delete=models.PROTECT, related_name="bulletin"
    )

    objects = BulletinQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通报"
        ordering = ["-opens_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "branch", "kind", "opens_on", name="bulletin_once",
                violation_error_message="这一期的通报已经起草，请在原稿上修改。",
            ),
            models.CheckConstraint(condition=Q(opens_on__lt=F("ends_on")), name="bulletin_days_in_order"),
            models.CheckConstraint(
                condition=Q(state="draft", signed_by__isnull=True, signed_at__isnull=True)
                | (~Q(state="draft") & Q(signed_by__isnull=False, signed_at__isnull=False)),
                name="bulletin_signed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(signed_by__isnull=True)
                | (~Q(signed_by=F("created_by")) & ~Q(signed_by=F("edited_by"))),
                name="bulletin_not_signed_by_the_writer",
                violation_error_message="起草或修改过通报的同志不能签发，请由另一位同志签发。",
            ),
            models.CheckConstraint(
                condition=(Q(state="published") & Q(notice__isnull=False))
                | (~Q(state="published") & Q(notice__isnull=True)),
                name="bulletin_published_as_a_notice",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("reminders:bulletin", args=[self.pk])
