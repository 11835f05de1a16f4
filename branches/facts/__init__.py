"""What the register of organisations, and the work on their quality, know for others. One file a matter."""

from branches.facts.organisation import (
    committee_intervals,
    group_intervals,
    meetings_attended,
    months_late_electing,
    school_intervals,
)
from branches.facts.weak import (
    case_words,
    cases_running,
    days_term_overdue,
    month_words,
    months_unreported,
    plan_words,
    plans_unfiled,
    weak_standing,
)

__all__ = [
    "case_words",
    "cases_running",
    "committee_intervals",
    "days_term_overdue",
    "group_intervals",
    "meetings_attended",
    "month_words",
    "months_late_electing",
    "months_unreported",
    "plan_words",
    "plans_unfiled",
    "school_intervals",
    "weak_standing",
]
