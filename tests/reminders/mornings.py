"""Sweeps of many mornings, for tests that ask about one reminder."""

from contextlib import contextmanager

import pytest

from reminders import sweep
from rulebook.book import in_force


@contextmanager
def only(*rules):
    """The county has no reminder but these meanwhile: a sweep asks their sources alone, not the forty of the book."""

    def narrowed(*, on):
        book = in_force(on=on)
        others = {key for key, rule in book.items() if isinstance(rule.value, dict) and "source" in rule.value}
        return {key: rule for key, rule in book.items() if key in rules or key not in others}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep, "in_force", narrowed)
        yield
