"""What waits for a review or came back is counted on every 工作台; most records are settled."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("meetings", "0003_collective_decision")]
    operations = [
        migrations.AddIndex(
            "meeting",
            models.Index(fields=["state"], condition=~models.Q(state="accepted"), name="meeting_unsettled"),
        )
    ]
