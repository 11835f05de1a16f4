from datetime import date
from uuid import uuid4

from django.db import migrations


def plant(apps, schema_editor):
    branches = apps.get_model("branches", "Branch")
    top = branches.objects.create(
        name="县委教育体育工委", kind="work_committee", founded_on=date(1949, 10, 1), path="/", row_key=uuid4(), contact_phone=""
    )
    top.path = f"/{top.pk}/"
    top.save(update_fields=["path"])


class Migration(migrations.Migration):
    dependencies = [("branches", "0001_initial")]
    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
