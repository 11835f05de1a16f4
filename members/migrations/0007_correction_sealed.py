import uuid

from django.db import migrations, models

import vault.fields


class Migration(migrations.Migration):
    dependencies = [("members", "0006_name_keys")]
    operations = [
        migrations.RemoveField(model_name="correction", name="said"),
        migrations.AddField(
            model_name="correction",
            name="row_key",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
        migrations.AddField(
            model_name="correction",
            name="said",
            field=vault.fields.SealedTextField(default="", editable=False, verbose_name="应为"),
            preserve_default=False,
        ),
    ]
