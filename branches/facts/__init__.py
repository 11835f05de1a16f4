"""What the register of organisations, and the work on their quality, know for others. One file a matter."""

from branches.facts.dossier import brands, contact_words, contacts_short, title_words, titles_due
from branches.facts.inspection import (
    inspections,
    line_words,
    lines_unvisited,
    notified,
    review_words,
    reviews_due,
    talks,
)
from branches.facts.organisation import (
    committee_intervals,
    group_intervals,
    meetings_attended,
    months_late_electing,
    school_intervals,
)
from branches.facts.rectification import (
    rectification_words,
    rectifications_due,
    rectifications_open,
    rectifications_returned,
    rectifications_waiting,
    rectified_on_time,
)
from branches.facts.screening import campaign_words, campaigns_behind, screened, standardised
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
    "brands",
    "campaign_words",
    "campaigns_behind",
    "case_words",
    "cases_running",
    "committee_intervals",
    "contact_words",
    "contacts_short",
    "days_term_overdue",
    "group_intervals",
    "inspections",
    "line_words",
    "lines_unvisited",
    "meetings_attended",
    "month_words",
    "months_late_electing",
    "months_unreported",
    "notified",
    "plan_words",
    "plans_unfiled",
    "rectification_words",
    "rectifications_due",
    "rectifications_open",
    "rectifications_returned",
    "rectifications_waiting",
    "rectified_on_time",
    "review_words",
    "reviews_due",
    "school_intervals",
    "screened",
    "standardised",
    "talks",
    "title_words",
    "titles_due",
    "weak_standing",
]
