"""What the register of organisations, and the work on their quality, know for others. One file a matter."""

from branches.facts.organisation import (
    committee_intervals,
    group_intervals,
    meetings_attended,
    months_late_electing,
    school_intervals,
)

__all__ = ["committee_intervals", "group_intervals", "meetings_attended", "months_late_electing", "school_intervals"]
