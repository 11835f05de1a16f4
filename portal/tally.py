"""What one page tells of a dozen tables, asked by one statement."""

import json
from collections import Counter
from datetime import date

from django.db.models import Count, F, Func, JSONField, Min, Value
from django.db.models.functions import TruncDate

from branches import statements

FIELDS = ("tally_part", "tally_key", "tally_count")


class Tally:
    """Parts are named one by one, asked for together (`ask`) and then read: `tally["late"]`, `tally.of["by_state"]`."""

    def __init__(self):
        self.parts, self.of, self.rows, self.since = [], {}, {}, {}

    def count(self, name, rows, *, by=None, each="pk"):
        """How many of `rows`, or of the different values of a field: in all, or for each value of the expression `by`."""
        key = Value(None, JSONField()) if by is None else Func(by, function="to_jsonb", output_field=JSONField())
        number = Count(each) if each == "pk" else Count(each, distinct=True)
        self._add(name, rows.order_by(), key, number)
        self.of[name] = Counter()

    def oldest(self, name, rows, instant):
        """How many of `rows`, and the day of the one that has waited longest by this field (`tally.since`)."""
        first = Func(TruncDate(Min(instant)), function="to_jsonb", output_field=JSONField())
        found = rows.order_by().annotate(tally_part=Value(name)).values("tally_part")
        self.parts.append(found.annotate(tally_key=first, tally_count=Count("pk")).values_list(*FIELDS))
        self.of[name], self.since[name] = Counter(), None

    def list(self, name, rows, *fields):
        """A few columns of `rows`, in their order. Days come as text."""
        key = Func(*(F(field) for field in fields), function="jsonb_build_array", output_field=JSONField())
        self._add(name, rows, key, Value(1))
        self.rows[name] = []

    def _add(self, name, rows, key, number):
        found = rows.annotate(tally_part=Value(name), tally_key=key).values("tally_part", "tally_key")
        self.parts.append(found.annotate(tally_count=number).values_list(*FIELDS))

    @classmethod
    def kept(cls, key, fill):
        """The tally of the parts that `fill(tally)` names, asked for; its statement is kept under `key` (`branches.statements`)."""

        def build():
            tally = cls()
            fill(tally)
            return tally._joined(), (tuple(tally.of), tuple(tally.rows), tuple(tally.since))

        tally = cls()
        found, (counts, lists, since) = statements.rows(("tally", key), build)
        tally.of, tally.rows = {name: Counter() for name in counts}, {name: [] for name in lists}
        tally.since = dict.fromkeys(since)
        tally._take((name, told and json.loads(told), number) for name, told, number in found)
        return tally

    def ask(self):
        """One query for all parts; the tally itself."""
        found = self._joined()
        self._take(found if found is not None else ())
        self.parts = []
        return self

    def _joined(self):
        if not self.parts:
            return None
        first, *others = self.parts
        return first.union(*others, all=True) if others else first

    def _take(self, rows):
        for name, key, number in rows:
            if name in self.rows:
                self.rows[name].append(key)
            elif name in self.since:
                self.of[name][None], self.since[name] = number, key and date.fromisoformat(key)
            else:
                self.of[name][tuple(key) if isinstance(key, list) else key] += number

    def __contains__(self, name):
        return name in self.of

    def __getitem__(self, name):
        """How many in all; none where the part was not asked for."""
        return self.of[name].total() if name in self.of else 0
