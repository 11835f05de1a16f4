from rest_framework import serializers

from branches.endpoint import Endpoint
from branches.models import (
    Branch,
    CatalogueEntry,
    Group,
    Inspection,
    InspectionPlan,
    Notice,
    OrgChange,
    Receipt,
    Rectification,
    Screening,
    ScreeningCampaign,
    Term,
    Title,
    WeakCase,
)

SETTING, NOTICES, QUALITY = "组织设置", "通知", "研判整改"


class Branches(Endpoint):
    verb, group, model = "branch.see", SETTING, Branch
    fields = (
        "id", "name", "kind", "parent", "order", "stage", "area", "nature", "founded_on", "closed_on", "schools",
    )  # fmt: skip
    filters = ("kind", "parent", "stage", "area", "nature")
    beside = {"schools": serializers.StringRelatedField(many=True, read_only=True, label="所在单位")}
    joined = ("schools",)


class Terms(Endpoint):
    verb, group, model = "branch.see", SETTING, Term
    fields = ("id", "branch", "started_on", "expires_on", "committee_size")
    filters = ("branch", "expires_on")
    about = "不含人员。"


class Groups(Endpoint):
    verb, group, model = "branch.see", SETTING, Group
    fields = ("id", "branch", "name", "started_on", "ended_on")
    filters = ("branch",)


class OrgChanges(Endpoint):
    verb, group, model = "branch.see", SETTING, OrgChange
    fields = ("id", "branch", "kind", "on", "number", "before", "after")
    filters = ("branch", "kind", "on")


class Titles(Endpoint):
    verb, group, model = "file.see", SETTING, Title
    fields = ("id", "branch", "entry", "level", "year", "name", "state", "state_on", "due_on", "number")
    filters = ("branch", "year", "state")


class CatalogueEntries(Endpoint):
    verb, group, model = "rule.see", "规则", CatalogueEntry
    fields = ("id", "catalogue", "label", "source", "order", "from_year", "until_year", "is_extra")
    filters = ("catalogue",)


class Notices(Endpoint):
    verb, group, model = "notice.see", NOTICES, Notice
    fields = ("id", "branch", "kind", "number", "title", "deadline_on", "month", "held_on", "state", "issued_at")
    filters = ("branch", "kind", "state", "deadline_on")
    about = "不含正文。"


class Receipts(Endpoint):
    verb, group, model = "notice.see", NOTICES, Receipt
    fields = ("id", "notice", "branch", "received_at", "answered_at")
    filters = ("notice", "branch")
    about = "不含答复内容。"


class ScreeningCampaigns(Endpoint):
    verb, group, model = "screening.see", QUALITY, ScreeningCampaign
    fields = (
        "id", "branch", "year", "title", "number", "standard", "screens_from", "screens_until", "rectifies_until",
        "reviews_until", "state",
    )  # fmt: skip
    filters = ("year", "state")


class Screenings(Endpoint):
    verb, group, model = "screening.see", QUALITY, Screening
    fields = (
        "id", "campaign", "branch", "kind", "first", "state", "visited_on", "points", "whole", "approved_class",
        "letter_number", "issued_at",
    )  # fmt: skip
    filters = ("campaign", "branch", "kind", "state")
    about = "支部在反馈意见发出后才看得到自己的。"


class Rectifications(Endpoint):
    verb, group, model = "rectify.see", QUALITY, Rectification
    fields = (
        "id", "branch", "source", "source_number", "raised_on", "due_on", "state", "settled_on", "reopened",
    )  # fmt: skip
    filters = ("branch", "source", "state", "due_on")
    about = "不含问题原文和责任人。"


class WeakCases(Endpoint):
    verb, group, model = "weak.see", QUALITY, WeakCase
    fields = (
        "id", "branch", "state", "suspected_on", "listed_on", "listed_number", "due_on", "closed_on", "closed_number",
    )  # fmt: skip
    filters = ("branch", "state")
    about = "本组织和上级看得到，别的组织看不到。"


class InspectionPlans(Endpoint):
    verb, group, model = "inspection.see", QUALITY, InspectionPlan
    fields = ("id", "branch", "year", "title", "number", "state")
    filters = ("branch", "year", "state")


class Inspections(Endpoint):
    verb, group, model = "inspection.see", QUALITY, Inspection
    fields = ("id", "line", "branch", "visited_on", "is_announced", "state", "closed_at")
    filters = ("line", "branch", "visited_on", "state")
    about = "不含检查情况和问题。"
