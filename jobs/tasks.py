from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from jobs import actions, runner
from rulebook.book import value


@shared_task(time_limit=50 * 60)  # less than the queue's patience, after which it would hand the task out again
def work_off():
    """Each minute and whenever something long was asked for. Safe to run twice or late: a lock lets one worker do it."""
    runner.run_waiting()


@shared_task
def forget_jobs():
    """Each night: finished jobs and the files that they left, after the days that the rule names."""
    days = value("job.kept_days", on=timezone.localdate())["days"]
    actions.forget(timezone.now() - timedelta(days=days))
