"""What a scheme may count: the records by name, with what each counts and which rules fit it."""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).parent / "fact_catalogue.yaml"
KINDS = ("branch", "committee")
HUGE = 10**15


@dataclass(frozen=True)
class Source:
    """One kind of record as a scheme may name it; `asks` are options that the scheme itself fills in (`usual`: may be left out)."""

    key: str
    group: str
    label: str
    path: str
    counts: str
    unit: str
    span: str
    records: str
    rules: tuple
    waits_for: str
    options: dict = field(default_factory=dict)
    asks: dict = field(default_factory=dict)
    kinds: tuple = KINDS
    values: dict = field(default_factory=dict)  # of one that says one of a few things: what each of them means

    def fits(self, options):
        """Whether these options of a scheme name this record: the fixed ones equal, the others asked for."""
        rest = {name: value for name, value in options.items() if name not in self.options}
        return all(options.get(name) == value for name, value in self.options.items()) and set(rest) <= set(self.asks)

    def faults(self, options):
        """[(option, words)] of what is asked for and not there, or beyond its bounds."""
        found = []
        for name, ask in self.asks.items():
            given = options.get(name)
            if given is None:
                if "usual" not in ask:
                    found.append((name, f"请填写{ask['label']}"))
            elif not is_number(given) or not ask["least"] <= Decimal(str(given)) <= ask["most"]:
                found.append((name, f"{ask['label']}应在 {ask['least']} 和 {ask['most']} 之间"))
        return found

    def chosen(self, given):
        """The options as the scheme keeps them: the fixed ones and what was filled in, without what is as usual anyway."""
        return self.options | {name: given[name] for name in self.asks if given.get(name) is not None}


def is_number(value):
    """A finite number of a human size as JSON and YAML know them; no text, no yes or no."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    return -HUGE < value < HUGE if isinstance(value, int) else Decimal(str(value)).is_finite()


@cache
def _read():
    return yaml.safe_load(FILE.read_text("utf-8"))


@cache
def sources():
    """key → Source, in the order of the file."""
    found = {}
    for row in _read()["facts"]:
        tuples = {name: tuple(row[name]) for name in ("rules", "kinds") if name in row}
        found[row["key"]] = Source(**(row | tuples))
    return found


@cache
def beside():
    """path → why schemes do not count it."""
    return {row["path"]: row["why"] for row in _read()["beside"]}


def source_of(path, options):
    """The Source that a part of a scheme names, or None."""
    return next((each for each in sources().values() if each.path == path and each.fits(options)), None)
