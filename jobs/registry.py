"""The long works of the portal by their name. A work is declared where its matter lives; `tasks.py` of that app loads it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.module_loading import autodiscover_modules


@dataclass(frozen=True)
class Work:
    """One kind of long work: `function(job, progress)` does it inside one transaction and returns the job's result.

    `leads_to(job)` gives the address at which the result of a finished job is looked at, `leads_label` the words of the
    link; without it a file left by `jobs.actions.leave` is offered.
    """

    kind: str
    label: str
    function: Callable
    leads_to: Callable | None
    leads_label: str


_WORKS = {}


def work(kind, *, label, leads_to=None, leads_label="看结果"):
    """Declare a work: `@work("portal.import_commit", label="导入")` over `function(job, progress) -> dict of counts and keys`."""

    def declare(function):
        _WORKS[kind] = Work(kind, label, function, leads_to, leads_label)
        return function

    return declare


def find(kind):
    """The work of that name; `KeyError` when no app declares it."""
    if kind not in _WORKS:
        autodiscover_modules("tasks")
    return _WORKS[kind]


def known(kind):
    """The work of that name, or None: a row may outlive the version that had such a work."""
    try:
        return find(kind)
    except KeyError:
        return None
