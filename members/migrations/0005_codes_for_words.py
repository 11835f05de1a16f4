import rulebook.codes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0004_intervals_and_codes'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='member',
            name='backbone',
        ),
        migrations.RemoveField(
            model_name='member',
            name='status',
        ),
        migrations.AlterField(
            model_name='member',
            name='education',
            field=models.CharField(blank=True, choices=rulebook.codes.education, max_length=2, verbose_name='学历'),
        ),
        migrations.AlterField(
            model_name='member',
            name='ethnicity',
            field=models.CharField(blank=True, choices=rulebook.codes.ethnicity, max_length=2, verbose_name='民族'),
        ),
    ]
