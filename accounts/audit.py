"""The record of who did what. Every action writes it inside its own transaction: no record, no act."""

from django.db.models import Func, JSONField, OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import Cast

from accounts.models import AuditEvent

LOOKS = ("member.reveal", "member.search_id")  # somebody looked, nothing changed: for the record and the person only


def record(action, thing=None, *, by, **detail):
    """Insert one event. `detail` holds dates, states and counts; never a classified value."""
    return AuditEvent.objects.create(
        by=by,
        action=action,
        label=thing._meta.label if thing is not None else "",
        object_id=str(thing.pk) if thing is not None else "",
        detail=detail,
    )


def save(form, *, by):
    """Save a plain edit of one row and record which fields changed (classified ones only as "changed")."""
    classified = getattr(form.instance, "CLASSIFIED", frozenset())
    is_new = form.instance.pk is None
    thing = form.save()
    changed = {
        name: "changed" if name in classified else _told(form.cleaned_data[name])
        for name in form.changed_data
        if name in form.cleaned_data
    }
    record(f"{thing._meta.label_lower}.{'add' if is_new else 'edit'}", thing, by=by, changed=changed)
    return thing


def _told(value):
    """A value as the record keeps it; of several rows their keys."""
    return sorted(value.values_list("pk", flat=True)) if isinstance(value, QuerySet) else str(value)


def of(thing):
    """What was done to one row, newest first. Who only looked stays out: 纪检 looks without being seen."""
    return _of(thing).exclude(action__in=LOOKS)


def last(model, action):
    """[when, by whom] of the last such act on each row of a queryset of `model`, as an annotation."""
    events = AuditEvent.objects.filter(
        label=model._meta.label, object_id=Cast(OuterRef("pk"), TextField()), action=action
    )
    told = Func("at", "by__name", function="jsonb_build_array", output_field=JSONField())
    return Subquery(events.order_by("-pk").values_list(told)[:1])


def looks_at(thing, *, kinds):
    """Who looked at the classified values of one row, newest first; only looks of those `kinds`."""
    return _of(thing).filter(action="member.reveal", detail__kind__in=kinds)


def _of(thing):
    events = AuditEvent.objects.filter(label=thing._meta.label, object_id=str(thing.pk))
    return events.select_related("by").order_by("-pk")
