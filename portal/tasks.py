from celery import shared_task
from django.utils import timezone

from accounts.models import User
from portal.actions import tend


@shared_task
def tend_duties():
    """Each night: this year's and last year's duties exist and are matched with the records. Safe to run twice or late."""
    year = timezone.localdate().year
    for each in (year - 1, year):
        tend(each, by=User.objects.system())
