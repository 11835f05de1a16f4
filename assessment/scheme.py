"""The scheme files: read, checked, and the one in force for a year."""

from datetime import date
from functools import cache
from pathlib import Path

import yaml

from assessment.models import Scheme
from assessment.scheme_check import problems

FOLDER = Path(__file__).parent / "schemes"
IN_FORCE = (Scheme.State.PUBLISHED, Scheme.State.CLOSED)


class BadScheme(ValueError):
    """A scheme that cannot be used; the message names the file and the item."""


def load(path):
    """One scheme file as plain data, every number checked; raises `BadScheme`."""
    content = yaml.safe_load(path.read_text("utf-8"))
    check(content, path.name, kind=path.stem[5:] or Scheme.Kind.BRANCH)
    return content


def check(content, name, *, kind=None):
    """Refuse what cannot be scored by: the first of `problems`, with the name of the file."""
    if found := problems(content, kind):
        raise BadScheme(f"{name}{found[0]}")


def _files(kind):
    """year → file of the schemes that ship with the portal."""
    tail = "" if kind == Scheme.Kind.BRANCH else f"-{kind}"
    return {int(path.stem[:4]): path for path in FOLDER.glob("*.yaml") if path.stem[4:] == tail}


@cache
def of_year(year, kind=Scheme.Kind.BRANCH):
    """The newest scheme file not later than `year`; a year without one of its own goes by the last, and says so."""
    files = _files(kind)
    usable = [known for known in sorted(files) if known <= year] or sorted(files)[:1]
    content = load(files[usable[-1]])
    if usable[-1] != year:
        content = content | {
            "year": year,
            "title": content["title"].replace(str(usable[-1]), str(year)),
            "source": f"{content['source']}；{year} 年方案未发布前沿用 {usable[-1]} 年",
        }
    return content


def published(year, kind=Scheme.Kind.BRANCH):
    """The scheme that was published for the year, or None."""
    return Scheme.objects.filter(year=year, kind=kind, state__in=IN_FORCE).first()


def in_force(year, kind=Scheme.Kind.BRANCH):
    """The scheme as it was published for the year, else the file's."""
    row = published(year, kind)
    return row.content if row else of_year(year, kind)


def frozen(year, kind=Scheme.Kind.BRANCH):
    """The file's content as the database keeps it: dates as text."""
    content = of_year(year, kind)
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in content.items()}
