"""师资库: who may be asked to teach, as an organisation and those below it know them."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from accounts import audit
from branches.rights import require
from files.secrecy import refuse_marked
from training.models import Teacher

TEXTS = (("name", "姓名"), ("unit", "单位"), ("position", "职务、职称"), ("subjects", "擅长专题"))


@transaction.atomic
def save(teacher, *, version=None, by):
    """Enter somebody in the library of an organisation, or put the entry right."""
    require(by, "training.run", at=teacher.branch)
    is_new = teacher.pk is None
    if is_new:
        teacher.created_by = by
    else:
        known = Teacher.objects.select_for_update(of=("self",)).select_related("branch").get(pk=teacher.pk)
        require(by, "training.run", at=known.branch)
        known.claim(version or 0)
        teacher.version, teacher.branch = known.version, known.branch
    for name, label in TEXTS:
        try:
            refuse_marked(getattr(teacher, name), label)
        except ValidationError as error:
            raise ValidationError({name: error.messages}) from None
    teacher.full_clean()
    teacher.save()
    audit.record("teacher.add" if is_new else "teacher.edit", teacher, by=by, is_retired=teacher.is_retired)
    return teacher


def named(name, *, branch, by):
    """The one teacher of that name whom an organisation may ask, or a new entry in its library."""
    name = name.strip()
    uppers = [int(part) for part in branch.path.strip("/").split("/")]
    known = list(Teacher.objects.filter(Q(branch__in=uppers), name=name, is_retired=False)[:2])
    if len(known) > 1:
        raise ValidationError({"new_teacher": f"师资库里有几位{name}同志，请从名单里选。"})
    return known[0] if known else save(Teacher(branch=branch, name=name), by=by)
