"""Guarded reading and writing of office files; knows nothing of the project's tables."""

from django.core.exceptions import ValidationError


class Unreadable(ValidationError):
    """A file that cannot be taken in; its message says what is wrong, where, and what to do."""

    def __str__(self):
        return "；".join(self.messages)
