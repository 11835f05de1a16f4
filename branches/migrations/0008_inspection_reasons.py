from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("branches", "0007_catalogue_samples")]

    operations = [
        migrations.AddField(
            "admonitiontalk", "version", models.PositiveIntegerField("版本", default=1, editable=False)
        ),
        migrations.AddField(
            "inspection", "off_month_reason", models.CharField("不在计划月份检查的理由", blank=True, max_length=200)
        ),
        migrations.AddField(
            "inspection", "reopen_reason", models.CharField("重新打开的原因", blank=True, max_length=200)
        ),
    ]
