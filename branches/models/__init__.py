from branches.models.notice import Notice, Receipt
from branches.models.organisation import (
    Appointment,
    AppointmentQuerySet,
    Branch,
    BranchQuerySet,
    Group,
    Placement,
    School,
    ScopedQuerySet,
    Succession,
    Term,
    TermQuerySet,
    above,
    within,
)

__all__ = [
    "Appointment", "AppointmentQuerySet", "Branch", "BranchQuerySet", "Group", "Notice", "Placement", "Receipt", "School",
    "ScopedQuerySet", "Succession", "Term", "TermQuerySet", "above", "within",
]  # fmt: skip
