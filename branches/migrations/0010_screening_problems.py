from django.db import migrations, models


class Migration(migrations.Migration):
    """An assessor says which items become 整改事项; they are raised when the letter is issued."""

    dependencies = [("branches", "0009_title_second_person")]

    operations = [
        migrations.AddField(
            model_name="screeningmark",
            name="problem",
            field=models.CharField(
                blank=True, help_text="空着的不转为整改事项", max_length=300, verbose_name="转为整改的问题"
            ),
        ),
        migrations.AddField(
            model_name="screeningmark",
            name="due_on",
            field=models.DateField(
                blank=True, help_text="空着的按反馈函统一的期限", null=True, verbose_name="整改期限"
            ),
        ),
    ]
