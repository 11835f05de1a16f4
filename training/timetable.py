"""The timetable of a class: its sessions, what each is worth in hours, and what clashes."""

from datetime import timedelta
from decimal import Decimal

from rulebook.book import value

HALF = Decimal("0.5")


def suggested_hours(begins, ends, on):
    """学时 of one session by the rule of that day: a day, half a day, or by the hour in halves that were full."""
    rule = value("hours.conversion", on=on)
    length = timedelta(hours=ends.hour - begins.hour, minutes=ends.minute - begins.minute)
    hours = Decimal(length.total_seconds()) / 3600
    if hours >= rule["day_from"]:
        return Decimal(rule["day"])
    if hours >= rule["half_day_from"]:
        return Decimal(rule["half_day"])
    return max(hours // HALF * HALF * rule["hour"], HALF)
