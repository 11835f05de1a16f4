"""What two builds of the invented county must agree on: no primary keys, since sequences do not go back, and no moment of
the build."""

from assessment.models import ManualScore
from branches.models import Appointment, Branch, Group, Notice, Receipt, Term
from duties.models import Duty, Filing, Fulfilment, Unlock
from meetings.models import (
    Activity,
    AgendaItem,
    Attendance,
    Campaign,
    CampaignStep,
    Candidate,
    Finding,
    Flag,
    Guidance,
    Meeting,
    MeetingFile,
    MeetingKind,
    StepDone,
    StudyItem,
    StudyPlan,
    Vote,
)
from members.models import Exemption, LeadingCadre, Member, Membership, Post, Transfer, TransferList, TransferStep
from reminders.models import Bulletin, Delivery, LadderStep

BRANCH = (
    "name",
    "kind",
    "parent__name",
    "order",
    "stage",
    "area",
    "nature",
    "founded_on",
    "closed_on",
    "note",
    "row_key",
)
ROWS = {
    Branch: BRANCH,
    Branch.schools.through: ("branch__name", "school__name"),
    Term: ("branch__name", "started_on", "expires_on", "committee_size", "secretary_name"),
    Group: ("branch__name", "name", "started_on"),
    Appointment: ("user__username", "user__name", "branch__name", "role", "started_on"),
    Member: (
        "row_key", "name", "initials", "sex", "ethnicity", "birth_on", "education", "title", "joined_on",
        "converted_on", "note", "user__username", "id_number_index", "strokes", "native_place", "work_began", "work",
        "position", "graduated_from", "retired_on",
    ),
    Membership: ("member__row_key", "branch__name", "kind", "started_on", "ended_on", "start_estimated", "end_reason"),
    Post: ("term__branch__name", "member__row_key", "office", "started_on", "ended_on"),
    TransferList: ("branch__name", "title", "number", "moves_on", "created_at"),
    Transfer: (
        "direction", "member__row_key", "from_branch__name", "to_branch__name", "from_place", "to_place", "reason", "state",
        "number", "issued_on", "valid_until", "received_on", "receipt_on", "on_list__title", "created_by__username",
    ),
    TransferStep: ("transfer__member__row_key", "state", "taken_on", "note", "created_by__username", "created_at"),
    Meeting: (
        "branch__name", "held_on", "place", "topic", "host", "due_count", "attended_count", "minutes", "state",
        "return_reason", "created_by__username", "created_at", "submitted_at", "excused_count", "lecturer__row_key",
        "lecturer_name", "basic_forms", "masses_count", "remote_opinions", "resolutions", "is_from_paper",
        "agenda_notice__title", "trace", "reviewed_by__username", "reviewed_at",
    ),
    MeetingKind: ("meeting__branch__name", "meeting__held_on", "meeting__topic", "kind", "assessment_year"),
    Attendance: ("meeting__branch__name", "meeting__held_on", "meeting__topic", "member__row_key", "mark"),
    Duty: ("branch__name", "rule", "year", "period", "opens_on", "target_on", "due_on", "ends_on", "notice__title",
           "handed_to__username", "handed_at"),
    Fulfilment: ("duty__branch__name", "duty__rule", "duty__period", "on"),
    Notice: (
        "branch__name", "kind", "number", "title", "body", "deadline_on", "needs_answer", "month", "held_on", "state",
        "created_by__username", "created_at", "issued_by__username", "issued_at",
    ),
    Receipt: (
        "notice__title", "branch__name", "received_by__username", "received_at", "answer", "answered_by__username",
        "answered_at", "mark",
    ),
    Filing: (
        "duty__branch__name", "duty__rule", "duty__period", "answers", "filed_on", "created_by__username", "created_at",
    ),
    Unlock: (
        "duty__branch__name", "duty__period", "reason", "created_by__username", "created_at", "expires_on", "answer",
        "decided_by__username", "decided_at",
    ),
    Exemption: ("member__row_key", "scope", "reason", "started_on", "ended_on", "basis", "created_by__username", "created_at"),
    LeadingCadre: ("member__row_key", "office", "started_on", "created_by__username", "created_at"),
    AgendaItem: ("meeting__branch__name", "meeting__held_on", "position", "kind", "title", "study_item__title"),
    Vote: (
        "meeting__branch__name", "meeting__held_on", "rule", "title", "entitled", "present", "written", "in_favour",
        "against", "abstained", "ballots_out", "ballots_back", "seats",
    ),
    Candidate: ("vote__meeting__branch__name", "position", "name", "votes"),
    StudyPlan: ("branch__name", "year", "kind", "title", "created_by__username"),
    StudyItem: ("plan__branch__name", "plan__year", "plan__kind", "position", "month", "title"),
    Activity: (
        "branch__name", "kind", "held_on", "title", "number", "count", "hours", "about__name", "answers",
        "created_by__username", "created_at",
    ),
    Activity.people.through: ("activity__branch__name", "activity__held_on", "activity__kind", "member__row_key"),
    Campaign: ("kind", "assessment_year", "title", "plan", "opens_on", "ends_on", "state", "created_at"),
    CampaignStep: ("campaign__title", "position", "label", "due_on"),
    StepDone: ("step__campaign__title", "step__position", "branch__name", "done_on", "created_by__username", "created_at"),
    Guidance: ("campaign__title", "branch__name", "group", "guide__username"),
    Finding: ("campaign__title", "branch__name", "problem", "measure", "owner", "due_on", "created_by__username", "created_at"),
    Flag: ("meeting__branch__name", "meeting__held_on", "kind", "other__branch__name", "share", "answer", "settled_at"),
    MeetingFile: ("meeting__branch__name", "meeting__held_on", "role", "file__name", "file__created_at", "file__sha256"),
    Bulletin: ("kind", "opens_on", "ends_on", "counted_on", "title", "opening", "praise", "criticism", "state", "number"),
    LadderStep: (
        "branch__name", "level", "subject", "basis", "on", "bulletin__title", "parties", "handed_to", "handed_on", "answer",
        "answered_by__username", "answered_at", "outcome", "closed_at", "created_at",
    ),
    Delivery: ("channel__branch__name", "kind", "on", "state", "next_at", "claimed_at", "settled_at", "note"),
    ManualScore: ("branch__name", "part", "points", "reason", "judged_by__username"),
}  # fmt: skip
