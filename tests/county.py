"""COUNTY-S: a small county that watches itself. Whoever sees a word that is not for their eyes can be told by the word.

One 工委, three 党委 or 党总支, nine branches below them, one directly below the 工委, one that was closed; 60 members,
two people per role in different subtrees, and some whose standing is odd. Each text column of each row holds a canary
`Ⓒ<model>-<pk>-<column>`; ID numbers and phones are numbers that occur once.
"""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import count

from django.apps import apps
from django.db import models

import vault
from accounts.models import AuditEvent, User
from assessment.models import ManualScore
from branches.actions import root
from branches.models import Branch, Group, Receipt, Term
from branches.rights import BELOW, ROLES, TASKS, Role
from duties.actions import generate
from duties.models import Unlock
from files.models import StoredFile
from jobs.models import Batch, Job, Output
from meetings.actions import meet_again
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
    MeetingKind,
    StudyItem,
    StudyPlan,
    Vote,
)
from members.models import Backbone, Exemption, LeadingCadre, Member, Membership, Transfer, TransferList, TransferStep
from reminders.models import Bulletin, LadderStep
from tests import (
    county_appraisal,
    county_calls,
    county_community,
    county_dues,
    county_elections,
    county_exchange,
    county_exports,
    county_quality,
    factories,
)
from tests.canaries import OURS, canary, canary_columns, short
from tests.county_life import live
from tests.county_register import enrol
from tests.county_transfers import transfers

NOW = datetime(2025, 11, 20, 2, 0, tzinfo=UTC)  # 10 o'clock in the county
TODAY = date(2025, 11, 20)
NOBODY = 999_999_999  # the key of a row that does not exist


class County:
    """The rows by name, the people, and who may do what by the table of rights, worked out without the code's own help."""

    def __init__(self):
        self.branches, self.people, self.posts = {}, {"anonymous": None}, defaultdict(list)
        self.tasks = defaultdict(list)
        self.members, self.meetings, self.batches, self.scores = defaultdict(list), defaultdict(list), {}, {}
        self._serial = count(1)
        self._found()
        self._fill()
        self._appoint()
        self.rows = live(self) | enrol(self) | county_community.report_in(self)
        county_dues.collect(self, self.rows)
        transfers(self, self.rows)
        county_appraisal.appraise(self, self.rows)
        county_elections.elect(self, self.rows)
        county_exports.take_along(self, self.rows)
        county_exchange.connect(self, self.rows)
        county_quality.judge(self, self.rows)
        county_calls.ask(self, self.rows)
        self._act()
        self.branches = {name: Branch.objects.get(pk=branch.pk) for name, branch in self.branches.items()}
        self._plant()

    def _found(self):
        below = {
            "a": ("root", "committee"), "b": ("root", "committee"), "c": ("root", "general"), "alone": ("root", "branch"),
            **{f"{upper}{number}": (upper, "branch") for upper in "abc" for number in (1, 2, 3)}, "shut": ("a", "branch"),
        }  # fmt: skip
        self.branches["root"] = root()
        for name, (upper, kind) in below.items():
            closed = {"closed_on": date(2024, 6, 30)} if name == "shut" else {}
            branch = factories.BranchFactory(
                name=name,
                parent=self.branches[upper],
                kind="joint" if name == "c3" else kind,
                contact_phone=f"1981{next(self._serial):07}",
                **closed,
            )
            branch.schools.add(factories.SchoolFactory())
            self.branches[name] = branch
        self.upper = {name: upper for name, (upper, _) in below.items()}
        self.graded = [name for name, (_, kind) in below.items() if kind == "branch"]

    def _fill(self):
        """Members, terms, groups and meetings of each branch; one member came to b1 from a1, one is an account holder."""
        system = User.objects.system()
        for name in self.graded:
            branch = self.branches[name]
            term = factories.TermFactory(branch=branch, secretary_name="x")
            factories.GroupFactory(branch=branch)
            if name == "shut":
                continue
            for _ in range(6 if name != "alone" else 4):
                self.members[name].append(self._member(branch))
            factories.PostFactory(term=term, member=self.members[name][0])
        self.moved = self._member(self.branches["b1"], since=date(2024, 1, 1))
        factories.MembershipFactory(member=self.moved, branch=self.branches["a1"], ended_on=date(2023, 12, 31))
        self.members["b1"].append(self.moved)
        self.member_with_account = self._member(self.branches["a1"], user=factories.UserFactory())
        self.members["a1"].append(self.member_with_account)
        for name in self.graded:
            states = (Meeting.State.ACCEPTED,) if name == "shut" else Meeting.State.values
            for state in states:
                month = {"draft": 10, "submitted": 4, "accepted": 5, "returned": 6}[state] if name != "shut" else 1
                roll = self.members.get(name, ())[:2]
                meeting = factories.MeetingFactory(
                    branch=self.branches[name],
                    held_on=date(2024 if name == "shut" else 2025, month, 24),
                    due_count=len(roll),
                    attended_count=len(roll),
                    state=state,
                    submitted_at=None if state == Meeting.State.DRAFT else NOW,
                    created_by=system,
                    minutes="x",
                    kinds=(MeetingKind.Kind.THEME_PARTY_DAY, MeetingKind.Kind.PARTY_LECTURE),
                )
                self.meetings[name].append(meeting)
                for member in roll:
                    factories.AttendanceFactory(meeting=meeting, member=member)

    def _member(self, branch, **fields):
        serial = next(self._serial)
        return factories.MemberFactory(
            branch=branch, id_number=factories.id_number(serial, date(1981, 2, 3)), phone=f"1982{serial:07}",
            birth_on=date(1981, 2, 3), **fields,
        )  # fmt: skip

    def _appoint(self):
        yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
        for person, role, place, days in [
            ("admin", Role.ADMIN, "root", {}),
            ("second admin", Role.ADMIN, "root", {}),
            ("staff", Role.STAFF, "root", {}),
            ("leader", Role.LEADER, "root", {}),
            ("leader of a", Role.LEADER, "a", {}),
            ("committee a", Role.COMMITTEE, "a", {}),
            ("committee b", Role.COMMITTEE, "b", {}),
            ("secretary a1", Role.SECRETARY, "a1", {}),
            ("secretary b1", Role.SECRETARY, "b1", {}),
            ("secretary alone", Role.SECRETARY, "alone", {}),
            ("secretary shut", Role.SECRETARY, "shut", {}),
            ("editor a1", Role.EDITOR, "a1", {}),
            ("editor c2", Role.EDITOR, "c2", {}),
            ("inspector", Role.INSPECTOR, "root", {}),
            ("inspector a", Role.INSPECTOR, "a", {}),
            ("inspector c", Role.INSPECTOR, "c", {}),
            ("discipline", Role.DISCIPLINE, "root", {}),
            ("discipline b", Role.DISCIPLINE, "b", {}),
            ("two roles", Role.SECRETARY, "b3", {}),
            ("two roles", Role.INSPECTOR, "c", {}),
            ("moved secretary", Role.SECRETARY, "a2", {"until": yesterday}),
            ("moved secretary", Role.SECRETARY, "b2", {"since": TODAY}),
            ("expired", Role.SECRETARY, "a2", {"until": yesterday}),
            ("last day", Role.SECRETARY, "a2", {"until": TODAY}),
            ("not yet", Role.SECRETARY, "a3", {"since": tomorrow}),
            ("suspended", Role.SECRETARY, "a1", {}),
        ]:
            if person not in self.people:
                self.people[person] = factories.UserFactory(is_active=person != "suspended")
            since, until = days.get("since", factories.LONG_AGO), days.get("until")
            factories.AppointmentFactory(
                user=self.people[person], branch=self.branches[place], role=role, started_on=since, ended_on=until
            )
            if person != "suspended" and since <= TODAY and (until is None or until >= TODAY):
                self.posts[person].append((role, place))
        self.people["member without post"] = self.member_with_account.user
        county_quality.assign(self)

    def _act(self):
        """What people left behind: scores, uploads, events, and the duties of the year."""
        admin = self.people["admin"]
        for name in self.graded:
            self.scores[name] = factories.ManualScoreFactory(branch=self.branches[name], judged_by=admin)
        for person in ("admin", "staff"):
            self.batches[person] = factories.BatchFactory(
                created_by=self.people[person], state=Batch.State.COMMITTED, committed_at=NOW
            )
        factories.DecisionFactory(decided_by=admin)
        events = [
            AuditEvent(
                by=admin,
                action=f"{thing._meta.label_lower}.edit",
                label=thing._meta.label,
                object_id=str(thing.pk),
                detail={"changed": {"note": f"Ⓒ{thing._meta.model_name}-{thing.pk}-audit"}},
            )
            for things in (self.branches.values(), *self.members.values(), *self.meetings.values())
            for thing in things
        ]
        AuditEvent.objects.bulk_create(events)
        generate(2025, by=User.objects.system())
        meet_again(2025)

    def _plant(self):
        """Write the canaries, past every rule of the forms."""
        for model in apps.get_models():
            if model._meta.app_label not in OURS:
                continue
            columns = canary_columns(model)
            rows = model.objects.exclude(username="system") if model is User else model.objects.all()
            for row in rows if columns and model is not AuditEvent else ():
                model.objects.filter(pk=row.pk).update(**{name: canary(row, name) for name in columns})
        Branch.objects.filter(parent=None).update(name="县委教育体育工委")  # stands on every page

    # --- who may do what, from ROLES and the parents alone

    def lies_below(self, name, place):
        while name is not None:
            if name == place:
                return True
            name = self.upper.get(name)
        return False

    def reach(self, person, verb):
        """The organisations in which `person` may do `verb` today."""
        return {
            name
            for role, place in self.posts.get(person, ())
            if verb in ROLES[role]
            for name in self.branches
            if (self.lies_below(name, place) if ROLES[role][verb] == BELOW else name == place)
        } | {place for task, place in self.tasks.get(person, ()) if verb in TASKS[task]}

    def relation(self, person, owner):
        """How the organisation that owns a row stands to the posts of `person`."""
        places = [place for _, place in (*self.posts[person], *self.tasks[person])]
        if owner in (None, "nobody", "shut", *places, *self.people):
            return owner
        if any(self.lies_below(owner, place) for place in places):
            return "below"
        if any(self.lies_below(place, owner) for place in places):
            return "above"
        return "beside" if any(self.upper.get(owner) == self.upper.get(place) for place in places) else "elsewhere"

    def is_signed_in(self, person):
        return person not in ("anonymous", "suspended")

    # --- whose eyes a canary is for

    def may_read(self, person):
        """A test (model, pk, column) → whether a page of `person` may hold it."""
        seen = {verb: {self.branches[name].pk for name in self.reach(person, verb)} for verb in _SEES.values()}
        own = {verb: self.reach(person, verb) for verb in _SEES.values()}
        uppers = {self.branches[upper].pk for name in own["branch.see"] for upper in self._uppers(name)}
        me = self.people.get(person)
        mine = models.Q(member__user=me.pk if me else 0)  # the own record, whatever the post
        stays = Membership.objects.filter(mine | models.Q(branch__in=seen["member.see"]), ended_on=None)
        persons = {row.member_id: row.branch_id for row in stays}
        were_in = set(Membership.objects.filter(member__in=persons).values_list("branch", flat=True))
        on_rolls = set(
            Attendance.objects.filter(meeting__branch__in=seen["meeting.see"]).values_list("member", flat=True)
        )
        of_branch = {model._meta.model_name: dict(model.objects.values_list("pk", lookup)) for model, lookup in _OWNERS}
        from_above = {
            model._meta.model_name: dict(model.objects.values_list("pk", lookup)) for model, lookup in _FROM_ABOVE
        }
        plans = dict(Campaign.objects.values_list("plan_file", "pk"))
        of_person = {
            model._meta.model_name: dict(model.objects.values_list("pk", "member"))
            for model in (Backbone, Exemption, LeadingCadre, *county_community.PERSONAL)
        }
        manages, knows_rules = self.reach(person, "account.manage"), self.reach(person, "rule.see")
        acted = {self.people["admin"].pk, User.objects.system().pk}  # whoever acts signs with the name
        exports = county_exports.eyes(self, person) | county_exchange.eyes(
            self, person
        )  # and the names of those who asked
        judged = county_quality.eyes(self, person) | county_calls.eyes(self, person)
        on_rolls |= judged.pop("member")
        applicants = judged.pop("applicant")  # whose road may be seen, is seen as a person too
        colleagues = self.serving_in(self.reach(person, "duty.hand")) | exports.pop("user") | judged.pop("user")
        named = {"branch.see", "member.see", "meeting.see", "duty.see", "score.see"}
        moves = bool(self.reach(person, "transfer.ask"))  # whoever moves a member chooses among all open branches
        anything = any(seen[verb] for verb in named)

        def check(model, pk, column):
            if model == "storedfile" and pk in judged["attached"]:  # what hangs on a row is seen with the row
                return True
            if model == "storedfile" and pk in plans:  # the 实施方案 of a round is seen with the round
                return check("campaign", plans[pk], column)
            names_honour = model == "honour" and column in short("Honour", "title")
            if names_honour and of_branch["honour"].get(pk) in seen["score.see"]:
                return True  # the reasons of a score name it
            if model in of_branch:
                return of_branch[model].get(pk) in seen[_SEES[model]]
            if model in from_above:  # what an organisation lays down, all below it follow
                verb, owner = _SEES[model], from_above[model].get(pk)
                above = {self.branches[upper].pk for name in self.reach(person, verb) for upper in self._uppers(name)}
                return owner in seen[verb] | above
            if model in of_person:
                return of_person[model].get(pk) in persons
            if model in exports:
                return pk in exports[model]
            if (model, column) in judged:  # a column for fewer eyes than its row
                return pk in judged[model, column]
            if model in judged:
                return pk in judged[model]
            if model == "branch":
                names = moves or pk in uppers or pk in were_in or any(pk in seen[verb] for verb in named)
                return pk in seen["branch.see"] or (column in short("Branch", "name") and names)
            if model == "member":
                return pk in persons or pk in applicants or (column in short("Member", "name") and pk in on_rolls)
            if model == "school":
                return Branch.schools.through.objects.filter(school=pk, branch__in=seen["branch.see"]).exists()
            if model == "user":
                is_named = column in short("User", "name") and pk in acted and anything
                is_colleague = column in short("User", "name") and pk in colleagues
                return bool(manages) or is_named or is_colleague or (me is not None and pk == me.pk)
            if work := _WORKS.get(model):  # each sees what was asked for by the own hand
                return work[0].objects.filter(pk=pk, **{work[1]: me}).exists()
            if model == "scheme":
                return bool(own["score.see"])
            return model == "decision" and bool(knows_rules)

        return check

    def serving_in(self, places):
        """Keys of those who hold a post in one of the organisations today."""
        return {
            self.people[person].pk for person, posts in self.posts.items() if {place for _, place in posts} & places
        }

    def _uppers(self, name):
        while name := self.upper.get(name):
            yield name

    @cached_property
    def secrets(self):
        """Every ID number and phone in clear."""
        found = {vault.reveal(branch, "contact_phone") for branch in Branch.objects.all()}
        for member in Member.objects.all():
            found |= {vault.reveal(member, "id_number"), vault.reveal(member, "phone")}
        return sorted(found - {""})


_WORKS = {"batch": (Batch, "created_by"), "job": (Job, "created_by"), "output": (Output, "job__created_by")}
_SEES = {
    "branch": "branch.see", "term": "branch.see", "group": "branch.see", "member": "member.see", "meeting": "meeting.see",
    "duty": "duty.see", "manualscore": "score.see", "receipt": "notice.see", "unlock": "duty.see",
    "activity": "meeting.see", "agendaitem": "meeting.see", "vote": "vote.see", "candidate": "vote.see",
    "storedfile": "meeting.see", "finding": "campaign.see", "guidance": "campaign.see", "flag": "meeting.review",
    "transfer": "transfer.see", "transferstep": "transfer.see", "transferlist": "transfer.see",
    "bulletin": "ladder.see", "ladderstep": "ladder.see",
    "studyplan": "meeting.see", "studyitem": "meeting.see", "campaign": "campaign.see", "campaignstep": "campaign.see",
    **county_appraisal.SEES, **county_community.SEES,
    **county_dues.SEES,
    **county_elections.SEES,
}  # fmt: skip
_OWNERS = (
    (Transfer, "from_branch"), (TransferStep, "transfer__from_branch"), (TransferList, "branch"),
    (Term, "branch"), (Group, "branch"), (Meeting, "branch"), (ManualScore, "branch"),
    (Receipt, "branch"), (Unlock, "duty__branch"), (Activity, "branch"), (AgendaItem, "meeting__branch"),
    (Vote, "meeting__branch"), (Candidate, "vote__meeting__branch"), (StoredFile, "meeting_file__meeting__branch"),
    (Finding, "branch"), (Guidance, "branch"), (Flag, "meeting__branch"), (Bulletin, "branch"), (LadderStep, "branch"),
    *county_appraisal.OWNERS, *county_community.OWNERS,
    *county_dues.OWNERS,
    *county_elections.OWNERS,
)  # fmt: skip
_FROM_ABOVE = (*county_appraisal.FROM_ABOVE,
    (StudyPlan, "branch"), (StudyItem, "plan__branch"), (Campaign, "branch"), (CampaignStep, "campaign__branch"),
)  # fmt: skip
