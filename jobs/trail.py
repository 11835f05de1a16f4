"""What an import wrote, kept so exactly that the whole of it can be taken back while nothing later rests on it.

The writing actions say what they create and, beforehand, what they are about to change. A changed row is kept as it was,
column by column; every touched row leaves a fingerprint by which is known whether somebody wrote it since.
"""

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

NAMED = 5  # of what stands in the way at most so many are named, of each kind as of kinds


class Trail:
    """The trace of one import. Without a batch it is made and thrown away."""

    def __init__(self, kept=None):
        kept = kept or {}
        self.created = {label: list(pks) for label, pks in kept.get("created", {}).items()}
        self.before = {label: dict(rows) for label, rows in kept.get("before", {}).items()}
        self.after = kept.get("after", {})
        self.notes = kept.get("notes", {})  # what an action wants to know again when its import is undone

    def add(self, rows):
        """These rows were created (saved, hence with keys)."""
        for row in rows:
            self.created.setdefault(row._meta.label, []).append(row.pk)

    def keep(self, model, pks):
        """These rows are about to change."""
        known = self.before.setdefault(model._meta.label, {})
        fresh = list({pk for pk in pks if pk is not None} - known.keys() - set(self.created.get(model._meta.label, ())))
        if fresh:
            known |= _ask(f"SELECT id, to_jsonb(t)::text FROM {_table(model)} t WHERE id = ANY(%s)", [fresh])  # noqa: S608

    def kept(self):
        """All of it for the sealed column of the batch, with the fingerprints of this moment."""
        self.after = {label: self._prints(label) for label in {*self.created, *self.before}}
        return {"created": self.created, "before": self.before, "after": self.after, "notes": self.notes}

    def _prints(self, label):
        pks = [*self.created.get(label, ()), *map(int, self.before.get(label, ()))]
        table = _table(apps.get_model(label))
        found = _ask(f"SELECT id, md5(t::text) FROM {table} t WHERE id = ANY(%s)", [pks])  # noqa: S608
        return {str(pk): mark for pk, mark in found.items()}

    # --- and back

    def obstacles(self, derived=()):
        """What was written since and rests on this import, in words, at most five; `derived` are models made anew anyhow."""
        found = []
        for label, marks in self.after.items():
            now = self._prints(label)
            if changed := [pk for pk, mark in marks.items() if now.get(pk) != mark]:
                found.append(f"此后修改过 {len(changed)} 条{_said(label)}{_named(apps.get_model(label), changed)}")
        for label, pks in self.created.items():
            found += self.resting(apps.get_model(label), pks, derived)
        return found[:NAMED]

    def resting(self, model, pks, derived=()):
        """The words for each kind of row outside this import that points to one of these."""
        found = []
        for relation in model._meta.get_fields(include_hidden=True):
            if (
                not (relation.one_to_many or relation.one_to_one)
                or relation.concrete
                or relation.related_model in derived
            ):
                continue
            other, column = relation.related_model, _quoted(relation.field.column)
            sql = f"SELECT id, '' FROM {_table(other)} WHERE {column} = ANY(%s) AND NOT id = ANY(%s) LIMIT {NAMED + 1}"  # noqa: S608
            if others := _ask(sql, [pks, self.created.get(other._meta.label, [])]):
                found.append(f"此后又登记了{_said(other._meta.label)}{_named(other, list(others))}")
        return found

    def restore(self):
        """Put changed rows back as they were and take created ones away. Raises `ValidationError` when the database objects."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                for label, pks in reversed(self.created.items()):
                    cursor.execute(f"DELETE FROM {_table(apps.get_model(label))} WHERE id = ANY(%s)", [pks])  # noqa: S608
                for label, rows in self.before.items():
                    model = apps.get_model(label)
                    columns = [_quoted(field.column) for field in model._meta.concrete_fields if not field.primary_key]
                    cursor.execute(
                        f"UPDATE {_table(model)} t SET ({', '.join(columns)}) = ROW({', '.join(f'old.{c}' for c in columns)})"  # noqa: S608
                        f" FROM unnest(%s::jsonb[]) kept, jsonb_populate_record(null::{_table(model)}, kept) old"
                        " WHERE t.id = old.id",
                        [list(rows.values())],
                    )
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        except IntegrityError as error:
            raise ValidationError("此后又有记录用到了这批数据，不能整批撤销；请逐条更正。") from error


def _ask(sql, params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return dict(cursor.fetchall())


def _table(model):
    return _quoted(model._meta.db_table)


def _quoted(name):
    return connection.ops.quote_name(name)


def _said(label):
    return f"“{apps.get_model(label)._meta.verbose_name}”"


def _named(model, pks):
    """The first rows by their own words, where rows of that kind have some."""
    if model.__str__ is Model.__str__:
        return ""
    rows = list(model._base_manager.filter(pk__in=pks).order_by("pk")[:NAMED])
    more = " 等" if len(pks) > len(rows) else ""
    return f"（{'、'.join(map(str, rows))}{more}）" if rows else ""
