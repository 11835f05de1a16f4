from reminders.models.reminder import (
    GROUP_KINDS,
    PERSON_KINDS,
    Channel,
    Contact,
    Delivery,
    Digest,
    DigestLine,
    Kind,
    Reminder,
    Sweep,
)

__all__ = [
    "GROUP_KINDS", "PERSON_KINDS", "Channel", "Contact", "Delivery", "Digest", "DigestLine", "Kind", "Reminder", "Sweep",
]  # fmt: skip
