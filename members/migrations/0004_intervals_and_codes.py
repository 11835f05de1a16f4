from django.db import migrations

from rulebook import codes

LEVELS = {"国家": "nation", "全国": "nation", "省": "province", "市": "city", "州": "city", "县": "county", "区": "county", "校": "school"}
KINDS = {"带头人": "leader", "名师": "master", "名校长": "master", "名班主任": "master", "特级教师": "master", "管理": "management"}


def carry(apps, schema_editor):
    """Words become codes and dated rows; a word that no list knows is kept in the note, nothing is lost."""
    Member, Backbone, Standing = (apps.get_model("members", name) for name in ("Member", "Backbone", "Standing"))
    Membership, User = apps.get_model("members", "Membership"), apps.get_model("accounts", "User")
    since = dict(Membership.objects.order_by("-started_on").values_list("member", "started_on"))
    nations, schooling = codes.words("ethnicity"), codes.words("education")
    system, _ = User.objects.get_or_create(username="system", defaults={"name": "系统", "password": "!", "is_active": False})
    for member in Member.objects.iterator():
        notes = [member.note] if member.note else []
        for name, words, label in (("ethnicity", nations, "民族"), ("education", schooling, "学历")):
            said = getattr(member, name)
            if said and said not in words:
                notes.append(f"{label}：{said}")
            setattr(member, name, words.get(said, ""))
        start = since.get(member.pk) or member.joined_on
        if member.backbone and start:
            Backbone.objects.create(
                member=member, name=member.backbone, started_on=start, start_estimated=True,
                level=next((level for word, level in LEVELS.items() if word in member.backbone), ""),
                kind=next((kind for word, kind in KINDS.items() if word in member.backbone), "teaching"),
            )
        if member.status == "suspended" and start:
            Standing.objects.create(member=member, started_on=start, start_estimated=True, created_by=system)
        member.note = "；".join(notes)[:200]
        member.save(update_fields=["ethnicity", "education", "note"])


class Migration(migrations.Migration):
    dependencies = [("members", "0003_register"), ("accounts", "0002_audit_append_only")]
    operations = [migrations.RunPython(carry, migrations.RunPython.noop)]
