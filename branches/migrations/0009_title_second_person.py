import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("branches", "0008_inspection_reasons"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="title",
            name="named_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="登记命名的时间"),
        ),
        migrations.AddField(
            model_name="title",
            name="named_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="登记命名的人",
            ),
        ),
        migrations.AddField(
            model_name="title",
            name="named_on",
            field=models.DateField(blank=True, null=True, verbose_name="命名日期"),
        ),
        migrations.AddField(
            model_name="title",
            name="reported_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="上报时间"),
        ),
        migrations.AddField(
            model_name="title",
            name="reported_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="上报人",
            ),
        ),
        migrations.AddConstraint(
            model_name="title",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "named"), _negated=True),
                    models.Q(("named_on__isnull", False), ("named_by__isnull", False)),
                    _connector="OR",
                ),
                name="title_named_on_a_day",
                violation_error_message="命名要有日期。",
            ),
        ),
        migrations.AddConstraint(
            model_name="title",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("named_by", None),
                    ("reported_by", None),
                    models.Q(("named_by", models.F("reported_by")), _negated=True),
                    _connector="OR",
                ),
                name="title_named_by_another",
                violation_error_message="命名要由上报人以外的另一位同志登记。",
            ),
        ),
    ]
