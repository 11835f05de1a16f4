"""学时: from what they come, what a year asks of whom, and the boundaries."""

from datetime import date
from decimal import Decimal

import pytest

from tests.factories import (
    AttendanceFactory,
    BranchFactory,
    ClassSessionFactory,
    DecisionFactory,
    EnrolmentFactory,
    ExemptionFactory,
    MeetingFactory,
    MeetingKindFactory,
    MemberFactory,
    MembershipFactory,
    OtherHoursFactory,
    PostFactory,
    SignInFactory,
    StandingFactory,
    TermFactory,
    TrainingClassFactory,
    UserFactory,
)
from tests.factories_training import NOW
from training import ledger

pytestmark = pytest.mark.django_db
ON = date(2025, 12, 31)


@pytest.fixture
def branch():
    root = BranchFactory(kind="work_committee")
    return BranchFactory(parent=root, founded_on=date(2010, 1, 1))


@pytest.fixture
def member(branch):
    return MemberFactory(branch=branch)


def of(member, year=2025, on=ON):
    return ledger.hours([member], year, on=on)[member.pk]


def attend(member, branch, *sessions, owner=None, mark="present", **fields):
    """`sessions`: pairs (day, hours) of one class of `owner`, or of the organisation above."""
    training_class = TrainingClassFactory(branch=owner or branch.parent, **fields)
    enrolment = EnrolmentFactory(training_class=training_class, branch=branch, member=member)
    for day, number in sessions:
        session = ClassSessionFactory(training_class=training_class, held_on=day, hours=number)
        leave = {"mark": "leave", "method": "", "reason": "公差", "entered_by": UserFactory(), "entered_at": NOW}
        SignInFactory(session=session, enrolment=enrolment, **(leave if mark == "leave" else {}))
    return training_class


def meet(member, branch, *kinds, held_on=date(2025, 5, 20), mark="present", **fields):
    meeting = MeetingFactory(branch=branch, held_on=held_on, kinds=(), **(fields or {"accepted": True}))
    for kind in kinds:
        MeetingKindFactory(meeting=meeting, kind=kind, assessment_year=2025)
    AttendanceFactory(meeting=meeting, member=member, mark=mark)


# --- from what hours come


def test_hours_come_from_classes_from_meetings_and_from_elsewhere(branch, member):
    attend(member, branch, (date(2025, 4, 14), 8), (date(2025, 4, 15), 4))
    meet(member, branch, "theme_party_day")
    OtherHoursFactory(member=member, branch=branch, hours=6)

    found = of(member)

    assert (found.classes, found.meetings, found.other, found.total) == (12, 2, 6, 20)


def test_leave_from_a_session_gives_no_hours(branch, member):
    attend(member, branch, (date(2025, 4, 14), 8), mark="leave")

    assert of(member).total == 0


def test_a_class_over_new_year_is_split_by_the_days_of_its_sessions(branch, member):
    attend(
        member, branch, (date(2024, 12, 31), 8), (date(2025, 1, 1), 4),
        starts_on=date(2024, 12, 31), ends_on=date(2025, 1, 1), enrols_until=None,
    )  # fmt: skip

    assert (of(member, 2024).classes, of(member, 2025).classes) == (8, 4)


def test_somebody_who_was_put_on_the_roll_again_has_the_hours_of_a_session_once(branch, member):
    training_class = attend(member, branch, (date(2025, 4, 14), 8))
    training_class.enrolments.update(withdrawn_on=date(2025, 4, 14), withdrawn_why="误报")
    again = EnrolmentFactory(training_class=training_class, branch=branch, member=member)
    SignInFactory(session=training_class.sessions.get(), enrolment=again)

    assert of(member).classes == 8


def test_a_class_that_was_cancelled_gives_no_hours(branch, member):
    attend(member, branch, (date(2025, 4, 14), 8), state="cancelled", cancel_reason="大雪停课")

    assert of(member).total == 0


def test_a_meeting_of_several_kinds_counts_once_by_the_highest(branch, member):
    meet(member, branch, "theme_party_day", "theory_study", "members_meeting")

    assert of(member).meetings == 4


@pytest.mark.parametrize(
    ("fields", "mark"),
    [({"state": "draft"}, "present"), ({"returned": True}, "present"), ({}, "leave"), ({}, "absent")],
    ids=["draft", "returned", "on leave", "away"],
)  # fmt: skip
def test_a_meeting_counts_only_by_a_counted_record_and_for_who_was_there(branch, member, fields, mark):
    meet(member, branch, "theme_party_day", mark=mark, **fields)

    assert of(member).meetings == 0


def test_a_meeting_counts_in_the_year_of_its_day_whatever_year_it_is_assessed_for(branch, member):
    meet(member, branch, "theme_party_day", held_on=date(2026, 1, 10))

    assert (of(member).meetings, of(member, 2026, date(2026, 2, 1)).meetings) == (0, 2)


def test_hours_from_elsewhere_count_until_they_are_sent_back(branch, member):
    OtherHoursFactory(member=member, branch=branch, hours=6)
    OtherHoursFactory(
        member=member, branch=branch, hours=9, state="returned", return_reason="没有证明", checked_by=UserFactory(),
        checked_at=NOW,
    )  # fmt: skip

    assert of(member).other == 6


def test_who_came_from_another_branch_keeps_the_hours(branch, member):
    attend(member, branch, (date(2025, 4, 14), 8))
    meet(member, branch, "theme_party_day")
    member.memberships.update(ended_on=date(2025, 6, 30))
    other = BranchFactory(parent=branch.parent)
    MembershipFactory(member=member, branch=other, started_on=date(2025, 7, 1))

    (found,) = ledger.of_branches([other], 2025, on=ON)

    assert (found.member, found.branch, found.total) == (member.pk, other.pk, 10)
    assert ledger.of_branches([branch], 2025, on=ON) == []


def test_a_few_and_all_are_counted_alike(branch, member, monkeypatch):
    meet(member, branch, "theme_party_day", "theory_study")
    meet(member, branch, "theme_party_day", held_on=date(2025, 6, 20))
    attend(member, branch, (date(2025, 4, 14), 8))
    few = ledger.of_branches([branch], 2025, on=ON)
    monkeypatch.setattr(ledger, "FEW", 0)

    assert ledger.of_branches([branch], 2025, on=ON) == few
    assert few[0].meetings == 6


# --- what a year asks


@pytest.mark.parametrize(("number", "is_short"), [("31.5", True), ("32", False)])
def test_a_member_needs_32_hours(branch, member, number, is_short):
    OtherHoursFactory(member=member, branch=branch, hours=Decimal(number))

    found = of(member)

    assert (found.need, found.is_short, found.missing) == (32, is_short, Decimal("0.5") if is_short else 0)


@pytest.mark.parametrize(
    ("year", "since", "until", "is_post"),
    [
        (2025, date(2025, 1, 1), date(2025, 7, 1), False),
        (2025, date(2025, 1, 1), date(2025, 7, 2), True),
        (2025, date(2025, 7, 2), None, True),
        (2025, date(2025, 7, 3), None, False),
        (2024, date(2024, 1, 1), date(2024, 7, 1), True),
        (2024, date(2024, 1, 1), date(2024, 6, 30), False),
        (2025, date(2024, 1, 1), date(2024, 12, 31), False),
    ],
    ids=["182 of 365", "183 of 365", "183 to the end", "182 to the end", "183 of 366", "182 of 366", "over before"],
)
def test_who_held_an_office_half_of_the_year_needs_56(branch, member, year, since, until, is_post):
    PostFactory(term__branch=branch, term__started_on=date(2020, 1, 1), member=member, started_on=since, ended_on=until)

    found = of(member, year)

    assert (found.is_post, found.need) == (is_post, 56 if is_post else 32)


def test_a_post_changed_in_the_middle_of_the_year_is_one_stretch_with_the_next(branch, member):
    term = TermFactory(branch=branch, started_on=date(2020, 1, 1))
    PostFactory(term=term, member=member, office="publicity", started_on=date(2025, 1, 1), ended_on=date(2025, 4, 30))
    PostFactory(term=term, member=member, office="secretary", started_on=date(2025, 4, 1), ended_on=date(2025, 7, 2))

    assert of(member).is_post


def test_a_post_ends_with_its_term_and_with_its_branch(branch, member):
    term = TermFactory(branch=branch, started_on=date(2020, 1, 1))
    PostFactory(term=term, member=member, started_on=date(2020, 1, 1))
    assert of(member).is_post

    TermFactory(branch=branch, started_on=date(2025, 7, 2))
    assert not of(member).is_post

    TermFactory(branch=branch, started_on=date(2025, 7, 1))
    assert not of(member).is_post


def test_a_leader_of_a_group_needs_the_hours_of_a_member(branch, member):
    PostFactory(term__branch=branch, member=member, office="group_leader", started_on=date(2020, 1, 1))

    assert of(member).need == 32


@pytest.mark.parametrize(
    ("since", "need"),
    [(date(2025, 1, 1), 32), (date(2025, 6, 30), Decimal("18.7")), (date(2025, 12, 31), Decimal("2.7"))],
    ids=["the whole year", "seven months", "one day of a month"],
)
def test_where_the_county_reduces_by_months_each_month_begun_counts(branch, since, need):
    member = MemberFactory(branch=branch, since=since)
    assert of(member).need == 32

    DecisionFactory(key="hours.pro_rata", value="months", from_on=date(2025, 1, 1))
    assert of(member).need == need


def test_only_who_was_excused_the_whole_year_owes_nothing(branch, member):
    excuse = ExemptionFactory(
        member=member, scope="attendance", started_on=date(2025, 1, 1), ended_on=date(2025, 12, 31)
    )
    assert (of(member).need, of(member).excuse, of(member).is_short) == (None, "exempt", False)

    excuse.ended_on = date(2025, 12, 30)
    excuse.save()
    assert of(member).need == 32

    ExemptionFactory(member=member, scope="attendance", started_on=date(2025, 12, 31), ended_on=None)
    assert of(member).need is None


def test_who_came_in_the_year_and_was_excused_since_owes_nothing(branch):
    member = MemberFactory(branch=branch, since=date(2025, 6, 1))
    ExemptionFactory(member=member, scope="attendance", started_on=date(2025, 6, 1), ended_on=None)

    assert of(member).need is None


def test_who_is_not_counted_for_a_quorum_still_owes_hours(branch, member):
    ExemptionFactory(
        member=member, scope="quorum", reason="abroad", basis="支部会议", started_on=date(2024, 1, 1), ended_on=None
    )

    assert of(member).need == 32


def test_who_is_suspended_at_the_end_owes_nothing(branch, member):
    StandingFactory(member=member, started_on=date(2025, 11, 1))

    assert of(member).excuse == "suspended"


def test_who_left_owes_nothing_and_keeps_the_record(branch, member):
    OtherHoursFactory(member=member, branch=branch, hours=6)
    member.memberships.update(ended_on=date(2025, 9, 30), end_reason="transferred")

    found = of(member)

    assert (found.branch, found.need, found.total, found.is_met) == (None, None, 6, False)


# --- 集中培训


@pytest.mark.parametrize("where", ["above", "own", "elsewhere"])
def test_a_post_needs_a_class_of_an_organisation_above(branch, member, where):
    PostFactory(term__branch=branch, member=member, started_on=date(2020, 1, 1))
    owner = {"above": branch.parent, "own": branch, "elsewhere": BranchFactory(parent=branch.parent)}[where]
    attend(member, branch, (date(2025, 4, 14), 8), owner=owner)
    OtherHoursFactory(member=member, branch=branch, hours=50)

    found = of(member)

    assert (found.total, found.is_short, found.lacks_class, found.is_met) == (
        58,
        False,
        where != "above",
        where == "above",
    )


def test_hours_from_elsewhere_that_were_concentrated_are_such_a_class(branch, member):
    PostFactory(term__branch=branch, member=member, started_on=date(2020, 1, 1))
    OtherHoursFactory(member=member, branch=branch, hours=56, is_concentrated=True)

    assert of(member).is_met


def test_a_member_owes_no_class(branch, member):
    OtherHoursFactory(member=member, branch=branch, hours=32)

    assert of(member).is_met


# --- whom and when


def test_while_the_year_runs_what_is_held_later_does_not_count_yet(branch, member):
    attend(member, branch, (date(2025, 4, 14), 8), (date(2025, 4, 15), 8))

    assert of(member, on=date(2025, 4, 14)).classes == 8


def test_a_year_before_any_rule_asks_nothing(branch, member):
    assert ledger.hours([member], 2018, on=ON) == {}


def test_a_year_that_has_not_begun_asks_nothing(branch, member):
    assert ledger.of_branches([branch], 2027, on=ON) == []


def test_one_statement_for_any_number(branch, django_assert_num_queries):
    for _ in range(5):
        MemberFactory(branch=branch)

    with django_assert_num_queries(2):  # the county's decisions, and the statement
        assert len(ledger.of_branches([branch], 2025, on=ON)) == 5
