from celery import shared_task
from django.utils import timezone

from reminders import sweep as engine


@shared_task
def sweep():
    """Every minute. Safe to run twice, late, or on two workers at once."""
    engine.run(timezone.now())
