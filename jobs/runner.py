"""Doing what was asked for: at once in the request when it is small, otherwise by the worker, one after another.

Whoever works on a job holds an advisory lock of the database for as long as it lives; a worker that was killed lets go of
it at once, so `running` with a free lock is a job that lost its worker. The work and the word `done` are one transaction:
killed before its end nothing was written, killed after it everything.
"""

import logging
import time
import traceback
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from jobs import registry
from jobs.fault import point
from jobs.models import Job

log = logging.getLogger(__name__)

LOCK, SLOT = 20210701, 0  # the class of our advisory locks; the one that lets one worker at a time do long work
ATTEMPTS = 3
EACH = 0.3  # seconds between two words about the progress
LOST = "办理程序中断了 3 次，没有写入任何数据。请把内容分成几份再办，或联系管理员。"
BROKEN = "程序出错，没有写入任何数据。请稍后再试；还是不行，把这一页的编号告诉管理员。"


class Stopped(Exception):
    """The person who asked for the work has cancelled it."""


class Progress:
    """How far the work is, told on a second connection so that others see it before the work is committed."""

    def __init__(self, job=None, beside=None):
        self.job, self.beside = job, beside
        self.told, self.total = 0.0, 0

    def __call__(self, done, total=None, note=""):
        """Say how far it is; raises `Stopped` when it was cancelled. Cheap enough to be called for each row."""
        is_new = total is not None and total != self.total
        self.total = self.total if total is None else total
        if self.beside is None or (time.monotonic() - self.told < EACH and not is_new):
            return
        self.told = time.monotonic()
        rows = _ask(
            self.beside,
            "UPDATE jobs_job SET done = least(%s, %s), total = %s, note = %s WHERE id = %s RETURNING stop_asked_at",
            [done, self.total, self.total, note[:100], self.job.pk],
        )
        if rows and rows[0][0]:
            raise Stopped
        point("job-progress")


def _ask(beside, sql, params):
    with beside.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


@contextmanager
def _holding(beside, key):
    """Whether nobody else holds the lock; held until the end of the block or of this process."""
    is_free = _ask(beside, "SELECT pg_try_advisory_lock(%s, %s)", [LOCK, key])[0][0]
    try:
        yield is_free
    finally:
        if is_free:
            _ask(beside, "SELECT pg_advisory_unlock(%s, %s)", [LOCK, key])


def run_here(job):
    """Do a small job within the request. Whatever happens, the job says it; returns the job as it is afterwards."""
    with _holding(connection, job.pk) as is_free:
        if is_free and _claim(connection, job.pk):
            _do(job, Progress())
    job.refresh_from_db()
    return job


def run_waiting():
    """Do everything that waits, the oldest first, and what lost its worker. Only one worker at a time does long work."""
    beside = connection.copy()
    try:
        with _holding(beside, SLOT) as is_ours:
            seen = set()
            while is_ours and (pk := _next(seen)):
                seen.add(pk)
                with _holding(beside, pk) as is_free:
                    if is_free and _claim(beside, pk):
                        point("job-claimed")
                        job = Job.objects.select_related("created_by").get(pk=pk)
                        _do(job, Progress(job, beside))
    finally:
        beside.close()


def _next(seen):
    return Job.objects.open().exclude(pk__in=seen).order_by("pk").values_list("pk", flat=True).first()


def _claim(beside, pk):
    """Begin a job whose lock is held; settled instead when it was cancelled or has lost too many workers."""
    found = _ask(
        beside,
        "UPDATE jobs_job SET state = 'running', attempts = attempts + 1, started_at = now(), done = 0, note = ''"
        " WHERE id = %s AND state IN ('waiting', 'running') RETURNING attempts, stop_asked_at",
        [pk],
    )
    if not found:
        return False
    attempts, stop_asked_at = found[0]
    if stop_asked_at:
        _settle(pk, Job.State.CANCELLED)
    elif attempts > ATTEMPTS:
        _settle(pk, Job.State.FAILED, error=LOST)
    return not stop_asked_at and attempts <= ATTEMPTS


def _do(job, progress):
    try:
        with transaction.atomic():
            job.result = registry.find(job.kind).function(job, progress) or {}
            point("job-worked")
            _settle(job.pk, Job.State.DONE, result=job.result)
        point("job-committed")
    except Stopped:
        _settle(job.pk, Job.State.CANCELLED)
    except ValidationError as refusal:
        _settle(job.pk, Job.State.FAILED, error="；".join(refusal.messages))
    except PermissionDenied as refusal:
        _settle(job.pk, Job.State.FAILED, error=str(refusal) or "您的岗位没有这项权限。")
    except (OperationalError, InterfaceError) as error:
        if progress.beside is not None:
            raise  # the database went away: it is `running` with a free lock, and is done again
        _break(job, error)
    except Exception as error:
        _break(job, error)


def _break(job, error):
    """A fault of ours: the log gets the place and the kind of the error, not its words, which may hold a name."""
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames[-6:]))
    log.error("job %s (%s) broke: %s at %s", job.pk, job.kind, type(error).__name__, where)
    _settle(job.pk, Job.State.FAILED, error=BROKEN)


def _settle(pk, state, **fields):
    Job.objects.filter(pk=pk, state=Job.State.RUNNING).update(state=state, finished_at=timezone.now(), **fields)
