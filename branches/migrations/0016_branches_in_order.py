from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("branches", "0015_notice_of_a_data_call")]

    operations = [
        migrations.AddIndex("branch", models.Index(fields=["order", "id"], name="branch_in_order")),
    ]
