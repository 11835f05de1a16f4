import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, worker_init

from config import collector, validation

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("portal")


@worker_init.connect
@beat_init.connect
def look_first(**_):
    validation.refuse_or_go_on()
    collector.settle()  # before it forks, so that what was loaded is held once by all of them


app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    # A minute that was missed is no loss, so what waits longer than that is not done twice.
    "sweep": {"task": "reminders.tasks.sweep", "schedule": 60.0, "options": {"expires": 55}},
    "hooks": {"task": "exchange.tasks.tell", "schedule": 60.0, "options": {"expires": 55}},
    "jobs": {"task": "jobs.tasks.work_off", "schedule": 60.0, "options": {"expires": 55}},
    "old jobs": {"task": "jobs.tasks.forget_jobs", "schedule": crontab(hour=3, minute=40)},
    "chain": {"task": "accounts.tasks.chain_events", "schedule": 60.0, "options": {"expires": 55}},
    "duties": {"task": "portal.tasks.tend_duties", "schedule": crontab(hour=0, minute=5)},
    "forecasts": {"task": "assessment.tasks.forecast_all", "schedule": crontab(hour=0, minute=30)},
    "surveys": {"task": "training.tasks.close_surveys", "schedule": crontab(minute=20)},
    "uploads": {"task": "portal.tasks.forget_uploads", "schedule": crontab(hour=3, minute=20)},
    "exports": {"task": "portal.tasks.forget_exports", "schedule": crontab(minute=50)},
    "orphans": {"task": "files.tasks.sweep_orphans", "schedule": crontab(hour=3, minute=30)},
    "scans": {"task": "files.tasks.scan_waiting", "schedule": crontab(minute="*/10")},
    "seals": {"task": "assessment.tasks.keep_heads", "schedule": crontab(minute=25)},
    "backup": {"task": "portal.tasks.back_up", "schedule": crontab(hour=2, minute=15)},
    "sessions": {"task": "accounts.tasks.clear_sessions", "schedule": crontab(hour=3, minute=10)},
}
