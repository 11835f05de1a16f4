"""Large statements whose SQL the ORM assembles once: to assemble one takes longer than PostgreSQL takes to answer it.

Kept are a text and its parameters, never a row; a text that many share is held once. The key of a statement names all that
they rest on. What somebody may see rests on the posts and tasks of this very request, so a post that ended, a moved
organisation or another decision is another key. A statement is assembled without asking the database; a test of each sees to
it, so that nothing read earlier stands in it.
"""

import threading
from collections import OrderedDict
from copy import copy
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from django.core.exceptions import EmptyResultSet
from django.db import connections, router
from django.db.models import QuerySet

from branches.rights import assigned, serving
from rulebook.book import stamp

KEPT = 2000  # statements in one process, most of one or two kilobytes: a text is held once for all


class Shape:
    """SQL without its parameters, and the compiler that knows what its columns are."""

    def __init__(self, sql, compiler):
        self.sql, self.compiler, self.model = sql, compiler, compiler.query.model


class Statement(NamedTuple):
    """`shape` is None where nothing can be found; `beside` is what the reader has to know of the columns."""

    shape: Shape | None
    params: tuple
    beside: Any


_kept, _shapes, _lock = OrderedDict(), WeakValueDictionary(), threading.Lock()


def of_person(user, today):
    """What a statement about what this person sees and decides rests on."""
    posts, tasks = tuple(sorted(serving(user))), tuple(sorted(assigned(user)))
    return user.pk, user.is_active, getattr(user, "narrowed_to", None), posts, tasks, today, stamp()


def rows(key, build):
    """(rows as PostgreSQL gives them, JSON as text; what `build` told beside). `build() -> (queryset of values or None, beside)`.

    One query, none where nothing can be found. `key` is hashable.
    """
    shape, params, beside = _of(key, build)
    if shape is None:
        return [], beside
    with connections[router.db_for_read(shape.model)].cursor() as cursor:
        cursor.execute(shape.sql, params)
        return cursor.fetchall(), beside


def instances(key, build):
    """[instance] of the queryset that `build()` makes, as `list` of it would be, without prefetching. One query or none."""
    shape, params, _ = _of(key, lambda: (build(), None))
    if shape is None:
        return []
    query = shape.compiler.query.clone()
    query.get_compiler = lambda using: _ready(shape, params, using)
    return list(QuerySet(shape.model, query))


def _ready(shape, params, using):
    """The compiler of the shape for the connection of this thread, with nothing left to assemble."""
    compiler = copy(shape.compiler)
    compiler.using, compiler.connection = using, connections[using]
    compiler.as_sql = lambda: (shape.sql, params)
    return compiler


def _of(key, build):
    with _lock:
        statement = _kept.get(key)
        if statement:
            _kept.move_to_end(key)
    if statement is None:
        statement = _assembled(*build())
        with _lock:
            _kept[key] = statement
            if len(_kept) > KEPT:
                _kept.popitem(last=False)  # the one that lay idle longest
    return statement


def _assembled(queryset, beside):
    if queryset is None:
        return Statement(None, (), beside)
    compiler = queryset.query.get_compiler(queryset.db)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return Statement(None, (), beside)
    compiler.connection = None  # of the thread that came first; nobody's is kept open for it
    with _lock:
        return Statement(_shapes.setdefault(sql, Shape(sql, compiler)), tuple(params), beside)
