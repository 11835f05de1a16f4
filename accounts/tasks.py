from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from accounts import throttle


@shared_task
def clear_sessions():
    """Every night: sessions that have run out, and counters of wrong passwords that no longer count."""
    call_command("clearsessions")
    throttle.forget(timezone.now())
