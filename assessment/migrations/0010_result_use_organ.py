from django.db import migrations


class Migration(migrations.Migration):
    """The organ that made use of a result is no person: its column is not named like one."""

    dependencies = [("assessment", "0009_forecast_ranked")]

    operations = [migrations.RenameField("resultuse", "done_by", "organ")]
