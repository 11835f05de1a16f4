"""One factory per model: valid by default, made special by traits and a few plain words."""

from datetime import UTC, date, datetime
from uuid import uuid4

import factory
from factory.django import DjangoModelFactory

from accounts.models import AuditEvent, User
from branches.actions import root
from branches.models import Appointment, Branch, Group, Placement, School, Term
from branches.rights import Role
from duties.models import Duty, Fulfilment
from duties.periods import spans
from meetings.actions import assessed_year
from meetings.models import Attendance, Meeting, MeetingKind
from members.models import Member, Membership, Post
from members.names import initials, strokes
from office.values import ID_CHECK, ID_WEIGHTS
from rulebook.models import CalendarDay, Decision, SchoolTerm
from tests.factories_files import StoredFileFactory, WordTemplateFactory  # noqa: F401

LONG_AGO = date(2010, 1, 1)


def id_number(serial, born=date(1980, 5, 17)):
    """A number with a right check digit and a region that no county has."""
    body = f"990099{born:%Y%m%d}{serial % 1000:03}"
    return body + ID_CHECK[sum(weight * int(digit) for weight, digit in zip(ID_WEIGHTS, body, strict=False)) % 11]


class UserFactory(DjangoModelFactory):
    """`serving=branch, role=…` gives a post from `since` to `until`."""

    class Meta:
        model = User

    username = factory.Sequence("user{}".format)
    name = factory.Sequence("周明{}".format)
    password = "!"
    serving = None
    role = Role.SECRETARY
    since = LONG_AGO
    until = None

    @classmethod
    def _create(cls, model_class, *args, serving, role, since, until, **fields):
        user = super()._create(model_class, *args, **fields)
        if serving is not None:
            AppointmentFactory(user=user, branch=serving, role=role, started_on=since, ended_on=until)
        return user


class BranchFactory(DjangoModelFactory):
    """Below the root unless `parent` says otherwise; `path` follows the parent unless given."""

    class Meta:
        model = Branch

    class Params:
        committee = factory.Trait(kind=Branch.Kind.COMMITTEE, stage="")
        closed = factory.Trait(closed_on=date(2024, 6, 30))

    name = factory.Sequence("云岭第{}小学党支部".format)
    kind = Branch.Kind.BRANCH
    stage = Branch.Stage.PRIMARY
    founded_on = LONG_AGO
    order = factory.Sequence(int)
    parent = factory.LazyFunction(root)
    path = ""

    @classmethod
    def _create(cls, model_class, *args, path, **fields):
        branch = super()._create(model_class, *args, path=f"new {uuid4()}", **fields)
        branch.path = path or f"{branch.parent.path}{branch.pk}/"
        branch.save(update_fields=["path"])
        if branch.parent_id:
            PlacementFactory(
                branch=branch, parent=branch.parent, started_on=branch.founded_on, ended_on=branch.closed_on
            )
        return branch


class PlacementFactory(DjangoModelFactory):
    """An earlier one that is over: the factory of the branch makes the one that holds."""

    class Meta:
        model = Placement

    branch = factory.SubFactory(BranchFactory)
    parent = factory.LazyFunction(root)
    started_on = date(2009, 1, 1)
    ended_on = date(2009, 12, 31)


class SchoolFactory(DjangoModelFactory):
    class Meta:
        model = School

    name = factory.Sequence("云岭第{}小学".format)


class TermFactory(DjangoModelFactory):
    class Meta:
        model = Term

    branch = factory.SubFactory(BranchFactory)
    started_on = date(2024, 3, 1)
    expires_on = date(2027, 3, 1)
    committee_size = 5


class GroupFactory(DjangoModelFactory):
    class Meta:
        model = Group

    branch = factory.SubFactory(BranchFactory)
    name = factory.Sequence("第{}党小组".format)
    started_on = LONG_AGO


class AppointmentFactory(DjangoModelFactory):
    class Meta:
        model = Appointment

    user = factory.SubFactory(UserFactory)
    branch = factory.SubFactory(BranchFactory)
    role = Role.SECRETARY
    started_on = LONG_AGO


class MemberFactory(DjangoModelFactory):
    """A person; with `branch` a full member there since `since`."""

    class Meta:
        model = Member

    class Params:
        serial = factory.Sequence(int)

    name = factory.Sequence("高雪{}".format)
    initials = factory.LazyAttribute(lambda member: initials(member.name))
    strokes = factory.LazyAttribute(lambda member: strokes(member.name))
    sex = Member.Sex.FEMALE
    ethnicity = "14"
    birth_on = date(1980, 5, 17)
    id_number = factory.LazyAttribute(lambda member: id_number(member.serial, member.birth_on))
    phone = factory.LazyAttribute(lambda member: f"1990000{member.serial % 10000:04}")
    joined_on = date(2005, 7, 1)
    converted_on = date(2006, 7, 1)
    branch = None
    since = LONG_AGO

    @classmethod
    def _build(cls, model_class, *args, branch, since, **fields):
        return super()._build(model_class, *args, **fields)

    @classmethod
    def _create(cls, model_class, *args, branch, since, **fields):
        member = super()._create(model_class, *args, **fields)
        if branch is not None:
            MembershipFactory(member=member, branch=branch, started_on=since)
        return member


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    member = factory.SubFactory(MemberFactory)
    branch = factory.SubFactory(BranchFactory)
    kind = Membership.Kind.FULL
    started_on = LONG_AGO


class PostFactory(DjangoModelFactory):
    class Meta:
        model = Post

    term = factory.SubFactory(TermFactory)
    member = factory.SubFactory(MemberFactory)
    office = Post.Office.SECRETARY
    started_on = factory.SelfAttribute("term.started_on")


class MeetingFactory(DjangoModelFactory):
    """A draft of a 主题党日; `kinds` are its kinds, each counted for the year that the rules give it."""

    class Meta:
        model = Meeting

    class Params:
        submitted = factory.Trait(state=Meeting.State.SUBMITTED, submitted_at=datetime(2025, 6, 1, tzinfo=UTC))
        accepted = factory.Trait(state=Meeting.State.ACCEPTED, submitted_at=datetime(2025, 6, 1, tzinfo=UTC))
        returned = factory.Trait(
            state=Meeting.State.RETURNED, submitted_at=datetime(2025, 6, 1, tzinfo=UTC), return_reason="请补到会名单"
        )

    branch = factory.SubFactory(BranchFactory)
    held_on = date(2025, 5, 25)
    topic = factory.Sequence("学习第{}讲".format)
    due_count = 10
    attended_count = 9
    created_by = factory.LazyFunction(User.objects.system)
    kinds = (MeetingKind.Kind.THEME_PARTY_DAY,)

    @classmethod
    def _create(cls, model_class, *args, kinds, **fields):
        meeting = super()._create(model_class, *args, **fields)
        for kind in kinds:
            MeetingKindFactory(meeting=meeting, kind=kind, assessment_year=assessed_year(kind, meeting.held_on))
        return meeting


class MeetingKindFactory(DjangoModelFactory):
    class Meta:
        model = MeetingKind

    meeting = factory.SubFactory(MeetingFactory, kinds=())
    kind = MeetingKind.Kind.THEME_PARTY_DAY
    assessment_year = 2025


class AttendanceFactory(DjangoModelFactory):
    class Meta:
        model = Attendance

    meeting = factory.SubFactory(MeetingFactory)
    member = factory.SubFactory(MemberFactory)
    mark = Attendance.Mark.PRESENT


class DutyFactory(DjangoModelFactory):
    """One duty of 2025 as the rules would make it: say `rule` and `period`."""

    class Meta:
        model = Duty

    branch = factory.SubFactory(BranchFactory)
    rule = "theme_party_day"
    year = 2025
    period = "2025-05"

    @classmethod
    def _create(cls, model_class, *args, **fields):
        span = next(
            span for span in spans(fields["year"]) if (span.rule, span.period) == (fields["rule"], fields["period"])
        )
        days = {name: getattr(span, name) for name in ("opens_on", "target_on", "due_on", "ends_on", "locks_on")}
        return super()._create(model_class, *args, **days | fields)


class FulfilmentFactory(DjangoModelFactory):
    class Meta:
        model = Fulfilment

    duty = factory.SubFactory(DutyFactory)
    label = Meeting._meta.label
    object_id = factory.Sequence(int)
    on = factory.SelfAttribute("duty.target_on")


class DecisionFactory(DjangoModelFactory):
    class Meta:
        model = Decision

    key = "term.grace_months"
    value = 3
    from_on = date(2025, 6, 1)
    source = "县委教育体育工委会议"
    decided_by = factory.SubFactory(UserFactory)


class CalendarDayFactory(DjangoModelFactory):
    class Meta:
        model = CalendarDay

    on = date(2030, 1, 1)
    is_working = False
    name = "元旦"
    source = "国务院办公厅通知"


class SchoolTermFactory(DjangoModelFactory):
    class Meta:
        model = SchoolTerm

    name = factory.Sequence("第{}学期".format)
    started_on = date(2030, 3, 1)
    ended_on = date(2030, 7, 10)


class AuditEventFactory(DjangoModelFactory):
    class Meta:
        model = AuditEvent

    by = factory.SubFactory(UserFactory)
    action = "branches.branch.edit"
    detail = factory.LazyFunction(lambda: {"changed": {"note": "改"}})


from tests.factories_accounts import *  # noqa: E402, F403 - of accounts beyond the password
from tests.factories_appraisal import *  # noqa: E402, F403 - of appraisal and honours
from tests.factories_assessment import *  # noqa: E402, F403 - of the yearly assessment
from tests.factories_calls import *  # noqa: E402, F403 - of 临时收表
from tests.factories_community import *  # noqa: E402, F403 - and of 党籍, 双报到
from tests.factories_dossier import *  # noqa: E402, F403 - of a branch's file
from tests.factories_dues import *  # noqa: E402, F403 - and of dues
from tests.factories_elections import *  # noqa: E402, F403 - and these
from tests.factories_exchange import *  # noqa: E402, F403 - of what other programs are given
from tests.factories_exports import *  # noqa: E402, F403 - and of exports
from tests.factories_jobs import *  # noqa: E402, F403 - so are they
from tests.factories_ladder import *  # noqa: E402, F403 - and they
from tests.factories_life import *  # noqa: E402, F403 - they too
from tests.factories_operations import *  # noqa: E402, F403 - of backups
from tests.factories_quality import *  # noqa: E402, F403 - of screening and the rest of 研判整改
from tests.factories_recruitment import *  # noqa: E402, F403 - of roads into the Party
from tests.factories_register import *  # noqa: E402, F403 - of what holds of a member
from tests.factories_reminders import *  # noqa: E402, F403 - they are made of the factories above
from tests.factories_secretary_review import *  # noqa: E402, F403 - of 述职评议
from tests.factories_training import *  # noqa: E402, F403 - and of training
from tests.factories_transfers import *  # noqa: E402, F403 - and of transfers
