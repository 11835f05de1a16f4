"""Every number that a document decides: rows of `rulebook/*.yaml`, overridden by the county's dated decisions."""

import threading
from bisect import bisect_right
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db.models.signals import post_delete, post_save

from rulebook import limits
from rulebook.models import CalendarDay, Decision

FOLDER = Path(__file__).parent
LONGEST_HOLIDAY = 20  # days; none has lasted that long
SATURDAY = 5
FIELDS = {"key", "label", "value", "from", "source", "local", "note"}


class BadRule(ValueError):
    """A rule file that cannot be used; the message names the file and the row."""


@dataclass(frozen=True)
class Rule:
    """One row: the value of `key` from a day on, where it is written, and whether the county may decide otherwise."""

    key: str
    label: str
    value: Any
    since: date
    source: str
    local: bool
    note: str = ""


def load(path):
    """The rows of one file, or `BadRule` naming the file and the row."""
    rows = []
    for number, row in enumerate(yaml.safe_load(path.read_text("utf-8")) or [], 1):
        where = f"{path.name} 第 {number} 条"
        if unknown := set(row) - FIELDS:
            raise BadRule(f"{where}：不认识的字段 {'、'.join(sorted(unknown))}")
        if missing := {"key", "label", "value", "from", "source", "local"} - set(row):
            raise BadRule(f"{where}：缺少 {'、'.join(sorted(missing))}")
        if not isinstance(row["from"], date) or not isinstance(row["local"], bool) or not str(row["source"]).strip():
            raise BadRule(f"{where}：from 须为日期，local 须为 true 或 false，source 不能空")
        if row["local"] and (wrong := limits.problems(row["key"], row["value"], row["value"])):
            path, words = wrong[0]
            raise BadRule(f"{where}：{'.'.join(map(str, path)) or 'value'} {words}")
        rows.append(
            Rule(row["key"], row["label"], row["value"], row["from"], row["source"], row["local"], row.get("note", ""))
        )
    return rows


@cache
def rules():
    """Every row of every file, by key, oldest first."""
    found = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        for rule in load(path):
            found.setdefault(rule.key, []).append(rule)
    for rows in found.values():
        rows.sort(key=lambda rule: rule.since)
        if len({rule.since for rule in rows}) != len(rows):
            raise BadRule(f"{rows[0].key}：同一天有两条规定")
    return found


@cache
def _days():
    """The days from which something in the files holds, in their order."""
    return sorted({rule.since for rows in rules().values() for rule in rows})


@cache
def _of_files(number):
    """key → the newest row of the files once the first `number` of those days have come."""
    came = set(_days()[:number])
    past = {key: [rule for rule in rows if rule.since in came] for key, rows in rules().items()}
    return {key: rows[-1] for key, rows in past.items() if rows}


class _Asked(threading.local):
    """What this thread's request has read of the county's decisions, and the book of each day: a page asks for many days."""

    is_kept, decisions = False, None

    def __init__(self):
        self.made, self.books = {}, {}

    def begin(self, **kwargs):
        self.is_kept, self.made = True, {}
        self.forget()

    def end(self, **kwargs):
        self.is_kept, self.made = False, {}
        self.forget()

    def forget(self, **kwargs):
        self.decisions, self.books = None, {}


_asked = _Asked()
request_started.connect(_asked.begin)
request_finished.connect(_asked.end)
post_save.connect(_asked.forget, Decision)
post_delete.connect(_asked.forget, Decision)


def forget():
    """What was read of the decisions no longer holds: one was tried out and taken back."""
    _asked.forget()


@contextmanager
def read_once():
    """Within, the county's decisions are read once for all rules, as within a request."""
    if _asked.is_kept:
        yield
        return
    _asked.begin()
    try:
        yield
    finally:
        _asked.end()


def once(key, make):
    """What `make()` gives; within `read_once` it is made once. For what only reads: what is written in between is not seen."""
    if not _asked.is_kept:
        return make()
    if key not in _asked.made:
        _asked.made[key] = make()
    return _asked.made[key]


def _decisions(on):
    """The county's decisions up to that day, oldest first for each key. One query; within a request, one for all days."""
    if not _asked.is_kept:
        return Decision.objects.filter(from_on__lte=on)
    if _asked.decisions is None:
        _asked.decisions = list(Decision.objects.all())
    return [decision for decision in _asked.decisions if decision.from_on <= on]


def stamp():
    """Equal stamps, equal rules: all that the county has decided so far, hashable. One query; none within a request that has read
    a rule."""
    return tuple(sorted((row.key, row.from_on, repr(row.value)) for row in _decisions(date.max)))


def in_force(*, on):
    """key → Rule in force on that day, the county's decisions included, to be read alone. One query; within a request none
    for a day that was asked for before."""
    if on in _asked.books:
        return _asked.books[on]
    found = _of_files(bisect_right(_days(), on))
    if decided := [(found[row.key], row) for row in _decisions(on) if row.key in found and found[row.key].local]:
        found = found | {
            rule.key: Rule(rule.key, rule.label, row.value, row.from_on, row.source, True, rule.note)
            for rule, row in decided
        }
    book = MappingProxyType(found)
    if _asked.is_kept:
        _asked.books[on] = book
    return book


def rule(key, *, on):
    """The row in force, or None when nothing was laid down by that day. `KeyError` for a key no file knows."""
    rules()[key]
    return in_force(on=on).get(key)


def value(key, *, on):
    """The value in force on that day, or None when nothing was laid down by then."""
    found = rule(key, on=on)
    return found.value if found else None


def portal_name(*, on, book=None):
    """What the portal calls itself: as the county decided, else as the server is set up. `book`: the rules of that day."""
    found = (in_force(on=on) if book is None else book).get("portal.name")
    return settings.PORTAL_NAME if found is None or found in rules()["portal.name"] else found.value


def named_days(year):
    """day → whether offices work, of every day of the year (and of the weeks after it) that differs from its weekday.

    Empty: the State Council's holidays of that year are not entered, and its working days are provisional. One query.
    """
    last = date(year, 12, 31) + timedelta(days=LONGEST_HOLIDAY)
    found = dict(CalendarDay.objects.filter(on__range=(date(year, 1, 1), last)).values_list("on", "is_working"))
    return found if any(day.year == year for day in found) else {}


def is_calendar_known(year):
    """Whether the State Council's holidays of that year have been entered; until then its working days are provisional."""
    return bool(named_days(year))


def working_day(day, named):
    """The day itself, or the next on which offices work by `named_days`."""
    while not named.get(day, day.weekday() < SATURDAY):
        day += timedelta(days=1)
    return day
