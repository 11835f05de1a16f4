from meetings.models.activity import Activity, StudyItem, StudyPlan
from meetings.models.campaign import Campaign, CampaignStep, Finding, Guidance, StepDone
from meetings.models.decision import CollectiveDecision
from meetings.models.meeting import AgendaItem, Attendance, Candidate, Meeting, MeetingFile, MeetingKind, Vote
from meetings.models.review import Flag

__all__ = [
    "Activity", "AgendaItem", "Attendance", "Campaign", "CampaignStep", "Candidate", "CollectiveDecision", "Finding", "Flag", "Guidance",
    "Meeting", "MeetingFile", "MeetingKind", "StepDone", "StudyItem", "StudyPlan", "Vote",
]  # fmt: skip
