from branches.endpoint import Endpoint
from members.models import (
    Appraisal,
    CommunityService,
    DuesHandover,
    DuesPayment,
    Election,
    Honour,
    MassPoll,
    Member,
    Membership,
    Post,
    ResponsibilityLetter,
    Transfer,
)

PERSONS, DUES, LIFE, SETTING = "党员", "党费", "评议和荣誉", "组织设置"


class Members(Endpoint):
    verb, group, model = "member.see", PERSONS, Member
    fields = (
        "id", "name", "sex", "ethnicity", "education", "degree", "position", "title", "staffing", "retired_on",
        "joined_on", "converted_on",
    )  # fmt: skip
    filters = ("sex", "staffing", "joined_on")
    about = "不含身份证号、出生日期、电话、住址。"


class Memberships(Endpoint):
    verb, group, model = "member.see", PERSONS, Membership
    fields = ("id", "member", "branch", "kind", "started_on", "ended_on", "start_estimated")
    filters = ("member", "branch", "kind", "started_on", "ended_on")


class Posts(Endpoint):
    verb, group, model = "member.see", PERSONS, Post
    fields = ("id", "term", "member", "office", "started_on", "ended_on")
    filters = ("term", "member", "office")


class Transfers(Endpoint):
    verb, group, model = "transfer.see", PERSONS, Transfer
    fields = (
        "id", "direction", "member", "kind", "from_branch", "from_place", "to_branch", "to_place", "state", "number",
        "issued_on", "valid_until", "received_on", "receipt_on",
    )  # fmt: skip
    filters = ("direction", "member", "from_branch", "to_branch", "state")
    about = "转出、转入双方和各自上级看得到。"


class DuesPayments(Endpoint):
    verb, group, model = "dues.see", DUES, DuesPayment
    fields = ("id", "member", "branch", "month")
    filters = ("member", "branch", "month")
    about = "有一条就是当月已交；不含金额。"


class DuesHandovers(Endpoint):
    verb, group, model = "dues.see", DUES, DuesHandover
    fields = ("id", "branch", "year", "quarter", "handed_on", "received_at")
    filters = ("branch", "year", "quarter")
    about = "不含金额。"


class Appraisals(Endpoint):
    verb, group, model = "appraisal.see", LIFE, Appraisal
    fields = (
        "id", "branch", "year", "held_on", "ballots_issued", "ballots_returned", "state", "submitted_at", "approved_at",
    )  # fmt: skip
    filters = ("branch", "year", "state")
    about = "不含个人等次。"


class Polls(Endpoint):
    verb, group, model = "poll.see", LIFE, MassPoll
    fields = ("id", "branch", "year", "held_on", "issued", "returned", "satisfied", "fairly", "dissatisfied", "unsure")
    filters = ("branch", "year")


class Honours(Endpoint):
    verb, group, model = "honour.see", LIFE, Honour
    fields = (
        "id", "branch", "member", "title", "level", "conferred_on", "issuer", "number", "revoked_on",
    )  # fmt: skip
    filters = ("branch", "member", "level", "conferred_on")


class CommunityServices(Endpoint):
    verb, group, model = "community.see", LIFE, CommunityService
    fields = ("id", "branch", "community", "held_on", "topic")
    filters = ("branch", "held_on")


class Elections(Endpoint):
    verb, group, model = "election.see", SETTING, Election
    fields = ("id", "branch", "kind", "planned_on", "seats", "held_on", "term", "state")
    filters = ("branch", "kind", "state", "planned_on")
    about = "不含候选人和票数。"


class Letters(Endpoint):
    verb, group, model = "letter.see", SETTING, ResponsibilityLetter
    fields = ("id", "kind", "year", "branch", "signed_on", "number")
    filters = ("kind", "year", "branch")
    about = "不含签字人。"
