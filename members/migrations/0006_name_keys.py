from django.db import migrations

from members.names import keys_of


def fill(apps, schema_editor):
    """Surnames read as surnames, and the key of 姓氏笔画序, of those who are on the register already."""
    Member = apps.get_model("members", "Member")
    rows = Member.objects.only("pk", "name", "initials_given")
    changed = []
    for row in rows.iterator(chunk_size=2000):
        row.initials, row.strokes = keys_of(row.name, row.initials_given).values()
        changed.append(row)
    Member.objects.bulk_update(changed, ["initials", "strokes"], batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("members", "0005_codes_for_words")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
