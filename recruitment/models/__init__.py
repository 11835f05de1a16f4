from recruitment.models.application import Application, ApplicationStay, Guide, RoadStep, StepFile
from recruitment.models.matter import DepartmentReply, Publicity, RecruitmentQuota

__all__ = [
    "Application", "ApplicationStay", "DepartmentReply", "Guide", "Publicity", "RecruitmentQuota", "RoadStep", "StepFile",
]  # fmt: skip
