"""What training knows for others, one file a matter; the rules of the roll name a source as `training.facts.secretaries`."""

from training.facts.classes import (
    classes_incomplete,
    classes_unfinished,
    held,
    incomplete_words,
    person_times,
    six_haves,
    unfinished_words,
)
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
    "classes_incomplete",
    "classes_unfinished",
    "coverage",
    "enrolment_words",
    "enrolments_waiting",
    "fresh",
    "held",
    "hours_reached",
    "incomplete_words",
    "members",
    "members_short",
    "members_short_words",
    "new_secretaries",
    "officers",
    "person_times",
    "probationary",
    "secretaries",
    "secretaries_untrained",
    "session_words",
    "sessions_ahead",
    "six_haves",
    "uncovered",
    "unfinished_words",
    "untrained_words",
]
