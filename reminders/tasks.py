from celery import shared_task
from django.utils import timezone

from jobs.fault import point
from reminders import outbox
from reminders import sweep as engine


@shared_task
def sweep():
    """Every minute. Safe to run twice, late, or on two workers at once."""
    now = timezone.now()
    engine.run(now)
    outbox.recover(now)
    point("sweep-recovered")
    for pk in outbox.due(now) if engine.may_send(now) else ():
        deliver.delay(pk)
        point("sweep-handed-on")


@shared_task
def deliver(pk):
    """What waits on one channel. Two of these at once share the work; the claim decides who sends what."""
    if engine.may_send(timezone.now()):
        outbox.drain(pk)
