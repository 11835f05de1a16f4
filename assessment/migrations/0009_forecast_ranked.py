from django.db import migrations, models


class Migration(migrations.Migration):
    """A forecast keeps its place among all, and when that was worked out."""

    dependencies = [("assessment", "0008_reopening")]

    operations = [
        migrations.AddField(
            "forecast", "kind",
            models.CharField("对象", max_length=12, choices=[("branch", "党支部"), ("committee", "党委、党总支")], default="branch"),
        ),
        migrations.AddField("forecast", "rank", models.PositiveIntegerField("名次", null=True, blank=True)),
        migrations.AddField("forecast", "ranked_at", models.DateTimeField("排名时间", null=True, blank=True)),
        migrations.AddIndex(
            "forecast", models.Index(fields=["year", "kind", "ranked_at"], name="forecast_of_a_pass"),
        ),
    ]  # fmt: skip
