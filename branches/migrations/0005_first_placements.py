from django.db import migrations


def place(apps, schema_editor):
    """Until now only today's parent was known: it is taken to have been the parent since the founding."""
    Branch, Placement = apps.get_model("branches", "Branch"), apps.get_model("branches", "Placement")
    Placement.objects.bulk_create(
        Placement(branch=branch, parent_id=branch.parent_id, started_on=branch.founded_on, ended_on=branch.closed_on)
        for branch in Branch.objects.exclude(parent=None)
    )


class Migration(migrations.Migration):
    dependencies = [("branches", "0004_placement_succession")]
    operations = [migrations.RunPython(place, migrations.RunPython.noop)]
