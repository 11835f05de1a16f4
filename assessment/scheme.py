"""The scheme files: read, checked, and the one in force for a year."""

import copy
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
def of_file(year, kind=Scheme.Kind.BRANCH):
    """(the newest file's content not later than `year`, written for that year, and the year of the file)."""
    files = _files(kind)
    known = ([each for each in sorted(files) if each <= year] or sorted(files)[:1])[-1]
    content = load(files[known])
    title = content["title"].replace(str(known), str(year))
    return content | {"year": year, "title": title, "since": date(year, 1, 1)}, known


@cache
def of_year(year, kind=Scheme.Kind.BRANCH):
    """The newest scheme file not later than `year`; a year without one of its own goes by the last, and says so."""
    content, known = of_file(year, kind)
    if known == year:
        return content
    return content | {"source": f"{content['source']}；{year} 年方案未发布前沿用 {known} 年"}


def published(year, kind=Scheme.Kind.BRANCH):
    """The scheme that was published for the year, or None."""
    return Scheme.objects.filter(year=year, kind=kind, state__in=IN_FORCE).first()


def in_force(year, kind=Scheme.Kind.BRANCH):
    """The scheme as it was published for the year, else the file's."""
    row = published(year, kind)
    return row.content if row else of_year(year, kind)


def frozen(year, kind=Scheme.Kind.BRANCH):
    """The file's content as the database keeps it: dates as text."""
    content = copy.deepcopy(of_file(year, kind)[0])  # the rows of the file are shared by everybody who reads it
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in content.items()}
