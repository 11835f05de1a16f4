from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recruitment", "0002_a_vote_may_serve_again"),
    ]

    operations = [
        migrations.AddField(
            model_name="guide",
            name="words",
            field=models.CharField(blank=True, max_length=200, verbose_name="说明"),
        ),
    ]
