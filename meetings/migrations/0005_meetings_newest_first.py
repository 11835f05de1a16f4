from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("meetings", "0004_meeting_unsettled")]

    operations = [
        migrations.AddIndex("meeting", models.Index(fields=["-held_on", "-id"], name="meeting_newest")),
    ]
