"""What one page tells of a dozen tables, asked by one statement."""

import json
from collections import Counter

from django.core.exceptions import EmptyResultSet
from django.db import connection


class Tally:
    """Parts are named one by one, asked for together (`ask`) and then read: `tally["late"]`, `tally.of["by_state"]`.

    The parts are whole statements of the querysets, put below one another: composing them by the ORM's own union takes longer
    than the database does.
    """

    def __init__(self):
        self.parts, self.params, self.of, self.rows = [], [], {}, {}

    def count(self, name, rows, *, by=None, each="pk"):
        """How many of `rows`, or of the different values of a field: in all, or for each value of the expression `by`."""
        self.of[name] = Counter()
        number = "count(*)" if each == "pk" else "count(DISTINCT c1)"
        key, groups = ("NULL::jsonb", "") if by is None else ("to_jsonb(c1)", "GROUP BY c1")
        self._add(name, key, number, rows.order_by().values_list(each if by is None else by), "c1", groups)

    def list(self, name, rows, *fields):
        """A few columns of `rows`, in their order. Days come as text."""
        self.rows[name] = []
        columns = ", ".join(f"c{number}" for number, _ in enumerate(fields, 1))
        self._add(name, f"jsonb_build_array({columns})", "1", rows.values_list(*fields), columns, "")

    def _add(self, name, key, number, rows, columns, groups):
        try:
            sql, params = rows.query.sql_with_params()
        except EmptyResultSet:  # nothing of it is for these eyes
            return
        # Only names and numbers of this file are written into the statement; values stay parameters.
        self.parts.append(f"SELECT %s, {key}, {number} FROM ({sql}) AS t({columns}) {groups}")  # noqa: S608
        self.params += [name, *params]

    def ask(self):
        """One query for all parts; the tally itself."""
        if self.parts:
            with connection.cursor() as cursor:
                cursor.execute(" UNION ALL ".join(f"({part})" for part in self.parts), self.params)
                found = cursor.fetchall()
            for name, key, number in found:
                key = json.loads(key) if isinstance(key, str) else key
                if name in self.rows:
                    self.rows[name].append(key)
                else:
                    self.of[name][tuple(key) if isinstance(key, list) else key] += number
            self.parts, self.params = [], []
        return self

    def __contains__(self, name):
        return name in self.of

    def __getitem__(self, name):
        """How many in all; none where the part was not asked for."""
        return self.of[name].total() if name in self.of else 0
