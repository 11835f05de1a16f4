"""Duties together with the records that met them, by one query."""

from datetime import date
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, JSONField, OuterRef

from duties.models import Fulfilment


class Done(NamedTuple):
    """A record that met a duty: its kind, its key, its day."""

    label: str
    object_id: int
    on: date


def met():
    """The records that met the outer duty, the earliest first."""
    return Fulfilment.objects.filter(duty=OuterRef("pk")).order_by("on", "pk")


def told(duties):
    """The queryset with `done`, the records, the earliest first, as PostgreSQL gives them."""
    parts = Func("label", "object_id", "on", function="jsonb_build_array", output_field=JSONField())
    return duties.annotate(done=ArraySubquery(met().values_list(parts)))


def read(rows):
    """[Duty] of what `told` found."""
    rows = list(rows)
    for duty in rows:
        duty.done = [Done(label, key, date.fromisoformat(on)) for label, key, on in duty.done]
    return rows
