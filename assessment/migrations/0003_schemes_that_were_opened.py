from django.db import migrations


def carry_over(apps, schema_editor):
    """A scheme that was opened counts as published; what was judged on it belongs to its year."""
    User = apps.get_model("accounts", "User")
    Scheme = apps.get_model("assessment", "Scheme")
    ManualScore = apps.get_model("assessment", "ManualScore")
    opened = list(Scheme.objects.all())
    if opened:
        system, _ = User.objects.get_or_create(
            username="system", defaults={"name": "系统", "password": "!", "is_active": False}
        )
    for scheme in opened:
        scheme.state, scheme.published_at, scheme.published_by = "published", scheme.created_at, system
        scheme.save()
        ManualScore.objects.filter(scheme=scheme).update(year=scheme.year)


class Migration(migrations.Migration):
    dependencies = [("assessment", "0002_whole_year")]
    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
