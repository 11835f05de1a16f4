"""The records behind a score, of many kinds, read by one statement."""

import json
from functools import cache

from django.apps import apps
from django.db import models
from django.db.models import Func, JSONField, Value

from branches import statements

# What a record's name, day and address are made of. Long texts and what is sealed are read when somebody asks for them.
SHORT = (
    models.AutoField,
    models.IntegerField,
    models.CharField,
    models.DateField,
    models.BooleanField,
    models.ForeignKey,
)
BESIDE = "campaign"  # the one row beside a record that its name is made of


def read(user, wanted, *, today):
    """Kind of record → key → record, of those that this person may see. `wanted`: kind → keys. One query."""
    asked = tuple((label, tuple(sorted(keys))) for label, keys in sorted(wanted.items()) if keys)
    key = ("evidence", asked, statements.of_person(user, today))
    rows, _ = statements.rows(key, lambda: (joined(user, asked), None))
    found = {label: {} for label in wanted}
    for label, told, beside in rows:
        model, beside = apps.get_model(label), beside and json.loads(beside)
        record = _restored(model, json.loads(told))
        if beside:
            setattr(record, BESIDE, _restored(model._meta.get_field(BESIDE).related_model, beside))
        found[label][record.pk] = record
    return found


def joined(user, asked):
    """(kind, columns, those of the row beside) of the records asked for, a queryset; None where none are."""
    parts = [_part(user, label, keys) for label, keys in asked]
    if not parts:
        return None
    first, *others = parts
    return first.union(*others, all=True) if others else first


def _part(user, label, keys):
    model = apps.get_model(label)
    rows = model.objects.visible_to(user).filter(pk__in=keys).order_by()
    has_beside = any(field.name == BESIDE for field in model._meta.fields)
    beside = (
        _array(model._meta.get_field(BESIDE).related_model, f"{BESIDE}__") if has_beside else Value(None, JSONField())
    )
    return rows.values_list(Value(label), _array(model), beside)


@cache
def _array(model, prefix=""):
    """The columns of a row; those of its own table by their names alone, so that nothing is looked up for each of them."""
    if prefix:
        names = [prefix + field.attname for field in _short(model)]
        return Func(*names, function="jsonb_build_array", output_field=JSONField())
    columns = ", ".join(f'"{model._meta.db_table}"."{field.column}"' for field in _short(model))
    return Func(template=f"jsonb_build_array({columns})", output_field=JSONField())


@cache
def _short(model):
    return [
        field for field in model._meta.concrete_fields
        if isinstance(field, SHORT) and not isinstance(field, models.DateTimeField)
    ]  # fmt: skip


def _restored(model, told):
    """A record as it is read from its own table; the columns left out are read when they are asked for."""
    fields = _short(model)
    values = [field.to_python(value) for field, value in zip(fields, told, strict=True)]
    return model.from_db("default", [field.attname for field in fields], values)
