from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("branches", "0016_branches_in_order")]

    operations = [
        migrations.AddConstraint(
            "branch",
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(path__regex=r"^/[^/]*/$"),
                name="branch_below_the_root",
                violation_error_message="只有县党工委的路径是一级。",
            ),
        ),
    ]
