"""What hours and coverage say to scores, rolls and reminders."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from branches.models import Branch
from members.models import Member
from reminders import sweep
from reminders.models import Reminder
from rulebook.facts import Period
from tests.factories import (
    BranchFactory,
    ClassSessionFactory,
    EnrolmentFactory,
    MeetingFactory,
    MemberFactory,
    OtherHoursFactory,
    PostFactory,
    ReceiptFactory,
    SignInFactory,
    TermFactory,
    TrainingClassFactory,
    UserFactory,
)
from tests.factories_training import NOW
from training import coverage as covering
from training.facts import called, coverage, hours_reached, members_short_words, secretaries_untrained, uncovered

pytestmark = pytest.mark.django_db
RUNS = Period.of_year(2025, on=date(2025, 9, 1))
OVER = Period.of_year(2025, on=date(2026, 1, 5))


@pytest.fixture
def committee():
    return BranchFactory(committee=True)


@pytest.fixture
def branch(committee):
    return BranchFactory(parent=committee)


@pytest.fixture
def secretary(branch):
    found = MemberFactory(branch=branch)
    PostFactory(term=TermFactory(branch=branch, started_on=date(2024, 3, 1)), member=found)
    return found


def told(fact, branch, period=OVER):
    return fact(Branch.objects.filter(pk=branch.pk), period)[branch.pk]


def sign(session, enrolment, mark="present"):
    by_hand = {
        "method": "later" if mark == "present" else "",
        "reason": "x",
        "entered_by": UserFactory(),
        "entered_at": NOW,
    }
    return SignInFactory(session=session, enrolment=enrolment, mark=mark, **by_hand)


# --- PF5


def test_hours_wait_while_the_county_records_none(branch):
    MemberFactory(branch=branch)
    MeetingFactory(branch=branch, accepted=True)

    assert hours_reached(Branch.objects.filter(pk=branch.pk), OVER) is None


def test_who_reached_the_hours_of_those_who_owe_any(branch, secretary):
    for number in ("32", "31.5"):
        OtherHoursFactory(member=MemberFactory(branch=branch), branch=branch, hours=Decimal(number))
    OtherHoursFactory(member=secretary, branch=branch, hours=40)

    fact = told(hours_reached, branch)

    assert (fact.value, fact.whole, fact.open) == (1, 3, 0)
    assert fact.missing == ("1 名党员未达 32 学时", "1 名书记、班子成员未达 56 学时")


def test_while_the_year_runs_what_is_missing_can_still_be_had(branch):
    OtherHoursFactory(member=MemberFactory(branch=branch), branch=branch, hours=6)

    fact = told(hours_reached, branch, RUNS)

    assert (fact.value, fact.open, fact.missing, fact.note) == (0, 1, (), "1 名党员未达 32 学时")


def test_a_branch_without_anybody_who_owes_is_left_out(branch):
    OtherHoursFactory()

    assert branch.pk not in hours_reached(Branch.objects.all(), OVER)


def test_only_hours_of_that_year_begin_it(branch):
    OtherHoursFactory(year=2024, started_on=date(2024, 5, 1), ended_on=date(2024, 5, 2))

    assert hours_reached(Branch.objects.all(), OVER) is None


# --- AT6


@pytest.fixture
def session(committee):
    return ClassSessionFactory(
        training_class=TrainingClassFactory(branch=committee, kind="secretary", state="running"),
        held_on=date(2025, 4, 14),
    )


def test_who_was_called_to_nothing_is_not_judged(branch, secretary):
    assert called(Branch.objects.filter(pk=branch.pk), OVER) == {}


@pytest.mark.parametrize(("mark", "came"), [("present", 1), ("leave", 1), (None, 0)], ids=["there", "leave", "away"])
def test_a_session_to_which_the_secretary_was_enrolled_counts_like_a_meeting(branch, secretary, session, mark, came):
    enrolment = EnrolmentFactory(training_class=session.training_class, branch=branch, member=secretary)
    sign(session, EnrolmentFactory(training_class=session.training_class))
    if mark:
        sign(session, enrolment, mark)
    receipt = ReceiptFactory(branch=branch, mark="present", notice__kind="meeting", notice__held_on=date(2025, 5, 6))

    fact = told(called, branch)

    assert (fact.value, fact.whole, fact.pks) == (1 + came, 2, (receipt.notice_id,))
    assert fact.missing == (() if came else ("04-14 党支部工作条例解读",))


def test_somebody_sent_instead_from_the_same_branch_counts(branch, secretary, session):
    first = EnrolmentFactory(
        training_class=session.training_class, branch=branch, member=secretary, withdrawn_on=date(2025, 4, 14),
        withdrawn_why="公差",
    )  # fmt: skip
    instead = EnrolmentFactory(training_class=session.training_class, branch=branch, substitutes_for=first)
    sign(session, instead)

    fact = told(called, branch)
    assert (fact.value, fact.whole, fact.model, fact.pks) == (1, 1, "training.ClassSession", (session.pk,))


@pytest.mark.parametrize(
    "case", ["own class", "other kind", "not secretary", "before the post", "nobody written down", "taken off"]
)
def test_what_is_no_call_is_left_out(branch, secretary, session, case):
    training_class, member, withdrawn = session.training_class, secretary, {}
    if case == "own class":
        training_class.branch = branch
    elif case == "other kind":
        training_class.kind = "topic"
    elif case == "not secretary":
        member = MemberFactory(branch=branch)
    elif case == "before the post":
        secretary.posts.update(started_on=date(2025, 4, 15))
    elif case == "taken off":
        withdrawn = {"withdrawn_on": date(2025, 4, 10), "withdrawn_why": "调离"}
    training_class.save()
    EnrolmentFactory(training_class=training_class, branch=branch, member=member, **withdrawn)
    if case != "nobody written down":
        sign(session, EnrolmentFactory(training_class=training_class))

    assert called(Branch.objects.filter(pk=branch.pk), OVER) == {}


def test_calls_of_all_branches_cost_the_same(committee, session, django_assert_max_num_queries):
    for _ in range(4):
        branch = BranchFactory(parent=committee)
        member = MemberFactory(branch=branch)
        PostFactory(term=TermFactory(branch=branch, started_on=date(2024, 3, 1)), member=member)
        sign(session, EnrolmentFactory(training_class=session.training_class, branch=branch, member=member))

    with django_assert_max_num_queries(6):
        assert len(called(Branch.objects.all(), OVER)) == 4


# --- 进党校


@pytest.fixture
def school(committee):
    return ClassSessionFactory(
        training_class=TrainingClassFactory(
            branch=committee, kind="party_school", is_party_school=True, state="running"
        )
    )


def go(member, branch, session, mark="present"):
    return sign(session, EnrolmentFactory(training_class=session.training_class, branch=branch, member=member), mark)


def test_coverage_waits_for_the_first_such_class(branch, session):
    MemberFactory(branch=branch)
    go(MemberFactory(branch=branch), branch, session)

    assert coverage(Branch.objects.all(), OVER) is None


def test_coverage_is_of_everybody_registered(branch, school):
    been, ill, never = (MemberFactory(branch=branch, strokes=str(number)) for number in range(3))
    go(been, branch, school)
    go(ill, branch, school, "leave")

    fact = told(coverage, branch)

    assert (fact.value, fact.whole, fact.missing) == (1, 3, ("2 名党员还没有进党校",))
    assert told(coverage, branch, RUNS).open == 2
    names = dict(Member.objects.values_list("pk", "strokes"))
    assert sorted(names[pk] for pk in uncovered([branch], date(2025, 9, 1))[branch.pk]) == ["1", "2"]
    assert {ill.pk, never.pk} == set(uncovered([branch], date(2025, 9, 1))[branch.pk])


def test_a_year_later_everybody_is_to_go_again(branch, school):
    go(MemberFactory(branch=branch), branch, school)

    assert len(uncovered([branch], date(2026, 1, 1))[branch.pk]) == 1


def test_who_moved_takes_it_along_and_who_left_is_not_counted(branch, school):
    member = MemberFactory(branch=branch)
    go(member, branch, school)
    member.memberships.update(ended_on=date(2025, 6, 30))
    other = BranchFactory()
    member.memberships.create(branch=other, kind="full", started_on=date(2025, 7, 1))

    assert covering.of_branches([branch, other], 2025, on=OVER.on) == {other.pk: covering.Coverage(1, 1)}


@pytest.mark.parametrize(("covered", "percent", "reaches"), [(199, 99, False), (200, 100, True)])
def test_all_but_one_is_not_all(covered, percent, reaches):
    found = covering.Coverage(200, covered)

    assert (found.percent, found.reaches(1)) == (percent, reaches)


# --- reminders


def run(day):
    sweep.run(datetime(day.year, day.month, day.day, 2, 0, tzinfo=UTC))


def told_on(rule, *days):
    """(day, post) of all that the rule told by the end of these days."""
    for day in days:
        run(day)
    return sorted(Reminder.objects.filter(rule=rule).values_list("on", "role"))


NEW, SHORT = "remind.new_secretary_training", "remind.training_hours"


@pytest.fixture
def fresh(branch, committee):
    """A secretary new in the post since 11 March, so until 11 September; the county has kept classes since 3 March."""
    TrainingClassFactory(
        branch=committee, starts_on=date(2025, 3, 3), ends_on=date(2025, 3, 4), enrols_until=None, state="running"
    )
    member = MemberFactory(branch=branch)
    PostFactory(term=TermFactory(branch=branch, started_on=date(2025, 3, 11)), member=member)
    return member


def test_a_new_secretary_is_told_before_the_half_year_is_over_and_the_county_after_it(fresh):
    days = [
        date(2025, 7, 10),
        date(2025, 7, 11),
        date(2025, 8, 28),
        date(2025, 9, 11),
        date(2025, 9, 12),
        date(2025, 9, 18),
    ]

    assert told_on(NEW, *days) == [
        (date(2025, 7, 11), "secretary"),  # sixty days before is a Sunday
        (date(2025, 8, 28), "secretary"),
        (date(2025, 9, 11), "secretary"),
        (date(2025, 9, 12), "admin"),
        (date(2025, 9, 12), "staff"),
        (date(2025, 9, 18), "secretary"),
    ]


@pytest.mark.parametrize("kind", ["secretary", "affairs"])
def test_it_stops_with_a_class_for_secretaries(fresh, branch, session, kind):
    told_on(NEW, date(2025, 7, 11))
    session.training_class.kind = kind
    session.training_class.save()
    go(fresh, branch, session)
    run(date(2025, 7, 12))

    assert not Reminder.objects.filter(rule=NEW, cleared_at=None).exists()


def untrained(on=date(2025, 8, 1)):
    return list(secretaries_untrained(on, of="until"))


@pytest.mark.parametrize(
    ("change", "is_late"),
    [
        ("nothing", True), ("the post is over", False), ("other class", True), ("class before the post", True), ("elsewhere", False),
        ("elsewhere, not concentrated", True), ("before the first class", False), ("served before", False), ("a new term", False),
    ],
)  # fmt: skip
def test_who_is_new_and_untrained(fresh, branch, session, change, is_late):
    post = fresh.posts.get()
    if change == "the post is over":
        post.ended_on = date(2025, 7, 31)
    elif change == "a new term":
        TermFactory(branch=branch, started_on=date(2025, 7, 1))
    elif change == "other class":
        session.training_class.kind = "topic"
        session.training_class.save()
        go(fresh, branch, session)
    elif change == "class before the post":
        session.held_on = date(2025, 3, 10)
        session.save()
        go(fresh, branch, session)
    elif change.startswith("elsewhere"):
        OtherHoursFactory(
            member=fresh, branch=branch, is_concentrated=change == "elsewhere", started_on=date(2025, 5, 1),
            ended_on=date(2025, 5, 8),
        )  # fmt: skip
    elif change == "before the first class":
        post.started_on = date(2025, 3, 2)
    elif change == "served before":
        PostFactory(
            term=TermFactory(branch=branch, started_on=date(2020, 1, 1)), member=fresh, ended_on=date(2025, 3, 10)
        )
    post.save()

    assert untrained() == ([(post.pk, branch.pk, date(2025, 9, 11), date(2025, 9, 11))] if is_late else [])


def test_without_any_class_on_record_nobody_is_late(branch):
    PostFactory(term=TermFactory(branch=branch, started_on=date(2025, 4, 1)))

    assert untrained() == []


def test_the_half_year_from_the_end_of_august_ends_in_february(fresh):
    fresh.posts.update(started_on=date(2025, 8, 31))

    assert untrained(date(2025, 9, 1))[0][2] == date(2026, 2, 28)


def test_at_the_end_of_the_year_a_branch_is_told_how_many_are_short(branch):
    OtherHoursFactory(member=MemberFactory(branch=branch, name="王芳"), branch=branch, hours=31)
    days = [date(2025, 10, 31), date(2025, 11, 1), date(2025, 11, 3), date(2025, 12, 1), date(2025, 12, 2)]

    assert told_on(SHORT, *days) == [(date(2025, 11, 3), "secretary"), (date(2025, 12, 1), "secretary")]
    (title, url) = members_short_words([branch.pk], days[-1])[branch.pk]
    assert title == "学时还不够：1 名党员未达 32 学时"
    assert url.endswith(f"?branch={branch.pk}&who=short")


def test_it_is_silent_where_all_have_their_hours_and_where_the_county_records_none(branch):
    member = MemberFactory(branch=branch)
    assert told_on(SHORT, date(2025, 12, 1)) == []

    OtherHoursFactory(member=member, branch=branch, hours=32)
    assert told_on(SHORT, date(2025, 12, 1)) == []


def test_it_stops_when_the_hours_are_there(branch):
    row = OtherHoursFactory(member=MemberFactory(branch=branch), branch=branch, hours=31)
    told_on(SHORT, date(2025, 12, 1))
    row.hours = 32
    row.save()
    run(date(2025, 12, 2))

    assert not Reminder.objects.filter(rule=SHORT, cleared_at=None).exists()
