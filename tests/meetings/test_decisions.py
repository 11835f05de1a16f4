"""三重一大: a matter has a meeting on record that decided it."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.models import AuditEvent, Stale
from meetings import decisions
from meetings.models import CollectiveDecision, Meeting, MeetingKind
from tests.factories import BranchFactory, CollectiveDecisionFactory, MeetingFactory, UserFactory

pytestmark = pytest.mark.django_db
ON = date(2025, 11, 20)
AT = datetime(2025, 6, 1, 2, 0, tzinfo=UTC)
COMMITTEE = MeetingKind.Kind.COMMITTEE_MEETING


def matter(meeting, **fields):
    common = {
        "kind": "decision",
        "matter": "修订章程",
        "result": "passed",
        "meeting": meeting,
        "branch": meeting.branch,
    }
    return CollectiveDecision(**common | fields)


@pytest.fixture
def meeting():
    return MeetingFactory(kinds=(COMMITTEE,), submitted=True)


@pytest.fixture
def secretary(meeting):
    return UserFactory(serving=meeting.branch)


def test_a_matter_decided_by_the_committee(meeting, secretary):
    decision = decisions.save(matter(meeting), by=secretary, on=ON)

    assert decision.created_by == secretary
    assert AuditEvent.objects.get(action="decision.save").detail["meeting"] == meeting.pk


@pytest.mark.parametrize(
    ("kinds", "state"),
    [((MeetingKind.Kind.THEME_PARTY_DAY,), "accepted"), ((COMMITTEE,), "draft"), ((COMMITTEE,), "returned")],
    ids=["主题党日 decides nothing", "a draft is no record", "returned"],
)
def test_only_a_meeting_on_record_that_decides(kinds, state):
    held = MeetingFactory(kinds=kinds)
    Meeting.objects.filter(pk=held.pk).update(state=state, submitted_at=None if state == "draft" else AT)

    with pytest.raises(ValidationError, match="请选本党组织已提交的"):
        decisions.save(matter(held), by=UserFactory(serving=held.branch), on=ON)

    assert not CollectiveDecision.objects.exists()


def test_the_meeting_of_another_branch_is_refused(meeting):
    branch = BranchFactory()

    with pytest.raises(ValidationError, match="请选本党组织"):
        decisions.save(matter(meeting, branch=branch), by=UserFactory(serving=branch), on=ON)


@pytest.mark.parametrize(
    ("kind", "amount", "allowed"),
    [
        ("funds", Decimal("92000"), True),
        ("funds", None, False),
        ("personnel", Decimal(1), False),
        ("project", None, True),
    ],
    ids=str,
)
def test_an_amount_belongs_to_funds(meeting, secretary, kind, amount, allowed):
    if allowed:
        decisions.save(matter(meeting, kind=kind, amount=amount), by=secretary, on=ON)
    else:
        with pytest.raises(ValidationError, match="金额"):
            decisions.save(matter(meeting, kind=kind, amount=amount), by=secretary, on=ON)
    assert CollectiveDecision.objects.count() == allowed


@pytest.mark.parametrize(("came", "is_hinted"), [(4, False), (3, True)], ids=["two thirds", "fewer"])
def test_personnel_below_two_thirds_is_hinted_not_refused(came, is_hinted):
    held = MeetingFactory(kinds=(COMMITTEE,), submitted=True, due_count=6, attended_count=came)
    decision = CollectiveDecisionFactory(meeting=held, kind="personnel")

    assert bool(decisions.hint(decision, on=ON)) is is_hinted


def test_strangers_may_not(meeting):
    with pytest.raises(PermissionDenied):
        decisions.save(matter(meeting), by=UserFactory(serving=BranchFactory()), on=ON)


def test_who_comes_second_is_told(meeting, secretary):
    decision = CollectiveDecisionFactory(meeting=meeting)
    first, second = (CollectiveDecision.objects.get(pk=decision.pk) for _ in range(2))
    first.carried_out = "已完工"
    decisions.save(first, version=1, by=secretary, on=ON)

    with pytest.raises(Stale):
        decisions.save(second, version=1, by=secretary, on=ON)


def test_entered_by_the_page_and_shown_beside_its_meeting(client, meeting, secretary):
    client.force_login(secretary)

    refused = client.post(
        reverse("meetings:decision_add"), {"matter": "操场翻新", "kind": "project", "result": "passed"}
    )
    saved = client.post(
        reverse("meetings:decision_add"),
        {"matter": "操场翻新", "kind": "project", "result": "passed", "meeting": meeting.pk, "version": ""},
    )

    assert "操场翻新" in refused.content.decode()
    assert saved.status_code == 302
    assert "操场翻新" in client.get(meeting.get_absolute_url()).content.decode()


def test_the_list_costs_the_same_at_any_length(client, count_queries, meeting, secretary):
    client.force_login(secretary)
    CollectiveDecisionFactory(meeting=meeting)
    before = count_queries(reverse("meetings:decisions"))
    CollectiveDecisionFactory.create_batch(9, meeting=meeting)

    assert count_queries(reverse("meetings:decisions")) == before
