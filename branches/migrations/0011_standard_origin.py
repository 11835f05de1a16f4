from django.db import migrations


class Migration(migrations.Migration):
    """The house keeps names that end in _on for days."""

    dependencies = [("branches", "0010_screening_problems")]
    operations = [migrations.RenameField("standard", "based_on", "origin")]
