from branches.models.assignment import Assignment
from branches.models.attachment import OWNERS, Attachment
from branches.models.catalogue import CatalogueEntry
from branches.models.change import OrgChange
from branches.models.dossier import (
    ContactPoint,
    ContactVisit,
    Governance,
    Instructor,
    ResponsibilityLine,
    SevenOnes,
    Title,
)
from branches.models.inspection import AdmonitionTalk, Inspection, InspectionLine, InspectionPlan
from branches.models.integrity import FormCount, IntegrityRisk
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
from branches.models.rectification import Rectification, RectificationStep
from branches.models.screening import Screening, ScreeningCampaign, ScreeningMark
from branches.models.standard import Standard, StandardGroup, StandardItem
from branches.models.weak import WeakCase, WeakCheck, WeakMeasure, WeakProgress, WeakStep

__all__ = [
    "OWNERS", "AdmonitionTalk", "Appointment", "AppointmentQuerySet", "Assignment", "Attachment", "Branch", "BranchQuerySet",
    "CatalogueEntry", "ContactPoint", "ContactVisit", "FormCount", "Governance", "Group", "Inspection", "InspectionLine",
    "InspectionPlan", "Instructor", "IntegrityRisk", "Notice", "OrgChange", "Placement", "Receipt", "Rectification",
    "RectificationStep", "ResponsibilityLine", "School", "ScopedQuerySet", "Screening", "ScreeningCampaign",
    "ScreeningMark", "SevenOnes", "Standard", "StandardGroup", "StandardItem", "Succession", "Term", "TermQuerySet",
    "Title", "WeakCase", "WeakCheck", "WeakMeasure", "WeakProgress", "WeakStep", "above", "within",
]  # fmt: skip
