"""Whom a rule of the roll means, and that what is entered is what was shown."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent
from members.models import Membership, Post
from rulebook import book
from tests.factories import (
    BranchFactory,
    DecisionFactory,
    EnrolmentFactory,
    MemberFactory,
    MembershipFactory,
    PostFactory,
    TermFactory,
)
from tests.training.scene import names, quota
from training import facts, rolls
from training.models import TrainingClass

pytestmark = pytest.mark.django_db
ON = date(2025, 4, 8)
State = TrainingClass.State


def serve(branch, member=None, *, office=Post.Office.SECRETARY, since=date(2020, 1, 1), until=None):
    member = member or MemberFactory(branch=branch)
    term = branch.terms.first() or TermFactory(branch=branch, started_on=date(2020, 1, 1))
    PostFactory(term=term, member=member, office=office, started_on=since, ended_on=until)
    return member


def test_secretaries_are_those_of_the_day(branch):
    gone = serve(branch, until=date(2025, 4, 7))
    now = serve(branch, since=date(2025, 4, 8))

    assert facts.secretaries([branch], date(2025, 4, 7)) == {branch.pk: [gone.pk]}
    assert facts.secretaries([branch], date(2025, 4, 8)) == {branch.pk: [now.pk]}


def test_a_vacant_post_gives_nobody_and_who_left_the_party_is_not_meant(branch):
    left = serve(branch)
    Membership.objects.filter(member=left).update(ended_on=date(2025, 3, 1), end_reason="died")

    assert facts.secretaries([branch, BranchFactory()], ON) == {}


def test_officers_are_the_committee_without_group_leaders(branch):
    found = {serve(branch, office=office).pk for office in ("secretary", "deputy", "publicity", "committee")}
    serve(branch, office="group_leader")

    assert set(facts.officers([branch], ON)[branch.pk]) == found


@pytest.mark.parametrize(
    ("since", "is_new"), [(date(2024, 10, 8), False), (date(2024, 10, 9), True)], ids=["six months", "a day less"]
)
def test_new_secretaries_are_in_their_first_six_months(branch, since, is_new):
    member = serve(branch, since=since)

    assert facts.new_secretaries([branch], ON) == ({branch.pk: [member.pk]} if is_new else {})


def test_who_was_secretary_until_then_is_not_new(branch):
    member = serve(branch, until=date(2025, 1, 31))
    new_term = TermFactory(branch=branch, started_on=date(2025, 2, 1))
    PostFactory(term=new_term, member=member, started_on=date(2025, 2, 1))

    assert facts.new_secretaries([branch], ON) == {}


@pytest.mark.parametrize(
    ("converted_on", "is_fresh"), [(date(2024, 4, 8), False), (date(2024, 4, 9), True)], ids=["a year", "a day less"]
)
def test_the_first_year_after_full_membership(branch, converted_on, is_fresh):
    member = MemberFactory(branch=branch, joined_on=date(2023, 1, 1), converted_on=converted_on)

    assert facts.fresh([branch], ON) == ({branch.pk: [member.pk]} if is_fresh else {})


def test_probationary_and_all_members_by_the_day(branch):
    full, new = MemberFactory(branch=branch), MemberFactory(branch=branch)
    Membership.objects.filter(member=new).update(kind="probationary")
    moved = MemberFactory(branch=branch)
    Membership.objects.filter(member=moved).update(ended_on=ON - timedelta(days=1))
    MembershipFactory(member=moved, branch=BranchFactory(), started_on=ON)

    assert facts.probationary([branch], ON) == {branch.pk: [new.pk]}
    assert set(facts.members([branch], ON)[branch.pk]) == {full.pk, new.pk}


def test_a_rule_whose_matter_is_not_there_yet_is_not_offered(held):
    rows = [*book.value("training.rolls", on=ON), {"key": "guests", "label": "来宾", "source": "training.facts.guests"}]
    DecisionFactory(key="training.rolls", value=rows, from_on=ON)
    offered = dict(rolls.rules(ON))

    assert {"secretaries", "activists", "candidates"} <= set(offered)
    assert "guests" not in offered
    with pytest.raises(ValidationError, match="没有这种选定范围"):
        rolls.by_rule(held, "guests", on=ON)


def test_every_rule_that_is_offered_can_be_shown(held, branch):
    MemberFactory(branch=branch)

    assert {key: len(rolls.by_rule(held, key, on=ON)) for key, _ in rolls.rules(ON)} == {
        "secretaries": 0, "officers": 0, "new_secretaries": 0, "probationary": 0, "fresh": 0, "uncovered": 1, "members": 1,
        "activists": 0, "candidates": 0,
    }  # fmt: skip


def test_too_many_at_once_are_divided(held, branch, staff, monkeypatch):
    monkeypatch.setattr(rolls, "MOST", 1)
    for _ in range(2):
        MemberFactory(branch=branch)

    def plan(row):
        return rolls.by_rule(row, "members", on=ON)

    with pytest.raises(ValidationError, match="请分单位办理"):
        rolls.enrol_many(held, plan, shown=rolls.digest(plan(held)), source="rule", by=staff, on=ON)
    assert len(rolls.by_rule(held, "members", on=ON, below=BranchFactory(parent=branch.parent))) == 0


def test_the_preview_says_who_is_on_it_already_and_who_exceeds_the_places(held, upper):
    first, second, third = (BranchFactory(parent=upper, order=order) for order in (1, 2, 3))
    quota(held, upper, 2)
    known, fits, exceeds = (serve(each) for each in (first, second, third))
    EnrolmentFactory(training_class=held, branch=first, member=known)

    found = rolls.by_rule(held, "secretaries", on=ON)

    assert [(choice.member, choice.fault) for choice in found] == [
        (known, "已在名册上"), (fits, ""), (exceeds, f"{upper}的名额只有 2 个，已报满"),
    ]  # fmt: skip


def test_secretary_of_two_branches_comes_once_for_the_own(held, upper):
    first, second = (BranchFactory(parent=upper, order=order) for order in (1, 2))
    member = MemberFactory(branch=second)
    serve(first, member)
    serve(second, member)

    assert [(choice.branch, choice.fault) for choice in rolls.by_rule(held, "secretaries", on=ON)] == [(second, "")]


def by_secretaries(on):
    return lambda held: rolls.by_rule(held, "secretaries", on=on)


def test_what_is_entered_is_what_was_shown(held, upper, staff):
    serve(BranchFactory(parent=upper))
    plan = by_secretaries(ON)
    shown = rolls.digest(plan(held))
    serve(BranchFactory(parent=upper))

    with pytest.raises(ValidationError, match="请按现在的情况再核对一遍"):
        rolls.enrol_many(held, plan, shown=shown, source="rule", by=staff, on=ON)
    assert names(held) == []
    made = rolls.enrol_many(held, plan, shown=rolls.digest(plan(held)), source="rule", by=staff, on=ON)
    assert len(made) == 2
    assert {row.position for row in made} == {"书记"}
    assert AuditEvent.objects.get(action="enrolment.add_many").detail["rows"] == 2


def test_by_rule_is_for_the_holder_alone(held, secretary):
    with pytest.raises(PermissionDenied):
        rolls.enrol_many(held, by_secretaries(ON), shown="", source="rule", by=secretary, on=ON)


def test_a_rule_costs_the_same_for_one_branch_and_for_ten(held, upper, django_assert_max_num_queries):
    for _ in range(10):
        serve(BranchFactory(parent=upper))
    with django_assert_max_num_queries(9):
        assert len(rolls.by_rule(held, "secretaries", on=ON)) == 10
