"""What training knows for others, one file a matter; the rules of the roll name a source as `training.facts.secretaries`."""

from training.facts.coverage import coverage, uncovered
from training.facts.hours import (
    called,
    hours_reached,
    members_short,
    members_short_words,
    secretaries_untrained,
    untrained_words,
)
from training.facts.roll import (
    enrolment_words,
    enrolments_waiting,
    fresh,
    members,
    new_secretaries,
    officers,
    probationary,
    secretaries,
    session_words,
    sessions_ahead,
)

__all__ = [
    "called",
    "coverage",
    "enrolment_words",
    "enrolments_waiting",
    "fresh",
    "hours_reached",
    "members",
    "members_short",
    "members_short_words",
    "new_secretaries",
    "officers",
    "probationary",
    "secretaries",
    "secretaries_untrained",
    "session_words",
    "sessions_ahead",
    "uncovered",
    "untrained_words",
]
