from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def of_now(apps, schema_editor):
    """An address that stands today stands until the next change of the password."""
    epochs = apps.get_model("accounts", "User").objects.filter(pk=OuterRef("user")).values("session_epoch")
    apps.get_model("exchange", "Feed").objects.update(epoch=Subquery(epochs))


class Migration(migrations.Migration):
    dependencies = [("exchange", "0001_initial")]

    operations = [
        migrations.AddField("feed", "epoch", models.PositiveIntegerField(default=0, verbose_name="会话代次"), preserve_default=False),
        migrations.RunPython(of_now, migrations.RunPython.noop, elidable=True),
    ]
