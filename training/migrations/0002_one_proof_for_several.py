import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One proof serves all members whose hours were entered with it."""

    dependencies = [("files", "0001_initial"), ("training", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="otherhours",
            name="file",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="other_hours",
                to="files.storedfile",
                verbose_name="证明材料",
            ),
        ),
    ]
