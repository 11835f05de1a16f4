"""A record's road: draft → submitted → returned → submitted again; and what it does to the duties on the way."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent, Stale, User
from branches.actions import root
from branches.rights import Role
from duties.actions import generate
from duties.models import Fulfilment
from meetings import actions
from meetings.models import Attendance, Meeting, MeetingKind
from tests.factories import (
    BranchFactory,
    MeetingFactory,
    MemberFactory,
    MembershipFactory,
    PostFactory,
    TermFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
DAY, TODAY = date(2025, 5, 24), date(2025, 5, 26)
THEME, LECTURE, COMMITTEE, ORG_LIFE = (
    MeetingKind.Kind[name] for name in ("THEME_PARTY_DAY", "PARTY_LECTURE", "COMMITTEE_MEETING", "ORG_LIFE_MEETING")
)  # fmt: skip
PRESENT, LEAVE, ABSENT, _ = Attendance.Mark


@pytest.fixture
def branch():
    branch = BranchFactory()
    generate(2025, by=User.objects.system())
    return branch


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


@pytest.fixture
def members(branch):
    return MemberFactory.create_batch(3, branch=branch)


def draft(branch, by, *, kinds=(THEME,), marks=(), due=(), held_on=DAY, meeting=None, version=None, on=DAY, **fields):
    meeting = meeting or Meeting(branch=branch, due_count=5, attended_count=4)
    for name, value in {"topic": "学习", "held_on": held_on, **fields}.items():
        setattr(meeting, name, value)
    years = {kind: actions.assessed_year(kind, held_on) for kind in kinds}
    return actions.save_draft(meeting, kinds=years, due=due, marks=dict(marks), by=by, on=on, version=version)


def met():
    return set(Fulfilment.objects.values_list("duty__rule", "duty__period"))


class TestRoad:
    def test_the_whole_road(self, branch, secretary, staff):
        meeting = draft(branch, secretary)
        assert (meeting.state, met()) == ("draft", set())

        meeting = actions.submit(meeting, by=secretary, on=TODAY)
        assert (meeting.state, met()) == ("submitted", {(THEME, "2025-05")})
        assert meeting.submitted_at

        meeting = actions.send_back(meeting, reason="请补名单", by=staff)
        assert (meeting.state, meeting.return_reason, met()) == ("returned", "请补名单", set())

        meeting = draft(
            branch, secretary, meeting=meeting, version=meeting.version, topic="补好的", kinds=(THEME, LECTURE)
        )
        assert (meeting.state, met()) == ("returned", set())

        meeting = actions.submit(meeting, by=secretary, on=TODAY)
        assert (meeting.state, met()) == ("submitted", {(THEME, "2025-05"), (LECTURE, "2025-Q2")})
        assert list(AuditEvent.objects.filter(action__startswith="meeting.").order_by("pk").values_list("action", flat=True)) == [
            "meeting.save", "meeting.submit", "meeting.send_back", "meeting.save", "meeting.submit",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("state", "act", "is_open"),
        [
            ("draft", "submit", True), ("draft", "send_back", False), ("submitted", "submit", False),
            ("submitted", "send_back", True), ("returned", "submit", True), ("returned", "send_back", False),
            ("accepted", "submit", False), ("accepted", "send_back", True),
        ],
    )  # fmt: skip
    def test_which_acts_are_open_in_which_state(self, branch, staff, state, act, is_open):
        meeting = MeetingFactory(branch=branch, held_on=DAY, **{} if state == "draft" else {state: True})
        run = {
            "submit": lambda: actions.submit(meeting, by=staff, on=TODAY),
            "send_back": lambda: actions.send_back(meeting, reason="x", by=staff),
        }[act]

        if is_open:
            run()
        else:
            with pytest.raises(ValidationError, match="不能这样办理"):
                run()
        assert AuditEvent.objects.filter(action=f"meeting.{act}").count() == is_open

    @pytest.mark.parametrize("state", ["submitted", "accepted"])
    def test_what_counts_is_not_edited(self, branch, secretary, state):
        meeting = MeetingFactory(branch=branch, **{state: True})

        with pytest.raises(ValidationError, match="上级退回后再改"):
            draft(branch, secretary, meeting=meeting, version=1)


class TestWho:
    @pytest.mark.parametrize(
        ("role", "may_write", "may_return"),
        [
            (Role.SECRETARY, True, False), (Role.EDITOR, True, False), (Role.COMMITTEE, True, False), (Role.STAFF, True, True),
            (Role.ADMIN, True, True), (Role.INSPECTOR, False, False), (Role.LEADER, False, False), (Role.DISCIPLINE, False, False),
        ],
    )  # fmt: skip
    def test_each_role(self, branch, role, may_write, may_return):
        person = UserFactory(serving=branch, role=role)
        sent = MeetingFactory(branch=branch, submitted=True)
        for allowed, act in [
            (may_write, lambda: draft(branch, person)),
            (may_write, lambda: actions.submit(MeetingFactory(branch=branch, held_on=DAY), by=person, on=TODAY)),
            (may_return, lambda: actions.send_back(sent, reason="x", by=person)),
        ]:
            if allowed:
                act()
            else:
                with pytest.raises(PermissionDenied):
                    act()

    def test_nobody_writes_for_another_branch(self, branch):
        stranger = UserFactory(serving=BranchFactory())

        with pytest.raises(PermissionDenied):
            draft(branch, stranger)
        with pytest.raises(PermissionDenied):
            actions.submit(MeetingFactory(branch=branch, held_on=DAY), by=stranger, on=TODAY)
        assert not AuditEvent.objects.filter(action__startswith="meeting.").exists()


class TestRefused:
    def test_a_stale_version(self, branch, secretary):
        meeting = draft(branch, secretary)
        opened_by_two = meeting.version
        draft(branch, secretary, meeting=Meeting.objects.get(pk=meeting.pk), version=opened_by_two, topic="第一个")

        with pytest.raises(Stale), transaction.atomic():
            draft(branch, secretary, meeting=meeting, version=opened_by_two, topic="第二个")
        assert Meeting.objects.get().topic == "第一个"

    @pytest.mark.parametrize(
        ("on", "allowed"), [(date(2025, 5, 23), False), (DAY, True)], ids=["the day before", "on the day"]
    )
    def test_a_meeting_of_tomorrow(self, branch, secretary, on, allowed):
        meeting = draft(branch, secretary)

        if allowed:
            actions.submit(meeting, by=secretary, on=on)
        else:
            with pytest.raises(ValidationError, match="召开日期在今天以后"), transaction.atomic():
                actions.submit(meeting, by=secretary, on=on)
        assert bool(met()) == allowed

    def test_a_meeting_of_no_kind(self, branch, secretary):
        with pytest.raises(ValidationError, match="请选会议类别"):
            actions.submit(draft(branch, secretary, kinds=()), by=secretary, on=TODAY)

    def test_a_roll_with_somebody_undecided(self, branch, secretary, members):
        meeting = draft(branch, secretary, due=members, marks={members[0].pk: PRESENT, members[1].pk: LEAVE})

        with pytest.raises(ValidationError, match="还有 1 位同志没有标记到会情况"):
            actions.submit(meeting, by=secretary, on=TODAY)

    def test_more_present_than_due(self, branch, secretary):
        with pytest.raises(ValidationError, match="实到人数不能多于应到人数"):
            draft(branch, secretary, due_count=3, attended_count=4)
        with pytest.raises(IntegrityError), transaction.atomic():
            MeetingFactory(due_count=3, attended_count=4)

    def test_a_submitted_record_has_its_hour(self):
        with pytest.raises(IntegrityError), transaction.atomic():
            MeetingFactory(state=Meeting.State.SUBMITTED, submitted_at=None)


class TestRoll:
    def test_the_counts_come_from_the_roll(self, branch, secretary, members):
        marks = dict(zip([member.pk for member in members], (PRESENT, LEAVE, ABSENT), strict=True))
        meeting = draft(branch, secretary, due=members, marks=marks, due_count=99, attended_count=98)

        assert (meeting.due_count, meeting.attended_count) == (3, 1)
        assert dict(meeting.roll.values_list("member", "mark")) == marks
        assert actions.submit(meeting, by=secretary, on=TODAY).state == "submitted"

    def test_without_anybody_on_the_register_the_typed_counts_stand(self, branch, secretary):
        meeting = draft(branch, secretary, due_count=5, attended_count=4)

        assert (meeting.due_count, meeting.attended_count) == (5, 4)

    def test_a_mark_for_somebody_who_is_not_due_is_not_kept(self, branch, secretary, members):
        stranger = MemberFactory(branch=BranchFactory())
        meeting = draft(branch, secretary, due=members, marks={stranger.pk: PRESENT})

        assert not meeting.roll.exists()
        assert meeting.attended_count == 0

    @pytest.mark.parametrize(
        ("started", "ended", "is_due"),
        [(DAY, None, True), (date(2025, 5, 25), None, False), (date(2020, 1, 1), DAY, True), (date(2020, 1, 1), date(2025, 5, 23), False)],
        ids=["came that day", "came the day after", "left that day", "left the day before"],
    )  # fmt: skip
    def test_due_are_those_on_the_register_that_day(self, branch, started, ended, is_due):
        member = MembershipFactory(branch=branch, started_on=started, ended_on=ended).member

        assert (member in actions.due_at(branch, [THEME], DAY)) == is_due

    def test_a_committee_meeting_is_due_by_the_committee(self, branch, members):
        term = TermFactory(branch=branch)
        PostFactory(term=term, member=members[0])
        PostFactory(term=term, member=members[1], office="group_leader")
        PostFactory(term=term, member=members[2], office="deputy", ended_on=date(2025, 5, 23))

        assert actions.due_at(branch, [COMMITTEE], DAY) == [members[0]]
        assert set(actions.due_at(branch, [COMMITTEE, THEME], DAY)) == set(members)

    @pytest.mark.parametrize("kind", ["special_party_study", "ideology_study"])
    @pytest.mark.parametrize("size", [5, 0], ids=["with a committee", "without"])
    def test_the_committee_studies_where_there_is_one(self, branch, members, kind, size):
        PostFactory(term=TermFactory(branch=branch, committee_size=size), member=members[0])

        assert set(actions.due_at(branch, [kind], DAY)) == ({members[0]} if size else set(members))
        assert actions.due_at(branch, [kind, COMMITTEE], DAY) == [members[0]]
        assert set(actions.due_at(branch, [kind, "members_meeting"], DAY)) == set(members)


@pytest.mark.parametrize(
    ("kind", "day", "year"),
    [
        (THEME, date(2026, 1, 1), 2026), (COMMITTEE, date(2026, 3, 31), 2026), (ORG_LIFE, date(2025, 12, 31), 2025),
        (ORG_LIFE, date(2026, 1, 1), 2025), (ORG_LIFE, date(2026, 3, 31), 2025), (ORG_LIFE, date(2026, 4, 1), 2026),
    ],
    ids=str,
)  # fmt: skip
def test_the_assessment_year_of_a_meeting(kind, day, year):
    assert actions.assessed_year(kind, day) == year


def test_nobody_passes_what_they_wrote_themselves(branch):
    staff, colleague = (UserFactory(serving=root(), role=Role.STAFF) for _ in range(2))
    meeting = MeetingFactory(branch=branch, submitted=True, created_by=staff)

    assert actions.accept([meeting.pk], by=staff) == 0
    assert actions.accept([meeting.pk], by=colleague) == 1
