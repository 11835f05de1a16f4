from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from accounts.models import User
from jobs.models import Batch
from portal.actions import tend

KEPT_DAYS = 7  # of an upload that was not imported


@shared_task
def tend_duties():
    """Each night: this year's and last year's duties exist and are matched with the records. Safe to run twice or late."""
    year = timezone.localdate().year
    for each in (year - 1, year):
        tend(each, by=User.objects.system())


@shared_task
def forget_uploads():
    """Each night: a workbook that was uploaded and never imported goes after a week, with all that stands in it."""
    Batch.objects.filter(state=Batch.State.PLANNED, created_at__lt=timezone.now() - timedelta(days=KEPT_DAYS)).delete()
