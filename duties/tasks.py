from celery import shared_task
from django.utils import timezone

from accounts.models import User
from duties.actions import generate as make


@shared_task
def generate():
    """Each night: this year's duties exist, also for branches founded yesterday. Safe to run twice or late."""
    make(timezone.localdate().year, by=User.objects.system())
