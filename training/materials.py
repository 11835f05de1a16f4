"""The files of a class: what proves it was held, and courseware that is handed out."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import audit
from files.actions import keep
from files.models import StoredFile
from files.secrecy import refuse_marked
from training import classes
from training.models import ClassFile, TrainingClass

MOST = 60  # files of one class
Role = ClassFile.Role
KINDS = {Role.PICTURE: (StoredFile.Kind.IMAGE,)}
OPENED = (
    *classes.OPENED,
    TrainingClass.State.ARCHIVED,
)  # courseware is handed out once the class is known to those invited


@transaction.atomic
def attach(training_class, upload, *, role, title="", session=None, by):
    """Keep one more file of a class; raises ValidationError in words about this file."""
    row = classes.lock(training_class, by=by)
    refuse_marked(title, "说明")
    if row.files.filter(removed_at=None).count() >= MOST:
        raise ValidationError(f"一个班次最多放 {MOST} 个文件，请先撤下不需要的。")
    if session is not None and session.training_class_id != row.pk:
        raise ValidationError("这次课不是这个班次的。")
    kept = keep(upload, by=by, kinds=KINDS.get(Role(role)))
    made = ClassFile(training_class=row, session=session, role=role, title=title, file=kept, created_by=by)
    made.full_clean()
    made.save()
    audit.record("training.attach", row, by=by, role=role, file=made.pk)
    return made


@transaction.atomic
def remove(class_file, *, by):
    """Take a file down. The row stays, as a record that it was there; it counts and is shown no more."""
    row = classes.lock(class_file.training_class, by=by)
    class_file = ClassFile.objects.select_for_update(of=("self",)).get(pk=class_file.pk, training_class=row)
    if class_file.removed_at:
        raise ValidationError("这个文件已经撤下。")
    class_file.removed_at = timezone.now()
    class_file.save(update_fields=["removed_at"])
    audit.record("training.detach", row, by=by, role=class_file.role, file=class_file.pk)
    return row


def fetched(class_file):
    """Count one download, of nobody in particular."""
    ClassFile.objects.filter(pk=class_file.pk).update(downloads=F("downloads") + 1)


def handed_out(training_class):
    """The courseware of a class, by session."""
    return _handed_out().filter(training_class=training_class)


def _handed_out():
    found = ClassFile.objects.filter(role=Role.COURSEWARE, removed_at=None, training_class__state__in=OPENED)
    found = found.filter(file__state=StoredFile.State.CLEAN).select_related("file", "session", "training_class")
    return found.order_by("session__held_on", "session__begins", "pk")


def by_class(classes):
    """class pk → its courseware, of those that hand out any. One query."""
    files = {}
    for each in _handed_out().filter(training_class__in=classes) if classes else ():
        files.setdefault(each.training_class_id, []).append(each)
    return files


def courseware(pk):
    """The file, while it is handed out; None otherwise."""
    return _handed_out().filter(pk=pk).first()
