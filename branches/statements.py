"""Large statements whose SQL the ORM assembles once: to assemble one takes longer than PostgreSQL takes to answer it.

Kept are a text and its parameters, never a row. The key of a statement names all that they rest on. What somebody may see rests
on the posts and tasks of this very request, so a post that ended, a moved organisation or another decision is another key. A
statement is assembled without asking the database; a test of each sees to it, so that nothing read earlier stands in it.
"""

import threading
from collections import OrderedDict
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connections, router

from branches.rights import assigned, serving
from rulebook.book import stamp

KEPT = 1000  # texts in one process, some kilobytes each; the one that lay idle longest goes first


class Text(NamedTuple):
    """`sql` is empty where nothing can be found; `beside` is what the reader has to know of the columns."""

    sql: str
    params: tuple
    model: type | None
    beside: Any


_texts, _lock = OrderedDict(), threading.Lock()


def of_person(user, today):
    """What a statement about what this person sees and decides rests on."""
    posts, tasks = tuple(sorted(serving(user))), tuple(sorted(assigned(user)))
    return user.pk, user.is_active, getattr(user, "narrowed_to", None), posts, tasks, today, stamp()


def rows(key, build):
    """(rows as PostgreSQL gives them, JSON as text; what `build` told beside). `build() -> (queryset of values or None, beside)`.

    One query, none where nothing can be found. `key` is hashable.
    """
    with _lock:
        text = _texts.get(key)
        if text:
            _texts.move_to_end(key)
    if text is None:
        text = _assembled(*build())
        with _lock:
            _texts[key] = text
            if len(_texts) > KEPT:
                _texts.popitem(last=False)
    if not text.sql:
        return [], text.beside
    with connections[router.db_for_read(text.model)].cursor() as cursor:
        cursor.execute(text.sql, text.params)
        return cursor.fetchall(), text.beside


def _assembled(queryset, beside):
    if queryset is None:
        return Text("", (), None, beside)
    try:
        sql, params = queryset.query.get_compiler(queryset.db).as_sql()
    except EmptyResultSet:
        sql, params = "", ()
    return Text(sql, tuple(params), queryset.model, beside)
