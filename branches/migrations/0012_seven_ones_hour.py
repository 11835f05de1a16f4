import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("branches", "0011_standard_origin")]

    operations = [
        migrations.AddField(
            "sevenones", "checked_at", models.DateTimeField("核对时间", default=django.utils.timezone.now)
        ),
    ]
