"""The portal's own Celery, in a hurry: a sweep each half second, and a minute's patience is a second."""

from datetime import timedelta

import django

from config.celery import app

django.setup()

from reminders import outbox  # noqa: E402 - models can be read only now

outbox.LEASE = timedelta(seconds=3)
outbox.PATIENCE = (0.01, 0.02, 0.05, 0.1)
app.conf.beat_schedule["sweep"].update(schedule=0.5, options={})
app.conf.beat_max_loop_interval = 0.2

__all__ = ["app"]
