import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """A self-check is a draft, handed in or returned; the points that two assessors agree on carry the reasons of both."""

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("assessment", "0006_secretary_review"),
    ]
    operations = [
        migrations.AlterField("manualscore", "reason", models.CharField("评定依据", max_length=700)),
        migrations.AddField(
            "selfcheck", "state",
            models.CharField(
                "状态", max_length=10, default="submitted",
                choices=[("draft", "未提交"), ("submitted", "已提交"), ("returned", "退回修改")],
            ),
        ),
        migrations.AddField("selfcheck", "return_reason", models.CharField("退回理由", max_length=300, blank=True)),
        migrations.AddField(
            "selfcheck", "returned_by",
            models.ForeignKey(
                verbose_name="退回人", null=True, blank=True, related_name="+", to=settings.AUTH_USER_MODEL,
                on_delete=django.db.models.deletion.PROTECT,
            ),
        ),
        migrations.AddField("selfcheck", "returned_at", models.DateTimeField("退回时间", null=True, blank=True)),
        migrations.AddConstraint(
            "selfcheck",
            models.CheckConstraint(
                condition=~Q(state="submitted") | ~Q(words=""), name="self_check_says_something",
                violation_error_message="请写明自查情况再提交。",
            ),
        ),
        migrations.AddConstraint(
            "selfcheck",
            models.CheckConstraint(
                condition=Q(returned_at=None, returned_by=None, return_reason="") & ~Q(state="returned")
                | Q(returned_at__isnull=False, returned_by__isnull=False) & ~Q(return_reason=""),
                name="self_check_returned_with_reason", violation_error_message="退回要写明理由。",
            ),
        ),
    ]  # fmt: skip
