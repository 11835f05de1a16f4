"""Numbers that scores and screenings ask for by name, so that they need not import the apps that know them."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Period:
    """A stretch of an assessment year, seen on a day: what is not yet due `on` that day is still open."""

    year: int
    start: date
    end: date
    on: date

    @classmethod
    def of_year(cls, year, *, on):
        return cls(year, date(year, 1, 1), date(year, 12, 31), on)


@dataclass(frozen=True, slots=True)
class Fact:
    """A number of one branch and where it comes from.

    `value` of `whole` (None: a plain count or amount), of which `open` can still be reached; `model` and `pks` are the
    records counted; `missing` are words for what was owed and is not there; `note` says what else should be known.
    `is_void`: something without which nothing can be had at all is not there (`missing` says what).
    """

    value: Decimal
    whole: Decimal | None = None
    model: str = ""
    pks: tuple = ()
    missing: tuple = ()
    open: Decimal = Decimal(0)
    note: str = ""
    is_void: bool = False


def resolve(path):
    """The fact named `app.facts.name`, or `ValueError` when the path names none."""
    if not re.fullmatch(r"[a-z]+\.facts\.[a-z_]+", path):
        raise ValueError(f"{path} 不是指标来源的写法，应为 app.facts.name")
    try:
        return import_string(path)
    except ImportError as error:
        raise ValueError(f"没有指标来源 {path}") from error


def compute(path, branches, period, **options):
    """branch id → Fact, by the fact that `path` names: one query for all branches. A branch left out: not applicable.

    None: nothing of this kind is recorded in the county for that year, so the matter cannot be judged yet.
    """
    return resolve(path)(branches, period, **options)


def compute_all(wanted, branches, period):
    """key → what `compute` gives, of `wanted`: key → (path, options). A fact that can answer several options in one query
    (its attribute `together`) is asked once."""
    found, shared = {}, {}
    for key, (path, options) in wanted.items():
        if together := getattr(resolve(path), "together", None):
            shared.setdefault(together, []).append((key, options))
        else:
            found[key] = compute(path, branches, period, **options)
    for together, asked in shared.items():
        answers = together(branches, period, [options for _, options in asked])
        found |= dict(zip((key for key, _ in asked), answers, strict=True))
    return found
