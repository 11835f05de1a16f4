"""The documents as data: the rule files with what the county decided, the calendar of offices, the scheme of a year."""

import json
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
LONGEST_HOLIDAY = 20
SATURDAY = 5


def exact(number):
    return Decimal(str(number))


def data(text):
    """A JSON column, read as text."""
    return json.loads(text, parse_float=Decimal) if text else {}


def read(path):
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


def scheme_of(year, kind=""):
    """The scheme's file of the year, or of the last year that has one; "committee": that of 党委 and 党总支."""
    ending = f"-{kind}" if kind else ""
    names = [path.stem for path in (ROOT / "assessment/schemes").glob(f"*{ending}.yaml")]
    years = sorted(int(name.removesuffix(ending)) for name in names if name.removesuffix(ending).isdigit())
    return read(f"assessment/schemes/{max((each for each in years if each <= year), default=years[0])}{ending}.yaml")


class Book:
    """Every number that a document decides, on a day: the file's newest row by then, over it the county's decision."""

    def __init__(self, ask):
        self.rows, self.decided = defaultdict(list), defaultdict(list)
        for path in sorted((ROOT / "rulebook").glob("*.yaml")):
            for row in read(path.relative_to(ROOT)) or []:
                self.rows[row["key"]].append((row["from"], row["value"], row["local"]))
        for key, value, since in ask("SELECT key, value::text, from_on FROM rulebook_decision ORDER BY from_on, id"):
            self.decided[key].append((since, data(value)))
        self.named = dict(ask('SELECT "on", is_working FROM rulebook_calendarday'))

    def at(self, key, on):
        past = [row for row in self.rows[key] if row[0] <= on]
        if not past:
            return None
        _, value, is_local = max(past, key=lambda row: row[0])
        said = [value for since, value in self.decided.get(key, ()) if since <= on and is_local]
        return said[-1] if said else value

    def keys(self, prefix):
        return [key for key in self.rows if key.startswith(prefix)]

    def is_working(self, day):
        """Offices work on a weekday, unless the holidays entered for its year say otherwise."""
        return self._named_of(day.year).get(day, day.weekday() < SATURDAY)

    def _named_of(self, year):
        last = date(year, 12, 31) + timedelta(days=LONGEST_HOLIDAY)
        found = {day: works for day, works in self.named.items() if date(year, 1, 1) <= day <= last}
        return found if any(day.year == year for day in found) else {}


def plus(day, months):
    """So many calendar months later; the end of a month is kept (31 January and one month: 28 or 29 February)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    for number in range(day.day, day.day - 4, -1):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    raise AssertionError("no month is shorter than 28 days")


def months_between(start, end):
    """Whole calendar months from one day to another."""
    count = 0
    while plus(start, count + 1) <= end:
        count += 1
    return count


def days(first, last):
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def within(day, start, end):
    return start <= day and (end is None or day <= end)
