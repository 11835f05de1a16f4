"""名目: the lists that the county words for itself. What was used stays readable; it is retired, not taken away."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from accounts import audit
from branches.actions import root
from branches.models import CatalogueEntry
from branches.rights import require
from files.secrecy import refuse_marked

VERB = "catalogue.edit"
LISTS = CatalogueEntry.Catalogue


def is_used(entry):
    """Whether any row of any table points to the entry."""
    return any(
        relation.related_model._default_manager.filter(**{relation.field.name: entry.pk}).exists()
        for relation in CatalogueEntry._meta.related_objects
    )


@transaction.atomic
def save(entry, *, by):
    """Enter an entry or change its words; a new one comes last in its list."""
    require(by, VERB, at=root())
    for name in ("label", "note", "source", "levels"):
        setattr(entry, name, " ".join(getattr(entry, name).split()))
        refuse_marked(getattr(entry, name), entry._meta.get_field(name).verbose_name)
    if not entry.source:
        raise ValidationError({"source": "请填依据；还没有文件的，写“示例”。"})
    is_new = entry.pk is None
    if is_new:
        _locked(entry.catalogue)
        last = CatalogueEntry.objects.filter(catalogue=entry.catalogue).aggregate(last=Max("order"))["last"]
        entry.order = (last or 0) + 10
    else:
        before = CatalogueEntry.objects.select_for_update().get(pk=entry.pk)
        entry.catalogue, entry.order = before.catalogue, before.order
        if entry.label != before.label and is_used(before):
            raise ValidationError({"label": "这一项已经用过，名称不能改；请停用它，另立一项。"})
    entry.full_clean()
    entry.save()
    audit.record("catalogue.save", entry, by=by, catalogue=entry.catalogue, label=entry.label, source=entry.source)
    return entry


@transaction.atomic
def drop(entry, *, by):
    """Take out an entry that nothing was ever recorded by."""
    require(by, VERB, at=root())
    entry = CatalogueEntry.objects.select_for_update().get(pk=entry.pk)
    if is_used(entry):
        raise ValidationError("这一项已经用过，不能删去；请填“到哪年止”停用。")
    audit.record("catalogue.drop", entry, by=by, catalogue=entry.catalogue, label=entry.label)
    entry.delete()


@transaction.atomic
def move(entry, *, up, by):
    """Change places with the neighbour of the same list; at the end of the list nothing happens."""
    require(by, VERB, at=root())
    rows = _locked(entry.catalogue)
    place = next(index for index, row in enumerate(rows) if row.pk == entry.pk)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(rows):
        return False
    rows[place], rows[other] = rows[other], rows[place]
    for order, row in enumerate(rows, 1):
        row.order = order * 10
    CatalogueEntry.objects.bulk_update(rows, ["order"])
    audit.record("catalogue.move", entry, by=by, up=up)
    return True


def _locked(catalogue):
    """The rows of a list in its order, held until the transaction ends."""
    found = CatalogueEntry.objects.select_for_update().filter(catalogue=catalogue)
    return list(found.order_by("order", "pk"))
