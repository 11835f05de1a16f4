"""What training knows for others, one file a matter; the rules of the roll name a source as `training.facts.secretaries`."""

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
    "enrolment_words",
    "enrolments_waiting",
    "fresh",
    "members",
    "new_secretaries",
    "officers",
    "probationary",
    "secretaries",
    "session_words",
    "sessions_ahead",
]
