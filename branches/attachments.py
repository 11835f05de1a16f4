"""佐证材料: papers and pictures that hang on a row of this app. Whose row it is says who sees them and who may change them."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts import audit
from branches.models import OWNERS, Attachment, Rectification, Screening, WeakCase
from branches.rights import VERBS
from files.actions import discard, keep

MOST = 20  # files of one row
BESIDE = {"weak_case": "weak.run"}  # whoever runs the matter keeps its papers too, not only the branch that does it
FIELDS = {model: name for name, (model, _, _) in OWNERS.items()}
STILL_OPEN = {  # in which states the papers of a row may change; a row without such states is always open
    "rectification": (Rectification.State.OPEN, Rectification.State.RETURNED),
    "screening": (Screening.State.WAITING, Screening.State.JUDGING, Screening.State.RETURNED),
    "weak_case": tuple(state for state in WeakCase.State if state not in WeakCase.ENDED),
    "inspection": ("open",),
}


def addable(name, user):
    """The rows of the kind `name` to which `user` may add a file, or from which take one, by rights alone."""
    model, _, verb = OWNERS[name]
    found = model.objects.visible_to(user, verb=verb)
    if name in BESIDE:
        found = found | model.objects.visible_to(user, verb=BESIDE[name])
    return found


def is_open(owner):
    """Whether the papers of the row may still change; what was handed in for judging is left as it was judged."""
    states = STILL_OPEN.get(FIELDS[type(owner)])
    return states is None or owner.state in states


def may_change(owner, user):
    """Whether `user` may add and remove files of this row now: what a page asks before it shows the box."""
    return is_open(owner) and addable(FIELDS[type(owner)], user).filter(pk=owner.pk).exists()


def of(owner):
    """The files of a row, oldest first, as `_files.html` shows them."""
    return owner.attachments.select_related("file").order_by("pk")


@transaction.atomic
def attach(owner, upload, *, by, kinds=None):
    """Keep one more file of a row; raises ValidationError in words about this file. `kinds`: only these of StoredFile."""
    owner = _changeable(owner, by)
    name = FIELDS[type(owner)]
    if owner.attachments.count() >= MOST:
        raise ValidationError(f"最多放 {MOST} 个文件，请先撤下不需要的。")
    row = Attachment(branch=owner.branch, file=keep(upload, by=by, kinds=kinds), created_by=by, **{name: owner})
    row.full_clean()
    row.save()
    audit.record("attachment.add", owner, by=by, file=row.file_id)
    return row


@transaction.atomic
def detach(row, *, by):
    """Take a file down; it is gone for good, that it was there stays on record."""
    row = Attachment.objects.select_for_update(of=("self",)).select_related("file").get(pk=row.pk)
    owner = _changeable(row.owner, by)
    stored = row.file
    audit.record("attachment.remove", owner, by=by, file=stored.pk)
    row.delete()
    discard(stored, by=by)
    return owner


def _changeable(owner, by):
    """The locked row, when `by` may change its files and it is still open for that."""
    name = FIELDS[type(owner)]
    if not addable(name, by).filter(pk=owner.pk).exists():
        raise PermissionDenied(f"您的岗位没有“{VERBS[OWNERS[name][2]]}”的权限。")
    owner = type(owner).objects.select_for_update(of=("self",)).select_related("branch").get(pk=owner.pk)
    if not is_open(owner):
        raise ValidationError(f"现在的状态是“{owner.get_state_display()}”，佐证材料不能再增减。")
    return owner
