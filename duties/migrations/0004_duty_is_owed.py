from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("duties", "0003_duty_met_on")]
    operations = [
        migrations.AddField(
            "duty", "is_owed", models.BooleanField("仍应办", default=True, db_default=True, editable=False)
        ),
    ]
