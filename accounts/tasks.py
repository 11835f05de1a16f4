from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from accounts import chain, throttle


@shared_task
def clear_sessions():
    """Every night: sessions that have run out, and counters of wrong passwords that no longer count."""
    call_command("clearsessions")
    throttle.forget(timezone.now())


@shared_task
def chain_events():
    """Every minute: chain what was recorded, and once a day put the head where the database's owner cannot change it."""
    chain.extend()
    chain.keep_head(on=timezone.localdate())
