"""Instants of an invented day: in office hours, or late in the evening."""

from datetime import datetime, time

from django.utils import timezone


def at(day, hour, minute=0):
    return datetime.combine(day, time(hour, minute), tzinfo=timezone.get_default_timezone())
