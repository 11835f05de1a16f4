"""The one way to long work: asked for here, done here when it is small, otherwise by the worker."""

import contextlib

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from kombu import Connection

import vault
from accounts import audit
from jobs import registry, runner
from jobs.models import Job, Output

PATIENCE = 0.2  # seconds that a page waits for the queue; the beat looks for waiting jobs every minute anyway


def start(kind, args, *, by, is_small):
    """Ask for a work. A small one is done when this returns; another one goes on by itself. Returns the job.

    `args` holds keys and codes only. Raises `ValidationError` while the same person has one of that kind open. Rights are
    asked by the work itself, when it runs. Not to be called inside a transaction: the committed row is the queue.
    """
    registry.find(kind)
    job = Job(kind=kind, args=args, created_by=by)
    job.full_clean()
    try:
        with transaction.atomic():
            job.save()
    except IntegrityError as twice:  # two tabs at the same moment
        raise ValidationError("同样的工作您还有一件没有办完，请等它办完，或先取消。") from twice
    if is_small:
        return runner.run_here(job)
    transaction.on_commit(kick)
    return job


def kick():
    """Wake the worker. Never waits long, never fails: what the queue does not hear the beat finds within a minute."""
    from jobs.tasks import work_off  # the task itself runs what this module asks for

    options = {
        "socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "retry_on_timeout": False, "max_retries": 1,
        "interval_start": 0, "interval_step": 0, "interval_max": 0,
    }  # fmt: skip
    with contextlib.suppress(Exception), Connection(settings.CELERY_BROKER_URL, transport_options=options) as queue:
        work_off.apply_async(connection=queue, retry=False, expires=55)


@transaction.atomic
def stop(job, *, by):
    """Cancel an own job: a waiting one at once, a running one at its next step, with nothing written."""
    job = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if job.created_by_id != by.pk:
        raise PermissionDenied("只能取消自己的工作。")
    if not job.is_open:
        raise ValidationError("这件工作已经结束，不用取消。")
    now = timezone.now()
    job.stop_asked_at = now
    if job.state == Job.State.WAITING:
        job.state, job.finished_at = Job.State.CANCELLED, now
    job.save(update_fields=["state", "stop_asked_at", "finished_at"])
    audit.record("job.stop", job, by=by, kind=job.kind)
    return job


def leave(job, name, data):
    """Keep a file that the work made, sealed, for the job's owner to fetch. Called by the work itself."""
    output = Output(job=job, name=name[-120:])
    output.content = vault.seal_bytes(data, _place(output))
    output.save()
    return output


def fetch(job):
    """(file name, bytes) of the file that a job left."""
    return job.output.name, vault.open_bytes(bytes(job.output.content), _place(job.output))


def _place(output):
    return f"jobs_output|content|{output.row_key}"


@transaction.atomic
def forget(before):
    """Jobs that ended before that instant go, with the files that they left."""
    over = Job.objects.filter(finished_at__lt=before)
    Output.objects.filter(job__in=over).delete()
    return over.delete()[0]
