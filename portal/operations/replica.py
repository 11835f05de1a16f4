"""A standby that only reads, named by DATABASE_REPLICA_URL: which requests it may answer, and whether it is near enough.

Who is signed in, who may what, and what was just written are always asked of the primary: somebody whose post was ended is
out at once, and everybody sees the own act. Whoever wrote carries a cookie for a while that is longer than the standby may lag.
"""

import threading
import time
from collections import deque
from contextlib import suppress
from contextvars import ContextVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connections

ALIAS = "replica"
COOKIE, COOKIE_SECONDS = "wrote", 10
FURTHEST = 5  # seconds behind at which it is not asked any more; with EVERY less than COOKIE_SECONDS
EVERY = 2  # seconds between two looks at it
REST = 10  # seconds for which one that failed is left alone
SAFE = frozenset({"GET", "HEAD"})
# Rights and sessions; and scores, whose pages keep by looking what they computed.
PRIMARY_APPS = frozenset({"accounts", "sessions", "axes", "contenttypes", "auth"})
# What was revoked opens nothing from the next request on; so do the keys by which programs come.
# Who judges a branch stands in its screening; it opens what the branch itself does not see yet.
PRIMARY_MODELS = frozenset({
    "branches.Appointment", "branches.Assignment", "branches.Screening", "exchange.ApiToken", "exchange.Feed"
})  # fmt: skip
PRIMARY_PAGES = frozenset({"accounts", "assessment"})
WRITTEN = "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"
REPLAYED = "SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn"

_reads = ContextVar("reads from the standby", default=False)


class Router:
    """Where a query goes: everything to the primary, but for what a page reads that the middleware let through."""

    def db_for_read(self, model, **hints):
        if not _reads.get():
            return None
        is_ours = model._meta.app_label not in PRIMARY_APPS and model._meta.label not in PRIMARY_MODELS
        if "instance" in hints and hints["instance"]._meta.app_label == "accounts":
            is_ours = False  # whose record an account opens
        return ALIAS if is_ours else "default"  # said: else what hangs on a row of the standby would be read there

    def db_for_write(self, model, **hints):
        return "default"

    def allow_relation(self, one, other, **hints):
        return True

    def allow_migrate(self, db, app_label, **hints):
        return None if db != ALIAS else False


class Middleware:
    """Lets a page that only looks read from the standby, and answers it from the primary when the standby falls meanwhile."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        before = _reads.set(False)
        try:
            response = self.get_response(request)
        finally:
            _reads.reset(before)
        if request.method not in SAFE:
            response.set_cookie(
                COOKIE, "1", max_age=COOKIE_SECONDS, secure=settings.HTTPS, httponly=True, samesite="Lax"
            )
        return response

    def process_view(self, request, view, args, kwargs):
        looks_only = request.method in SAFE and COOKIE not in request.COOKIES
        if looks_only and not PRIMARY_PAGES & set(request.resolver_match.app_names) and lag() is not None:
            _reads.set(True)
            request.asked_standby = (view, args, kwargs)

    def process_exception(self, request, exception):
        if not _reads.get() or not isinstance(exception, (OperationalError, InterfaceError)):
            return None
        _reads.set(False)
        watch.failed()
        view, args, kwargs = request.asked_standby
        return view(request, *args, **kwargs)


class Watch:
    """How far the standby is behind, by when the primary had written what the standby has read by now.

    Its own clock and its own word (`pg_last_xact_replay_timestamp`) would not do: cut off from the primary it thinks that
    it has everything.
    """

    def __init__(self):
        self.seen, self.next_at, self.behind, self.lock = deque(maxlen=60), 0.0, None, threading.Lock()

    def lag(self):
        """Seconds, or None when it should not be asked."""
        if time.monotonic() >= self.next_at and self.lock.acquire(blocking=False):
            try:
                self.behind = self._measured()
                self.next_at = time.monotonic() + (EVERY if self.behind is not None else REST)
            finally:
                self.lock.release()
        return self.behind

    def failed(self):
        self.behind, self.next_at = None, time.monotonic() + REST
        with suppress(DatabaseError):
            connections[ALIAS].close()

    def _measured(self):
        self.seen.append((time.monotonic(), _asked("default", WRITTEN)))
        try:
            replayed = _asked(ALIAS, REPLAYED)
        except DatabaseError:
            with suppress(DatabaseError):
                connections[ALIAS].close()
            return None
        if replayed is None:
            return None  # no standby at all
        ahead = [at for at, written in self.seen if written > replayed]
        behind = time.monotonic() - ahead[0] if ahead else 0.0
        return behind if behind <= FURTHEST else None


def _asked(alias, question):
    with connections[alias].cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


watch = Watch()


def lag():
    return watch.lag() if settings.DATABASE_REPLICA_URL else None
