from reminders.models.bulletin import Bulletin
from reminders.models.ladder import LadderStep
from reminders.models.reminder import (
    GROUP_KINDS,
    PERSON_KINDS,
    Channel,
    Contact,
    Delivery,
    Digest,
    DigestLine,
    Kind,
    Outgoing,
    Reminder,
    Sweep,
)

__all__ = [
    "GROUP_KINDS", "PERSON_KINDS", "Bulletin", "Channel", "Contact", "Delivery", "Digest", "DigestLine", "Kind",
    "LadderStep", "Outgoing", "Reminder", "Sweep",
]  # fmt: skip
