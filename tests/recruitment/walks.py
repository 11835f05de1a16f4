"""A branch, those above it, and a road walked through the actions by the right persons on lawful days."""

from dataclasses import dataclass, field
from datetime import date

from branches.rights import Role
from meetings.models import MeetingKind, Vote
from members.models import Member
from recruitment import applications, matters, steps
from recruitment.models import Application, DepartmentReply, Publicity
from rulebook.book import value
from tests import factories

TODAY = date(2027, 3, 1)
DAYS = [  # step, day, data
    ("initial_talk", date(2023, 9, 20), {}),
    ("confirm_activist", date(2024, 3, 18), {"recommended_by": "团支部推优"}),
    ("activist_filing", date(2024, 3, 26), {}),
    ("assign_mentor", date(2024, 3, 28), {}),
    ("cultivate", date(2024, 9, 10), {}),
    ("cultivate", date(2025, 3, 10), {}),
    ("confirm_prospect", date(2025, 4, 7), {"opinions": "同意"}),
    ("prospect_filing", date(2025, 4, 15), {}),
    ("assign_sponsors", date(2025, 4, 16), {}),
    ("political_review", date(2025, 5, 20), {"conclusion": "passed"}),
    ("prospect_training", date(2025, 6, 13), {"days": 3, "hours": 24, "certificate": "2025-07"}),
    ("committee_screen", date(2025, 6, 20), {}),
    ("pre_review", date(2025, 7, 1), {"conclusion": "passed"}),
    ("fill_application_form", date(2025, 7, 3), {"form_number": "530000001"}),
    ("branch_vote", date(2025, 7, 10), {}),
    ("superior_talk", date(2025, 7, 20), {}),
    ("committee_approval", date(2025, 8, 30), {}),
    ("od_filing", date(2025, 9, 5), {}),
    ("assign_group", date(2025, 9, 6), {}),
    ("oath", date(2025, 9, 10), {}),
    ("probation_review", date(2025, 10, 10), {}),
    ("transfer_apply", date(2026, 7, 10), {}),
    ("conversion_vote", date(2026, 7, 20), {"secret": True}),
    ("conversion_approval", date(2026, 8, 20), {}),
    ("archive", date(2026, 9, 1), {}),
]
ABOVE = {
    "activist_filing", "prospect_filing", "prospect_training", "pre_review", "superior_talk", "committee_approval",
    "od_filing", "conversion_approval", "archive",
}  # fmt: skip


@dataclass
class Site:
    """A 党委 with one 支部 of five full members, its secretary, the secretary above."""

    committee: object = None
    branch: object = None
    members: list = field(default_factory=list)
    begun: int = 0  # files: the person of each is called otherwise

    def __post_init__(self):
        self.committee = factories.BranchFactory(committee=True)
        self.branch = factories.BranchFactory(parent=self.committee)
        self.members = factories.MemberFactory.create_batch(5, branch=self.branch)
        self.secretary = factories.UserFactory(serving=self.branch)
        self.upper = factories.UserFactory(serving=self.committee, role=Role.COMMITTEE)

    def by(self, key):
        return self.upper if key in ABOVE else self.secretary

    def begin(self, **fields):
        person = {"name": f"何景{self.begun or '明'}", "birth_on": date(1995, 5, 17)} | fields.pop("person", {})
        self.begun += 1
        days = {"applied_on": date(2023, 9, 1), "received_on": date(2023, 9, 4), "by": self.secretary, "on": TODAY}
        return applications.begin(Member(**person), fields.pop("branch", self.branch), **{**days, **fields})

    def vote(self, on, **counts):
        """An unsaved vote of a meeting on record that day."""
        meeting = factories.MeetingFactory(
            branch=self.branch, held_on=on, accepted=True, kinds=[MeetingKind.Kind.MEMBERS_MEETING]
        )
        counts = {"entitled": 11, "present": 9, "in_favour": 9} | counts
        return Vote(meeting=meeting, rule=Vote.Rule.RECRUITMENT, **counts)

    def beside(self, application, key, on):
        """What a step rests on beside the road: answers of departments, guides, a vote."""
        if key == "assign_mentor":
            return {"guides": self.members[:1]}
        if key == "assign_sponsors":
            return {"guides": self.members[:2]}
        if key in steps.VOTED:
            return {"vote": self.vote(on)}
        if key == "political_review":
            self.clear(application, date(2025, 4, 20))
        return {}

    def clear(self, application, on, conclusion=DepartmentReply.Conclusion.CLEAR):
        rows = matters.ask(
            application, value("recruit.departments", on=on), asked_on=on, by=self.secretary, today=TODAY
        )
        for row in rows:
            matters.answer(row, conclusion=conclusion, replied_on=on, by=self.secretary, today=TODAY)
        return rows

    def publish(self, application, started_on, ended_on, objections=0):
        notice = Publicity(
            application=application, matter=Publicity.Matter.PROSPECT, started_on=started_on, ended_on=ended_on,
            place="校务公开栏",
        )  # fmt: skip
        matters.publish(notice, by=self.secretary, today=TODAY)
        return matters.close_notice(notice, objections=objections, by=self.secretary, today=TODAY)

    def take(self, application, key, on, data=None, **fields):
        fields = {**self.beside(application, key, on), **fields}
        fields.setdefault("by", self.by(key))
        return steps.take(application, key, on, data, **{"today": TODAY, **fields})

    def walk(self, until="", application=None, **days):
        """The road up to, and without, a step; `days`: another day for a step. Late ones are explained."""
        application = application or self.begin()
        done = set(application.steps.values_list("step", flat=True))
        for key, on, data in DAYS:
            if key == until:
                break
            if key in done:
                continue
            if key == "fill_application_form":
                data = {"form_number": f"53{application.pk:07}"}
            self.take(application, key, days.get(key, on), data, explained="补登")
        return Application.objects.select_related("member", "branch").get(pk=application.pk)
