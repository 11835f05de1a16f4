from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rulebook", "0002_calendar")]
    operations = [
        migrations.AddField(
            model_name="decision",
            name="reason",
            field=models.CharField(
                "补登事由", max_length=200, blank=True, default="", help_text="从已经过去的一天算起的，写明为什么"
            ),
            preserve_default=False,
        ),
    ]
